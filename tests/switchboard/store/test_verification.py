"""Whatever is changed in the tables, by whomever: `verify` finds it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, update

from switchboard.session import events as e
from switchboard.session.model import CustomerRef, Session
from switchboard.store.engine import migrate, open_engine
from switchboard.store.sql import SqlStore
from switchboard.store.tables import EVENTS, SESSIONS
from switchboard.store.verification import find_faults, heads
from tests.switchboard.session.samples import AMARA, START, agent, ai, customer
from tests.switchboard.session.samples import EVENTS as SAMPLES

IDS = ("first", "second", "third")


async def fill(store: SqlStore) -> None:
    for id in IDS:
        who = CustomerRef(id=f"customer-{id}")
        session = (await store.open(id, e.SessionOpened(channel="web", locale="en-GB", customer=who), at=START)).after
        for events in (
            (ai("I am an AI.", disclosure=True), e.BrainStarted(epoch=1)),
            (customer("Help", client_id="1"), SAMPLES[e.TurnAssessed]),
            (SAMPLES[e.HandoffRequested], e.AgentAssigned(agent=AMARA), agent("Hello")),
        ):
            session = (await store.append(session, *events, at=START)).after


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A connection to a filled database, in which each example's changes are rolled back."""
    path: Path = tmp_path_factory.mktemp("verification") / "candour.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    store = SqlStore(engine)
    asyncio.run(fill(store))
    with engine.connect() as connection:
        yield connection
        assert faults(connection) == [], "an example was not rolled back, and those after it showed nothing"
    store.close()


def faults(connection: Connection, **known: Any) -> list[str]:
    return list(find_faults(connection, **known))


def other(value: Any, draw: st.DataObject) -> Any:
    """Another value of the same kind."""
    match value:
        case None:
            return draw.draw(st.sampled_from([1, 99]))
        case int():
            return draw.draw(st.integers(-3, 99).filter(lambda new: new != value))
        case str():
            at = draw.draw(st.integers(0, max(len(value) - 1, 0)))
            char = draw.draw(st.sampled_from('abc019 {}":,'))
            return draw.draw(
                st.sampled_from([value[:at] + char + value[at + 1 :], value[:at] + value[at + 1 :], value + char, ""])
            )
        case _:
            return value.replace(year=draw.draw(st.integers(2000, 2020)))


def meaning(column: str, value: Any) -> Any:
    """What a value says: two ways of writing the same JSON say the same."""
    if column == "snapshot":
        try:
            return Session.model_validate_json(value)
        except ValueError:
            return value
    return value


def test_an_untouched_record_has_no_faults(connection: Connection) -> None:
    assert faults(connection) == []
    assert faults(connection, known=heads(connection)) == []


@given(draw=st.data())
@settings(max_examples=400)
def test_any_change_of_any_column_of_an_event_is_found(connection: Connection, draw: st.DataObject) -> None:
    rows = connection.execute(select(EVENTS)).all()
    row = draw.draw(st.sampled_from(rows))
    column = draw.draw(st.sampled_from([column.name for column in EVENTS.columns]))
    new = other(getattr(row, column), draw)
    if column == "message_id" and isinstance(new, int):
        new = str(new)
    if new == getattr(row, column):
        return
    try:
        with connection.begin_nested() as savepoint:
            where = (EVENTS.c.session_id == row.session_id, EVENTS.c.version == row.version)
            try:
                connection.execute(update(EVENTS).where(*where).values({column: new}))
            except Exception:  # noqa: BLE001 (the database itself refused the change)
                return
            assert faults(connection)
            savepoint.rollback()
    finally:
        connection.rollback()


@given(draw=st.data())
@settings(max_examples=200)
def test_any_change_of_any_column_of_a_session_is_found(connection: Connection, draw: st.DataObject) -> None:
    row = draw.draw(st.sampled_from(connection.execute(select(SESSIONS)).all()))
    column = draw.draw(st.sampled_from([column.name for column in SESSIONS.columns]))
    new = other(getattr(row, column), draw)
    if meaning(column, new) == meaning(column, getattr(row, column)):
        return
    try:
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == row.id).values({column: new}))
        assert faults(connection)
    finally:
        connection.rollback()


