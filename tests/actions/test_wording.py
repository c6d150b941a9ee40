"""No wording in Python, no word missing in the responses, and every action where Rasa will look for it."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor

from actions import wording
from actions.forms.table import FORMS
from localization import load_packs
from tests.actions.support import PART, ROOT, all_responses, places

MODULES = sorted((ROOT / "actions").rglob("*.py"))


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def used_responses() -> set[str]:
    found = {text for path in MODULES for text in strings(path) if re.fullmatch(r"utter_[a-z_]+", text)}
    return found - {"utter_action", "utter_disclosure__start", "utter_disclosure__returned"}


def calls() -> Iterator[tuple[str, str, set[str], bool]]:
    """Where, response, values given, and whether more may be given by `**`: every call that names its response."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.args[0].value
                if isinstance(name, str) and re.fullmatch(r"utter_[a-z_]+__[a-z_]+", name):
                    given = {keyword.arg for keyword in node.keywords if keyword.arg}
                    yield f"{path.name}:{node.lineno}", name, given, any(k.arg is None for k in node.keywords)


def test_every_response_that_is_used_exists() -> None:
    assert used_responses() - all_responses().keys() == set()


def test_every_place_of_a_response_is_filled() -> None:
    for where, name, given, more in calls():
        for variant in all_responses()[name]:
            assert more or places(variant) <= given, f"{where}: {name} needs {places(variant) - given}"


def test_every_part_is_used() -> None:
    """A line or label that no action puts into a sentence is dead wording."""
    parts = {name for name in wording.responses() if PART.search(name)}
    assert parts - used_responses() == set()


def test_no_response_is_defined_twice() -> None:
    names = [
        name
        for file in (ROOT / "data" / "responses").glob("*.yml")
        for name in yaml.safe_load(file.read_text(encoding="utf-8"))["responses"]
    ]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_no_words_for_customers_stand_in_python() -> None:
    """Outside docstrings, logs and exceptions, no text in an action reads like a sentence."""
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        harmless = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        harmless |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)}
        harmless |= {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "re."))
            for part in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in harmless:
                assert not re.search(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", node.value), f"{path.name}:{node.lineno}"


def test_responses_avoid_what_the_english_packs_avoid() -> None:
    avoided = {
        word.casefold() for tag, pack in load_packs().items() if tag.startswith("en") for word in pack.style.avoid
    }
    for name, variants in all_responses().items():
        for variant in variants:
            assert not any(word in (variant.get("text") or "").casefold() for word in avoided), name


def registered() -> set[str]:
    executor = ActionExecutor()
    executor.register_package("actions")
    return set(executor.actions)


def test_the_table_of_the_package_lists_exactly_the_actions() -> None:
    import actions

    listed = set(re.findall(r"\b(?:action|validate)_[a-z_]+\b", actions.__doc__ or ""))
    made = {f"validate_{name}" for name in FORMS} | {name for name in registered() if name.startswith("action_ask_")}
    assert listed == registered() - made


def test_the_domain_declares_exactly_the_actions_that_there_are() -> None:
    """A missing one would fail in the conversation; an undeclared one would never be called."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    unlisted = {"action_state_identity"} - set(domain["actions"])
    assert set(domain["actions"]) == registered() - unlisted


def test_forms_ignore_no_intents() -> None:
    """Rasa does not run the mapping of the slot `assessment` for intents that the active form ignores."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert [name for name, form in domain["forms"].items() if (form or {}).get("ignored_intents")] == []


def test_parts_are_chosen_as_rasa_chooses_a_response(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By language, in any file of the folder, and read again when one changes; without a translation, the plain one."""
    (tmp_path / "more").mkdir()
    file = tmp_path / "more" / "x.yml"
    spanish = "{condition: [{type: slot, name: language, value: es}], text: 'Cuenta {n}'}"
    file.write_text(f"responses: {{utter_x__label: [{{text: 'Account {{n}}'}}, {spanish}]}}", encoding="utf-8")
    monkeypatch.setattr(wording, "RESPONSES", tmp_path)
    assert wording.part("utter_x__label", n=1) == "Account 1"
    with wording.speaking({"language": "es"}):
        assert wording.part("utter_x__label", n=1) == "Cuenta 1"
    with wording.speaking({"language": "fr"}):
        assert wording.part("utter_x__label", n=1) == "Account 1"
    file.write_text("responses: {utter_x__label: [{text: Changed}]}", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert wording.part("utter_x__label") == "Changed"


def test_a_variation_for_a_region_says_for_which_language() -> None:
    """Else it would compete with the translations: Rasa picks one of all that fit at random."""
    for name, variants in all_responses().items():
        for variant in variants:
            slots = {condition["name"] for condition in variant.get("condition", [])}
            assert "region" not in slots or "language" in slots or PART.search(name), name
