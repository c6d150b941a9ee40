"""The desk's events: Socket.IO namespace /desk."""

from __future__ import annotations

from typing import Any, Final

import structlog

from switchboard.desk import payloads as p
from switchboard.desk import wire
from switchboard.desk.accounts import Account, Accounts
from switchboard.desk.broadcast import AGENTS, OVERSEERS, Broadcast, desk_agent_room, session_room
from switchboard.desk.presence import Presence, Status
from switchboard.desk.queue import Queue
from switchboard.desk.roles import reads_along, require, takes_sessions
from switchboard.desk.service import DeskService, may_see
from switchboard.errors import Forbidden, NotFound, PayloadInvalid, TokenInvalid
from switchboard.oversight.live import Live
from switchboard.oversight.stops import AiStops
from switchboard.session.model import DeskAgentRef, Session, State
from switchboard.session.sessions import Sessions
from switchboard.sockets import Ack, Namespace
from switchboard.tokens import Tokens

log = structlog.get_logger(__name__)

NAME: Final = "/desk"


class Desk(Namespace):
    """Everything that a console can ask."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        accounts: Accounts,
        tokens: Tokens,
        presence: Presence,
        queue: Queue,
        service: DeskService,
        live: Live,
        stops: AiStops,
        broadcast: Broadcast,
    ) -> None:
        super().__init__(NAME)
        self._sessions = sessions
        self._accounts = accounts
        self._tokens = tokens
        self._presence = presence
        self._queue = queue
        self._service = service
        self._live = live
        self._stops = stops
        self._broadcast = broadcast
        self.on_typing: list[Any] = []
        self.events = {
            "presence": (p.PresencePayload, self.presence),
            "queue": (p.Nothing, self.queue),
            "claim": (p.OfSession, self.claim),
            "say": (p.Say, self.say),
            "note": (p.Note, self.note),
            "whisper": (p.Note, self.whisper),
            "typing": (p.Typing, self.typing),
            "transfer": (p.Transfer, self.transfer),
            "return_to_ai": (p.ReturnToAI, self.return_to_ai),
            "end": (p.OfSession, self.end),
            "wrap_up": (p.WrapUp, self.wrap_up),
            "watch": (p.OfSession, self.watch),
            "unwatch": (p.OfSession, self.unwatch),
            "live": (p.Nothing, self.live),
            "take_over": (p.TakeOver, self.take_over),
            "stop_ai": (p.StopAI, self.stop_ai),
            "stops": (p.Nothing, self.stops),
            "flag": (p.Flag, self.flag),
        }

    # Coming and going.

    async def on_connected(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        """Only who signed in, and whose account is still active, gets in."""
        token = auth.get("token") if isinstance(auth, dict) else None
        account = await self._accounts.get(self._tokens.desk_agent(token))
        if account is None:
            raise TokenInvalid
        self._presence.connected(sid, account)
        await self.enter_room(sid, desk_agent_room(account.id))
        if takes_sessions(account.role):
            await self.enter_room(sid, AGENTS)
        if reads_along(account.role):
            await self.enter_room(sid, OVERSEERS)
        for session in self._sessions.all_open():
            if session.agent is not None and session.agent.id == account.id:
                await self.enter_room(sid, session_room(session.id))
        log.info("desk.connected", desk_agent_id=account.id)

    async def on_disconnected(self, sid: str) -> None:
        """The grace period begins when it was her last socket."""
        self._presence.disconnected(sid)

    async def before(self, sid: str, event: str) -> None:
        """Roles are checked before anything else is looked at."""
        if event in self.events:
            require(self._account(sid).role, event)

    def _account(self, sid: str) -> Account:
        present = self._presence.of(sid)
        if present is None:
            raise TokenInvalid
        return present.account

    # Presence and the queue.

    async def presence(self, sid: str, payload: p.PresencePayload) -> Ack:
        """She says whether she takes sessions."""
        present = self._presence.of(sid)
        if payload.status is not None:
            present = self._presence.set_status(sid, payload.status)
        if present is None:
            raise TokenInvalid
        account = present.account
        her = {"id": account.id, "name": account.name, "role": account.role.value, "status": present.status.value}
        await self.emit("presence_changed", her, room=desk_agent_room(account.id), skip_sid=sid)
        if present.status is Status.AVAILABLE and payload.status is not None:
            await self._broadcast.offer_next(account.id)
        return {
            "ok": True,
            "agent": her,
            "sessions": [
                self._state(session)
                for session in self._sessions.all_open()
                if session.agent is not None and session.agent.id == account.id
            ],
            "agents": [
                {"id": other.account.id, "name": other.account.name, "status": other.status.value}
                for other in self._presence.everybody()
                if takes_sessions(other.account.role)
            ],
        }

    async def queue(self, sid: str, _: p.Nothing) -> Ack:
        """Who waits, the next one first."""
        return {"ok": True, "sessions": self._broadcast.waiting()}

    # Sessions.

    async def claim(self, sid: str, payload: p.OfSession) -> Ack:
        """Take a waiting session."""
        session = await self._service.claim(payload.session_id, by=self._account(sid))
        return await self._opened(session)

    async def take_over(self, sid: str, payload: p.TakeOver) -> Ack:
        """A supervisor steps in."""
        session = await self._service.take_over(payload.session_id, by=self._account(sid), reason=payload.reason)
        return await self._opened(session)

    async def watch(self, sid: str, payload: p.OfSession) -> Ack:
        """Read along."""
        session = await self._sessions.get(payload.session_id)
        if not may_see(session, self._account(sid)):
            raise Forbidden("Agents read only sessions that wait for a person or are their own.")
        await self.enter_room(sid, session_room(session.id))
        return await self._opened(session)

    async def unwatch(self, sid: str, payload: p.OfSession) -> Ack:
        """Read along no more; one's own sessions stay."""
        session = await self._sessions.get(payload.session_id)
        if session.agent is None or session.agent.id != self._account(sid).id:
            await self.leave_room(sid, session_room(session.id))
        return {"ok": True}

    async def say(self, sid: str, payload: p.Say) -> Ack:
        """Write to the customer."""
        receipt = await self._service.say(
            payload.session_id,
            by=self._account(sid),
            text=payload.text,  # type: ignore[arg-type]  # the text is checked there, whatever it is
            client_id=payload.client_id,
        )
        return {"ok": True, "id": receipt.id, "seq": receipt.seq}

    async def note(self, sid: str, payload: p.Note) -> Ack:
        """Words for colleagues."""
        committed = await self._service.note(
            payload.session_id,
            by=self._account(sid),
            text=payload.text,  # type: ignore[arg-type]  # likewise
            client_id=payload.client_id,
        )
        return {"ok": True, "version": committed.after.version}

    async def whisper(self, sid: str, payload: p.Note) -> Ack:
        """A supervisor's words for the desk agent."""
        committed = await self._service.whisper(
            payload.session_id,
            by=self._account(sid),
            text=payload.text,  # type: ignore[arg-type]  # likewise
            client_id=payload.client_id,
        )
        return {"ok": True, "version": committed.after.version}

    async def typing(self, sid: str, payload: p.Typing) -> Ack:
        """She is writing; the customer sees it while the session is hers."""
        session = await self._sessions.get(payload.session_id)
        account = self._account(sid)
        if session.state is State.HUMAN and session.agent is not None and session.agent.id == account.id:
            for listener in self.on_typing:
                await listener(session.id, payload.on)
            shown = {"session_id": session.id, "sender": "agent", "on": payload.on}
            await self.emit("typing", shown, room=session_room(session.id), skip_sid=sid)
        return {"ok": True}

    async def transfer(self, sid: str, payload: p.Transfer) -> Ack:
        """Pass the customer on."""
        to: DeskAgentRef | None = None
        if payload.agent is not None:
            colleague = self._presence.find_available(payload.agent)
            if colleague is None:
                raise NotFound("This colleague does not take sessions now.")
            to = colleague.account.ref
        session = await self._service.transfer(
            payload.session_id, by=self._account(sid), queue=payload.queue, agent=to, note=payload.note
        )
        return {"ok": True, "state": self._state(session)}

    async def return_to_ai(self, sid: str, payload: p.ReturnToAI) -> Ack:
        """Hand back to the AI."""
        session = await self._service.return_to_ai(payload.session_id, by=self._account(sid), note=payload.note)
        return {"ok": True, "state": self._state(session)}

    async def end(self, sid: str, payload: p.OfSession) -> Ack:
        """End the talk."""
        session = await self._service.end(payload.session_id, by=self._account(sid))
        return {"ok": True, "state": self._state(session)}

    async def wrap_up(self, sid: str, payload: p.WrapUp) -> Ack:
        """Record how the case ended, and close it."""
        session = await self._service.wrap_up(
            payload.session_id,
            by=self._account(sid),
            disposition=payload.disposition,
            summary=payload.summary,
            details=payload.details,
        )
        return {"ok": True, "state": self._state(session)}

    # Overseeing.

    async def live(self, sid: str, _: p.Nothing) -> Ack:
        """All AI conversations."""
        return {"ok": True, "sessions": await self._live.all(), "stops": self._stops_in_force()}

    async def stop_ai(self, sid: str, payload: p.StopAI) -> Ack:
        """Stop the AI, or let it answer again."""
        if not payload.reason.strip():
            raise PayloadInvalid("reason: say why; it stands in the record.")
        await self._stops.switch(payload.as_scope(), on=payload.on, reason=payload.reason, by=self._account(sid))
        stops = self._stops_in_force()
        await self._broadcast.stops_changed(stops)
        return {"ok": True, "stops": stops}

    async def stops(self, sid: str, _: p.Nothing) -> Ack:
        """Which stops are in force."""
        return {"ok": True, "stops": self._stops_in_force()}

    async def flag(self, sid: str, payload: p.Flag) -> Ack:
        """Judge a message."""
        committed = await self._service.flag(
            payload.session_id,
            by=self._account(sid),
            seq=payload.seq,
            verdict=payload.verdict,
            comment=payload.comment,
        )
        return {"ok": True, "version": committed.after.version}

    def _stops_in_force(self) -> list[dict[str, Any]]:
        return [stop.as_wire() for stop in self._stops.in_force()]

    def _state(self, session: Session) -> dict[str, Any]:
        return wire.state(session, position=self._queue.position(session.id))

    async def _opened(self, session: Session) -> Ack:
        """A session with everything that was said in it."""
        messages: list[dict[str, Any]] = []
        assist: dict[str, Any] | None = None
        for record in await self._sessions.store.record(session.id):
            shown = wire.message(record, session)
            if shown is not None:
                messages.append(shown)
            assist = wire.assist(record, session) or assist
        return {"ok": True, "state": self._state(session), "messages": messages, "assist": assist}
