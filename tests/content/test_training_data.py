"""The conversation designers' files: enough examples, told apart, and every answer known and used."""

from __future__ import annotations

import re
import string
from collections import Counter, defaultdict
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NLU_FILES = sorted((ROOT / "data" / "nlu").rglob("*.yml"))
LANGUAGES = sorted(path.name for path in (ROOT / "data" / "nlu").iterdir() if path.is_dir())
LEAST_EXAMPLES = 40  #: of each intent in each language
NEARLY_THE_SAME = 0.85  #: share of character trigrams in common
SAID_BY_RASA = frozenset({"utter_default"})
PLACEHOLDER = re.compile(r"{(\w+)}")
RESPONSE_NAME = re.compile(r"\butter_[a-z0-9_]+")


def _yaml(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times quicker, where PyYAML was built with it
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # both are safe
    return loaded


def _examples(block: dict[str, Any]) -> Iterator[str]:
    examples = block["examples"]
    if isinstance(examples, str):
        yield from (line.removeprefix("- ").strip() for line in examples.splitlines() if line.strip())
    else:
        yield from (example["text"].strip().removeprefix("- ").strip() for example in examples)


def _by_intent(language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in NLU_FILES:
        if path.relative_to(ROOT / "data" / "nlu").parts[0] == language:
            for block in _yaml(path)["nlu"]:
                if "intent" in block:
                    found[block["intent"]].extend(_examples(block))
    return found


def _plain(text: str) -> str:
    without = text.casefold().translate(str.maketrans("", "", string.punctuation + "’"))
    return " ".join(without.split())


def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


DOMAIN = _yaml(ROOT / "domain.yml")
EXAMPLES_IN = {language: _by_intent(language) for language in LANGUAGES}
EXAMPLES = {
    intent: [text for of_language in EXAMPLES_IN.values() for text in of_language.get(intent, [])]
    for intent in sorted({intent for of_language in EXAMPLES_IN.values() for intent in of_language})
}
RESPONSES: dict[str, list[dict[str, Any]]] = {
    name: variations
    for path in sorted((ROOT / "data" / "responses").rglob("*.yml"))
    for name, variations in _yaml(path)["responses"].items()
}
RULES_AND_STORIES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("rules", "stories")
    for path in sorted((ROOT / "data" / folder).rglob("*.yml"))
)
PYTHON_AND_POLICY = "\n".join(
    path.read_text(encoding="utf-8")
    for folder, kind in (("actions", "*.py"), ("policy", "*.yml"))
    for path in sorted((ROOT / folder).rglob(kind))
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_intents_have_enough_examples(language: str) -> None:
    """Fewer examples than this make an intent a coin toss."""
    counts = {intent: len(set(EXAMPLES_IN[language].get(intent, ()))) for intent in DOMAIN["intents"]}
    assert {intent: count for intent, count in counts.items() if count < LEAST_EXAMPLES} == {}


def test_every_intent_with_examples_is_declared() -> None:
    """An example of an undeclared intent would be learnt and never answered."""
    assert set(EXAMPLES) <= set(DOMAIN["intents"])


def test_no_text_stands_under_two_intents() -> None:
    """Two intents with the same words cannot be told apart."""
    intents: dict[str, set[str]] = defaultdict(set)
    for intent, texts in EXAMPLES.items():
        for text in texts:
            intents[_plain(text)].add(intent)
    assert {text: sorted(under) for text, under in intents.items() if text and len(under) > 1} == {}


@pytest.mark.parametrize("path", NLU_FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_text_stands_twice_in_a_file(path: Path) -> None:
    """The same words again teach nothing new."""
    counted = Counter(text for block in _yaml(path)["nlu"] for text in _examples(block))
    assert [text for text, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_intents_have_nearly_the_same_text(language: str) -> None:
    """Texts that share almost all their letters belong to one intent.

    Sets that have so much in common share one of their rarest members too, so that only such pairs are compared.
    """
    texts = [
        (intent, text, _trigrams(_plain(text)))
        for intent, of_intent in EXAMPLES_IN[language].items()
        for text in of_intent
        if len(text) > 12
    ]
    often = Counter(gram for _, _, grams in texts for gram in grams)
    holders: dict[str, list[int]] = defaultdict(list)
    near = []
    for place, (intent, text, grams) in enumerate(texts):
        rarest = sorted(grams, key=lambda gram: (often[gram], gram))[
            : len(grams) - ceil(NEARLY_THE_SAME * len(grams)) + 1
        ]
        for other in {each for gram in rarest for each in holders[gram]}:
            other_intent, other_text, other_grams = texts[other]
            if intent != other_intent and len(grams & other_grams) >= NEARLY_THE_SAME * len(grams | other_grams):
                near.append(f"{text!r} ({intent}) ~ {other_text!r} ({other_intent})")
        for gram in rarest:
            holders[gram].append(place)
    assert near == []


def test_no_example_of_training_is_an_example_of_the_tests() -> None:
    """A test story proves nothing with words that the model has learnt by heart; yes, no and the like are excepted."""
    learnt = {_plain(text) for texts in EXAMPLES.values() for text in texts}
    markup = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
    told = [
        markup.sub(r"\1", step["user"]).strip()
        for path in sorted((ROOT / "tests" / "stories").glob("*.yml"))
        for story in _yaml(path)["stories"]
        for step in story["steps"]
        if "user" in step
    ]
    assert [text for text in told if len(text.split()) > 4 and _plain(text) in learnt] == []


def test_every_response_is_used() -> None:
    """A response that neither a rule, an action, a form nor the policy says is dead wording."""
    asked = {f"utter_ask_{form}_{slot}" for form, spec in DOMAIN["forms"].items() for slot in spec["required_slots"]}
    used = (
        set(RESPONSE_NAME.findall(RULES_AND_STORIES))
        | set(RESPONSE_NAME.findall(PYTHON_AND_POLICY))
        | asked
        | SAID_BY_RASA
    )
    assert sorted(set(RESPONSES) - used) == []


def test_every_response_that_is_used_exists() -> None:
    """A missing response would be silence."""
    assert sorted(set(RESPONSE_NAME.findall(RULES_AND_STORIES)) - set(RESPONSES)) == []


def test_every_form_question_exists() -> None:
    """A form without the words for a question would wait in silence."""
    known = set(RESPONSES) | {action.replace("action_ask_", "utter_ask_", 1) for action in DOMAIN["actions"]}
    asked = {f"utter_ask_{form}_{slot}" for form, spec in DOMAIN["forms"].items() for slot in spec["required_slots"]}
    assert sorted(asked - known) == []


@pytest.mark.parametrize(
    "name", [name for name in RESPONSES if name in RULES_AND_STORIES or name.startswith("utter_ask_")]
)
def test_placeholders_of_a_response_are_slots(name: str) -> None:
    """Nobody but the tracker fills the placeholders of a response that a rule or a form says."""
    unknown = {
        placeholder
        for variation in RESPONSES[name]
        for placeholder in PLACEHOLDER.findall(variation.get("text", ""))
        if placeholder not in DOMAIN["slots"]
    }
    assert unknown == set()


@pytest.mark.parametrize("name", RESPONSES)
def test_response_speaks_with_buttons_that_are_understood(name: str) -> None:
    """A button sends an intent that exists, or plain words."""
    for variation in RESPONSES[name]:
        for button in variation.get("buttons", []):
            assert button["title"]
            payload = button["payload"]
            assert not payload.startswith("/") or re.split(r"[{@]", payload[1:])[0] in DOMAIN["intents"]


@pytest.mark.parametrize("name", RESPONSES)
def test_response_can_be_said_in_every_region(name: str) -> None:
    """A response whose every variation has a condition would be silence where none holds."""
    assert any("condition" not in variation for variation in RESPONSES[name])


def test_session_belongs_to_the_switchboard() -> None:
    """Rasa neither ends a session by its own clock nor forgets what it knows."""
    assert DOMAIN["session_config"] == {"session_expiration_time": 0, "carry_over_slots_to_new_session": True}


def test_reply_to_are_you_human_says_that_it_is_an_ai() -> None:
    """Every variation tells the truth, in whichever language."""
    for variation in RESPONSES["utter_identity__is_ai"]:
        assert re.search(
            r"\b(I'm an AI|bin eine KI|suis une IA|[Ss]o[uy] una? IA|Isa po akong AI|Sou uma IA)\b", variation["text"]
        )
