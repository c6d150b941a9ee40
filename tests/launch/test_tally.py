"""The closing line adds up, and a run that tested nothing is no success."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.stages import Check
from launch.tally import Tally, closing_line, from_examples, from_junit, from_rasa_stories, total
from launch.testing import judge

counts = st.integers(min_value=0, max_value=1000)
tallies = st.builds(Tally, passed=counts, failed=counts, skipped=counts)


def check_with(*, counted: Tally | None) -> Check:
    return Check(
        name="x",
        command=("true",),
        cwd=Path(),
        env={},
        count=None if counted is None else lambda _output: counted,
    )


@given(st.lists(tallies))
def test_total_adds_every_count(parts: list[Tally]) -> None:
    whole = total(parts)
    assert whole.passed == sum(part.passed for part in parts)
    assert whole.failed == sum(part.failed for part in parts)
    assert whole.skipped == sum(part.skipped for part in parts)


def test_closing_line_is_plain() -> None:
    assert closing_line(Tally(passed=12, failed=3, skipped=1)) == "12 passed, 3 failed"


def test_junit_counts_failures_errors_and_skips(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite><testcase name='a'/><testcase name='b'><failure/></testcase>"
        "<testcase name='c'><error/></testcase><testcase name='d'><skipped/></testcase></testsuite></testsuites>"
    )
    assert from_junit(report) == Tally(passed=1, failed=2, skipped=1)


def test_missing_report_is_a_failed_check(tmp_path: Path) -> None:
    check = Check(name="x", command=(), cwd=tmp_path, env={}, count=lambda _output: from_junit(tmp_path / "none.xml"))
    tally, remark = judge(check, code=0, output="")
    assert tally.failed == 1
    assert "no report" in remark


def test_rasa_stories_are_counted_by_conversation() -> None:
    text = "Results on CONVERSATION level:\n  Correct:    7 / 9\nResults on ACTION level:\n  Correct: 80 / 90"
    assert from_rasa_stories(text) == Tally(passed=7, failed=2)


@pytest.mark.parametrize("text", ["", "Evaluation Results on CONVERSATION level:\n Correct: 0 / 0"])
def test_rasa_that_evaluated_nothing_is_no_success(text: str) -> None:
    with pytest.raises(ValueError, match="no story"):
        from_rasa_stories(text)


def test_policy_examples_are_counted() -> None:
    assert from_examples("198 of 200 examples pass") == Tally(passed=198, failed=2)


@pytest.mark.parametrize(
    ("counted", "code", "expected"),
    [
        (None, 0, Tally(passed=1)),
        (None, 1, Tally(failed=1)),
        (Tally(passed=5), 0, Tally(passed=5)),
        (Tally(passed=5), 1, Tally(passed=5, failed=1)),
        (Tally(passed=5, failed=2), 1, Tally(passed=5, failed=2)),
        (Tally(), 0, Tally(failed=1)),
        (Tally(skipped=4), 0, Tally(failed=1, skipped=4)),
        (Tally(passed=5), None, Tally(failed=1)),
    ],
)
def test_a_check_is_good_only_if_it_ran_to_the_end_and_something_passed(
    counted: Tally | None, code: int | None, expected: Tally
) -> None:
    assert judge(check_with(counted=counted), code=code, output="")[0] == expected
