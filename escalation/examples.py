"""Runs a policy's own examples: what must escalate does, what must stay stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from escalation.engine import assess
from escalation.model import (
    OUTCOMES,
    PRIORITIES,
    Assessment,
    Conversation,
    Criterion,
    Example,
    Policy,
    Turn,
)
from escalation.parse import turn_from_parse

#: a message, and what the customer wrote before it, to the brain's parse
Parser = Callable[[str, Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ExampleResult:
    """How one example fared: `verdicts` holds the assessment after each of its messages."""

    criterion: str
    expected: Literal["escalates", "stays"]
    example: Example
    turns: tuple[Turn, ...]
    verdicts: tuple[Assessment, ...]
    passed: bool

    def __str__(self) -> str:
        said = " / ".join(self.example)
        got = ", ".join(f"{each.outcome} ({each.criterion or 'no criterion'})" for each in self.verdicts)
        return f"{self.criterion} [{self.expected}] {said!r}: got {got}; {_heard(self.turns[-1])}"


def run_examples(policy: Policy, parse: Parser) -> Iterator[ExampleResult]:
    """Judge every example of every enabled criterion.

    An `escalates` example passes when its criterion wins at one of its messages, or one that does at least as much
    at least as urgently (a scam that is also a takeover reaches the same desk). A `stays` example passes when its
    criterion wins at none of its messages and nothing hands off.
    """
    for criterion in policy.criteria:
        if not criterion.enabled:
            continue
        for example in criterion.escalates:
            turns, verdicts = _judge(policy, example, parse)
            passed = any(_does_as_much(verdict, criterion) for verdict in verdicts)
            yield ExampleResult(
                criterion=criterion.id,
                expected="escalates",
                example=example,
                turns=turns,
                verdicts=verdicts,
                passed=passed,
            )
        for example in criterion.stays:
            turns, verdicts = _judge(policy, example, parse)
            passed = not any(verdict.criterion == criterion.id or verdict.outcome == "handoff" for verdict in verdicts)
            yield ExampleResult(
                criterion=criterion.id,
                expected="stays",
                example=example,
                turns=turns,
                verdicts=verdicts,
                passed=passed,
            )


def _judge(policy: Policy, example: Example, parse: Parser) -> tuple[tuple[Turn, ...], tuple[Assessment, ...]]:
    turns = tuple(
        turn_from_parse(f"example-{number}", text, parse(text, example[: number - 1]))
        for number, text in enumerate(example, start=1)
    )
    whole = Conversation(turns=turns)
    return turns, tuple(assess(policy, whole.until(count)) for count in range(1, len(turns) + 1))


def _does_as_much(verdict: Assessment, criterion: Criterion) -> bool:
    if verdict.criterion == criterion.id:
        return True
    if verdict.priority is None:
        return False
    as_strong = OUTCOMES.index(verdict.outcome) >= OUTCOMES.index(criterion.then.outcome)
    return as_strong and PRIORITIES.index(verdict.priority) <= PRIORITIES.index(criterion.then.priority)


def _heard(turn: Turn) -> str:
    strongest = sorted(turn.signals.items(), key=lambda item: -item[1])[:3]
    signals = " ".join(f"{name}={value:.2f}" for name, value in strongest)
    return f"intent {turn.intent} {turn.confidence:.2f}, {signals or 'no signals'}"
