"""What has to be seen to again and again: grace periods, idle sessions, long waits, the brain's health."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from switchboard.brain.client import Brain
from switchboard.clock import Clock
from switchboard.desk.broadcast import Broadcast
from switchboard.desk.presence import Presence
from switchboard.desk.queue import Queue
from switchboard.desk.service import DeskService
from switchboard.errors import SwitchboardError
from switchboard.session import events as e
from switchboard.session.model import Priority, Session, State
from switchboard.session.router import Router
from switchboard.session.sessions import Sessions
from switchboard.session.words import Words

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """After how many seconds something is done without anybody asking."""

    idle_s: float
    wrap_up_s: float
    queue_s: float


class BrainHealth:
    """Whether the brain answers, asked once a second; the desk is told when that changes."""

    def __init__(self, brain: Brain, broadcast: Broadcast) -> None:
        self._brain = brain
        self._broadcast = broadcast
        self.model: str | None = None
        self._known = False

    async def tick(self) -> None:
        """Ask once."""
        try:
            model = await self._brain.ready()
        except Exception:
            log.exception("brain.health_failed")
            model = None
        was_ready, ready = self.model is not None, model is not None
        self.model = model
        self._broadcast.brain_ready = ready
        if was_ready != ready and (self._known or not ready):
            log.info("brain.ready" if ready else "brain.not_ready", model=model)
            await self._broadcast.brain_changed(ready=ready)
        self._known = True


class Housekeeping:
    """Ends what nobody ends."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        router: Router,
        service: DeskService,
        words: Words,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._sessions = sessions
        self._router = router
        self._service = service
        self._words = words
        self._clock = clock
        self._limits = limits

    async def tick(self) -> None:
        """See to every open session. A clock that jumps back makes nothing end early."""
        now = self._clock.now()
        for session in self._sessions.all_open():
            idle = (now - session.updated_at).total_seconds()
            waited = (now - (session.queued_at or session.updated_at)).total_seconds()
            try:
                if session.state is State.AI and idle > self._limits.idle_s:
                    await self._router.expire(session.id)
                elif session.state is State.WRAP_UP and idle > self._limits.wrap_up_s:
                    await self._service.close_stale(session.id)
                elif session.state is State.QUEUED and waited > self._limits.queue_s:
                    await self._give_up(session.id, waited)
            except SwitchboardError as error:
                log.warning("upkeep.failed", session_id=session.id, code=error.code)

    async def _give_up(self, session_id: str, waited: float) -> None:
        """Nobody came in time. Who is in danger, or wrote a moment ago, keeps waiting."""

        def decide(session: Session) -> Sequence[e.Event]:
            why = session.escalation
            in_danger = why is not None and why.priority is Priority.LIFE_SAFETY
            if session.state is not State.QUEUED or in_danger or session.to_front:
                return ()
            hours = self._words.pack(session.locale).human_hours
            return (
                self._words.system(session, "queue.timed_out", hours=hours),
                e.QueueTimedOut(waited_s=round(waited, 1)),
            )

        await self._sessions.change(session_id, decide)


class Upkeep:
    """The background tasks."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, tick: Callable[[], Awaitable[None]], *, name: str) -> None:
        """Run `tick` again and again; one that fails is logged and runs again."""
        self._tasks.append(asyncio.create_task(_repeat(seconds, tick, name), name=f"upkeep:{name}"))

    async def close(self) -> None:
        """Stop all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _repeat(seconds: float, tick: Callable[[], Awaitable[None]], name: str) -> None:
    while True:
        try:
            await tick()
        except Exception:
            log.exception("upkeep.tick_failed", tick=name)
        await asyncio.sleep(seconds)


def presence_and_queue(presence: Presence, queue: Queue) -> Callable[[], Awaitable[None]]:
    """A tick for what depends on who is there."""

    async def tick() -> None:
        await presence.tick()
        if queue.aged():
            queue.changed()

    return tick
