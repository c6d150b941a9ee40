"""All open sessions, and the one way to change one: decide on events, compare and set, publish."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Sequence

import structlog

from switchboard.clock import Clock
from switchboard.errors import SessionUnknown, SwitchboardError, VersionConflict
from switchboard.ids import session_id as new_session_id
from switchboard.session.events import Event, Recorded, SessionOpened
from switchboard.session.model import Session
from switchboard.store.sql import Committed, MaybeStored, SqlStore

log = structlog.get_logger(__name__)

Decide = Callable[[Session], Sequence[Event]]
Listener = Callable[[Committed], Awaitable[None]]

ATTEMPTS = 8


class Duplicate(SwitchboardError):
    """This message was stored before."""

    code = "duplicate"

    def __init__(self, record: Recorded) -> None:
        super().__init__()
        self.record = record


class Sessions:
    """The open sessions.

    Changes of one session are serial, in the order in which they were asked for; sessions are independent. Listeners
    run after the commit, in the order in which they subscribed, and before the next change of the same session.
    """

    def __init__(self, store: SqlStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._open: dict[str, Session] = {}
        self._unsure: dict[str, Committed] = {}  # appends to which the database gave no answer
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(committed)` after each commit."""
        self._listeners.append(listener)

    async def restore(self) -> list[Session]:
        """Take up the sessions that were open when the process ended."""
        sessions = await self.store.open_sessions()
        self._open = {session.id: session for session in sessions}
        return sessions

    def all_open(self) -> list[Session]:
        """Every session that is not closed."""
        return list(self._open.values())

    async def get(self, session_id: str) -> Session:
        """The session as it stands.

        Raises:
            SessionUnknown: there is none of this id.
        """
        if session_id in self._unsure:
            async with self._lock(session_id):
                await self._settle(session_id)
        return await self._load(session_id)

    async def open(self, event: SessionOpened) -> Session:
        """Begin a session."""
        try:
            committed = await self.store.open(new_session_id(), event, at=self._clock.now())
        except MaybeStored as error:
            if not await self.store.is_stored(error.committed):
                raise
            committed = error.committed
        self._open[committed.after.id] = committed.after
        await self._publish(committed)
        return committed.after

    async def change(
        self,
        session_id: str,
        decide: Decide,
        *,
        already: Callable[[], Awaitable[Recorded | None]] | None = None,
    ) -> Committed:
        """Store what `decide(session)` returns; nothing when it returns nothing.

        `decide` is called again with the fresh session when another process was faster. `already` looks up whether what
        is to be stored was stored before; it is asked only when storing failed. Whoever is cancelled while waiting here
        stops waiting, but what was asked for is done to its end: stored and told to the listeners, or neither.

        Raises:
            Duplicate: `already` found it.
            NotStored: the database could not take it.
            SwitchboardError: whatever `decide` or the machine raises.
        """
        task = asyncio.create_task(self._change(session_id, decide, already))
        task.add_done_callback(_retrieve)
        return await asyncio.shield(task)

    async def _change(
        self, session_id: str, decide: Decide, already: Callable[[], Awaitable[Recorded | None]] | None
    ) -> Committed:
        async with self._lock(session_id):
            await self._settle(session_id)
            for _ in range(ATTEMPTS):
                session = await self._load(session_id)
                try:
                    events = decide(session)
                    if not events:
                        return Committed(before=session, after=session, records=())
                    committed = await self.store.append(session, *events, at=self._clock.now())
                except VersionConflict:
                    await self._raise_if_duplicate(already)
                    await self._reload(session_id)
                    continue
                except MaybeStored as error:
                    self._unsure[session_id] = error.committed
                    if await self._settle(session_id):
                        return error.committed
                    await self._raise_if_duplicate(already)
                    raise
                except SwitchboardError:
                    await self._raise_if_duplicate(already)
                    raise
                self._keep(committed.after)
                await self._publish(committed)
                return committed
        raise VersionConflict

    async def settle(self) -> None:
        """Find out about every append to which the database gave no answer: until then nobody knows what is committed.

        Raises:
            NotStored: the database cannot be read.
        """
        for session_id in list(self._unsure):
            async with self._lock(session_id):
                await self._settle(session_id)

    async def _settle(self, session_id: str) -> bool:
        """Find out whether an append without an answer is in the record; if so, it counts from now on."""
        committed = self._unsure.get(session_id)
        if committed is None:
            return False
        stored = await self.store.is_stored(committed)
        self._unsure.pop(session_id, None)
        if stored:
            self._keep(committed.after)
            await self._publish(committed)
        return stored

    async def _load(self, session_id: str) -> Session:
        session = self._open.get(session_id) or await self.store.load(session_id)
        if session is None:
            raise SessionUnknown
        return session

    def _lock(self, session_id: str) -> asyncio.Lock:
        lock = self._locks.get(session_id)
        if lock is None:
            lock = self._locks[session_id] = asyncio.Lock()
        return lock

    def _keep(self, session: Session) -> None:
        if session.is_closed:
            self._open.pop(session.id, None)
        else:
            self._open[session.id] = session

    async def _reload(self, session_id: str) -> None:
        session = await self.store.load(session_id)
        if session is None:
            raise SessionUnknown
        self._keep(session)

    @staticmethod
    async def _raise_if_duplicate(already: Callable[[], Awaitable[Recorded | None]] | None) -> None:
        record = await already() if already is not None else None
        if record is not None:
            raise Duplicate(record)

    async def _publish(self, committed: Committed) -> None:
        for listener in self._listeners:
            try:
                await listener(committed)
            except Exception:
                # What is committed is committed: a listener's fault must not fail the command, nor starve the others.
                log.exception("listener.failed", session_id=committed.after.id)


def _retrieve(task: asyncio.Task[Committed]) -> None:
    """Look at a task's error, which nobody else does when whoever waited for it was cancelled."""
    if not task.cancelled():
        task.exception()
