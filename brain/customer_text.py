"""What a customer may make Rasa do by typing a slash.

Rasa reads `/intent{"entity": "value"}` from any text, with which anybody could restart a conversation or set slots. Here only
two kinds of slash text keep that meaning: the bare name of an intent of the domain, as persistent buttons send it, and the very
payload of a button that was just offered. Everything else is a sentence like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.constants import USER_INTENT_BACK, USER_INTENT_RESTART, USER_INTENT_SESSION_START
from rasa.shared.core.events import BotUttered, Event, UserUttered

MAX_TEXT = 1000  #: characters; Rasa's pipeline blocks for seconds on very long texts
FORBIDDEN_INTENTS = frozenset({USER_INTENT_RESTART, USER_INTENT_BACK, USER_INTENT_SESSION_START, "nlu_fallback"})


def text_to_parse(text: str, *, intents: Collection[str], offered: Collection[str] = ()) -> str:
    """The text as Rasa may read it: unchanged, or without the leading slashes that would give it power."""
    stripped = text.strip()
    if not stripped.startswith(INTENT_MESSAGE_PREFIX):
        return text
    name = stripped[len(INTENT_MESSAGE_PREFIX) :]
    if name in intents and name not in FORBIDDEN_INTENTS:
        return stripped
    if stripped in offered and _intent_of(name) not in FORBIDDEN_INTENTS:
        return stripped
    return without_slashes(text)


def without_slashes(text: str) -> str:
    """The text without the slashes and spaces it begins with."""
    while (shorter := text.strip().lstrip(INTENT_MESSAGE_PREFIX)) != text:
        text = shorter
    return text


def offered_payloads(events: Iterable[Event]) -> frozenset[str]:
    """Payloads of the buttons that were shown since the customer last wrote."""
    payloads: set[str] = set()
    for event in reversed(list(events)):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            for key in ("buttons", "quick_replies"):
                payloads |= {str(button.get("payload", "")).strip() for button in (event.data or {}).get(key) or []}
    return frozenset(payloads)


def _intent_of(name: str) -> str:
    return name.split("{", 1)[0].split("@", 1)[0].strip()
