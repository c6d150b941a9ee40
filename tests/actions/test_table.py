"""The one table of forms agrees with the domain and the rules; so does the table of answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from actions.course import URGENT, wants_change
from actions.forms import reading
from actions.forms.table import FORM_SLOTS, FORMS, OPENED
from actions.several import ANSWERS
from actions.topic import Asked
from tests.actions.support import ROOT, all_responses, tracker_of, user_event

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))


def rules() -> Iterator[dict[str, Any]]:
    for file in sorted((ROOT / "data" / "rules").glob("*.yml")):
        yield from yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]


def test_the_table_has_the_forms_and_slots_of_the_domain() -> None:
    assert {name: list(form.slots) for name, form in FORMS.items()} == {
        name: form["required_slots"] for name, form in DOMAIN["forms"].items()
    }
    assert set(DOMAIN["slots"]) >= FORM_SLOTS


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_has_its_rules_and_words(form: Any) -> None:
    """It begins with its intents, is completed and can be left; what it is called and what is said on leaving are written."""
    steps = [rule["steps"] for rule in rules()]
    begins = [s for s in steps if s[-1] == {"active_loop": form.name} and "intent" in s[0] and len(s) == 3]
    assert {s[0]["intent"] for s in begins} == (form.opened_by if form.name != "block_card_form" else {"block_card"})
    conditions = [rule for rule in rules() if {"active_loop": form.name} in rule.get("condition", [])]
    assert any({"action": "action_leave_form"} in rule["steps"] for rule in conditions)
    assert any({"slot_was_set": [{"requested_slot": None}]} in rule["steps"] for rule in conditions)
    assert {form.topic, form.left} <= all_responses().keys()


def single_answers() -> dict[str, str]:
    """Intent → what a rule without condition and with one action answers."""
    found: dict[str, str] = {}
    for rule in rules():
        steps = rule["steps"]
        if not rule.get("condition") and len(steps) == 2 and "intent" in steps[0] and "action" in steps[1]:
            found[steps[0]["intent"]] = steps[1]["action"]
    return found


def test_several_answers_are_the_answers_of_the_rules() -> None:
    """Asked together or alone, a question gets the same answer."""
    rules_say = single_answers()
    for intent, answer in ANSWERS.items():
        assert rules_say[intent] == (answer if isinstance(answer, str) else answer.NAME)


def test_the_rules_of_the_course_name_every_intent_that_they_should() -> None:
    named: dict[str, set[str]] = {}
    for rule in rules():
        for condition in rule.get("condition", []):
            for slot in condition.get("slot_was_set", []):
                if "course" in slot:
                    first = rule["steps"][0]
                    named[slot["course"]] = {s["intent"] for s in first.get("or", [first])}
    assert named["several"] >= ANSWERS.keys() | OPENED.keys()
    assert named["hold"] == OPENED.keys() - URGENT
    questions = {intent for intent, answer in ANSWERS.items() if not isinstance(answer, str)}
    assert named["follow_up"] >= questions | {"inform", "correct_choice"}


def asked(text: str, intent: str = "inform") -> Asked:
    return Asked.of(tracker_of(user_event(text, intent=intent)))


@pytest.mark.parametrize(
    ("text", "intent", "answer"),
    [
        ("yes", "affirm", True),
        ("go ahead", "affirm", True),
        ("/affirm", "affirm", True),
        ("yes, cancel it", "cancel_direct_debit", True),
        ("si, adelante", "inform", True),
        ("no", "deny", False),
        ("don't", "inform", False),
        ("nein, lieber nicht", "inform", False),
        ("no, don't", "affirm", False),
        ("cancel my direct debit", "cancel_direct_debit", None),
        ("never mind", "cancel_request", None),
        ("hm", "inform", None),
    ],
)
def test_a_yes_is_a_yes(text: str, intent: str, answer: bool | None) -> None:
    assert reading.yes_or_no(asked(text, intent)) is answer


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("raise my limit to 800", True),
        ("lower the cash limit", True),
        ("what's my limit", False),
        ("how do I change my limit", False),
        ("erhöhen Sie mein Limit", True),
    ],
)
def test_a_limit_is_asked_for_or_changed(text: str, change: bool) -> None:
    assert wants_change(text) is change
