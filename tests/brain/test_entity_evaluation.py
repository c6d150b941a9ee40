"""The evaluation counts what it says, and the marked sentences are found well enough in every language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from brain.entity_evaluation import EntityScore, evaluate_entities, evaluate_public, marked, read_marked
from brain.entity_text import Found

FOLDER = Path(__file__).parent.parent / "evaluation" / "entities"
EXACT = ("amount", "currency", "date", "card_ending", "iban", "phone_number")
NAMES = ("payee", "merchant", "person_name", "branch_place")


def test_a_marked_line_is_text_and_entities() -> None:
    """Marks vanish from the text; a name alone has the words as its value."""
    text, found = marked("I sent [£5](amount=5; currency=GBP) to [Anna](payee)")
    assert text == "I sent £5 to Anna"
    assert found == (
        Found(entity="amount", value="5", start=7, end=9),
        Found(entity="currency", value="GBP", start=7, end=9),
        Found(entity="payee", value="Anna", start=13, end=17),
    )


def test_scores_are_shares_of_what_was_found_and_expected() -> None:
    """Nothing expected and nothing found is no fault."""
    score = EntityScore(language="en", entity="date", expected=4, found=2, right=1)
    assert (score.precision, score.recall) == (0.5, 0.25)
    assert score.f1 == pytest.approx(1 / 3)
    nothing = EntityScore(language="en", entity="date", expected=0, found=0, right=0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 1.0, 1.0)


def test_each_language_has_sentences_enough() -> None:
    """Sixty and more in each, with some in which there is nothing to find."""
    sizes = {path.stem: read_marked(path) for path in FOLDER.glob("*.yml")}
    assert set(sizes) == {"en", "de", "es", "fr", "pt", "fil"}
    assert all(len(sentences) >= 60 for sentences in sizes.values())
    assert all(sum(not s.entities for s in sentences) >= 15 for sentences in sizes.values())


def test_entities_are_found_in_every_language() -> None:
    """The bars of the evaluation: exact words with the exact value."""
    scores = {(score.language, score.entity): score for score in evaluate_entities(FOLDER)}
    low = [s for (_, entity), s in scores.items() if entity in EXACT and s.f1 < 0.95]
    low += [s for (_, entity), s in scores.items() if entity in NAMES and s.f1 < 0.85]
    assert not low


def test_public_texts_are_scored_by_span(tmp_path: Path) -> None:
    """The public set says where, not what; an overlap may count."""
    text = "call 020 7946 0958 on 1999-02-03 07:00:00"
    spans = [
        {"entity_type": "PHONE_NUMBER", "start_position": 5, "end_position": 18},
        {"entity_type": "DATE_TIME", "start_position": 22, "end_position": 41},
    ]
    path = tmp_path / "texts.json"
    path.write_text(json.dumps([{"full_text": text, "spans": spans}]), encoding="utf-8")
    exact = {score.entity: score for score in evaluate_public(path)}
    loose = {score.entity: score for score in evaluate_public(path, exact=False)}
    assert exact["DATE_TIME"].right == 0
    assert loose["DATE_TIME"].right == 1
