"""The record on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from switchboard.errors import NotStored, VersionConflict, WrongState
from switchboard.session import events as e
from switchboard.session.model import CustomerRef, Session, Speaker, State
from switchboard.store.sql import MaybeStored, SqlStore, client_key
from tests.switchboard.session.samples import AMARA, EVENTS, START, ai, customer


async def opened(store: SqlStore, id: str = "s", customer_id: str | None = None) -> Session:
    who = CustomerRef(id=customer_id, name="Kim") if customer_id else None
    event = e.SessionOpened(channel="web", locale="en-GB", customer=who)
    return (await store.open(id, event, at=START)).after


async def disclosed(store: SqlStore, id: str = "s") -> Session:
    return (await store.append(await opened(store, id), ai("I am an AI.", disclosure=True), at=START)).after


async def test_what_was_stored_is_what_is_loaded(store: SqlStore) -> None:
    session = await disclosed(store)
    committed = await store.append(
        session,
        customer("Grüße 👋 from «Ana»", client_id="1"),
        e.TurnAssessed(
            message_id="c", epoch=1, parse={"entities": [{"a": 1.5, "b": None}]}, assessment={"x": [1, "2"]}
        ),
        EVENTS[e.HandoffRequested],
        e.CallbackBooked(at=START + timedelta(hours=2), contact="+44 7911 123456"),
        at=START + timedelta(microseconds=1),
    )
    assert await store.load("s") == committed.after
    record = await store.record("s")
    assert record[-4:] == list(committed.records)
    assert [r.version for r in record] == [1, 2, 3, 4, 5, 6]
    assert [r.seq for r in record] == [None, 1, 2, None, None, None]
    assert await store.verify() == []


async def test_every_event_survives_the_database(store: SqlStore) -> None:
    ways: list[tuple[type[e.Event], ...]] = [
        (e.NoteAdded, e.MessageSuppressed, e.TurnAssessed, e.TurnFinished, e.BrainStarted, e.MessageAdded, e.TakenOver),
        (
            e.ConversationEnded,
            e.CustomerWroteAgain,
            e.SessionRequeued,
            e.AgentAssigned,
            e.ConversationEnded,
            e.ReturnedToAI,
        ),
        (e.HandoffRequested, e.HandoffCancelled, e.HandoffRequested, e.CallbackBooked, e.HandoffRequested),
        (e.QueueTimedOut, e.CustomerLeft, e.WrapUpRecorded, e.FeedbackGiven, e.MessageFlagged),
    ]
    session = await disclosed(store)
    for kinds in ways:
        session = (await store.append(session, *(EVENTS[kind] for kind in kinds), at=START)).after
    assert [r.event for r in await store.record("s")][2:] == [EVENTS[kind] for kinds in ways for kind in kinds]
    assert await store.verify() == []


async def test_numbers_that_json_does_not_know_break_no_chain(store: SqlStore) -> None:
    odd: Any = {"signals": {"fraud": float("nan"), "crisis": float("inf")}, "big": 10**40}
    await store.append(await disclosed(store), e.TurnAssessed(message_id="m", epoch=1, parse=odd), at=START)
    assert await store.verify() == []
    assert len(await store.record("s")) == 3


async def test_compare_and_set_lets_one_of_two_win(store: SqlStore) -> None:
    session = await disclosed(store)
    results = await asyncio.gather(
        *(store.append(session, customer(f"{n}", id=f"c{n}"), at=START) for n in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert sum(isinstance(result, VersionConflict) for result in results) == 7
    assert len(await store.messages("s")) == 2


async def test_two_processes_on_one_database_do_not_overwrite_each_other(store: SqlStore, database_url: str) -> None:
    from switchboard.store.engine import open_engine

    other = SqlStore(open_engine(database_url))
    session = await disclosed(store)
    for n in range(20):
        results = await asyncio.gather(
            store.append(session, customer("a", id=f"a{n}"), at=START),
            other.append(session, customer("b", id=f"b{n}"), at=START),
            return_exceptions=True,
        )
        assert sum(isinstance(result, VersionConflict) for result in results) == 1
        loaded = await store.load("s")
        assert loaded is not None
        session = loaded
    other.close()
    assert await store.verify() == []


async def test_many_sessions_are_committed_together(store: SqlStore) -> None:
    sessions = await asyncio.gather(*(disclosed(store, f"s{n}") for n in range(60)))
    for round_number in range(3):
        done = await asyncio.gather(
            *(store.append(session, customer("hi", id=f"c{round_number}"), at=START) for session in sessions)
        )
        sessions = [committed.after for committed in done]
    assert await store.verify() == []
    assert [session.version for session in sessions] == [5] * 60


async def test_one_guilty_request_of_a_batch_fails_alone(store: SqlStore) -> None:
    sessions = await asyncio.gather(*(disclosed(store, f"s{n}") for n in range(20)))
    guilty = sessions[7]
    await store.append(guilty, customer("first", client_id="again", id="c1"), at=START)
    fresh = await store.load(guilty.id)
    assert fresh is not None

    def faulty(connection: Connection) -> None:
        raise ValueError("a fault of whoever asked")

    attempts: list[Any] = [
        store.append(fresh if session.id == guilty.id else session, customer("x", client_id="again", id="c2"), at=START)
        for session in sessions
    ]
    results = await asyncio.gather(*attempts, store.write(faulty), return_exceptions=True)
    assert isinstance(results.pop(), ValueError)
    assert isinstance(results.pop(7), VersionConflict)
    assert not [result for result in results if isinstance(result, BaseException)]
    assert await store.verify() == []


async def test_an_append_is_all_or_nothing(store: SqlStore) -> None:
    session = await disclosed(store)
    with pytest.raises(WrongState):
        await store.append(session, customer("hello"), e.AgentAssigned(agent=AMARA), at=START)
    with pytest.raises(VersionConflict):
        await store.append(session, customer("hello", id="x"), customer("again", id="x"), at=START)
    assert await store.load("s") == session
    assert len(await store.record("s")) == 2


@pytest.mark.parametrize("field", ["id", "client_id"])
async def test_the_same_message_cannot_be_stored_twice(store: SqlStore, field: str) -> None:
    session = (await store.append(await disclosed(store), customer("one", client_id="k", id="m"), at=START)).after
    twice = customer("two", client_id="k" if field == "client_id" else "l", id="m" if field == "id" else "n")
    with pytest.raises(VersionConflict):
        await store.append(session, twice, at=START)


async def test_the_same_client_id_is_free_in_other_sessions_and_for_other_senders(store: SqlStore) -> None:
    first, second = await disclosed(store, "s1"), await disclosed(store, "s2")
    await store.append(second, customer("one", client_id="k"), at=START)
    session = (
        await store.append(first, customer("one", client_id="k"), e.TakenOver(agent=AMARA, reason="x"), at=START)
    ).after
    reply = e.MessageAdded(id="h", speaker=Speaker.AGENT, text="Hi", epoch=2, agent_id=AMARA.id, client_id="k")
    await store.append(session, reply, at=START)
    found = await store.find_by_client_key("s1", client_key(Speaker.AGENT, AMARA.id, "k"))
    assert found is not None
    assert found.event == reply


async def test_messages_are_found_by_id_and_by_client(store: SqlStore) -> None:
    await store.append(await disclosed(store), customer("one", client_id="k", id="m"), at=START)
    by_id, by_client = await store.find_message("s", "m"), await store.find_by_client_key("s", "customer::k")
    assert by_id == by_client
    assert by_id is not None
    assert (await store.find_message("s", "none"), await store.find_by_client_key("s", "customer::none")) == (
        None,
        None,
    )


async def test_replay_starts_after_a_sequence_number(store: SqlStore) -> None:
    session = await disclosed(store)
    for n in range(5):
        session = (await store.append(session, e.BrainStarted(epoch=1), customer(str(n), id=str(n)), at=START)).after
    assert [r.seq for r in await store.messages("s", after_seq=3)] == [4, 5, 6]
    assert [r.version for r in await store.record("s", after_version=10)] == [11, 12]
    assert await store.messages("s", after_seq=99) == []


async def test_open_sessions_are_those_that_are_not_closed(store: SqlStore) -> None:
    await disclosed(store, "open")
    closed = await disclosed(store, "closed")
    await store.append(closed, e.CustomerLeft(), at=START)
    assert [session.id for session in await store.open_sessions()] == ["open"]
    loaded = await store.load("closed")
    assert loaded is not None
    assert loaded.state is State.CLOSED


async def test_a_customers_sessions_come_newest_first(store: SqlStore) -> None:
    for n in range(3):
        session = await opened(store, f"s{n}", "kim")
        await store.append(session, ai("I am an AI.", disclosure=True), at=START + timedelta(minutes=n))
    await opened(store, "other", "lee")
    assert [session.id for session in await store.sessions_of("kim", limit=2)] == ["s2", "s1"]


async def test_a_database_that_is_gone_means_not_stored(store: SqlStore) -> None:
    session = await disclosed(store)

    def vanish(connection: Connection) -> None:
        connection.execute(text("DROP TABLE events"))

    await store.write(vanish)
    with pytest.raises(NotStored):
        await store.append(session, customer("hello"), at=START)
    with pytest.raises(NotStored):
        await store.messages("s")


async def test_an_append_whose_commit_went_unanswered_is_found(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await disclosed(store)
    submit = store._submit

    async def unanswered(ask: Any) -> Any:
        await submit(ask)
        raise NotStored

    monkeypatch.setattr(store, "_submit", unanswered)
    with pytest.raises(MaybeStored) as lost:
        await store.append(session, customer("hello"), at=START)
    assert await store.is_stored(lost.value.committed)
    monkeypatch.undo()

    async def refused(ask: Any) -> Any:
        raise NotStored

    monkeypatch.setattr(store, "_submit", refused)
    with pytest.raises(MaybeStored) as never:
        await store.append(lost.value.committed.after, customer("again", id="d"), at=START)
    assert not await store.is_stored(never.value.committed)


async def test_an_append_that_the_writer_did_twice_counts_once(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit of a batch was lost on its way back, and the writer did its requests once more, each by itself."""
    session = await disclosed(store)
    submit = store._submit

    async def twice(ask: Any) -> Any:
        await submit(ask)
        return await submit(ask)

    monkeypatch.setattr(store, "_submit", twice)
    committed = await store.append(session, customer("hello"), at=START)
    assert await store.load("s") == committed.after
    assert len(await store.messages("s")) == 2


async def test_while_the_database_is_down_nobody_waits_for_others_time_outs(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def down(batch: list[Any]) -> Exception:
        tries.append(len(batch))
        return OperationalError("connect", {}, ConnectionRefusedError())

    sessions = [await disclosed(store, f"s{n}") for n in range(30)]
    monkeypatch.setattr(store._writer, "_try", down)
    results = await asyncio.gather(
        *(store.append(session, customer("x"), at=START) for session in sessions), return_exceptions=True
    )
    assert all(isinstance(result, NotStored) for result in results)
    assert sum(size == 1 for size in tries) <= len(tries) / 2 + 1


async def test_a_closed_store_takes_nothing_more(store: SqlStore) -> None:
    session = await disclosed(store)
    store.close()
    with pytest.raises(RuntimeError):
        await store.append(session, customer("hello"), at=START)
