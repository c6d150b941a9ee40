"""One of each event, and a session in each state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from switchboard.session import events as e
from switchboard.session.machine import advance, open_session
from switchboard.session.model import DeskAgentRef, Escalation, Session, Speaker, State

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
AMARA = DeskAgentRef(id="agent-1", name="Amara")
BEN = DeskAgentRef(id="agent-2", name="Ben")

EVENT_TYPES: tuple[type[e.Event], ...] = get_args(e.Event)

EVENTS: dict[type[e.Event], e.Event] = {
    type(event): event
    for event in (
        e.SessionOpened(channel="web", locale="en-GB"),
        e.MessageAdded(id="m", speaker=Speaker.SYSTEM, text="A notice.", epoch=1),
        e.MessageSuppressed(text="Too late.", epoch=1, reason="not_the_owner"),
        e.NoteAdded(id="n", kind="note", agent=AMARA, text="Among us."),
        e.TurnAssessed(message_id="m", epoch=1),
        e.TurnFinished(message_id="m", epoch=1, outcome="answered"),
        e.BrainStarted(epoch=1),
        e.HandoffRequested(escalation=Escalation(criterion="fraud_or_scam")),
        e.TakenOver(agent=AMARA, reason="wrong answer"),
        e.AgentAssigned(agent=AMARA),
        e.HandoffCancelled(),
        e.CallbackBooked(at=START + timedelta(hours=2), contact="+44 7911 123456"),
        e.QueueTimedOut(waited_s=600.0),
        e.SessionRequeued(reason="agent_lost", by=AMARA),
        e.ConversationEnded(by="agent"),
        e.CustomerWroteAgain(),
        e.ReturnedToAI(agent=AMARA, note="Solved."),
        e.SessionClosed(by="agent"),
        e.CustomerLeft(),
        e.SessionExpired(),
        e.WrapUpRecorded(agent=AMARA, disposition="solved"),
        e.FeedbackGiven(heard=5),
        e.MessageFlagged(agent=AMARA, seq=1, verdict="wrong"),
    )
}

_WAYS: dict[State, tuple[type[e.Event], ...]] = {
    State.AI: (),
    State.QUEUED: (e.HandoffRequested,),
    State.HUMAN: (e.HandoffRequested, e.AgentAssigned),
    State.WRAP_UP: (e.HandoffRequested, e.AgentAssigned, e.ConversationEnded),
    State.CLOSED: (e.CustomerLeft,),
}


def opened() -> Session:
    """A session that has just begun."""
    return open_session("s", e.SessionOpened(channel="web", locale="en-GB"), at=START)


def in_state(state: State) -> Session:
    """A session that came to this state on the usual way, with the disclosure told."""
    session = advance(opened(), ai("I am an AI.", disclosure=True), at=START)
    for step in _WAYS[state]:
        session = advance(session, EVENTS[step], at=START)
    return session


def ai(text: str, *, epoch: int = 1, disclosure: bool = False, id: str = "a") -> e.MessageAdded:
    """A message of the AI."""
    return e.MessageAdded(id=id, speaker=Speaker.AI, text=text, epoch=epoch, disclosure=disclosure)


def agent(text: str, *, by: DeskAgentRef = AMARA, id: str = "h") -> e.MessageAdded:
    """A message of a desk agent."""
    return e.MessageAdded(id=id, speaker=Speaker.AGENT, text=text, epoch=1, agent_id=by.id, name=by.name)


def customer(text: str, *, client_id: str | None = None, id: str = "c") -> e.MessageAdded:
    """A message of the customer."""
    return e.MessageAdded(id=id, speaker=Speaker.CUSTOMER, text=text, epoch=1, client_id=client_id)
