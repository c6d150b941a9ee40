"""What the desk's console sends."""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from switchboard.desk.presence import Status
from switchboard.oversight.stops import Scope, ScopeKind
from switchboard.sockets import Payload

MAX_NOTE = 1000


class Nothing(Payload):
    """An event without a payload."""


class PresencePayload(Payload):
    """`presence`; without a status it only asks."""

    status: Status | None = None


class OfSession(Payload):
    """Any event about a session."""

    session_id: str = Field(min_length=1, max_length=128)


class Say(OfSession):
    """`say`. The text is checked where messages are made, so that its faults have their own codes."""

    model_config = ConfigDict(str_max_length=None)

    text: object = None
    client_id: str | None = Field(default=None, min_length=1, max_length=64)
    draft_id: str | None = Field(default=None, max_length=128)


class Note(OfSession):
    """`note` and `whisper`."""

    model_config = ConfigDict(str_max_length=None)

    text: object = None
    client_id: str | None = Field(default=None, min_length=1, max_length=64)


class Typing(OfSession):
    """`typing`."""

    on: bool = True


class Transfer(OfSession):
    """`transfer`: to a queue or to a colleague (her id)."""

    queue: str | None = Field(default=None, min_length=1, max_length=64)
    agent: str | None = Field(default=None, min_length=1, max_length=64)
    note: str = Field(default="", max_length=MAX_NOTE)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.queue is None) == (self.agent is None):
            raise ValueError("a transfer names either a queue or an agent")
        return self


class ReturnToAI(OfSession):
    """`return_to_ai`."""

    note: str = Field(default="", max_length=MAX_NOTE)


class WrapUp(OfSession):
    """`wrap_up`; further keys of the form are kept as details."""

    disposition: str = Field(min_length=1, max_length=64)
    summary: str = Field(default="", max_length=4_000)
    details: dict[str, JsonValue] = Field(default_factory=dict, max_length=32)


class TakeOver(OfSession):
    """`take_over`."""

    reason: str = Field(max_length=MAX_NOTE)


class Flag(OfSession):
    """`flag`."""

    seq: int = Field(ge=1)
    verdict: str = Field(min_length=1, max_length=64)
    comment: str = Field(default="", max_length=MAX_NOTE)


class StopAI(Payload):
    """`stop_ai`: scope "all", or {"kind": "intent", "value": "check_balance"}, or "intent:check_balance"."""

    scope: str | dict[str, JsonValue]
    value: str | None = Field(default=None, max_length=64)
    on: bool
    reason: str = Field(max_length=MAX_NOTE)

    @model_validator(mode="after")
    def _readable(self) -> Self:
        self.as_scope()
        return self

    def as_scope(self) -> Scope:
        """The scope, whichever way it was written."""
        if isinstance(self.scope, str):
            kind, _, value = self.scope.partition(":")
            value = value or self.value or ""
        else:
            kind, value = str(self.scope.get("kind", "")), str(self.scope.get("value") or "")
        if kind not in set(ScopeKind):
            raise ValueError("the scope is one of all, intent, channel, region")
        if (kind == ScopeKind.ALL) != (value == ""):
            raise ValueError("the scope all takes no value; intent, channel and region need one")
        if len(value) > 64:
            raise ValueError("the value of the scope is too long")
        return Scope(kind=ScopeKind(kind), value=value)
