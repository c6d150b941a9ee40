"""The store: events and state in one transaction, compare-and-set on the session's version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from switchboard.errors import NotStored, VersionConflict
from switchboard.session.events import Event, MessageAdded, Recorded, SessionOpened
from switchboard.session.machine import GENESIS, advance, open_session
from switchboard.session.model import Session, State
from switchboard.store.group_commit import GroupCommit
from switchboard.store.rows import client_key, event_row, recorded, session_row
from switchboard.store.tables import EVENTS, SESSIONS
from switchboard.store.verification import Head, find_faults, heads

__all__ = ["Committed", "MaybeStored", "SqlStore", "client_key"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What one append did: the session before and after, and the records in between."""

    before: Session | None
    after: Session
    records: tuple[Recorded, ...]


class MaybeStored(NotStored):
    """The message could not be stored, so it was not sent. Please try again."""

    def __init__(self, committed: Committed) -> None:
        super().__init__()
        self.committed = committed  #: what would have been done; the answer to the commit may be all that was lost


@dataclass(frozen=True, slots=True)
class _Append:
    """Events to be added to a session that has `expected_version`; 0 for a session that is new."""

    session: dict[str, object]
    events: list[dict[str, object]]
    expected_version: int


Work = Callable[[Connection], object]

# Built once: building a statement costs more than running it.
_NEW_SESSION = insert(SESSIONS)
_NEXT_VERSION = update(SESSIONS).where(
    SESSIONS.c.id == bindparam("this_id"), SESSIONS.c.version == bindparam("expected_version")
)
_NEW_EVENTS = insert(EVENTS)


