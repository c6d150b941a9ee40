"""The real store on a real SQLite file, without its writer thread, so that tests hold every interleaving.

The writer thread has tests of its own; here its place is taken by two points at which other tasks may run: before the
commit and between the commit and its answer. Both are also where the database can be made to fail, and a process to die.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from switchboard.clock import Clock
from switchboard.desk.queue import urgency
from switchboard.errors import NotStored, VersionConflict
from switchboard.session.events import EVENT, Recorded
from switchboard.session.model import Session, State
from switchboard.store import sql
from switchboard.store.sql import SqlStore

T = TypeVar("T")

Fault = Literal["fine", "refused", "unanswered"]  #: "unanswered" is committed, and nobody is told


@dataclass(slots=True)
class Witness:
    """Sees every commit in its true order, whatever the process that asked for it came to know."""

    clock: Clock
    records: dict[str, list[Recorded]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    places: list[dict[str, int]] = field(default_factory=list)  #: after each commit, and whenever time moved
    committed_at: dict[tuple[str, int], int] = field(default_factory=dict)  #: (session, version) → number of the commit

    def saw(self, session_row: dict[str, Any], event_rows: list[dict[str, Any]]) -> None:
        """A commit took place."""
        session = Session.model_validate_json(session_row["snapshot"])
        self.sessions[session.id] = session
        for row in event_rows:
            record = Recorded(**{k: row[k] for k in _KEPT}, event=EVENT.validate_json(row["payload"]))
            self.records.setdefault(session.id, []).append(record)
            self.committed_at[session.id, record.version] = len(self.places)
        self.look()

    def look(self) -> None:
        """Take down who stands where in the queue now."""
        now = self.clock.now()
        waiting = [session for session in self.sessions.values() if session.state is State.QUEUED]
        ordered = sorted(waiting, key=lambda session: urgency(session, now))
        self.places.append({session.id: place for place, session in enumerate(ordered, start=1)})


_KEPT = ("session_id", "version", "seq", "at", "prev_hash", "hash")


@dataclass(slots=True)
class Faults:
    """What will go wrong with the next writes and reads."""

    writes: deque[Fault] = field(default_factory=deque)
    reads: int = 0
    refused: list[str] = field(default_factory=list)  #: events that were refused

    def clear(self) -> None:
        """Nothing will."""
        self.writes.clear()
        self.reads = 0


class InlineStore(SqlStore):
    """The store of one process. `die` is what a kill does to it: it never answers again."""

    def __init__(self, engine: Engine, witness: Witness, faults: Faults) -> None:
        self.engine = engine
        self._witness = witness
        self._faults = faults
        self._dead = False

    def die(self) -> None:
        """Never answer again."""
        self._dead = True

    def close(self) -> None:
        """Nothing is waiting."""

    async def _submit(self, ask: Any) -> Any:
        await self._pause()
        fault = self._faults.writes.popleft() if self._faults.writes else "fine"
        if fault == "refused":
            self._faults.refused += [row["payload"] for row in getattr(ask, "events", ())]
            raise NotStored
        try:
            with self.engine.begin() as connection:
                (result,) = sql._carry_out(connection, [ask])
        except IntegrityError as error:
            raise VersionConflict from error
        if result and isinstance(ask, sql._Append):
            self._witness.saw(ask.session, ask.events)
        await self._pause()
        if fault == "unanswered":
            raise NotStored
        return result

    async def _read(self, work: Callable[[Connection], T], *, frozen: bool = False) -> T:
        await self._pause()
        if self._faults.reads:
            self._faults.reads -= 1
            raise NotStored
        with self.engine.connect() as connection:
            result = work(connection)
        await self._pause()
        return result

    async def _pause(self) -> None:
        await asyncio.sleep(0)
        if self._dead:
            await asyncio.get_running_loop().create_future()
