"""What customers can do."""

from __future__ import annotations

import pytest

from switchboard.errors import PayloadInvalid, SessionClosed, TextTooLong
from switchboard.session import events as e
from switchboard.session.model import State
from tests.promises.scripted_brain import ANSWERS
from tests.switchboard.session.conftest import World
from tests.switchboard.session.samples import AMARA, EVENTS


async def test_a_session_begins_with_the_disclosure(world: World) -> None:
    session = await world.open("de-AT")
    (first,) = await world.told(session)
    assert first.disclosure
    assert session.locale == "de-DE"
    assert session.disclosed


async def test_the_same_client_id_gives_the_same_receipt_and_one_message(world: World) -> None:
    session = await world.open()
    first = await world.write(session, "hello", client_id="1")
    again = await world.write(session, "hello", client_id="1")
    assert (again.id, again.seq, first.duplicate, again.duplicate) == (first.id, first.seq, False, True)


async def test_a_retry_after_the_end_still_gives_its_receipt(world: World) -> None:
    session = await world.open()
    first = await world.write(session, "hello", client_id="1")
    await world.idle()
    await world.router.end(session.id)
    assert (await world.write(session, "hello", client_id="1")).id == first.id
    with pytest.raises(SessionClosed):
        await world.write(session, "hello", client_id="2")


async def test_what_cannot_be_a_message_is_refused_before_anything_happens(world: World) -> None:
    session = await world.open()
    with pytest.raises(TextTooLong):
        await world.write(session, "a" * 1001)
    with pytest.raises(PayloadInvalid):
        await world.write(session, "hello", client_id="a" * 200)
    assert (await world.sessions.get(session.id)).version == session.version


async def test_secrets_are_masked_in_the_record_and_for_the_brain(world: World) -> None:
    session = await world.open()
    await world.write(session, "my card 4111 1111 1111 1111, pin 1234")
    await world.idle()
    (said,) = [message for message in await world.told(session) if message.speaker == "customer"]
    assert said.text == "my card •••• 1111, pin •••"
    assert said.masked == ("card", "pin")
    assert [request.text for request in world.brain.asked if request.text] == [said.text]
    await world.router.give_feedback(session.id, e.FeedbackGiven(comment="4111111111111111"))
    feedback = (await world.store.record(session.id))[-1].event
    assert isinstance(feedback, e.FeedbackGiven)
    assert feedback.comment == "•••• 1111"


@pytest.mark.parametrize(
    ("way", "reached"),
    [
        ((), State.QUEUED),
        ((e.HandoffRequested,), State.QUEUED),
        ((e.TakenOver,), State.HUMAN),
        ((e.HandoffRequested, e.AgentAssigned, e.ConversationEnded), State.HUMAN),
    ],
)
async def test_a_person_is_one_command_away_in_every_open_state(
    world: World, way: tuple[type[e.Event], ...], reached: State
) -> None:
    session = await world.open()
    for kind in way:
        await world.add(session, EVENTS[kind])
    assert (await world.router.request_person(session.id)).state is reached


async def test_asking_for_a_person_does_not_wait_for_the_brain(world: World) -> None:
    session = await world.open()
    world.brain.answers.append(ANSWERS["hangs at once"])
    await world.write(session, "hello")
    queued = await world.router.request_person(session.id)
    assert queued.state is State.QUEUED
    assert queued.escalation is not None
    assert queued.escalation.criterion == "person_requested"


async def test_a_closed_session_has_nobody_to_offer(world: World) -> None:
    session = await world.open()
    await world.router.end(session.id)
    with pytest.raises(SessionClosed):
        await world.router.request_person(session.id)


async def test_who_writes_again_gets_the_same_person_back(world: World) -> None:
    session = await world.open()
    for kind in (e.HandoffRequested, e.AgentAssigned, e.ConversationEnded):
        await world.add(session, EVENTS[kind])
    await world.write(session, "one more thing")
    now = await world.sessions.get(session.id)
    assert (now.state, now.agent) == (State.HUMAN, AMARA)


async def test_leaving_the_queue_is_told_and_needs_no_second_disclosure(world: World) -> None:
    session = await world.open()
    await world.router.request_person(session.id)
    await world.idle()
    now = await world.router.cancel_handoff(session.id)
    assert (now.state, now.disclosed, now.epoch) == (State.AI, True, 3)
    assert (await world.told(session))[-1].response == "queue.cancelled"
    assert (await world.router.cancel_handoff(session.id)).version == now.version


async def test_ending_a_talk_with_a_person_leaves_her_the_case(world: World) -> None:
    session = await world.open()
    await world.sessions.change(session.id, lambda _: (EVENTS[e.TakenOver],))
    assert (await world.router.end(session.id)).state is State.WRAP_UP
    assert (await world.router.end(session.id)).state is State.WRAP_UP


async def test_only_sessions_of_the_ai_expire(world: World) -> None:
    session = await world.open()
    await world.router.request_person(session.id)
    assert (await world.router.expire(session.id)).state is State.QUEUED
    await world.router.cancel_handoff(session.id)
    assert (await world.router.expire(session.id)).state is State.CLOSED
