"""The session machine: one table keyed (state, event type), one target each, and the pure function that applies it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from switchboard.errors import WrongState
from switchboard.session import events as e
from switchboard.session.guard import admit
from switchboard.session.model import OWNERS, DeskAgentRef, Escalation, Owner, Session, Speaker, State

TRANSITIONS: dict[tuple[State, type[e.Event]], State] = {
    (State.AI, e.HandoffRequested): State.QUEUED,
    (State.AI, e.TakenOver): State.HUMAN,
    (State.AI, e.CustomerLeft): State.CLOSED,
    (State.AI, e.SessionExpired): State.CLOSED,
    (State.QUEUED, e.AgentAssigned): State.HUMAN,
    (State.QUEUED, e.HandoffCancelled): State.AI,
    (State.QUEUED, e.CallbackBooked): State.AI,
    (State.QUEUED, e.QueueTimedOut): State.AI,
    (State.QUEUED, e.CustomerLeft): State.CLOSED,
    (State.QUEUED, e.SessionExpired): State.CLOSED,
    (State.HUMAN, e.SessionRequeued): State.QUEUED,
    (State.HUMAN, e.ConversationEnded): State.WRAP_UP,
    (State.WRAP_UP, e.CustomerWroteAgain): State.HUMAN,
    (State.WRAP_UP, e.ReturnedToAI): State.AI,
    (State.WRAP_UP, e.SessionClosed): State.CLOSED,
}

#: Events that change no state; those in the second set may also follow the end of a session.
FACTS: tuple[type[e.Event], ...] = (e.MessageAdded, e.TurnAssessed, e.BrainStarted)
LATE_FACTS: tuple[type[e.Event], ...] = (
    e.MessageSuppressed,
    e.NoteAdded,
    e.TurnFinished,
    e.WrapUpRecorded,
    e.FeedbackGiven,
    e.MessageFlagged,
)

GENESIS = "0" * 64

#: System messages that tell the customer her place in the queue.
QUEUE_PLACE_TOLD = ("queue.joined", "queue.joined_no_agents", "queue.position_changed")


def open_session(session_id: str, event: e.SessionOpened, *, at: datetime) -> Session:
    """The session that begins with this event."""
    return Session(
        id=session_id,
        version=1,
        seq=0,
        epoch=1,
        state=State.AI,
        channel=event.channel,
        locale=event.locale,
        region=event.region,
        customer=event.customer,
        disclosed=False,
        escalation=None,
        agent=None,
        queued_at=None,
        to_front=False,
        reserved_for=None,
        announced=False,
        open_turns=(),
        brain_epoch=None,
        opened_at=at,
        updated_at=at,
        human_since=None,
        head=chain(GENESIS, session_id, 1, at.isoformat(), event.model_dump_json()),
    )


def advance(session: Session, event: e.Event, *, at: datetime) -> Session:
    """The session after an event.

    Raises:
        WrongState: the table has no such transition.
        SwitchboardError: whatever `guard.admit` raises for a message.
    """
    changes: dict[str, object] = {}
    at = max(at, session.updated_at)  # a machine's clock may be set back; a record's time never goes back
    if isinstance(event, e.MessageAdded):
        admit(session, event)
        changes = _message_changes(session, event)
    elif isinstance(event, LATE_FACTS):
        if isinstance(event, e.TurnFinished):
            changes["open_turns"] = tuple(t for t in session.open_turns if t != event.message_id)
    elif isinstance(event, FACTS):
        if session.is_closed:
            raise WrongState(f"{event.type} cannot follow the end of a session.")
        if isinstance(event, e.BrainStarted):
            changes["brain_epoch"] = event.epoch
    else:
        target = TRANSITIONS.get((session.state, type(event)))
        if target is None:
            raise WrongState(f"{event.type} is not possible while a session is {session.state.value}.")
        changes = _transition_changes(session, event, target, at=at)
    version = session.version + 1
    changes |= {
        "version": version,
        "updated_at": at,
        "head": chain(session.head, session.id, version, at.isoformat(), event.model_dump_json()),
    }
    return session.model_copy(update=changes)


def _message_changes(session: Session, message: e.MessageAdded) -> dict[str, object]:
    changes: dict[str, object] = {"seq": session.seq + 1}
    if message.speaker is Speaker.AI and message.disclosure:
        changes["disclosed"] = True
    if message.speaker is Speaker.CUSTOMER and session.state is State.AI:
        changes["open_turns"] = (*session.open_turns, message.id)
    if message.response in QUEUE_PLACE_TOLD:
        changes["announced"] = True
    return changes


def _transition_changes(session: Session, event: e.Event, target: State, *, at: datetime) -> dict[str, object]:
    changes: dict[str, object] = {"state": target}
    if OWNERS[target] is not session.owner:
        changes["epoch"] = session.epoch + 1
    if session.owner is Owner.AI:
        changes["open_turns"] = ()
    match event:
        case e.HandoffRequested(escalation=escalation):
            changes |= {"escalation": escalation, "queued_at": at, "announced": False, "to_front": False}
        case e.TakenOver(agent=agent) | e.AgentAssigned(agent=agent):
            changes |= _with_person(agent, at)
        case e.SessionRequeued(queue=queue, to_agent=to_agent):
            changes |= {
                "agent": None,
                "to_front": True,
                "reserved_for": to_agent,
                "announced": False,
                "queued_at": session.queued_at or at,
            }
            escalation = session.escalation or Escalation(criterion="taken_over", asked_by="desk")
            changes["escalation"] = escalation.model_copy(update={"queue": queue or escalation.queue})
        case e.ReturnedToAI():
            changes |= {"agent": None, "disclosed": False, "brain_epoch": None, "queued_at": None, "human_since": None}
        case e.HandoffCancelled() | e.CallbackBooked() | e.QueueTimedOut():
            changes |= {"queued_at": None, "to_front": False, "reserved_for": None, "brain_epoch": None}
            if session.human_since is not None:
                changes |= {"disclosed": False, "human_since": None}
        case _:
            pass
    return changes


def _with_person(agent: DeskAgentRef, at: datetime) -> dict[str, object]:
    return {"agent": agent, "reserved_for": None, "human_since": at, "to_front": False}


def chain(prev_hash: str, session_id: str, version: int, at: str, payload: str) -> str:
    """The hash of an event in its record: SHA-256 over the previous hash, the event's place and time, and its stored JSON.

    The JSON is taken as stored and never made anew, so that events may get more fields without breaking old records.
    """
    body = json.dumps([prev_hash, session_id, version, at, payload], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()
