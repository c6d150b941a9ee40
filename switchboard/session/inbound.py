"""What comes in from a channel, in the one form that everything past the channels knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import JsonValue

from switchboard.errors import TextEmpty, TextInvalid, TextTooLong

MAX_TEXT = 1000  #: characters; one long message would stall the brain for everybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A customer's message, authenticated and normalised by its channel."""

    session_id: str
    text: str
    client_id: str | None = None
    metadata: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The proof that a message is stored."""

    id: str
    seq: int
    duplicate: bool = False


def check_text(text: object, *, limit: int = MAX_TEXT) -> str:
    """The text, stripped, or the error that tells what is wrong with it.

    Raises:
        TextInvalid: not a string, or with characters that cannot be stored.
        TextEmpty: nothing but white space.
        TextTooLong: more than `limit` characters.
    """
    if not isinstance(text, str):
        raise TextInvalid("The message must be a text.")
    if len(text) > limit:
        raise TextTooLong(limit=limit, length=len(text))
    if any((char < " " and char not in "\n\r\t") or "\ud800" <= char <= "\udfff" or char == "\x7f" for char in text):
        raise TextInvalid
    stripped = text.strip()
    if not stripped:
        raise TextEmpty
    return stripped
