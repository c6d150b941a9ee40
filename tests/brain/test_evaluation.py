"""The evaluation's own arithmetic, and that nothing which is measured by was trained on."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from brain.evaluation import public_sets
from brain.evaluation.families import families, split
from brain.evaluation.measures import Guess, Share, accuracy, macro_f1, macro_f1_interval, reliability
from brain.evaluation.own_sets import LOCALES, TESTS, lines, sentence_sets
from brain.evaluation.report import Report
from escalation import SIGNALS


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # R's binom::binom.wilson
    [(98, 100, 0.9300, 0.9945), (150, 150, 0.9750, 1.0), (0, 20, 0.0, 0.1611), (5, 10, 0.2366, 0.7634)],
)
def test_interval_is_wilsons(count: int, total: int, low: float, high: float) -> None:
    assert list(Share(count=count, total=total).interval) == pytest.approx([low, high], abs=5e-4)


def _guess(right: str, said: str) -> Guess:
    return Guess(text="t", right=right, said=said, confidence=0.9)


def test_macro_f1_counts_every_intent_alike() -> None:
    """Nine right of the common one do not hide that the rare one is never understood."""
    guesses = [*[_guess("common", "common")] * 9, _guess("rare", "common")]
    assert accuracy(guesses).value == 0.9
    assert macro_f1(guesses) == pytest.approx((2 * 0.9 * 1.0 / 1.9 + 0.0) / 2)
    low, high = macro_f1_interval(guesses)
    assert low <= macro_f1(guesses) <= high


def test_reliability_measures_the_distance_of_confidence_and_truth() -> None:
    assert reliability([0.9] * 10, [True] * 9 + [False]).error == pytest.approx(0.0, abs=1e-9)
    assert reliability([0.9] * 10, [True] * 5 + [False] * 5).error == pytest.approx(0.4)
    assert reliability([1.0, 0.0], [True, False]).error == 0.0


def test_paraphrases_are_one_family() -> None:
    texts = [
        "what is my balance please",
        "what's my balance please",
        "block the card I lost",
        "block the card that I lost",
    ]
    first, second, third, fourth = families(texts)
    assert first == second
    assert third == fourth
    assert first != third


@given(st.lists(st.text(alphabet="abcd ", min_size=1, max_size=12), min_size=1, max_size=40), st.integers(0, 5))
def test_split_loses_nothing_and_tears_no_family_apart(texts: list[str], seed: int) -> None:
    kept, aside = split(range(len(texts)), texts, ["one"] * len(texts), share=0.2, seed=seed)
    assert sorted([*kept, *aside]) == list(range(len(texts)))
    numbers = families(texts)
    assert not {numbers[place] for place in kept} & {numbers[place] for place in aside}


def test_absent_public_sets_are_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where to get them and how to name them, not a traceback."""
    monkeypatch.delenv("EVAL_DATA", raising=False)
    with pytest.raises(public_sets.NoPublicSets, match=r"(?s)EVAL_DATA=.*banking77_train\.csv"):
        public_sets.read("banking77_test")
    monkeypatch.setenv("EVAL_DATA", str(tmp_path))
    (tmp_path / "banking77_test.csv").write_text("text,category\nhello,greet\n")
    assert public_sets.read("banking77_test") == [("hello", "greet")]
    with pytest.raises(public_sets.NoPublicSets, match="clinc_val"):
        public_sets.read("clinc_val")


def test_report_keeps_other_sections_and_says_what_was_missed(tmp_path: Path) -> None:
    first = Report(tmp_path)
    first.section("one", "About one.")
    first.goal("at least 95 %", "96 %", reached=True)
    first.write()
    second = Report(tmp_path)
    second.section("two", "About two.")
    second.goal("at least 95 %", "90 %", reached=False)
    second.confusion("two", [_guess("a", "b"), _guess("b", "b")])
    second.reliability("two", reliability([0.9], [True]))
    second.write()
    text = second.path.read_text()
    assert "About one." in text
    assert "**missed**: at least 95 %; seen 90 %" in text
    assert (tmp_path / "two-confusion.png").stat().st_size > 1000
    assert not second.all_reached


def test_each_test_set_holds_what_is_to_be_measured() -> None:
    """150 positives of what endangers life or money, 50 of the rest, and harmless ones."""
    sets = {each.language: each for each in sentence_sets()}
    assert set(sets) == set(LOCALES)
    for each in sets.values():
        assert set(each.positives) == set(SIGNALS)
        assert min(len(each.positives[name]) for name in ("crisis", "fraud", "takeover")) >= 150
        assert min(map(len, each.positives.values())) >= 50
        assert len(each.routine) >= 240
        assert len(each.hard_negatives) >= 190
        assert {talk.outcome for talk in each.conversations} == {"handoff", "offer", "answer"}


def test_no_test_sentence_is_trained_on() -> None:
    trained: set[str] = set()
    for path in Path("data/nlu").rglob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            examples = block["examples"]
            texts = lines(examples) if isinstance(examples, str) else [each["text"] for each in examples]
            trained.update(map(_plain, texts))
    tested = [
        text
        for each in sentence_sets()
        for text in (*each.routine, *each.hard_negatives, *(t for texts in each.positives.values() for t in texts))
    ]
    # Greetings and the like have few ways to be said.
    assert [text for text in tested if len(text.split()) > 3 and _plain(text) in trained] == []


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())


def test_confidences_do_not_change_when_cooled_by_one() -> None:
    from brain.evaluation.own_runs import _cooled

    said, confidence = _cooled([("a", 0.6), ("b", 0.3), ("c", 0.1)], 1.0)
    assert said == "a"
    assert confidence == pytest.approx(0.6)
    assert _cooled([("a", 0.6), ("b", 0.3), ("c", 0.1)], 3.0)[1] < 0.6
    assert np.isfinite(_cooled([("a", 1.0), ("b", 0.0)], 2.0)[1])


def test_tests_folder_is_where_the_sets_are() -> None:
    assert TESTS.is_dir()
