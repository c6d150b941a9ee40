"""The variation that says most about when it fits is said."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from brain.wording import MostFittingResponse

DOMAIN = """
slots:
  language: {type: text, mappings: [{type: custom}]}
  region: {type: text, mappings: [{type: custom}]}
responses:
  utter_price:
    - text: in general
    - condition: [{type: slot, name: language, value: en}, {type: slot, name: region, value: GB}]
      text: in pounds
    - condition: [{type: slot, name: language, value: es}]
      text: en general
    - condition: [{type: slot, name: language, value: es}, {type: slot, name: region, value: MX}]
      text: en pesos
    - condition: [{type: slot, name: language, value: es}, {type: slot, name: region, value: MX}]
      channel: sms
      text: pesos
"""


@pytest.fixture
def generator() -> MostFittingResponse:
    made = NaturalLanguageGenerator.create(
        EndpointConfig(type="brain.wording.MostFittingResponse"), Domain.from_yaml(DOMAIN)
    )
    assert isinstance(made, MostFittingResponse)
    return made


def said(generator: MostFittingResponse, channel: str = "web", **slots: str) -> set[object]:
    """What comes of asking twenty times."""
    found = [generator.generate_from_slots("utter_price", dict(slots), channel) for _ in range(20)]
    return {response and response["text"] for response in found}


@pytest.mark.parametrize(
    ("slots", "text"),
    [
        ({}, "in general"),
        ({"language": "en", "region": "US"}, "in general"),
        ({"language": "en", "region": "GB"}, "in pounds"),
        ({"language": "es", "region": "ES"}, "en general"),
        ({"language": "es", "region": "MX"}, "en pesos"),
    ],
)
def test_more_conditions_go_before_fewer(generator: MostFittingResponse, slots: dict[str, str], text: str) -> None:
    assert said(generator, **slots) == {text}


def test_the_channel_still_counts(generator: MostFittingResponse) -> None:
    assert said(generator, channel="sms", language="es", region="MX") == {"pesos"}


def test_an_unknown_response_is_none(generator: MostFittingResponse) -> None:
    tracker = DialogueStateTracker("someone", [])
    assert asyncio.run(generator.generate("utter_nothing", tracker, "web")) is None


def test_equal_variations_stay_chance() -> None:
    domain = Domain.from_yaml("responses:\n  utter_hello:\n    - text: one\n    - text: two\n")
    generator = MostFittingResponse(domain=domain)
    found = {(generator.generate_from_slots("utter_hello", {}, "web") or {})["text"] for _ in range(64)}
    assert found == {"one", "two"}


def test_the_project_names_it() -> None:
    endpoint = AvailableEndpoints.read_endpoints("endpoints.yml").nlg
    assert endpoint is not None
    assert endpoint.type == "brain.wording.MostFittingResponse"
