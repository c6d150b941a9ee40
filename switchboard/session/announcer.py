"""Tells waiting customers their place, from the queue as committed; a restart tells those who were not told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from switchboard.errors import NotStored, VersionConflict
from switchboard.session.events import Event
from switchboard.session.model import Session, State
from switchboard.session.sessions import Sessions
from switchboard.session.words import Places, Words
from switchboard.store.sql import Committed

log = structlog.get_logger(__name__)

#: Seconds between attempts while the database takes nothing.
RETRIES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class Announcer:
    """Appends the system message that tells a customer her place, once for each time she joins the queue."""

    def __init__(
        self, sessions: Sessions, words: Words, places: Places, *, retries_s: Sequence[float] = RETRIES_S
    ) -> None:
        self._sessions = sessions
        self._words = words
        self._places = places
        self._retries_s = retries_s
        self._tasks: set[asyncio.Task[None]] = set()
        sessions.subscribe(self._committed)

    async def _committed(self, committed: Committed) -> None:
        if committed.after.state is State.QUEUED and not committed.after.announced:
            self._announce_soon(committed.after.id)

    def resume_work(self) -> None:
        """After a start: tell those who were not told."""
        for session in self._sessions.all_open():
            if session.state is State.QUEUED and not session.announced:
                self._announce_soon(session.id)

    async def idle(self) -> None:
        """Wait until everybody has been told."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _announce_soon(self, session_id: str) -> None:
        task = asyncio.create_task(self._announce(session_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _announce(self, session_id: str) -> None:
        def decide(session: Session) -> Sequence[Event]:
            if session.state is not State.QUEUED or session.announced:
                return ()
            place = self._words.place_in_queue(session, self._places)
            if place is None:
                log.error("queue.place_unknown", session_id=session_id)
            return () if place is None else (place,)

        for delay in (*self._retries_s, None):
            try:
                await self._sessions.settle()  # somebody of whom nobody knows may stand before her
                await self._sessions.change(session_id, decide)
            except (NotStored, VersionConflict) as error:
                log.warning("queue.not_announced", session_id=session_id, code=error.code)
                if delay is not None:
                    await asyncio.sleep(delay)
            else:
                return
