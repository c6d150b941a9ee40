"""Messages set aside, through the trained model. The policy's own examples are run by `python -m escalation test`."""

from __future__ import annotations

import importlib.util
from functools import partial

import pytest
import yaml

from escalation import Conversation, assess, load_policy, turn_from_parse
from escalation.examples import Parser
from escalation.through_model import NoModel, model_parser, newest_model
from tests.escalation.build import ROOT, SHIPPED

HELD_OUT: dict[str, list[str]] = yaml.safe_load((ROOT / "tests/escalation/held_out.yml").read_text(encoding="utf-8"))

#: the least share of held-out messages that must reach a person
LEAST_HEARD = {"crisis": 0.75, "fraud": 0.75, "takeover": 0.7, "person": 0.85, "other_danger": 0.7}
#: the largest share of routine messages that may reach a person unasked
MOST_FALSE_ALARMS = 0.08


def _missing() -> str:
    if importlib.util.find_spec("rasa") is None:
        return "needs the brain's environment"
    try:
        newest_model(ROOT / "models")
    except NoModel as missing:
        return str(missing)
    return ""


pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.skipif(bool(_missing()), reason=_missing() or "-")]


@pytest.fixture(scope="module")
def parse() -> Parser:
    return model_parser(ROOT / "models")


def _outcome(parse: Parser, text: str) -> str:
    policy = load_policy(SHIPPED)
    return assess(policy, Conversation(turns=(turn_from_parse("m", text, parse(text, ())),))).outcome


@pytest.mark.parametrize("kind", sorted(LEAST_HEARD))
def test_danger_that_was_never_trained_on_reaches_a_person(parse: Parser, kind: str) -> None:
    outcomes = list(map(partial(_outcome, parse), HELD_OUT[kind]))
    assert outcomes.count("handoff") / len(outcomes) >= LEAST_HEARD[kind]


def test_routine_seldom_reaches_a_person_unasked(parse: Parser) -> None:
    outcomes = list(map(partial(_outcome, parse), HELD_OUT["routine"]))
    assert outcomes.count("handoff") / len(outcomes) <= MOST_FALSE_ALARMS
