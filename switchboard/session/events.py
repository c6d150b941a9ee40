"""Everything that can happen in a session, in the past tense. The record is a list of these and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from switchboard.session.model import Content, CustomerRef, DeskAgentRef, Escalation, Record, Speaker


class SessionOpened(Record):
    """A customer arrived."""

    type: Literal["session_opened"] = "session_opened"
    channel: str
    locale: str
    region: str | None = None
    customer: CustomerRef | None = None


class MessageAdded(Record):
    """Something that the customer can see was said. It takes the next sequence number."""

    type: Literal["message_added"] = "message_added"
    id: str
    speaker: Speaker
    text: str
    epoch: int
    name: str | None = None
    agent_id: str | None = None
    client_id: str | None = None
    disclosure: bool = False
    response: str | None = None
    content: Content | None = None
    in_reply_to: str | None = None
    masked: tuple[str, ...] = ()  #: kinds of secrets that were masked in the text


class MessageSuppressed(Record):
    """The AI said something that was too late or not allowed; it is kept here and was never sent."""

    type: Literal["message_suppressed"] = "message_suppressed"
    text: str
    epoch: int
    reason: str
    response: str | None = None
    in_reply_to: str | None = None


class NoteAdded(Record):
    """Words among the staff; the customer never sees them."""

    type: Literal["note_added"] = "note_added"
    id: str
    kind: Literal["note", "whisper"]
    agent: DeskAgentRef
    text: str


class TurnAssessed(Record):
    """What the brain understood of a message, and what the criteria made of it."""

    type: Literal["turn_assessed"] = "turn_assessed"
    message_id: str
    epoch: int
    parse: dict[str, JsonValue] = Field(default_factory=dict)
    assessment: dict[str, JsonValue] = Field(default_factory=dict)


class TurnFinished(Record):
    """The brain is through with a message, or has nothing more to do with it."""

    type: Literal["turn_finished"] = "turn_finished"
    message_id: str
    epoch: int
    outcome: Literal["answered", "handed_over", "unavailable"]


class BrainStarted(Record):
    """The brain knows this session and has given, or need not give, its disclosure."""

    type: Literal["brain_started"] = "brain_started"
    epoch: int


class HandoffRequested(Record):
    """AI → QUEUED: a person is called."""

    type: Literal["handoff_requested"] = "handoff_requested"
    escalation: Escalation


class TakenOver(Record):
    """AI → HUMAN: a supervisor stepped in."""

    type: Literal["taken_over"] = "taken_over"
    agent: DeskAgentRef
    reason: str


class AgentAssigned(Record):
    """QUEUED → HUMAN."""

    type: Literal["agent_assigned"] = "agent_assigned"
    agent: DeskAgentRef
    how: Literal["claimed", "pushed"] = "claimed"


class HandoffCancelled(Record):
    """QUEUED → AI: the customer would rather stay with the assistant."""

    type: Literal["handoff_cancelled"] = "handoff_cancelled"


class CallbackBooked(Record):
    """QUEUED → AI: somebody will call the customer at an agreed time."""

    type: Literal["callback_booked"] = "callback_booked"
    at: datetime
    contact: str


class QueueTimedOut(Record):
    """QUEUED → AI: nobody came within the limit."""

    type: Literal["queue_timed_out"] = "queue_timed_out"
    waited_s: float


class SessionRequeued(Record):
    """HUMAN → QUEUED: transferred, or the desk agent was lost."""

    type: Literal["session_requeued"] = "session_requeued"
    reason: Literal["transfer", "agent_lost", "takeover"]
    by: DeskAgentRef | None = None
    queue: str | None = None
    to_agent: str | None = None
    note: str | None = None


class ConversationEnded(Record):
    """HUMAN → WRAP_UP."""

    type: Literal["conversation_ended"] = "conversation_ended"
    by: Literal["customer", "agent"]


class CustomerWroteAgain(Record):
    """WRAP_UP → HUMAN."""

    type: Literal["customer_wrote_again"] = "customer_wrote_again"


class ReturnedToAI(Record):
    """WRAP_UP → AI: the person hands back, and the AI has to say again what it is."""

    type: Literal["returned_to_ai"] = "returned_to_ai"
    agent: DeskAgentRef
    note: str


class SessionClosed(Record):
    """WRAP_UP → CLOSED."""

    type: Literal["session_closed"] = "session_closed"
    by: Literal["agent", "customer", "system"]


class CustomerLeft(Record):
    """AI, QUEUED → CLOSED: the customer ended the conversation."""

    type: Literal["customer_left"] = "customer_left"


class SessionExpired(Record):
    """AI, QUEUED → CLOSED: nobody wrote for a long time."""

    type: Literal["session_expired"] = "session_expired"


class WrapUpRecorded(Record):
    """How the case ended, in the desk agent's words."""

    type: Literal["wrap_up_recorded"] = "wrap_up_recorded"
    agent: DeskAgentRef
    disposition: str
    summary: str = ""
    details: dict[str, JsonValue] = Field(default_factory=dict)


class FeedbackGiven(Record):
    """How the customer felt, each 1 to 5."""

    type: Literal["feedback_given"] = "feedback_given"
    heard: int | None = Field(default=None, ge=1, le=5)
    valued: int | None = Field(default=None, ge=1, le=5)
    feeling: int | None = Field(default=None, ge=1, le=5)
    resolved: int | None = Field(default=None, ge=1, le=5)
    comment: str = Field(default="", max_length=1000)


class MessageFlagged(Record):
    """Somebody on the staff judged a message."""

    type: Literal["message_flagged"] = "message_flagged"
    agent: DeskAgentRef
    seq: int
    verdict: str
    comment: str = ""


Event = (
    SessionOpened
    | MessageAdded
    | MessageSuppressed
    | NoteAdded
    | TurnAssessed
    | TurnFinished
    | BrainStarted
    | HandoffRequested
    | TakenOver
    | AgentAssigned
    | HandoffCancelled
    | CallbackBooked
    | QueueTimedOut
    | SessionRequeued
    | ConversationEnded
    | CustomerWroteAgain
    | ReturnedToAI
    | SessionClosed
    | CustomerLeft
    | SessionExpired
    | WrapUpRecorded
    | FeedbackGiven
    | MessageFlagged
)

EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


class Recorded(Record):
    """An event as it stands in the record."""

    session_id: str
    version: int
    seq: int | None  #: only messages that the customer can see have one
    at: datetime
    event: Annotated[Event, Field(discriminator="type")]
    prev_hash: str
    hash: str
