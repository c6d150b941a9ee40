"""A session starts, or a person hands back to the AI: the customer is told, first of all, that this is an AI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.bank import bank_name
from actions.course import CONVERSATION_SLOTS
from actions.forms.table import FORM_SLOTS
from actions.topic import Event, packs
from localization import fill

#: What belongs to one conversation only and must not live on in the next.
FORGOTTEN: Final = (
    FORM_SLOTS
    | CONVERSATION_SLOTS
    | {
        "assessment",
        "requested_slot",
        "session_started_metadata",
        "handover_note",
    }
)
METADATA_SLOT: Final = "session_started_metadata"
KIND_RETURNED: Final = "returned"


def session_metadata(tracker: Tracker) -> Mapping[str, Any]:
    """The newest metadata that the switchboard sent.

    Rasa gives the metadata of the message that began the session in the slot `session_started_metadata`; when the session is
    started anew inside a conversation it is in the user event alone. Whichever is later in the tracker counts.
    """
    for event in reversed(tracker.events):
        if event.get("event") == "slot" and event.get("name") == METADATA_SLOT and event.get("value"):
            return dict(event["value"])
        if event.get("event") == "user" and event.get("metadata"):
            return dict(event["metadata"])
    return dict(tracker.get_slot(METADATA_SLOT) or {})


def session_slots(metadata: Mapping[str, Any], remembered: Mapping[str, Any]) -> dict[str, Any]:
    """All slots with which the session begins: those carried over, and over them what the switchboard knows."""
    slots = {name: value for name, value in remembered.items() if value is not None and name not in FORGOTTEN}
    pack = packs().resolve(metadata.get("locale") or remembered.get("locale"))
    slots["locale"] = metadata.get("locale") or remembered.get("locale") or pack.tag
    slots["language"] = pack.language
    slots["region"] = (metadata.get("region") or remembered.get("region") or pack.region).upper()
    if metadata.get("channel"):
        slots["channel"] = metadata["channel"]
    if "customer" in metadata:
        customer = metadata["customer"] or {}
        slots["customer_id"] = customer.get("id")
        slots["customer_name"] = customer.get("name")
    if metadata.get("note"):
        slots["handover_note"] = metadata["note"]
    return slots


class ActionSessionStart(Action):
    """Utters the disclosure, once, and remembers who and where the customer is."""

    NAME = "action_session_start"

    def name(self) -> str:
        return self.NAME

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        _domain: object,
    ) -> list[Event]:
        metadata = session_metadata(tracker)
        slots = session_slots(metadata, tracker.current_slot_values())
        pack = packs().resolve(slots["locale"])
        returned = metadata.get("kind") == KIND_RETURNED
        sentence = pack.disclosure.returned if returned else pack.disclosure.start
        text = " ".join(part for part in (fill(sentence, bank=bank_name()), pack.language_limits) if part)
        dispatcher.utter_message(
            text=text,
            disclosure=True,
            utter_action="utter_disclosure__returned" if returned else "utter_disclosure__start",
        )
        return [
            SessionStarted(),
            *(SlotSet(name, value) for name, value in slots.items()),
            ActionExecuted("action_listen"),
        ]
