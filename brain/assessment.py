"""The assessment as action_assess leaves it in its slot, and the lines made of it."""

from __future__ import annotations

from typing import Any

from brain.turn import Line

OUTCOMES = ("answer", "offer", "handoff")
PERSON_REQUESTED = "person_requested"
_KEYS = ("outcome", "criterion", "why", "evidence", "policy_version", "queue", "priority", "skill", "protocol", "floor")


def assessment_of(slot: object, *, message_id: str) -> dict[str, Any] | None:
    """The assessment of this very message; None if there is none or it is unusable."""
    if not isinstance(slot, dict) or slot.get("message_id") != message_id or slot.get("outcome") not in OUTCOMES:
        return None
    if slot["outcome"] == "handoff" and not isinstance(slot.get("criterion"), str):
        return None
    return slot


def assessment_line(assessment: dict[str, Any]) -> Line:
    """The `assessment` line."""
    return {"type": "assessment", **{key: assessment.get(key) for key in _KEYS}, "floor": bool(assessment.get("floor"))}


def handoff_line(assessment: dict[str, Any], *, intent: str | None) -> Line:
    """The `handoff` line; `asked_by` says whether the customer asked for a person."""
    asked = assessment.get("criterion") == PERSON_REQUESTED or (
        assessment.get("criterion") is None and intent == "request_person"
    )
    return {**assessment_line(assessment), "type": "handoff", "asked_by": "customer" if asked else "assistant"}
