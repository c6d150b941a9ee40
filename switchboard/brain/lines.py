"""The lines of a turn's stream, as the brain's contract defines them; unknown keys are ignored, unknown types not."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from switchboard.session.model import Button, CustomerRef, Priority


class Line(BaseModel):
    """Base of the lines."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Parse(Line):
    """What the model understood."""

    type: Literal["parse"] = "parse"
    intent: dict[str, JsonValue] = Field(default_factory=dict)
    ranking: tuple[dict[str, JsonValue], ...] = ()
    entities: tuple[dict[str, JsonValue], ...] = ()
    signals: dict[str, float] = Field(default_factory=dict)  #: of this message
    signals_together: dict[str, float] = Field(default_factory=dict)  #: of the last messages, read together
    also_intents: tuple[dict[str, JsonValue], ...] = ()  #: what else the message asks for
    signal_words: tuple[dict[str, JsonValue], ...] = ()

    @property
    def intent_name(self) -> str | None:
        """The most likely intent."""
        name = self.intent.get("name")
        return name if isinstance(name, str) else None


class Verdict(Line):
    """What the criteria made of the conversation so far; also the body of a handoff."""

    criterion: str | None = None
    why: str | None = None
    evidence: dict[str, JsonValue] | None = None
    policy_version: str | None = None
    queue: str | None = None
    priority: Priority | None = None
    skill: str | None = None
    protocol: str | None = None
    floor: bool = False


class Assessment(Verdict):
    """The outcome, told before anything is uttered."""

    type: Literal["assessment"] = "assessment"
    outcome: Literal["answer", "offer", "handoff"]


class Handoff(Verdict):
    """The command to call a person."""

    type: Literal["handoff"] = "handoff"
    asked_by: Literal["assistant", "customer"] = "assistant"


class Utter(Line):
    """Something the AI says."""

    type: Literal["utter"] = "utter"
    text: str | None = None
    response: str | None = None
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    elements: tuple[dict[str, JsonValue], ...] = ()
    disclosure: bool = False


class Failure(Line):
    """The turn failed; nothing more is uttered."""

    type: Literal["error"] = "error"
    code: str
    message: str = ""


class Done(Line):
    """The end of the turn."""

    type: Literal["done"] = "done"
    model: str | None = None
    disclosed: bool = False


TurnLine = Parse | Assessment | Utter | Handoff | Failure | Done

LINE: TypeAdapter[TurnLine] = TypeAdapter(Annotated[TurnLine, Field(discriminator="type")])


class TurnRequest(BaseModel):
    """What the brain is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["message", "session_start", "returned"]
    session_id: str
    message_id: str
    epoch: int
    text: str = ""
    locale: str
    region: str | None = None
    channel: str
    customer: CustomerRef | None = None
    note: str | None = None