@given(draw=st.data())
def test_any_field_of_a_sessions_snapshot_is_checked(connection: Connection, draw: st.DataObject) -> None:
    row = draw.draw(st.sampled_from(connection.execute(select(SESSIONS)).all()))
    snapshot = json.loads(row.snapshot)
    name = draw.draw(st.sampled_from(sorted(snapshot)))
    snapshot[name] = {True: False, False: True}.get(snapshot[name]) if isinstance(snapshot[name], bool) else "2020"
    try:
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == row.id).values(snapshot=json.dumps(snapshot)))
        assert faults(connection)
    finally:
        connection.rollback()


@given(gone=st.sets(st.tuples(st.sampled_from(IDS), st.integers(1, 8)), min_size=1, max_size=20))
def test_deleted_events_are_found(connection: Connection, gone: set[tuple[str, int]]) -> None:
    try:
        for id, version in gone:
            connection.execute(delete(EVENTS).where(EVENTS.c.session_id == id, EVENTS.c.version == version))
        assert faults(connection)
    finally:
        connection.rollback()


@given(draw=st.data())
def test_inserted_events_are_found(connection: Connection, draw: st.DataObject) -> None:
    row = draw.draw(st.sampled_from(connection.execute(select(EVENTS)).all()))
    values = dict(row._mapping) | {"seq": None, "message_id": None, "client_key": None}
    values["version"] = draw.draw(st.sampled_from([-1, 0, 9, 10, 50]))
    values["session_id"] = draw.draw(st.sampled_from([*IDS, "new"]))
    try:
        connection.execute(insert(EVENTS).values(values))
        assert faults(connection)
    finally:
        connection.rollback()


def test_events_cannot_trade_places(connection: Connection) -> None:
    try:
        for old, new in ((3, 99), (4, 3), (99, 4)):
            connection.execute(update(EVENTS).where(EVENTS.c.version == old).values(version=new))
        assert faults(connection)
    finally:
        connection.rollback()


@pytest.mark.parametrize("table", [EVENTS, SESSIONS])
def test_a_session_without_its_other_half_is_found(connection: Connection, table: Any) -> None:
    key = EVENTS.c.session_id if table is EVENTS else SESSIONS.c.id
    try:
        connection.execute(delete(table).where(key == "second"))
        (fault,) = faults(connection)
        assert "second" in fault
    finally:
        connection.rollback()


def test_heads_that_were_kept_elsewhere_find_a_session_that_is_gone_altogether(connection: Connection) -> None:
    known = heads(connection)
    try:
        connection.execute(delete(EVENTS).where(EVENTS.c.session_id == "second"))
        connection.execute(delete(SESSIONS).where(SESSIONS.c.id == "second"))
        assert faults(connection) == []
        assert faults(connection, known=known) == ["session second: is missing altogether"]
    finally:
        connection.rollback()


async def test_heads_find_a_chain_that_was_written_anew(store: SqlStore) -> None:
    await fill(store)
    known = await store.heads()

    def begin_again(connection: Connection) -> None:
        connection.execute(delete(EVENTS))
        connection.execute(delete(SESSIONS))

    await store.write(begin_again)
    for id in IDS:
        session = (await store.open(id, e.SessionOpened(channel="web", locale="en-GB"), at=START)).after
        for n in range(12 if id == "first" else 2):
            said = ai("I am an AI.", disclosure=True, id=str(n))
            session = (await store.append(session, said, at=START)).after
    assert await store.verify() == []
    found = await store.verify(known=known)
    assert [fault.split(":")[0] for fault in found] == ["session first event 8", "session second", "session third"]


async def test_a_live_database_gives_no_false_alarm(store: SqlStore) -> None:
    """Verifying reads sessions and events at one moment, while others write."""
    session = (await store.open("s", e.SessionOpened(channel="web", locale="en-GB"), at=START)).after
    done = False

    async def keep_writing() -> None:
        nonlocal session
        n = 0
        while not done:
            n += 1
            session = (await store.append(session, ai("I am an AI.", disclosure=True, id=str(n)), at=START)).after

    writer = asyncio.create_task(keep_writing())
    for _ in range(15):
        assert await store.verify() == []
    done = True
    await writer
