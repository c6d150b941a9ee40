"""What comes in from a channel, in the one form that everything past the channels knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import JsonValue

from switchboard.errors import PayloadInvalid, TextEmpty, TextInvalid, TextTooLong

MAX_CLIENT_ID = 128  #: characters; a longer one would not fit its column
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
    masked_text: str | None = None  #: what was stored, when it is not word for word what was sent


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
    if any(char not in "\n\r\t" and _unstorable(char) for char in text):
        raise TextInvalid
    stripped = text.strip()
    if not stripped:
        raise TextEmpty
    return stripped


def check_client_id(client_id: str | None) -> None:
    """Refuse a client's id that could not be stored, which "try again" would never change.

    Raises:
        PayloadInvalid: it is empty, too long, or has characters that cannot be stored.
    """
    if client_id is None:
        return
    if not 0 < len(client_id) <= MAX_CLIENT_ID or any(_unstorable(char) for char in client_id):
        raise PayloadInvalid(f"A client_id has 1 to {MAX_CLIENT_ID} printable characters.")


def _unstorable(char: str) -> bool:
    return char < " " or char == "\x7f" or "\ud800" <= char <= "\udfff"
