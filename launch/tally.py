"""How many tests passed and failed, read from what the tools report."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # the reports are our own tools'
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts of tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )


def total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, start=Tally())


def closing_line(tally: Tally) -> str:
    """The last line of a test run."""
    return f"{tally.passed} passed, {tally.failed} failed"


def from_junit(report: Path) -> Tally:
    """Counts of a JUnit report, as pytest and vitest write it. Raises ValueError when there is none to read."""
    try:
        root = ET.parse(report).getroot()  # noqa: S314 - written by our own test run a moment ago
    except (OSError, ET.ParseError) as problem:
        raise ValueError(f"no report at {report}: {problem}") from None
    passed = failed = skipped = 0
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return Tally(passed=passed, failed=failed, skipped=skipped)


def from_rasa_stories(text: str) -> Tally:
    """Counts of `rasa test core`. Raises ValueError when it evaluated nothing."""
    found = re.search(r"CONVERSATION level.*?Correct:\s+(\d+)\s*/\s*(\d+)", text, flags=re.DOTALL)
    if found is None or int(found[2]) == 0:
        raise ValueError("rasa test evaluated no story")
    return Tally(passed=int(found[1]), failed=int(found[2]) - int(found[1]))


def from_examples(text: str) -> Tally:
    """Counts of `python -m escalation test`. Raises ValueError when it ran nothing."""
    found = re.search(r"(\d+) of (\d+) examples pass", text)
    if found is None or int(found[2]) == 0:
        raise ValueError("no example of the policy was run")
    return Tally(passed=int(found[1]), failed=int(found[2]) - int(found[1]))
