"""What a customer can do, from any channel. Each command is durable when it returns."""

from __future__ import annotations

from collections.abc import Sequence

from switchboard.errors import SessionClosed
from switchboard.ids import message_id
from switchboard.session import events as e
from switchboard.session.inbound import Inbound, Receipt, check_client_id, check_text
from switchboard.session.masking import mask
from switchboard.session.model import CustomerRef, Escalation, Session, Speaker, State
from switchboard.session.sessions import Duplicate, Sessions
from switchboard.session.turns import Turns
from switchboard.session.words import Words
from switchboard.store.sql import client_key


class Router:
    """Takes what customers do to the record; the AI's turns and the desk follow from there."""

    def __init__(self, sessions: Sessions, turns: Turns, words: Words) -> None:
        self._sessions = sessions
        self._turns = turns
        self._words = words

    async def open_session(
        self, *, channel: str, locale: str | None, region: str | None = None, customer: CustomerRef | None = None
    ) -> Session:
        """Begin a session; the AI's disclosure follows at once."""
        pack = self._words.pack(locale or "")
        return await self._sessions.open(
            e.SessionOpened(channel=channel, locale=pack.tag, region=region or pack.region, customer=customer)
        )

    async def receive(self, inbound: Inbound) -> Receipt:
        """Store a customer's message. The same client id twice gives the same receipt and one message.

        Raises:
            TextEmpty, TextTooLong, TextInvalid, PayloadInvalid: the text or its client id cannot be a message's.
            SessionUnknown, SessionClosed: there is no open session to put it into.
            NotStored: it could not be made durable, and was not acknowledged.
        """
        masked = mask(check_text(inbound.text))
        message = e.MessageAdded(
            id=message_id(),
            speaker=Speaker.CUSTOMER,
            text=masked.text,
            epoch=0,
            client_id=inbound.client_id,
            masked=masked.kinds,
        )

        def decide(session: Session) -> Sequence[e.Event]:
            said = message.model_copy(update={"epoch": session.epoch})
            if session.state is State.WRAP_UP:
                return (e.CustomerWroteAgain(), said)
            return (said,)

        async def already() -> e.Recorded | None:
            if inbound.client_id is None:
                return None
            key = client_key(Speaker.CUSTOMER, None, inbound.client_id)
            return await self._sessions.store.find_by_client_key(inbound.session_id, key)

        check_client_id(inbound.client_id)

        try:
            committed = await self._sessions.change(inbound.session_id, decide, already=already)
        except Duplicate as duplicate:
            return _receipt(duplicate.record, duplicate=True)
        return _receipt(committed.records[-1])

    async def request_person(self, session_id: str) -> Session:
        """The customer wants a person: from every open state, at once, without the model."""

        def decide(session: Session) -> Sequence[e.Event]:
            if session.state is State.AI:
                escalation = Escalation(criterion="person_requested", asked_by="customer", evidence={"by": "button"})
                return (e.HandoffRequested(escalation=escalation),)
            if session.state is State.WRAP_UP:
                return (e.CustomerWroteAgain(),)
            if session.is_closed:
                raise SessionClosed
            return ()

        return (await self._sessions.change(session_id, decide)).after

    async def cancel_handoff(self, session_id: str) -> Session:
        """The customer would rather stay with the assistant; nothing happens when she is not waiting."""

        def decide(session: Session) -> Sequence[e.Event]:
            if session.state is not State.QUEUED:
                return ()
            return (e.HandoffCancelled(), self._words.system(session, "queue.cancelled"))

        return (await self._sessions.change(session_id, decide)).after

    async def end(self, session_id: str) -> Session:
        """The customer ends the conversation. With a person, the person keeps the case to wrap it up."""

        def decide(session: Session) -> Sequence[e.Event]:
            if session.state is State.HUMAN:
                return (self._words.system(session, "session.ended"), e.ConversationEnded(by="customer"))
            if session.state in (State.AI, State.QUEUED):
                return (self._words.system(session, "session.ended"), e.CustomerLeft())
            return ()

        return (await self._sessions.change(session_id, decide)).after

    async def give_feedback(self, session_id: str, feedback: e.FeedbackGiven) -> None:
        """How the customer felt; possible also after the end."""
        masked = feedback.model_copy(update={"comment": mask(feedback.comment).text})
        await self._sessions.change(session_id, lambda _session: (masked,))

    async def expire(self, session_id: str) -> Session:
        """Nobody wrote for a long time."""

        def decide(session: Session) -> Sequence[e.Event]:
            if session.state is not State.AI:
                return ()
            return (self._words.system(session, "session.expired"), e.SessionExpired())

        return (await self._sessions.change(session_id, decide)).after

    def resume_work(self) -> None:
        """After a start: see to every session in which the AI still owes something."""
        for session in self._sessions.all_open():
            if session.state is State.AI and (session.open_turns or not session.disclosed):
                self._turns.wake(session.id)


def _receipt(record: e.Recorded, *, duplicate: bool = False) -> Receipt:
    event = record.event
    if not isinstance(event, e.MessageAdded) or record.seq is None:
        raise TypeError(f"expected a message, got {event.type}")
    masked_text = event.text if event.masked else None
    return Receipt(id=event.id, seq=record.seq, duplicate=duplicate, masked_text=masked_text)
