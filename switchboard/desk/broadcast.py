"""What the desk is told without asking, and who is told.

Rooms: everybody who takes sessions, everybody who reads along, each desk agent (all her sockets), and each session (its
desk agent and whoever watches it). What the AI says goes to those who read along before it goes to the customer (promise
6): this listener is subscribed before the channels'.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import structlog

from switchboard.brain.client import Brain
from switchboard.desk import wire
from switchboard.desk.presence import Presence, Status
from switchboard.desk.queue import Queue
from switchboard.desk.roles import Role
from switchboard.errors import BrainUnavailable
from switchboard.oversight.live import Live
from switchboard.session import events as e
from switchboard.session.model import DeskAgentRef, Session, Speaker, State
from switchboard.store.sql import Committed

log = structlog.get_logger(__name__)

AGENTS: Final = "agents"
OVERSEERS: Final = "overseers"
COALESCE_S: Final = 0.1  #: the queue is sent at most this often
LIVE_S: Final = 0.2  #: AI conversations are sent at most five times a second


def session_room(session_id: str) -> str:
    """The room of those who see a session."""
    return f"session:{session_id}"


def desk_agent_room(desk_agent_id: str) -> str:
    """The room of a desk agent's sockets."""
    return f"agent:{desk_agent_id}"


class Coalesced:
    """Runs something soon, and once for all who asked in the meantime."""

    def __init__(self, run: Callable[[], Awaitable[None]], *, every_s: float) -> None:
        self._run = run
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def soon(self) -> None:
        """Ask for a run."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._loop())

    def cancel(self) -> None:
        """Run no more."""
        if self._task is not None:
            self._task.cancel()

    async def _loop(self) -> None:
        while self._again:
            self._again = False
            try:
                await self._run()
            except Exception:
                log.exception("desk.broadcast_failed")
            await asyncio.sleep(self._every_s)


ASSIST_AT_ONCE = 1  #: parses for the desk that the brain is asked for at a time: customers of the AI come first
ASSIST_WAITING = 16  #: parses under way and waiting; what comes on top is left out, as help that is late is none


class Broadcast:
    """Tells the desk. `namespace` is the desk's (for emit and rooms), given after both are made."""

    def __init__(self, *, presence: Presence, queue: Queue, live: Live, brain: Brain) -> None:
        self._presence = presence
        self._queue = queue
        self._live = live
        self._brain = brain
        self._namespace: Any = None  # python-socketio's class is untyped
        self._queue_soon = Coalesced(self._send_queue, every_s=COALESCE_S)
        self._live_soon = Coalesced(self._send_live, every_s=LIVE_S)
        self._assisting: set[asyncio.Task[None]] = set()
        self._assist_at_once = asyncio.Semaphore(ASSIST_AT_ONCE)
        self.brain_ready = False  #: kept by whoever watches the brain; while it is down nothing is asked of it
        queue.on_changed.append(self._queue_soon.soon)
        presence.on_changed.append(queue.changed)
        presence.on_agent_lost.append(self._agent_lost)

    def speaks_through(self, namespace: Any) -> None:
        """Say which namespace to emit on."""
        self._namespace = namespace

    def close(self) -> None:
        """Stop telling."""
        for coalesced in (self._queue_soon, self._live_soon):
            coalesced.cancel()
        for task in self._assisting:
            task.cancel()

    # The listener.

    async def committed(self, committed: Committed) -> None:
        """What was committed, to those whom it concerns."""
        session = committed.after
        room = session_room(session.id)
        if _owner_changed(committed):
            await self._enter_desk_agent(session)
        if self._anybody_in(room, OVERSEERS):
            await self._messages(committed, room)
        await self._live.committed(committed)
        self._live_soon.soon()
        if _shows_differently(committed):
            await self._emit("state", self._state(session), room)
        if _owner_changed(committed):
            await self._leave_strangers(session)
        await self._call(committed)
        self._assist(committed)

    async def _messages(self, committed: Committed, room: str) -> None:
        for record in committed.records:
            shown = wire.message(record, committed.after)
            if shown is not None:
                await self._emit("message", shown, [room, OVERSEERS] if shown["sender"] == Speaker.AI else [room])
            assist = wire.assist(record, committed.after)
            if assist is not None:
                await self._emit("assist", assist, room)

    async def _call(self, committed: Committed) -> None:
        """Somebody at the desk is wanted."""
        session = committed.after
        kinds = {type(record.event) for record in committed.records}
        if session.state is State.QUEUED and kinds & {e.HandoffRequested, e.SessionRequeued}:
            why = session.escalation
            if e.HandoffRequested in kinds:
                alert = {
                    "kind": "handoff",
                    "session_id": session.id,
                    "priority": why.priority.value if why else "standard",
                    "criterion": why.criterion if why else None,
                }
                await self._emit("alert", alert, AGENTS)
            await self._offer(session)
        if session.state is State.HUMAN and e.CustomerWroteAgain in kinds and session.agent is not None:
            await self._emit("alert", {"kind": "message", "session_id": session.id}, desk_agent_room(session.agent.id))
        if e.CallbackBooked in kinds:
            await self._emit("alert", {"kind": "callback", "session_id": session.id}, AGENTS)

    async def _offer(self, session: Session) -> None:
        if session.reserved_for is not None:
            rooms = [desk_agent_room(session.reserved_for)]
        else:
            rooms = [
                desk_agent_room(present.account.id)
                for present in self._presence.everybody()
                if present.status is Status.AVAILABLE
            ]
        if rooms:
            await self._emit("offered", self._state(session), rooms)

    async def offer_next(self, desk_agent_id: str) -> None:
        """Somebody has become available: offer her who is next, or what was addressed to her."""
        waiting = self._queue.waiting()
        addressed = [session for session in waiting if session.reserved_for == desk_agent_id]
        for session in (addressed or [s for s in waiting if s.reserved_for is None])[:1]:
            await self._emit("offered", self._state(session), desk_agent_room(desk_agent_id))

    # Rooms.

    async def _enter_desk_agent(self, session: Session) -> None:
        if session.agent is not None and session.state in (State.HUMAN, State.WRAP_UP):
            for sid in self._presence.sids(session.agent.id):
                await self._namespace.enter_room(sid, session_room(session.id))

    async def _leave_strangers(self, session: Session) -> None:
        """Agents see no longer what is no longer theirs."""
        if session.state is State.QUEUED:
            return
        room = session_room(session.id)
        participants = self._namespace.server.manager.get_participants(self._namespace.namespace, room)
        for sid, _ in list(participants):
            present = self._presence.of(sid)
            hers = session.agent is not None and present is not None and session.agent.id == present.account.id
            if present is not None and present.account.role is Role.AGENT and not hers:
                await self._namespace.leave_room(sid, room)

    # Other news.

    def waiting(self) -> list[dict[str, Any]]:
        """The queue, the next one first."""
        return [wire.state(session, position=place) for place, session in enumerate(self._queue.waiting(), start=1)]

    async def stops_changed(self, stops: list[dict[str, Any]]) -> None:
        """The stops in force, to everybody."""
        await self._emit("stops_changed", {"stops": stops}, [AGENTS, OVERSEERS])

    async def brain_changed(self, *, ready: bool) -> None:
        """The AI has gone, or is back."""
        await self._emit("alert", {"kind": "ai_back" if ready else "ai_unavailable"}, [AGENTS, OVERSEERS])

    async def customer_typing(self, session_id: str, on: bool) -> None:  # noqa: FBT001 - the wire's field
        """A customer is writing."""
        shown = {"session_id": session_id, "sender": "customer", "on": on}
        await self._emit("typing", shown, session_room(session_id))

    async def _agent_lost(self, session: Session, agent: DeskAgentRef) -> None:
        alert = {
            "kind": "agent_lost",
            "session_id": session.id,
            "priority": session.escalation.priority.value if session.escalation else "standard",
            "criterion": session.escalation.criterion if session.escalation else None,
            "text": agent.name,
        }
        await self._emit("alert", alert, AGENTS)

    def _assist(self, committed: Committed) -> None:
        """Off the path and at best effort: what the model understands of a message that a person will answer."""
        if not self.brain_ready or committed.after.state not in (State.QUEUED, State.HUMAN):
            return
        if not self._anybody_in(session_room(committed.after.id)):
            return
        for record in committed.records:
            said = record.event
            if (
                isinstance(said, e.MessageAdded)
                and said.speaker is Speaker.CUSTOMER
                and len(self._assisting) < ASSIST_WAITING
            ):
                task = asyncio.create_task(self._parse(committed.after, said))
                self._assisting.add(task)
                task.add_done_callback(self._assisting.discard)

    async def _parse(self, session: Session, said: e.MessageAdded) -> None:
        async with self._assist_at_once:
            try:
                parse = await self._brain.parse(said.text, locale=session.locale)
            except BrainUnavailable:
                return
        shown = {
            "session_id": session.id,
            "message_id": said.id,
            "criterion": session.escalation.criterion if session.escalation else None,
            "why": session.escalation.why if session.escalation else None,
            "evidence": session.escalation.evidence if session.escalation else None,
            "parse": parse.model_dump(mode="json", exclude={"type"}),
            "signals": parse.signals,
        }
        await self._emit("assist", shown, session_room(session.id))

    async def _send_queue(self) -> None:
        await self._emit("queue_changed", {"sessions": self.waiting()}, AGENTS)

    async def _send_live(self) -> None:
        if not self._anybody_in(OVERSEERS):
            return
        sessions = await self._live.take_changed()
        if sessions:
            await self._emit("live_changed", {"sessions": sessions}, OVERSEERS)

    async def _emit(self, event: str, payload: object, room: str | Iterable[str]) -> None:
        rooms = [room] if isinstance(room, str) else list(room)
        if self._anybody_in(*rooms):  # python-socketio would write the JSON for nobody
            await self._namespace.emit(event, payload, room=rooms)

    def _anybody_in(self, *rooms: str) -> bool:
        if self._namespace is None:
            return False
        known = self._namespace.server.manager.rooms.get(self._namespace.namespace, {})
        return any(room in known for room in rooms)

    def _state(self, session: Session) -> dict[str, Any]:
        return wire.state(session, position=self._queue.position(session.id))


def _owner_changed(committed: Committed) -> bool:
    before, after = committed.before, committed.after
    return before is None or (before.state, before.agent) != (after.state, after.agent)


def _shows_differently(committed: Committed) -> bool:
    before, after = committed.before, committed.after
    return before is None or (before.state, before.epoch, before.agent, before.escalation, before.reserved_for) != (
        after.state,
        after.epoch,
        after.agent,
        after.escalation,
        after.reserved_for,
    )
