"""The switch that stops the AI: everywhere, or for one intent, channel or region. Durable, and in force at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import Connection, Row, insert, select

from switchboard.clock import Clock
from switchboard.desk.accounts import Account
from switchboard.errors import PayloadInvalid, SwitchboardError
from switchboard.session import events as e
from switchboard.session.inbound import check_text
from switchboard.session.masking import mask
from switchboard.session.model import DeskAgentRef, Escalation, Session, State
from switchboard.session.sessions import Sessions
from switchboard.session.words import Words
from switchboard.store.tables import AI_STOPS, DESK_AGENTS

log = structlog.get_logger(__name__)


class ScopeKind(StrEnum):
    """What a stop applies to."""

    ALL = "all"
    INTENT = "intent"
    CHANNEL = "channel"
    REGION = "region"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which of the AI's replies a stop forbids; `value` is empty for all."""

    kind: ScopeKind
    value: str = ""

    def __post_init__(self) -> None:
        if (self.kind is ScopeKind.ALL) != (self.value == ""):
            raise PayloadInvalid("The scope all takes no value; intent, channel and region need one.")

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.value}" if self.value else self.kind.value

    def covers(self, session: Session, *, intent: str | None) -> bool:
        """Whether a reply in this session, to a message of this intent, is forbidden."""
        match self.kind:
            case ScopeKind.ALL:
                return True
            case ScopeKind.INTENT:
                return intent is not None and intent == self.value
            case ScopeKind.CHANNEL:
                return session.channel == self.value
            case ScopeKind.REGION:
                return session.region is not None and session.region.upper() == self.value.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop in force."""

    scope: Scope
    reason: str
    by: DeskAgentRef
    at: str

    def as_wire(self) -> dict[str, Any]:
        """JSON for the desk."""
        return {
            "scope": str(self.scope),
            "on": True,
            "reason": self.reason,
            "by": self.by.model_dump(),
            "at": self.at,
        }


class AiStops:
    """The stops in force; the table keeps every switching, the newest of a scope counts."""

    def __init__(self, sessions: Sessions, words: Words, clock: Clock) -> None:
        self._sessions = sessions
        self._words = words
        self._clock = clock
        self._in_force: dict[Scope, Stop] = {}
        self.on_stopped: Callable[[str], None] = lambda session_id: None

    def applies(self, session: Session, *, intent: str | None) -> bool:
        """Whether the AI may not answer this session (or this intent in it) now."""
        return any(scope.covers(session, intent=intent) for scope in self._in_force)

    def in_force(self) -> list[Stop]:
        """All stops that are on."""
        return list(self._in_force.values())

    async def restore(self) -> None:
        """Take up what was in force when the process ended."""

        def read(connection: Connection) -> Sequence[Row[tuple[object, ...]]]:
            names = AI_STOPS.outerjoin(DESK_AGENTS, DESK_AGENTS.c.id == AI_STOPS.c.by_agent)
            statement = select(AI_STOPS, DESK_AGENTS.c.name).select_from(names).order_by(AI_STOPS.c.id)
            return connection.execute(statement).all()

        for row in await self._sessions.store.read(read):
            scope = Scope(kind=ScopeKind(row.scope_kind), value=row.scope_value)
            self._in_force.pop(scope, None)
            if row.stopped:
                by = DeskAgentRef(id=row.by_agent, name=row.name or row.by_agent)
                self._in_force[scope] = Stop(scope=scope, reason=row.reason, by=by, at=row.at)

    async def switch(self, scope: Scope, *, on: bool, reason: str, by: Account) -> list[Stop]:
        """Stop the AI, or let it answer again. When it returns nothing of the scope is said any more.

        Customers whose messages are open go to people at once; the others with their next message.
        """
        reason = mask(check_text(reason)).text
        stop = Stop(scope=scope, reason=reason, by=by.ref, at=self._clock.now().isoformat())
        before = self._in_force.get(scope)
        if on:
            self._in_force[scope] = stop  # before it is durable: a stop must not wait for a disk

        def work(connection: Connection) -> None:
            connection.execute(
                insert(AI_STOPS),
                {
                    "scope_kind": scope.kind.value,
                    "scope_value": scope.value,
                    "stopped": int(on),
                    "reason": reason,
                    "by_agent": by.id,
                    "at": stop.at,
                },
            )

        try:
            await self._sessions.store.write(work)
        except SwitchboardError:
            if on and before is None:
                log.error("ai.stop_not_durable", scope=scope.kind.value)
            raise
        if not on:
            self._in_force.pop(scope, None)
        log.info("ai.stopped" if on else "ai.resumed", scope=scope.kind.value, desk_agent_id=by.id)
        if on:
            await self._hand_over_open_turns()
        return self.in_force()

    async def _hand_over_open_turns(self) -> None:
        for session in self._sessions.all_open():
            if session.state is State.AI and session.open_turns and self.applies(session, intent=None):
                try:
                    await self._sessions.change(session.id, self._handed_over)
                except SwitchboardError as error:
                    log.warning("ai.not_handed_over", session_id=session.id, code=error.code)
                    self.on_stopped(session.id)  # its worker tries again
            elif session.state is State.AI and session.open_turns:
                self.on_stopped(session.id)

    def _handed_over(self, session: Session) -> Sequence[e.Event]:
        if session.state is not State.AI or not session.open_turns:
            return ()
        return (
            self._words.system(session, "stopped.handoff"),
            *(
                e.TurnFinished(message_id=message_id, epoch=session.epoch, outcome="unavailable")
                for message_id in session.open_turns
            ),
            e.HandoffRequested(
                escalation=Escalation(
                    criterion="ai_stopped", asked_by="switchboard", evidence={"message_id": session.open_turns[0]}
                )
            ),
        )
