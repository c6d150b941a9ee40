"""Who waits for a person, in which order, and how long it will take: read off the sessions as committed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from switchboard.clock import Clock
from switchboard.desk.wait import Rates, wait_range
from switchboard.session import events as e
from switchboard.session.model import Priority, Session, State
from switchboard.store.sql import Committed

MOMENT_S: Final = 0.4  #: so long an order is good for, if nothing is committed
AGEING_S: Final = 600.0  #: after so long a wait a session counts as one class more urgent


class Desk(Protocol):
    """Whoever knows which desk agents are there."""

    def available(self) -> int:
        """How many take sessions now."""
        ...

    def free(self) -> int:
        """How many of these have no session."""
        ...


@dataclass(frozen=True, slots=True)
class _Ranked:
    order: list[Session]
    places: dict[str, int]
    until: float


class Queue:
    """The waiting sessions.

    Life-safety comes first, always. The others come by class (fraud, vulnerable, standard), and rise one class for each
    `AGEING_S` they have waited, so that none starves. Within a class those come first who are back in line through no fault
    of theirs, then those who have waited longest.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, Session] = {}
        self._cached: _Ranked | None = None
        self._seen: list[str] = []
        self._desk: Desk | None = None
        self.rates = Rates()
        self.on_changed: list[Callable[[], None]] = []

    def staffed_by(self, desk: Desk) -> None:
        """Say who knows the desk agents."""
        self._desk = desk

    def restore(self, sessions: Iterable[Session]) -> None:
        """Take up the open sessions after a start."""
        for session in sessions:
            self._keep(session)

    async def committed(self, committed: Committed) -> None:
        """Listener."""
        before, after = committed.before, committed.after
        self._learn(committed)
        was_waiting = before is not None and before.state is State.QUEUED
        self._keep(after)
        if was_waiting or after.state is State.QUEUED:
            moved = before is None or (before.state, before.epoch, before.escalation) != (
                after.state,
                after.epoch,
                after.escalation,
            )
            if moved:
                self.changed()

    def changed(self) -> None:
        """Positions or waits may be others now."""
        self._cached = None
        for listener in self.on_changed:
            listener()

    def waiting(self) -> list[Session]:
        """The sessions in their order, the next one first."""
        return self._ranked().order

    def _ranked(self) -> _Ranked:
        """The order as of a moment ago: ageing moves sessions with time alone, but not within a moment."""
        if self._cached is None or time.monotonic() > self._cached.until:
            now = self._clock.now()
            order = sorted(self._waiting.values(), key=lambda session: urgency(session, now))
            places = {session.id: place for place, session in enumerate(order, start=1)}
            self._cached = _Ranked(order, places, time.monotonic() + MOMENT_S)
        return self._cached

    def aged(self) -> bool:
        """Whether the order is another than when this was last asked, be it by the passing of time alone."""
        order = [session.id for session in self.waiting()]
        changed = order != self._seen
        self._seen = order
        return changed

    # What `session.words.Places` asks.

    def position(self, session_id: str) -> int | None:
        """1 for the next in line; None when the session is not in the queue."""
        return self._ranked().places.get(session_id)

    def wait(self, session_id: str) -> tuple[float, float] | None:
        """The expected wait as a range of seconds; None when it cannot be told."""
        position = self.position(session_id)
        if position is None or self._desk is None:
            return None
        return wait_range(
            position - 1,
            agents=self._desk.available(),
            free=self._desk.free(),
            mu=self.rates.mu,
            theta=self.rates.theta,
        )

    def agents_available(self) -> int:
        """How many desk agents take sessions now."""
        return self._desk.available() if self._desk is not None else 0

    def _keep(self, session: Session) -> None:
        if session.state is State.QUEUED or session.id in self._waiting:
            self._cached = None
        if session.state is State.QUEUED:
            self._waiting[session.id] = session
        else:
            self._waiting.pop(session.id, None)

    def _learn(self, committed: Committed) -> None:
        before = committed.before
        if before is None or before.state is committed.after.state:
            return
        now = committed.after.updated_at
        kinds = {type(record.event) for record in committed.records}
        if before.state is State.QUEUED and before.queued_at is not None:
            waited = (now - before.queued_at).total_seconds()
            if e.AgentAssigned in kinds:
                self.rates.waited(waited, gave_up=False)
            elif kinds & {e.HandoffCancelled, e.CustomerLeft, e.SessionExpired, e.QueueTimedOut}:
                self.rates.waited(waited, gave_up=True)
        if before.state is State.HUMAN and before.human_since is not None:
            self.rates.talked((now - before.human_since).total_seconds())


def urgency(session: Session, now: datetime) -> tuple[int, bool, float]:
    """What the queue is sorted by, the smallest first."""
    queued_at = session.queued_at or session.updated_at
    waited = max(0.0, (now - queued_at).total_seconds())
    return (effective_rank(_priority(session), waited), not session.to_front, queued_at.timestamp())


def effective_rank(priority: Priority, waited_s: float) -> int:
    """The class in which a session counts after so long a wait; nothing but a life at risk is class 0."""
    if priority is Priority.LIFE_SAFETY:
        return 0
    return max(1, priority.rank - int(waited_s // AGEING_S))


def _priority(session: Session) -> Priority:
    return session.escalation.priority if session.escalation is not None else Priority.STANDARD
