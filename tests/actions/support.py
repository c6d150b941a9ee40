"""What the tests of the actions share: a held clock, trackers, and a dispatcher that checks the words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import wording

Event = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
#: A Monday, 10:30 in London.
NOW = datetime(2026, 11, 23, 10, 30, tzinfo=timezone.utc)


#: Names of responses that are parts of others.
PART = re.compile(r"__(line|label)(_|$)|^utter_branch__day_")


class HeldClock:
    """A clock that stands still until it is told the time."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@lru_cache(maxsize=1)
def all_responses() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted((ROOT / "data" / "responses").glob("*.yml")):
        found.update(yaml.safe_load(file.read_text(encoding="utf-8"))["responses"])
    return found


def places(response: Mapping[str, Any]) -> set[str]:
    texts = [response.get("text") or "", *(b["title"] + b["payload"] for b in response.get("buttons") or ())]
    return {name for text in texts for name in re.findall(r"{([a-z_]+)}", text)}


class CheckingDispatcher(CollectingDispatcher):
    """Refuses a response that does not exist, a place without a value, and a part uttered by itself."""

    def utter_message(self, *args: Any, **values: Any) -> None:
        response = values.get("response")
        if response is not None:
            variants = all_responses().get(response)
            assert variants is not None, f"{response} is not in data/responses"
            for variant in variants:
                missing = places(variant) - values.keys()
                assert not missing, f"{response} needs {missing}"
            assert not PART.search(response), f"{response} is a part of another response"
        super().utter_message(*args, **values)


SESSION_SLOTS: dict[str, Any] = {
    "locale": "en-GB",
    "region": "GB",
    "customer_id": "demo-gb",
    "customer_name": "Ava Thompson",
    "requested_slot": None,
}
REGIONS = {
    "en-GB": "GB",
    "en-US": "US",
    "de-DE": "DE",
    "fr-FR": "FR",
    "es-ES": "ES",
    "es-MX": "MX",
    "pt-BR": "BR",
    "fil-PH": "PH",
}


def user_event(
    text: str = "",
    *,
    intent: str | None = None,
    confidence: float = 0.9,
    entities: list[Event] | None = None,
    signals: dict[str, float] | None = None,
    message_id: str = "m-1",
    timestamp: float = 1_000.0,
    **metadata: Any,
) -> Event:
    return {
        "event": "user",
        "timestamp": timestamp,
        "text": text,
        "message_id": message_id,
        "parse_data": {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": entities or [],
            "signals": signals or {},
        },
        "metadata": {"kind": "message", "message_id": message_id, **metadata},
    }


def tracker_of(
    *events: Event, slots: dict[str, Any] | None = None, loop: str | None = None, customer: str | None = "demo-gb"
) -> Tracker:
    """A tracker after these events, whose latest message is the newest user event."""
    users = [event for event in events if event["event"] == "user"]
    latest = users[-1]["parse_data"] if users else {}
    held = {**SESSION_SLOTS, "customer_id": customer, **(slots or {})}
    return Tracker("session-1", held, latest, list(events), False, None, {"name": loop} if loop else {}, None)


def asked(
    text: str, *, slots: dict[str, Any] | None = None, customer: str | None = "demo-gb", **message: Any
) -> Tracker:
    return tracker_of(user_event(text, **message), slots=slots, customer=customer)


async def run(action: Action, tracker: Tracker) -> tuple[list[Event], list[dict[str, Any]]]:
    """The events and messages of an action."""
    dispatcher = CheckingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    return list(events), dispatcher.messages


def said(message: Mapping[str, Any]) -> str:
    """A message as the customer reads it in English: the first variant with its places filled."""
    if message["response"] is None:
        return str(message["text"])
    return wording.part(message["response"], **{k: v for k, v in message.items() if isinstance(v, str)})


def assert_responses(messages: list[dict[str, Any]], *names: str) -> None:
    assert [message["response"] for message in messages] == list(names)


def assert_events(events: list[Event], *expected: Event) -> None:
    plain = [{key: value for key, value in event.items() if key != "timestamp"} for event in events]
    assert plain == [{key: value for key, value in event.items() if key != "timestamp"} for event in expected]
