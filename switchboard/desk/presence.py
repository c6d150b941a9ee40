"""Which desk agents are there, and what becomes of their sessions when they are not.

A desk agent is there while at least one of her sockets is connected. When the last one is lost she has a grace period to
come back; after it each of her sessions goes back to the front of the queue and the customer is told. The same holds after
a restart of the switchboard. The period is measured on the monotonic clock.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from switchboard.desk.accounts import Account
from switchboard.desk.roles import takes_sessions
from switchboard.errors import SwitchboardError
from switchboard.session import events as e
from switchboard.session.model import DeskAgentRef, Session, State
from switchboard.session.sessions import Sessions
from switchboard.session.words import Words
from switchboard.store.sql import Committed

log = structlog.get_logger(__name__)


class Status(StrEnum):
    """What a desk agent says of herself."""

    AVAILABLE = "available"  #: takes sessions
    AWAY = "away"  #: keeps her sessions, takes no new ones
    OFFLINE = "offline"  #: not there


@dataclass(slots=True)
class Present:
    """A desk agent who has signed in since the start."""

    account: Account
    status: Status = Status.AWAY
    sids: set[str] = field(default_factory=set)


class Presence:
    """All desk agents who are there."""

    def __init__(
        self,
        sessions: Sessions,
        words: Words,
        *,
        grace_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._words = words
        self._grace_s = grace_s
        self._monotonic = monotonic
        self._present: dict[str, Present] = {}
        self._by_sid: dict[str, Present] = {}
        self._held: dict[str, set[str]] = defaultdict(set)  # desk agent → her sessions in the state HUMAN
        self._holder: dict[str, str] = {}
        self._lost_at: dict[str, float] = {}
        self.on_changed: list[Callable[[], None]] = []
        self.on_agent_lost: list[Callable[[Session, DeskAgentRef], Awaitable[None]]] = []

    # Sockets.

    def connected(self, sid: str, account: Account) -> Present:
        """A socket of a desk agent connected."""
        present = self._present.setdefault(account.id, Present(account))
        present.account = account
        present.sids.add(sid)
        self._by_sid[sid] = present
        self._lost_at.pop(account.id, None)
        self._changed()
        return present

    def disconnected(self, sid: str) -> None:
        """A socket of a desk agent is gone."""
        present = self._by_sid.pop(sid, None)
        if present is None:
            return
        present.sids.discard(sid)
        if not present.sids:
            self._lost_at.setdefault(present.account.id, self._monotonic())
        self._changed()

    def of(self, sid: str) -> Present | None:
        """Whose socket this is."""
        return self._by_sid.get(sid)

    def sids(self, desk_agent_id: str) -> list[str]:
        """The sockets of a desk agent."""
        present = self._present.get(desk_agent_id)
        return list(present.sids) if present is not None else []

    def set_status(self, sid: str, status: Status) -> Present | None:
        """A desk agent says whether she takes sessions."""
        present = self._by_sid.get(sid)
        if present is not None:
            present.status = status
            self._changed()
        return present

    # What the queue asks.

    def available(self) -> int:
        """How many take sessions now."""
        return sum(1 for _ in self._taking())

    def free(self) -> int:
        """How many of these have no session."""
        return sum(1 for present in self._taking() if not self._held.get(present.account.id))

    def find_available(self, desk_agent_id: str) -> Present | None:
        """A desk agent if she takes sessions now."""
        return next((present for present in self._taking() if present.account.id == desk_agent_id), None)

    def everybody(self) -> list[Present]:
        """All who are there."""
        return [present for present in self._present.values() if present.sids]

    def _taking(self) -> list[Present]:
        return [
            present
            for present in self._present.values()
            if present.sids and present.status is Status.AVAILABLE and takes_sessions(present.account.role)
        ]

    # Sessions of desk agents who are not there.

    def restore(self, sessions: Sequence[Session]) -> None:
        """After a start: the desk agents of these sessions have the grace period to come back."""
        for session in sessions:
            self._keep(session)

    async def committed(self, committed: Committed) -> None:
        """Listener."""
        before = committed.before
        if before is None or (before.state, before.agent) != (committed.after.state, committed.after.agent):
            self._keep(committed.after)
            self._changed()

    async def tick(self) -> None:
        """Put the sessions of those whose grace period is over back into the queue."""
        now = self._monotonic()
        for desk_agent_id, held in list(self._held.items()):
            present = self._present.get(desk_agent_id)
            if not held or (present is not None and present.sids):
                continue
            if now - self._lost_at.setdefault(desk_agent_id, now) < self._grace_s:
                continue
            for session_id in list(held):
                await self._requeue(session_id, desk_agent_id)

    async def _requeue(self, session_id: str, desk_agent_id: str) -> None:
        lost: list[DeskAgentRef] = []

        def decide(session: Session) -> Sequence[e.Event]:
            lost.clear()
            if session.state is not State.HUMAN or session.agent is None or session.agent.id != desk_agent_id:
                return ()
            if self.sids(desk_agent_id):
                return ()  # she came back in this moment
            lost.append(session.agent)
            return (
                self._words.system(session, "queue.agent_lost", agent=session.agent.name),
                e.SessionRequeued(reason="agent_lost", by=session.agent),
            )

        try:
            committed = await self._sessions.change(session_id, decide)
        except SwitchboardError as error:
            log.warning("presence.not_requeued", session_id=session_id, code=error.code)
            return
        self._keep(committed.after)
        for agent in lost:
            log.info("presence.agent_lost", session_id=session_id, desk_agent_id=desk_agent_id)
            for listener in self.on_agent_lost:
                await listener(committed.after, agent)

    def _keep(self, session: Session) -> None:
        holder = session.agent.id if session.state is State.HUMAN and session.agent is not None else None
        earlier = self._holder.pop(session.id, None)
        if earlier is not None:
            self._held[earlier].discard(session.id)
            if not self._held[earlier]:
                del self._held[earlier]
        if holder is not None:
            self._holder[session.id] = holder
            self._held[holder].add(session.id)

    def _changed(self) -> None:
        for listener in self.on_changed:
            listener()