class SqlStore:
    """The record on SQLite or PostgreSQL. Writes go through one group-committing thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer: GroupCommit[_Append | Work] = GroupCommit(engine, _carry_out)

    async def open(self, session_id: str, event: SessionOpened, *, at: datetime) -> Committed:
        """Store the first event of a new session."""
        session = open_session(session_id, event, at=at)
        record = Recorded(
            session_id=session_id, version=1, seq=None, at=at, event=event, prev_hash=GENESIS, hash=session.head
        )
        committed = Committed(before=None, after=session, records=(record,))
        await self._commit(committed)
        return committed

    async def append(self, session: Session, *events: Event, at: datetime) -> Committed:
        """Apply events to a session and store them with the state they lead to, all or nothing.

        `session.version` is the expected version.

        Raises:
            VersionConflict: the stored session has another version.
            MaybeStored: the database gave no answer, or refused; `is_stored` tells once it can be read again.
            SwitchboardError: an event is not possible, as `machine.advance` says.
        """
        after = session
        records: list[Recorded] = []
        for event in events:
            before, after = after, advance(after, event, at=at)
            records.append(
                Recorded(
                    session_id=session.id,
                    version=after.version,
                    seq=after.seq if isinstance(event, MessageAdded) else None,
                    at=after.updated_at,
                    event=event,
                    prev_hash=before.head,
                    hash=after.head,
                )
            )
        committed = Committed(before=session, after=after, records=tuple(records))
        await self._commit(committed)
        return committed

    async def _commit(self, committed: Committed) -> None:
        ask = _Append(
            session_row(committed.after),
            [event_row(record) for record in committed.records],
            committed.before.version if committed.before else 0,
        )
        try:
            stored = await self._submit(ask)
        except VersionConflict:
            stored = False
        except NotStored as error:
            raise MaybeStored(committed) from error
        # A batch whose commit went unanswered is tried again: the other who was faster may have been this very append.
        if not stored and not await self.is_stored(committed):
            raise VersionConflict

    async def is_stored(self, committed: Committed) -> bool:
        """Whether an append whose answer was lost is in the record after all."""
        last = committed.records[-1]

        def read(connection: Connection) -> str | None:
            where = (EVENTS.c.session_id == last.session_id, EVENTS.c.version == last.version)
            return connection.execute(select(EVENTS.c.hash).where(*where)).scalar_one_or_none()

        return await self._read(read) == last.hash

    async def load(self, session_id: str) -> Session | None:
        """The session as stored, or None."""

        def read(connection: Connection) -> str | None:
            return connection.execute(
                select(SESSIONS.c.snapshot).where(SESSIONS.c.id == session_id)
            ).scalar_one_or_none()

        snapshot = await self._read(read)
        return Session.model_validate_json(snapshot) if snapshot is not None else None

    async def open_sessions(self) -> list[Session]:
        """Every session that is not closed."""

        def read(connection: Connection) -> Sequence[str]:
            statement = select(SESSIONS.c.snapshot).where(SESSIONS.c.state != State.CLOSED.value)
            return connection.execute(statement).scalars().all()

        return [Session.model_validate_json(text) for text in await self._read(read)]

    async def sessions_of(self, customer_id: str, *, limit: int = 20) -> list[Session]:
        """A customer's sessions, newest first."""

        def read(connection: Connection) -> Sequence[str]:
            statement = (
                select(SESSIONS.c.snapshot)
                .where(SESSIONS.c.customer_id == customer_id)
                .order_by(SESSIONS.c.updated_at.desc())
                .limit(limit)
            )
            return connection.execute(statement).scalars().all()

        return [Session.model_validate_json(text) for text in await self._read(read)]

    async def messages(self, session_id: str, *, after_seq: int = 0) -> list[Recorded]:
        """The messages that the customer can see, in order, from after a sequence number."""
        return await self._records(EVENTS.c.session_id == session_id, EVENTS.c.seq > after_seq)

    async def record(self, session_id: str, *, after_version: int = 0) -> list[Recorded]:
        """All events of a session in order."""
        return await self._records(EVENTS.c.session_id == session_id, EVENTS.c.version > after_version)

    async def find_by_client_key(self, session_id: str, key: str) -> Recorded | None:
        """The message that was stored under a client's id, or None."""
        found = await self._records(EVENTS.c.session_id == session_id, EVENTS.c.client_key == key)
        return found[0] if found else None

    async def find_message(self, session_id: str, message_id: str) -> Recorded | None:
        """A message by its id, or None."""
        found = await self._records(EVENTS.c.session_id == session_id, EVENTS.c.message_id == message_id)
        return found[0] if found else None

    async def verify(self, *, known: Mapping[str, Head] | None = None) -> list[str]:
        """One sentence for each fault of the record; `known` are `heads` that were kept elsewhere."""
        return await self._read(lambda connection: list(find_faults(connection, known=known)), frozen=True)

    async def heads(self) -> dict[str, Head]:
        """Each session's version and last hash, to be kept where nobody who can write to the database can change it."""
        return await self._read(heads, frozen=True)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run any other unit of work in the writer, durable when it returns."""
        result: T = await self._submit(work)
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run any other query."""
        return await self._read(work)

    def close(self) -> None:
        """Finish what is waiting and let go of the database."""
        self._writer.close()
        self.engine.dispose()

    async def _records(self, *where: ColumnElement[bool]) -> list[Recorded]:
        def read(connection: Connection) -> list[Recorded]:
            statement = select(EVENTS).where(*where).order_by(EVENTS.c.version)
            return [recorded(row) for row in connection.execute(statement)]

        return await self._read(read)

    async def _submit(self, ask: _Append | Work) -> Any:
        try:
            return await self._writer.submit(ask)
        except IntegrityError as error:
            raise VersionConflict from error
        except (SQLAlchemyError, OSError) as error:
            raise NotStored from error

    async def _read(self, work: Callable[[Connection], T], *, frozen: bool = False) -> T:
        """Run a query; `frozen` shows it the database as it is at one moment (SQLite always does)."""
        engine = self.engine
        if frozen and engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")

        def run() -> T:
            with engine.connect() as connection:
                return work(connection)

        try:
            return await asyncio.to_thread(run)
        except (SQLAlchemyError, OSError) as error:
            raise NotStored("The record could not be read. Please try again.") from error


def _carry_out(connection: Connection, asks: Sequence[_Append | Work]) -> list[object]:
    """Do a batch in one transaction. An append's result is whether the session had the expected version."""
    results: list[object] = []
    events: list[dict[str, object]] = []
    for ask in asks:
        if not isinstance(ask, _Append):
            results.append(ask(connection))
            continue
        if ask.expected_version == 0:
            connection.execute(_NEW_SESSION, ask.session)
            stored = True
        else:
            where = {"this_id": ask.session["id"], "expected_version": ask.expected_version}
            stored = connection.execute(_NEXT_VERSION, {**ask.session, **where}).rowcount == 1
        if stored:
            events += ask.events
        results.append(stored)
    if events:
        connection.execute(_NEW_EVENTS, events)
    return results
