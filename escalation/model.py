"""The words of escalation: what is judged (a conversation), by what (a policy), and the verdict (an assessment)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from escalation.conditions import Condition

Outcome = Literal["answer", "offer", "handoff"]

#: what the brain's signal classifier gives with every parse, each a calibrated probability
SIGNALS: tuple[str, ...] = (
    "crisis",  # a life at risk, or any sign of it
    "distress",  # panic, despair or an emergency now
    "fraud",  # a scam going on or just found out
    "takeover",  # a payment she did not make; someone else in the account, card or phone
    "coercion",  # money taken or controlled by family, partner or carer
    "hardship",  # cannot pay, eat, heat or keep a home
    "complaint",  # dissatisfaction that wants redress
    "bereavement",  # a recent death
    "vulnerability",  # an illness, access need or loss of understanding
    "person",  # a person asked for, or the AI refused
)

#: how many of the customer's messages, the latest included, the brain reads together
READ_TOGETHER = 4

#: most urgent first
PRIORITIES: tuple[str, ...] = ("life_safety", "fraud", "vulnerable", "standard")

#: least to most
OUTCOMES: tuple[Outcome, ...] = ("answer", "offer", "handoff")

#: the criterion that means "the customer herself asked"
PERSON_REQUESTED = "person_requested"

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a message, `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Something the brain found in a message, such as an amount or a payee."""

    entity: str
    value: str | float | int | None
    text: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message of the customer, as the brain understood it."""

    message_id: str
    text: str
    intent: str | None
    confidence: float
    signals: Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    #: the same of this and the messages before it, read together; None where there were none before
    signals_together: Mapping[str, float] | None = None
    entities: tuple[Entity, ...] = ()
    #: where each signal was seen in the text, when the brain can say so
    signal_words: Mapping[str, tuple[Span, ...]] = field(default_factory=lambda: _EMPTY)
    #: None: judged by the intent. A form that took the answer it had asked for says True, whatever the intent.
    understood: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What is judged: the customer's turns since the AI last took the conversation, newest last."""

    turns: tuple[Turn, ...]
    locale: str = "en-GB"
    region: str = "GB"
    channel: str = "web"
    customer: Mapping[str, Any] | None = None
    seconds_in_ai: float = 0.0

    def until(self, count: int) -> Conversation:
        """The same conversation when it had `count` turns."""
        return Conversation(
            turns=self.turns[:count],
            locale=self.locale,
            region=self.region,
            channel=self.channel,
            customer=self.customer,
            seconds_in_ai=self.seconds_in_ai,
        )


@dataclass(frozen=True, kw_only=True)
class Then:
    """What follows when a criterion matches."""

    outcome: Outcome
    queue: str
    priority: str
    say: str
    skill: str | None = None
    protocol: str | None = None


#: one message, or several of one conversation
Example = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One written reason for a person, with the examples that show what it means and what it does not."""

    id: str
    why: str
    when: Condition
    then: Then
    floor: bool = False
    enabled: bool = True
    unless: Condition | None = None
    #: turns before the same offer is made again
    again_after: int = 1
    escalates: tuple[Example, ...] = ()
    stays: tuple[Example, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A valid escalation policy. `version` is the hash of its content, so that a verdict can be traced to its words."""

    version: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The verdict on a conversation after its latest turn.

    `evidence` is `{"message_ids", "matched", "intent", "words"}` for a match: which conditions held, with values and
    thresholds, and the customer's words where the brain pointed at them.
    """

    outcome: Outcome
    policy_version: str
    criterion: str | None = None
    why: str | None = None
    evidence: dict[str, Any] | None = None
    queue: str | None = None
    priority: str | None = None
    skill: str | None = None
    say: str | None = None
    protocol: str | None = None
    floor: bool = False

    @property
    def asked_by(self) -> Literal["customer", "assistant"]:
        """Who wanted the person."""
        return "customer" if self.criterion == PERSON_REQUESTED else "assistant"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able content, one key per field."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong with a policy file."""

    file: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file} [{self.path or 'file'}] {self.message}"


class PolicyInvalid(Exception):
    """The escalation policy is not valid; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults: list[Fault] = list(faults)
