"""The AI's turns, with a brain that goes wrong in every way it can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from switchboard.brain.lines import TurnLine, TurnRequest
from switchboard.errors import NotStored
from switchboard.session import events as e
from switchboard.session.model import Escalation, Priority, Session, State
from tests.promises.scripted_brain import ANSWERS, POLICY, STARTS, ScriptedBrain
from tests.switchboard.session.conftest import World
from tests.switchboard.session.samples import EVENTS

CALL_A_PERSON = {
    "dies": "ai_unavailable",
    "dies at once": "ai_unavailable",
    "ends": "ai_unavailable",
    "not disclosed late": "ai_unavailable",
    "unassessed": "ai_unavailable",
    "actions down": "ai_unavailable",
    "internal": "ai_unavailable",
    "raises": "ai_unavailable",
    "hangs": "ai_unavailable",
    "hangs after its words": "ai_unavailable",
    "hangs at once": "ai_unavailable",
    "unexplained": "ai_unavailable",
    "hands over": "fraud_or_scam",
    "hands over twice": "fraud_or_scam",
    "drops the handover": "fraud_or_scam",
    "takes the verdict back": "fraud_or_scam",
    "dies on the floor": "fraud_or_scam",
    "forgets on the floor": "fraud_or_scam",
    "hangs on the floor": "fraud_or_scam",
    "floor as an answer": "fraud_or_scam",
    "says nothing": "ai_unavailable",
}
ANSWER = (
    "good",
    "two lines",
    "offers",
    "repeats itself",
    "not disclosed",
    "speaks before the verdict",
    "hangs when done",
    "not a number",
    "says it is an AI again",
)


async def escalation(world: World, session: Session) -> Escalation:
    (event,) = [r.event for r in await world.store.record(session.id) if isinstance(r.event, e.HandoffRequested)]
    return event.escalation


@pytest.mark.parametrize(("script", "criterion"), CALL_A_PERSON.items())
async def test_whatever_the_brain_fails_at_a_person_is_called(world: World, script: str, criterion: str) -> None:
    session = await world.open()
    world.brain.answers.append(ANSWERS[script])
    await world.write(session, "hello")
    await world.idle()
    now = await world.sessions.get(session.id)
    why = await escalation(world, session)
    assert (now.state, now.open_turns, now.announced) == (State.QUEUED, (), True)
    assert why.criterion == criterion
    assert why.evidence
    if criterion == "fraud_or_scam":
        assert (why.policy_version, why.priority, why.queue) == (POLICY, Priority.FRAUD, "fraud")
    assert await world.store.verify() == []


@pytest.mark.parametrize("script", ANSWER)
async def test_an_answered_turn_leaves_the_session_with_the_ai(world: World, script: str) -> None:
    session = await world.open()
    world.brain.answers.append(ANSWERS[script])
    await world.write(session, "hello")
    await world.idle()
    now = await world.sessions.get(session.id)
    assert (now.state, now.open_turns) == (State.AI, ())
    assert (await world.events(session))[-1] == "turn_finished"


def test_every_way_of_answering_is_looked_at() -> None:
    waiting = {"slow", "slow in the middle", "late", "hands over slowly"}
    assert {*CALL_A_PERSON, *ANSWER, *waiting} == set(ANSWERS)


@pytest.mark.parametrize("script", STARTS)
async def test_the_disclosure_comes_whatever_the_brain_does_at_the_start(world: World, script: str) -> None:
    world.brain.starts.append(STARTS[script])
    session = await world.router.open_session(channel="web", locale="fr-FR")
    if script == "slow":
        await asyncio.sleep(0.05)
        world.brain.release()
    await world.idle()
    told = await world.told(session)
    assert [message.disclosure for message in told] == [True]
    assert told[0].text.strip()
    if script in ("good", "slow", "speaks first"):
        assert told[0].text.startswith("I am an AI")
    else:
        assert told[0].text == world.words.disclosure(session, returned=False).text


async def test_messages_are_answered_in_their_order_one_at_a_time(world: World) -> None:
    session = await world.open()
    receipts = [await world.write(session, f"message {n}") for n in range(5)]
    await world.idle()
    assert [r.message_id for r in world.brain.asked if r.kind == "message"] == [receipt.id for receipt in receipts]


async def test_what_the_ai_says_after_a_takeover_is_kept_and_not_sent(world: World) -> None:
    session = await world.open()
    world.brain.answers.append(ANSWERS["late"])
    await world.write(session, "hello")
    await asyncio.sleep(0.05)
    await world.sessions.change(session.id, lambda _: (EVENTS[e.TakenOver],))
    world.brain.release()
    await world.idle()
    assert [message.speaker for message in await world.told(session)] == ["ai", "customer"]
    record = [record.event for record in await world.store.record(session.id)]
    assert [event.reason for event in record if isinstance(event, e.MessageSuppressed)] == ["not_the_owner"] * 2


async def test_the_brain_is_not_asked_when_somebody_took_over_while_it_was_started(world: World) -> None:
    session = await world.open()
    await world.router.request_person(session.id)
    await world.router.cancel_handoff(session.id)
    world.brain.starts.append(STARTS["slow"])
    await world.write(session, "hello")
    await asyncio.sleep(0.05)
    await world.sessions.change(session.id, lambda _: (EVENTS[e.TakenOver],))
    world.brain.release()
    await world.idle()
    assert not [request for request in world.brain.asked if request.kind == "message"]


async def test_a_brain_that_was_restarted_is_told_of_the_session_again(world: World) -> None:
    session = await world.open()
    world.brain.restart()
    await world.write(session, "hello")
    await world.idle()
    assert [request.kind for request in world.brain.asked] == ["session_start", "message", "session_start", "message"]
    assert [message.disclosure for message in await world.told(session)] == [True, False, False]


async def test_a_return_to_the_ai_is_disclosed_again_and_the_brain_gets_the_note(world: World) -> None:
    session = await world.open()
    for kind in (e.TakenOver, e.ConversationEnded, e.ReturnedToAI):
        await world.add(session, EVENTS[kind])
    await world.write(session, "and now?")
    await world.idle()
    told = await world.told(session)
    assert [(message.speaker.value, message.disclosure) for message in told if message.speaker != "customer"] == [
        ("ai", True),
        ("ai", True),
        ("ai", False),
    ]
    assert (world.brain.asked[1].kind, world.brain.asked[1].note) == ("returned", "Solved.")


async def test_a_turn_that_could_not_be_stored_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await world.open()
    submit = world.store._submit
    left = 4

    async def at_first_not(ask: Any) -> Any:
        nonlocal left
        left -= 1
        if 0 <= left < 3:
            raise NotStored
        return await submit(ask)

    monkeypatch.setattr(world.store, "_submit", at_first_not)
    await world.write(session, "hello")
    await world.idle()
    now = await world.sessions.get(session.id)
    assert (now.state, now.open_turns, left < 0) == (State.AI, (), True)
    assert [message.speaker for message in await world.told(session)] == ["ai", "customer", "ai"]


async def test_a_place_that_could_not_be_stored_is_told_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await world.open()
    submit = world.store._submit
    failures = 2

    async def not_the_place(ask: Any) -> Any:
        nonlocal failures
        if failures and any("queue.joined" in row["payload"] for row in ask.events):
            failures -= 1
            raise NotStored
        return await submit(ask)

    monkeypatch.setattr(world.store, "_submit", not_the_place)
    await world.router.request_person(session.id)
    await world.idle()
    assert (await world.told(session))[-1].response == "queue.joined"


async def test_no_place_is_told_that_the_queue_does_not_know(world: World) -> None:
    world.line.place = None
    session = await world.open()
    await world.router.request_person(session.id)
    await world.idle()
    assert not (await world.sessions.get(session.id)).announced
    world.line.place = 7
    await world.write(session, "hello?")
    await world.idle()
    assert "number 7" in (await world.told(session))[-1].text


async def test_a_crash_in_the_middle_of_a_turn_says_nothing_twice(world: World) -> None:
    session = await world.open()
    world.brain.answers.append(ANSWERS["slow in the middle"])
    await world.write(session, "hello")
    await asyncio.sleep(0.05)
    world.brain.answers.append(ANSWERS["two lines"])
    for task in list(world.turns._workers.values()):
        task.cancel()
    await asyncio.sleep(0.01)
    world.router.resume_work()
    await world.idle()
    told = await world.told(session)
    assert [message.id for message in told if message.in_reply_to] == [f"{told[1].id}.0", f"{told[1].id}.1"]


async def test_the_stop_switch_brings_a_person_before_and_during_a_turn(world: World) -> None:
    before, during = await world.open(), await world.open()
    world.brain.answers.append(ANSWERS["late"])
    await world.write(during, "hello")
    await asyncio.sleep(0.05)
    world.stops.on = True
    await world.write(before, "hello")
    world.brain.release()
    await world.idle()
    for session in (before, during):
        assert (await world.sessions.get(session.id)).state is State.QUEUED
        assert (await escalation(world, session)).criterion == "ai_stopped"
        assert not [m for m in await world.told(session) if m.speaker == "ai" and not m.disclosure]


async def test_an_abandoned_turn_lets_go_of_the_brains_stream(world: World) -> None:
    session = await world.open()
    closed: list[bool] = []

    class HangsWhenDone(ScriptedBrain):
        async def turn(self, request: TurnRequest) -> AsyncIterator[TurnLine]:
            try:
                async for line in world.brain.turn(request):
                    yield line
                await asyncio.sleep(60)
            finally:
                closed.append(True)

    world.turns._brain = HangsWhenDone()
    await world.write(session, "hello")
    await world.idle()
    assert closed == [True]
