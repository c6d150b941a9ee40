"""The request for one turn, checked as a whole, and the lines that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from brain.customer_text import MAX_TEXT

Line = dict[str, Any]  #: one JSON object of the answer; `type` says which
Kind = Literal["message", "session_start", "returned"]
ErrorCode = Literal["actions_unavailable", "not_disclosed", "unassessed", "internal"]

KINDS = ("message", "session_start", "returned")
_LIMITS = {"session_id": 128, "message_id": 128, "locale": 35, "region": 16, "channel": 64, "note": 4000}


class BadTurn(Exception):
    """The request cannot be carried out as it stands."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the switchboard asks for. `session_id` is Rasa's sender id."""

    kind: Kind
    session_id: str
    message_id: str
    epoch: int
    text: str
    locale: str
    region: str
    channel: str
    customer: dict[str, str] | None
    note: str | None

    def metadata(self) -> dict[str, Any]:
        """What actions see of the request."""
        return {
            "kind": self.kind,
            "message_id": self.message_id,
            "epoch": self.epoch,
            "locale": self.locale,
            "region": self.region,
            "channel": self.channel,
            "customer": self.customer,
            "note": self.note,
        }


def read_turn(body: object) -> Turn:
    """Check a request's body. Raises BadTurn with status 400, or 413 for a text that is too long."""
    if not isinstance(body, dict):
        raise BadTurn("body_invalid", "Expected a JSON object.")
    kind = body.get("kind")
    if kind not in KINDS:
        raise BadTurn("kind_invalid", f"Expected kind to be one of {', '.join(KINDS)}.")
    epoch = body.get("epoch", 0)
    if not isinstance(epoch, int) or isinstance(epoch, bool) or epoch < 0:
        raise BadTurn("epoch_invalid", "Expected epoch to be a whole number, 0 or more.")
    text = _string(body, "text", required=kind == "message", limit=None)
    if kind == "message":
        text = checked_text(text)
    return Turn(
        kind=cast(Kind, kind),
        session_id=_string(body, "session_id", required=True),
        message_id=_string(body, "message_id", required=kind == "message"),
        epoch=epoch,
        text=text if kind == "message" else "",
        locale=_string(body, "locale") or "en-GB",
        region=_string(body, "region"),
        channel=_string(body, "channel") or "web",
        customer=_customer(body.get("customer")),
        note=_string(body, "note") or None,
    )


def checked_text(text: object) -> str:
    """A customer's text of 1 to 1000 characters."""
    if not isinstance(text, str) or not text.strip():
        raise BadTurn("text_empty", "Expected a text.")
    if len(text) > MAX_TEXT:
        raise BadTurn("text_too_long", f"Expected at most {MAX_TEXT} characters, got {len(text)}.", status=413)
    return text


def _string(body: Mapping[str, object], key: str, *, required: bool = False, limit: int | None = -1) -> str:
    value = body.get(key)
    if value is None or value == "":
        if required:
            raise BadTurn(f"{key}_missing", f"Expected {key}.")
        return ""
    if not isinstance(value, str):
        raise BadTurn(f"{key}_invalid", f"Expected {key} to be a string.")
    most = _LIMITS.get(key) if limit == -1 else limit
    if most is not None and len(value) > most:
        raise BadTurn(f"{key}_invalid", f"Expected {key} to have at most {most} characters.")
    return value


def _customer(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        raise BadTurn("customer_invalid", "Expected customer to be null or an object with an id.")
    name = value.get("name")
    if not isinstance(name, str | None) or len(value["id"]) > 200 or len(name or "") > 200:
        raise BadTurn(
            "customer_invalid", "Expected the customer's id and name to be strings of at most 200 characters."
        )
    return {"id": value["id"], "name": name or ""}
