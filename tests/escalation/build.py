"""Short ways to write policies and conversations in tests."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from escalation import Conversation, Entity, Policy, Span, Turn, read_policy

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "policy" / "escalation.yml"

_FLOOR = (
    ("life_at_risk", "express_crisis", "crisis", "life_safety"),
    ("fraud_or_scam", "report_scam", "fraud", "fraud"),
    ("unauthorised_payment", "report_unauthorised_payment", "takeover", "fraud"),
    ("person_requested", "request_person", "person", "standard"),
)


def criterion(name: str, when: Mapping[str, Any], *, outcome: str = "handoff", **more: Any) -> dict[str, Any]:
    """A criterion's content with everything that is required."""
    then = {"outcome": outcome, "queue": "general", "priority": "standard", "say": f"utter_x__{name}"}
    return {"id": name, "why": f"Because of {name}.", "when": dict(when), "then": then, **more}


def floor() -> list[dict[str, Any]]:
    """The four floor criteria at the highest thresholds that are allowed."""
    content = []
    for name, intent, signal, priority in _FLOOR:
        when = {"any": [{"intent": intent, "confidence": 0.7}, {"signals": {signal: 0.5}}]}
        each = criterion(name, when, floor=True)
        each["then"]["priority"] = priority
        content.append(each)
    return content


def content(*criteria: Mapping[str, Any]) -> dict[str, Any]:
    """A whole policy's content: the floor, then these criteria."""
    return {"format": 1, "criteria": [*floor(), *(dict(each) for each in criteria)]}


def policy(*criteria: Mapping[str, Any]) -> Policy:
    """A valid policy of the floor and these criteria."""
    return read(content(*criteria))


def read(policy_content: Mapping[str, Any]) -> Policy:
    """Read content as if it stood in a file p.yml."""
    return read_policy(yaml.safe_dump(copy.deepcopy(dict(policy_content)), sort_keys=False), file="p.yml")


def turn(
    text: str = "hello",
    *,
    intent: str | None = "greet",
    confidence: float = 0.9,
    message_id: str = "m1",
    entities: tuple[Entity, ...] = (),
    words: Mapping[str, tuple[Span, ...]] | None = None,
    understood: bool | None = None,
    together: Mapping[str, float] | None = None,
    **signals: float,
) -> Turn:
    """A turn with the signals given by name."""
    return Turn(
        message_id=message_id,
        text=text,
        intent=intent,
        confidence=confidence,
        signals=signals,
        entities=entities,
        signal_words=words or {},
        understood=understood,
        signals_together=together,
    )


def conversation(*turns: Turn, **more: Any) -> Conversation:
    """A conversation whose messages are numbered m1, m2, … in order."""
    numbered = tuple(Turn(**{**vars(each), "message_id": f"m{number}"}) for number, each in enumerate(turns, start=1))
    return Conversation(turns=numbered, **more)
