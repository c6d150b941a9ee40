"""What a session is. A session is a value: it changes only by `machine.advance(session, event)`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class State(StrEnum):
    """Where a session stands."""

    AI = "ai"  #: the assistant answers
    QUEUED = "queued"  #: waiting for a desk agent
    HUMAN = "human"  #: with a desk agent
    WRAP_UP = "wrap_up"  #: the talk has ended; the desk agent is finishing the case
    CLOSED = "closed"  #: over; the next message opens a new session


class Owner(StrEnum):
    """Who alone may speak to the customer."""

    AI = "ai"
    QUEUE = "queue"
    PERSON = "person"
    NOBODY = "nobody"


OWNERS: dict[State, Owner] = {
    State.AI: Owner.AI,
    State.QUEUED: Owner.QUEUE,
    State.HUMAN: Owner.PERSON,
    State.WRAP_UP: Owner.PERSON,
    State.CLOSED: Owner.NOBODY,
}


class Speaker(StrEnum):
    """Who said a message. It goes with the message everywhere, and every front end shows it."""

    CUSTOMER = "customer"
    AI = "ai"
    AGENT = "agent"
    SYSTEM = "system"


class Priority(StrEnum):
    """How urgently a person is needed, most urgent first."""

    LIFE_SAFETY = "life_safety"
    FRAUD = "fraud"
    VULNERABLE = "vulnerable"
    STANDARD = "standard"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return list(Priority).index(self)


class Record(BaseModel):
    """Base of everything that is stored: frozen, and without a key that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Content(Record):
    """What a message carries besides its text."""

    buttons: tuple[Button, ...] = ()
    image: str | None = None  #: address of a picture
    elements: tuple[dict[str, JsonValue], ...] = ()  #: cards, in the form of Rasa's generic template


class Button(Record):
    """A quick reply."""

    title: str
    payload: str


class Escalation(Record):
    """Why a person is, or was, called."""

    criterion: str
    why: str | None = None
    evidence: dict[str, JsonValue] = Field(default_factory=dict)
    policy_version: str | None = None
    queue: str = "general"
    priority: Priority = Priority.STANDARD
    skill: str | None = None
    protocol: str | None = None
    asked_by: Literal["assistant", "customer", "desk", "switchboard"] = "assistant"


class DeskAgentRef(Record):
    """A desk agent as sessions know them."""

    id: str
    name: str


class CustomerRef(Record):
    """An identified customer; the host site vouches for the id."""

    id: str
    name: str | None = None


class Session(Record):
    """A stretch of conversation with one record.

    `version` counts the events of the record; `seq` counts the messages that the customer can see; `epoch` grows each
    time the owner changes. `head` is the hash of the record's last event.
    """

    id: str
    version: int
    seq: int
    epoch: int
    state: State
    channel: str
    locale: str
    region: str | None
    customer: CustomerRef | None
    disclosed: bool  #: told that this is an AI since the AI last became the owner from outside
    escalation: Escalation | None
    agent: DeskAgentRef | None
    queued_at: datetime | None
    to_front: bool  #: back in the queue through no fault of the customer's
    reserved_for: str | None  #: the desk agent to whom a transfer is addressed
    announced: bool  #: the customer was told about her place in the queue
    open_turns: tuple[str, ...]  #: ids of customer messages that the brain has yet to answer
    brain_epoch: int | None  #: the epoch in which the brain started, None when it has to be started first
    opened_at: datetime
    updated_at: datetime
    human_since: datetime | None
    head: str

    @property
    def owner(self) -> Owner:
        """Who alone may speak to the customer now."""
        return OWNERS[self.state]

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can happen in this session."""
        return self.state is State.CLOSED
