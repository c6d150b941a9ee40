"""What desk agents do with sessions. Each command is durable when it returns, and each is decided on the session as it stands.

What the customer is told about an event is appended together with the event.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import JsonValue

from switchboard.desk.accounts import Account
from switchboard.desk.roles import Role
from switchboard.errors import AlreadyClaimed, Forbidden, NotFound, NotYours, SessionClosed, WrongState
from switchboard.ids import message_id
from switchboard.session import events as e
from switchboard.session.inbound import Receipt, check_text
from switchboard.session.masking import mask
from switchboard.session.model import DeskAgentRef, Session, Speaker, State
from switchboard.session.sessions import Duplicate, Sessions
from switchboard.session.words import Words
from switchboard.store.sql import Committed, client_key


class DeskService:
    """The desk's commands on sessions."""

    def __init__(self, sessions: Sessions, words: Words, *, bank: str) -> None:
        self._sessions = sessions
        self._words = words
        self._bank = bank

    # Taking a session.

    async def claim(self, session_id: str, *, by: Account) -> Session:
        """Take a waiting session; only one desk agent can.

        Raises:
            AlreadyClaimed: with `claimed_by`, the name of who was faster.
            WrongState, SessionClosed, SessionUnknown
        """

        def decide(session: Session) -> Sequence[e.Event]:
            if session.state is State.QUEUED:
                return (e.AgentAssigned(agent=by.ref), self._joined(session, by, epochs=1))
            _raise_if_closed(session)
            if session.agent is not None:
                if session.agent.id == by.id and session.state is State.HUMAN:
                    return ()
                raise AlreadyClaimed(claimed_by=session.agent.name)
            raise WrongState("This session is not waiting for a person.")

        return (await self._sessions.change(session_id, decide)).after

    async def take_over(self, session_id: str, *, by: Account, reason: str) -> Session:
        """A supervisor takes a session from whoever has it; what the AI was about to say is not sent any more."""
        reason = mask(check_text(reason)).text

        def decide(session: Session) -> Sequence[e.Event]:
            _raise_if_closed(session)
            match session.state:
                case State.AI:
                    return (e.TakenOver(agent=by.ref, reason=reason), self._joined(session, by, epochs=1))
                case State.QUEUED:
                    return (e.AgentAssigned(agent=by.ref), self._joined(session, by, epochs=1))
                case State.HUMAN if session.agent is not None and session.agent.id == by.id:
                    return ()
                case State.HUMAN:
                    return (
                        e.SessionRequeued(reason="takeover", by=by.ref, to_agent=by.id, note=reason),
                        e.AgentAssigned(agent=by.ref),
                        self._joined(session, by, epochs=2),
                    )
                case _:
                    raise WrongState("The talk in this session has ended.")

        return (await self._sessions.change(session_id, decide)).after

    # Talking.

    async def say(self, session_id: str, *, by: Account, text: str, client_id: str | None) -> Receipt:
        """Write to the customer. The same client id twice gives the same receipt and one message."""
        masked = mask(check_text(text))
        message = e.MessageAdded(
            id=message_id(),
            speaker=Speaker.AGENT,
            text=masked.text,
            epoch=0,
            name=by.name,
            agent_id=by.id,
            client_id=client_id,
            masked=masked.kinds,
        )

        async def already() -> e.Recorded | None:
            if client_id is None:
                return None
            return await self._sessions.store.find_by_client_key(
                session_id, client_key(Speaker.AGENT, by.id, client_id)
            )

        def decide(session: Session) -> Sequence[e.Event]:
            return (message.model_copy(update={"epoch": session.epoch}),)

        try:
            record = (await self._sessions.change(session_id, decide, already=already)).records[-1]
            duplicate = False
        except Duplicate as found:
            record, duplicate = found.record, True
        said = record.event
        if not isinstance(said, e.MessageAdded) or record.seq is None:
            raise TypeError(f"expected a message, got {said.type}")
        return Receipt(id=said.id, seq=record.seq, duplicate=duplicate)

    async def note(self, session_id: str, *, by: Account, text: str, client_id: str | None = None) -> Committed:
        """Words for colleagues; the customer never sees them."""
        return await self._write_down(session_id, self._note(by.ref, text, kind="note", client_id=client_id), by=by)

    async def whisper(self, session_id: str, *, by: Account, text: str, client_id: str | None = None) -> Committed:
        """A supervisor's words for the desk agent; the customer never sees them."""
        return await self._write_down(session_id, self._note(by.ref, text, kind="whisper", client_id=client_id), by=by)

    async def _write_down(self, session_id: str, note: e.NoteAdded, *, by: Account) -> Committed:
        known = {
            record.event.id
            for record in await self._sessions.store.record(session_id)
            if isinstance(record.event, e.NoteAdded)
        }

        def decide(session: Session) -> Sequence[e.Event]:
            _raise_if_not_to_be_seen(session, by)
            return () if note.id in known else (note,)

        return await self._sessions.change(session_id, decide)

    # Giving it away.

    async def transfer(
        self, session_id: str, *, by: Account, queue: str | None, agent: DeskAgentRef | None, note: str
    ) -> Session:
        """Pass the customer on, to a queue or to a colleague; she keeps her place and stands at the front."""
        said = self._note(by.ref, note, kind="note") if note.strip() else None

        def decide(session: Session) -> Sequence[e.Event]:
            _raise_if_not_held(session, by)
            return (
                *((said,) if said is not None else ()),
                self._words.system(session, "queue.transferred", agent=by.name),
                e.SessionRequeued(
                    reason="transfer",
                    by=by.ref,
                    queue=queue,
                    to_agent=agent.id if agent is not None else None,
                    note=said.text if said is not None else None,
                ),
            )

        return (await self._sessions.change(session_id, decide)).after

    async def return_to_ai(self, session_id: str, *, by: Account, note: str) -> Session:
        """Hand back to the AI, which first says again what it is; the note tells it what happened."""
        note = mask(check_text(note)).text if note.strip() else ""

        def decide(session: Session) -> Sequence[e.Event]:
            _raise_if_not_held(session, by, also=State.WRAP_UP)
            ended = (e.ConversationEnded(by="agent"),) if session.state is State.HUMAN else ()
            return (
                *ended,
                self._words.system(session, "queue.returned", agent=by.name),
                e.ReturnedToAI(agent=by.ref, note=note),
            )

        return (await self._sessions.change(session_id, decide)).after

    # Ending it.

    async def end(self, session_id: str, *, by: Account) -> Session:
        """End the talk; the case stays with the desk agent until it is wrapped up."""

        def decide(session: Session) -> Sequence[e.Event]:
            _raise_if_not_held(session, by, also=State.WRAP_UP)
            return self._ended(session, by) if session.state is State.HUMAN else ()

        return (await self._sessions.change(session_id, decide)).after

    async def wrap_up(
        self, session_id: str, *, by: Account, disposition: str, summary: str, details: dict[str, JsonValue]
    ) -> Session:
        """Record how the case ended, and close it."""
        recorded = e.WrapUpRecorded(agent=by.ref, disposition=disposition, summary=mask(summary).text, details=details)

        def decide(session: Session) -> Sequence[e.Event]:
            _raise_if_not_held(session, by, also=State.WRAP_UP)
            ended = self._ended(session, by) if session.state is State.HUMAN else ()
            return (*ended, recorded, e.SessionClosed(by="agent"))

        return (await self._sessions.change(session_id, decide)).after

    async def close_stale(self, session_id: str) -> Session:
        """Nobody wrapped the case up."""

        def decide(session: Session) -> Sequence[e.Event]:
            return (e.SessionClosed(by="system"),) if session.state is State.WRAP_UP else ()

        return (await self._sessions.change(session_id, decide)).after

    # Overseeing.

    async def flag(self, session_id: str, *, by: Account, seq: int, verdict: str, comment: str) -> Committed:
        """Judge a message."""
        flagged = e.MessageFlagged(agent=by.ref, seq=seq, verdict=verdict, comment=mask(comment).text)

        def decide(session: Session) -> Sequence[e.Event]:
            _raise_if_not_to_be_seen(session, by)
            if seq > session.seq:
                raise NotFound(f"This session has no message {seq}.")
            return (flagged,)

        return await self._sessions.change(session_id, decide)

    def _ended(self, session: Session, by: Account) -> tuple[e.Event, ...]:
        return (
            self._words.system(session, "session.ended_by_agent", agent=by.name),
            e.ConversationEnded(by="agent"),
        )

    def _joined(self, session: Session, by: Account, *, epochs: int) -> e.MessageAdded:
        told = self._words.system(session, "queue.agent_joined", agent=by.name)
        return told.model_copy(update={"epoch": session.epoch + epochs})

    @staticmethod
    def _note(
        by: DeskAgentRef, text: str, *, kind: Literal["note", "whisper"], client_id: str | None = None
    ) -> e.NoteAdded:
        id = f"{kind}:{by.id}:{client_id}" if client_id is not None else message_id()
        return e.NoteAdded(id=id, kind=kind, agent=by, text=mask(check_text(text)).text)


def may_see(session: Session, account: Account) -> bool:
    """Whether somebody may read a session: agents only what waits for them or is theirs."""
    if account.role is not Role.AGENT:
        return account.role is not Role.ADMIN
    if session.state is State.QUEUED:
        return True
    return session.agent is not None and session.agent.id == account.id


def _raise_if_not_to_be_seen(session: Session, by: Account) -> None:
    if not may_see(session, by):
        if session.agent is not None:
            raise NotYours
        raise Forbidden("Agents read only sessions that wait for a person or are their own.")


def _raise_if_closed(session: Session) -> None:
    if session.is_closed:
        raise SessionClosed


def _raise_if_not_held(session: Session, by: Account, *, also: State | None = None) -> None:
    _raise_if_closed(session)
    if session.state is not State.HUMAN and session.state is not also:
        raise WrongState(f"This is not possible while a session is {session.state.value}.")
    if session.agent is None or session.agent.id != by.id:
        raise NotYours
