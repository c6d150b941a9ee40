"""The one way to change a session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from switchboard.errors import NotStored, SessionUnknown, VersionConflict
from switchboard.session import events as e
from switchboard.session.model import Session, State
from switchboard.session.sessions import Duplicate, Sessions
from switchboard.store.sql import Committed
from tests.switchboard.session.conftest import World
from tests.switchboard.session.samples import AMARA, EVENTS, customer


async def test_changes_of_one_session_are_serial_in_the_order_in_which_they_were_asked_for(world: World) -> None:
    session = await world.open()
    await asyncio.gather(*(world.add(session, customer(str(n), id=str(n))) for n in range(30)))
    said = [message.text for message in await world.told(session) if message.speaker == "customer"]
    assert said == [str(n) for n in range(30)]


async def test_deciding_on_nothing_changes_nothing(world: World) -> None:
    session = await world.open()
    committed = await world.sessions.change(session.id, lambda _: ())
    assert (committed.records, committed.after) == ((), session)


async def test_a_decision_is_made_again_when_another_process_was_faster(world: World) -> None:
    session = await world.open()
    other = Sessions(world.store, world.clock)
    await other.change(session.id, lambda _: (EVENTS[e.HandoffRequested],))
    seen: list[State] = []

    def decide(now: Session) -> Sequence[e.Event]:
        seen.append(now.state)
        return (e.AgentAssigned(agent=AMARA),) if now.state is State.QUEUED else (EVENTS[e.TakenOver],)

    committed = await world.sessions.change(session.id, decide)
    assert seen == [State.AI, State.QUEUED]
    assert committed.after.state is State.HUMAN
    assert await world.store.verify() == []


async def test_a_change_that_never_wins_gives_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await world.open()

    async def loses(*args: Any, **kwargs: Any) -> Committed:
        raise VersionConflict

    monkeypatch.setattr(world.store, "append", loses)
    with pytest.raises(VersionConflict):
        await world.sessions.change(session.id, lambda _: (customer("hello"),))


async def test_an_unknown_session_is_said_to_be_unknown(world: World) -> None:
    with pytest.raises(SessionUnknown):
        await world.sessions.get("nobody")
    with pytest.raises(SessionUnknown):
        await world.sessions.change("nobody", lambda _: ())


async def test_a_listener_that_fails_neither_fails_the_command_nor_starves_the_others(world: World) -> None:
    session = await world.open()
    heard: list[int] = []

    async def fails(committed: Committed) -> None:
        raise RuntimeError("a fault in a listener")

    async def hears(committed: Committed) -> None:
        heard.append(committed.after.version)

    world.sessions.subscribe(fails)
    world.sessions.subscribe(hears)
    committed = await world.sessions.change(session.id, lambda _: (customer("hello"),))
    assert committed.after.version in heard


async def test_whoever_goes_away_while_waiting_leaves_nothing_half_done(world: World) -> None:
    """A change that is stored is told to the listeners, also if its caller was cancelled meanwhile."""
    session = await world.open()
    for n in range(40):
        task = asyncio.create_task(world.write(session, f"message {n}"))
        for _ in range(n % 8):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await world.sessions.change(session.id, lambda _: (customer("last", id="last"),))
    await world.idle()
    published = [record for one in world.committed if one.after.id == session.id for record in one.records]
    assert published == await world.store.record(session.id)


async def test_an_unanswered_commit_is_a_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await world.open()
    submit = world.store._submit

    async def unanswered(ask: Any) -> Any:
        await submit(ask)
        raise NotStored

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "_submit", unanswered)
        receipt = await world.write(session, "hello")
    assert (receipt.seq, receipt.duplicate) == (2, False)
    assert world.committed[-1].records[-1].seq is not None
    await world.idle()
    assert [message.text for message in await world.told(session)][1] == "hello"


async def test_a_commit_without_answer_is_settled_when_the_database_can_be_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await world.open()
    submit = world.store._submit

    async def unanswered(ask: Any) -> Any:
        await submit(ask)
        raise NotStored

    async def unreadable(*args: Any, **kwargs: Any) -> Any:
        raise NotStored

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "_submit", unanswered)
        patch.setattr(world.store, "_read", unreadable)
        with pytest.raises(NotStored):
            await world.write(session, "hello", client_id="1")
    again = await world.write(session, "hello", client_id="1")
    assert (again.seq, again.duplicate) == (2, True)
    await world.idle()
    published = [record for one in world.committed if one.after.id == session.id for record in one.records]
    assert published == await world.store.record(session.id)


async def test_a_new_session_whose_commit_went_unanswered_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = world.store._submit

    async def unanswered(ask: Any) -> Any:
        await submit(ask)
        raise NotStored

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "_submit", unanswered)
        session = await world.router.open_session(channel="web", locale=None)
    assert [open_one.id for open_one in world.sessions.all_open()] == [session.id]


async def test_a_duplicate_brings_the_first_record(world: World) -> None:
    session = await world.open()
    committed = await world.sessions.change(session.id, lambda _: (customer("one", id="m"),))

    async def already() -> e.Recorded | None:
        return await world.store.find_message(session.id, "m")

    with pytest.raises(Duplicate) as found:
        await world.sessions.change(session.id, lambda _: (customer("two", id="m"),), already=already)
    assert found.value.record == committed.records[0]


async def test_a_restart_takes_up_what_was_open(world: World) -> None:
    kept, ended = await world.open(), await world.open()
    await world.router.end(ended.id)
    restarted = Sessions(world.store, world.clock)
    await restarted.restore()
    assert [session.id for session in restarted.all_open()] == [kept.id]
    assert (await restarted.get(ended.id)).is_closed
