"""HandoffFirst speaks only for the message that was judged, and then before everything else."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from brain.policies import handoff_is_due

HANDOFF = {"outcome": "handoff", "criterion": "person_requested", "message_id": "m2"}


def _tracker(agent: Any, *events: Event) -> DialogueStateTracker:
    spoken = UserUttered("hello", {"name": "greet", "confidence": 1.0}, message_id="m2", metadata={"message_id": "m2"})
    return DialogueStateTracker.from_events("s", [ActionExecuted("action_listen"), spoken, *events], agent.domain.slots)


def _next(agent: Any, tracker: DialogueStateTracker) -> str:
    action, _ = agent.processor.predict_next_with_tracker_if_should(tracker)
    return str(action.name())


def test_handoff_overrules_rules(agent: Any) -> None:
    """A rule would greet; the handoff comes first and listening after it."""
    tracker = _tracker(agent)
    assert _next(agent, tracker) == "utter_greet"
    tracker.update(SlotSet("assessment", HANDOFF))
    assert _next(agent, tracker) == "action_handoff"
    tracker.update(ActionExecuted("action_handoff"))
    assert _next(agent, tracker) == "action_listen"


def test_handoff_overrules_forms(agent: Any) -> None:
    """An active form claims its turn in a way that outranks priorities; not here."""
    tracker = _tracker(agent, ActiveLoop("transfer_form"), SlotSet("requested_slot", "sum"))
    assert _next(agent, tracker) == "transfer_form"
    tracker.update(SlotSet("assessment", HANDOFF))
    assert _next(agent, tracker) == "action_handoff"


@pytest.mark.parametrize(
    "assessment",
    [
        None,
        "handoff",
        {"outcome": "answer", "message_id": "m2"},
        {"outcome": "offer", "message_id": "m2"},
        {**HANDOFF, "message_id": "m1"},
    ],
)
def test_anything_else_is_left_to_the_others(agent: Any, assessment: Any) -> None:
    """No handoff for an older message or another outcome."""
    tracker = _tracker(agent, SlotSet("assessment", assessment))
    assert not handoff_is_due(tracker)
    assert _next(agent, tracker) == "utter_greet"
