"""A person takes over: what is said, and the end of whatever was going on."""

from __future__ import annotations

from typing import Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.assess import FORM_SLOTS, SLOT_ASSESSMENT
from actions.topic import Event

#: Where a handoff comes without an assessment that says what to say.
UTTER_DEFAULT: Final = "utter_handoff__person"


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
        dispatcher.utter_message(response=handoff.get("say") or UTTER_DEFAULT)
        filled = [name for name in sorted(FORM_SLOTS) if tracker.slots.get(name) is not None]
        emptied = [SlotSet(name, None) for name in (*filled, "requested_slot")]
        return [ActiveLoop(None), *emptied] if tracker.active_loop_name else [SlotSet(name, None) for name in filled]
