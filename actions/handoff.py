"""A person takes over: what is said, and the end of whatever was going on."""

from __future__ import annotations

from typing import Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.assess import SLOT_ASSESSMENT
from actions.course import CONVERSATION_SLOTS
from actions.forms.table import FORM_SLOTS
from actions.topic import Asked, Event, packs
from localization import formats

#: Where a handoff comes without an assessment that says what to say.
UTTER_DEFAULT: Final = "utter_handoff__person"


def crisis_values(asked: Asked) -> dict[str, str]:
    """The crisis lines and the emergency number of the region that the customer is in, in the words of her locale."""
    known = any(pack.region == asked.region for pack in packs().values())
    lines = packs().crisis_lines(locale=asked.locale, region=asked.region)
    return {
        "lines": formats.crisis_lines(lines, asked.pack)
        if known
        else wording.part("utter_handoff__line_crisis_elsewhere"),
        "emergency": wording.part("utter_handoff__label_emergency"),
    }


class ActionHandoff(Action):
    """Says what the criterion wants said, ends any form and empties its slots."""

    NAME = "action_handoff"

    def name(self) -> str:
        return self.NAME

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        _domain: object,
    ) -> list[Event]:
        assessment = tracker.get_slot(SLOT_ASSESSMENT)
        handoff = assessment if isinstance(assessment, dict) and assessment.get("outcome") == "handoff" else {}
        with wording.speaking(tracker.slots):
            dispatcher.utter_message(response=handoff.get("say") or UTTER_DEFAULT, **crisis_values(Asked.of(tracker)))
        filled = [name for name in sorted(FORM_SLOTS | CONVERSATION_SLOTS) if tracker.slots.get(name) is not None]
        emptied = [SlotSet(name, None) for name in (*filled, "requested_slot")]
        return [ActiveLoop(None), *emptied] if tracker.active_loop_name else [SlotSet(name, None) for name in filled]
