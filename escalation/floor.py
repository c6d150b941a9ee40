"""The floor: what always brings a person, whatever else a policy says. A policy that weakens it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from escalation.conditions import Condition, Intent, Signal, implies
from escalation.model import PERSON_REQUESTED, PRIORITIES, Criterion


@dataclass(frozen=True, kw_only=True)
class FloorRule:
    """The least a floor criterion must do: fire on each of `fires_on`, at this priority or above."""

    fires_on: tuple[Condition, ...]
    priority: str


def _rule(intent: str, signal: str, priority: str) -> FloorRule:
    return FloorRule(
        fires_on=(
            Intent(names=(intent,), confidence=CEILING_CONFIDENCE),
            Signal(name=signal, at_least=CEILING_SIGNAL),
        ),
        priority=priority,
    )


#: no floor threshold may lie above these: a policy may be more careful, never less
CEILING_CONFIDENCE = 0.7
CEILING_SIGNAL = 0.5

FLOOR: dict[str, FloorRule] = {
    "life_at_risk": _rule("express_crisis", "crisis", "life_safety"),
    "fraud_or_scam": _rule("report_scam", "fraud", "fraud"),
    "unauthorised_payment": _rule("report_unauthorised_payment", "takeover", "fraud"),
    PERSON_REQUESTED: _rule("request_person", "person", "standard"),
}


def floor_faults(criteria: Sequence[Criterion]) -> Iterator[tuple[str, str]]:
    """Each way in which the criteria weaken the floor, as (path, message)."""
    ids = [criterion.id for criterion in criteria]
    for missing in (name for name in FLOOR if name not in ids):
        yield "criteria", f"the floor criterion {missing} is missing"
    above_others = True
    urgency = 0
    for index, criterion in enumerate(criteria):
        path = f"criteria.{index}"
        rule = FLOOR.get(criterion.id)
        if rule is None:
            above_others = False
            if criterion.floor:
                yield f"{path}.floor", f"{criterion.id} is no floor criterion; these are {', '.join(FLOOR)}"
            continue
        yield from _rule_faults(path, criterion, rule)
        if not above_others:
            yield path, f"the floor criterion {criterion.id} must come before all others: they could shadow it"
        this_urgency = PRIORITIES.index(criterion.then.priority)
        if this_urgency < urgency:
            yield path, f"the floor criterion {criterion.id} must come before less urgent ones"
        urgency = max(urgency, this_urgency)


def _rule_faults(path: str, criterion: Criterion, rule: FloorRule) -> Iterator[tuple[str, str]]:
    name = criterion.id
    if not criterion.floor:
        yield f"{path}.floor", f"{name} belongs to the floor: `floor: true` is expected"
    if not criterion.enabled:
        yield f"{path}.enabled", f"the floor criterion {name} cannot be switched off"
    if criterion.unless is not None:
        yield f"{path}.unless", f"the floor criterion {name} allows no exception"
    if criterion.again_after != 1:
        yield f"{path}.again_after", f"the floor criterion {name} holds at every turn"
    if criterion.then.outcome != "handoff":
        yield f"{path}.then.outcome", f"the floor criterion {name} must hand off, got {criterion.then.outcome}"
    if PRIORITIES.index(criterion.then.priority) > PRIORITIES.index(rule.priority):
        yield (
            f"{path}.then.priority",
            f"the floor criterion {name} needs priority {rule.priority} or more urgent, got {criterion.then.priority}",
        )
    for required in rule.fires_on:
        if not implies(required, criterion.when):
            yield f"{path}.when", f"the floor criterion {name} must fire whenever {_words(required)}"


def _words(condition: Condition) -> str:
    if isinstance(condition, Intent):
        return f"the intent is {condition.names[0]} with a confidence of {condition.confidence} or more"
    assert isinstance(condition, Signal)
    return f"the signal {condition.name} is {condition.at_least} or more"
