"""What the record knows of a conversation that a policy judged, and its form as a line of JSON.

A recording is one stretch in which the AI held a session: from its opening, or a return to the AI, until somebody else took it
or it ended. That is what a policy judges as one conversation. The switchboard reads recordings from its record; `--export` and
`--from` carry them elsewhere, one a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator

FORMAT = 1


class CannotReplay(Exception):
    """There is nothing to replay, or it cannot be read; the message says what and why."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was decided after a message, as the record has it."""

    outcome: str
    criterion: str | None = None
    queue: str | None = None
    priority: str | None = None
    policy_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedMessage:
    """A message of the customer to the AI. `parse` is None where the brain made nothing of it."""

    id: str
    at: datetime
    text: str
    parse: Mapping[str, Any] | None = None
    decided: Decided | None = None


#: handed_over: into the queue; taken_over: by a supervisor; closed: the customer left, or wrote no more
HowEnded = Literal["handed_over", "taken_over", "closed"]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the AI's stretch ended. A handoff that no criterion decided (button, outage, stop switch) has no policy version."""

    how: HowEnded
    at: datetime
    reason: str = ""
    queue: str | None = None
    priority: str | None = None
    policy_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One stretch in which the AI held a session. `ended` is None where it still does."""

    session_id: str
    began: datetime
    channel: str
    locale: str
    region: str
    customer: Mapping[str, Any] | None = None
    messages: tuple[RecordedMessage, ...] = field(default_factory=tuple)
    ended: Ended | None = None


def to_line(recording: Recording) -> str:
    """A recording as one line of JSON, without a line's end."""
    content = {"format": FORMAT, **asdict(recording)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)


def read_lines(path: Path) -> Iterator[Recording]:
    """The recordings of a file.

    Raises:
        CannotReplay: it cannot be read, or a line (it is named) is no recording.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _from_line(line, where=f"{path} line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotReplay(f"{path} cannot be read: {error}") from error


def _from_line(line: str, *, where: str) -> Recording:
    try:
        content = json.loads(line)
    except ValueError:
        raise CannotReplay(f"{where}: expected JSON, as `--export` writes it") from None
    fault = next(_VALIDATOR.iter_errors(content), None)
    if fault is not None:  # not with the validator's own words: they repeat the content, and a customer's words with it
        place = ".".join(str(part) for part in fault.absolute_path) or "the whole"
        raise CannotReplay(f"{where}: not a recorded conversation: [{place}] breaks {fault.validator} {_short(fault)}")
    try:
        return _recording(content)
    except ValueError:
        raise CannotReplay(f"{where}: expected times as in 2026-11-02T09:00:00+00:00, with their offset") from None


def _recording(content: dict[str, Any]) -> Recording:
    del content["format"]
    ended = content.get("ended")
    return Recording(
        **{
            **content,
            "began": _time(content["began"]),
            "messages": tuple(_message(each) for each in content["messages"]),
            "ended": None if ended is None else Ended(**{**ended, "at": _time(ended["at"])}),
        }
    )


def _message(content: dict[str, Any]) -> RecordedMessage:
    decided = content.get("decided")
    known = {**content, "at": _time(content["at"]), "decided": None if decided is None else Decided(**decided)}
    return RecordedMessage(**known)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError
    return at


def _short(fault: Any) -> str:
    value = fault.validator_value
    return str(value) if isinstance(value, (str, int, list)) else ""


_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE_OBJECT = {"type": ["object", "null"]}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": ["object", "null"]}


_VERDICT = {"queue": _MAYBE_TEXT, "priority": _MAYBE_TEXT, "policy_version": _MAYBE_TEXT}
_DECIDED = _object(
    {"outcome": {"enum": ["answer", "offer", "handoff"]}, "criterion": _MAYBE_TEXT, **_VERDICT}, "outcome"
)
_ENDED = _object(
    {"how": {"enum": ["handed_over", "taken_over", "closed"]}, "at": _TEXT, "reason": _TEXT, **_VERDICT}, "how", "at"
)
_MESSAGE = _object(
    {"id": _TEXT, "at": _TEXT, "text": _TEXT, "parse": _MAYBE_OBJECT, "decided": _maybe(_DECIDED)}, "id", "at", "text"
)
_VALIDATOR = Draft202012Validator(
    _object(
        {
            "format": {"const": FORMAT},
            "session_id": _TEXT,
            "began": _TEXT,
            "channel": _TEXT,
            "locale": _TEXT,
            "region": _TEXT,
            "customer": _MAYBE_OBJECT,
            "messages": {"type": "array", "items": _MESSAGE},
            "ended": _maybe(_ENDED),
        },
        *("format", "session_id", "began", "channel", "locale", "region", "messages"),
    )
)
