"""What looks like nothing learnt is turned away, and what must never be turned away passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.encoder import SentenceEncoder
from brain.intents import GATE_SCORE, NOT_UNDERSTOOD, LogisticIntents
from tests.brain.conftest import EXAMPLES

ENCODING = {"encoders": ["minilm"]}
STRANGE = "the glacier sings in seven colours of cheese"


class Trained:
    """The component, trained on a few intents and loaded again from what it stored."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        folder.mkdir(exist_ok=True)
        self._storage = LocalModelStorage(folder)
        context = ExecutionContext(GraphSchema({}), node_name="encoder")
        resource = Resource("encoder")
        self._encoder = SentenceEncoder.create(
            {**SentenceEncoder.get_default_config(), **ENCODING}, self._storage, resource, context
        )
        examples = [Message(data={TEXT: text, INTENT: intent}) for intent, texts in EXAMPLES.items() for text in texts]
        data = self._encoder.process_training_data(TrainingData(examples))
        config = {**LogisticIntents.get_default_config(), **ENCODING, "C": 10.0, **settings}
        where = Resource("intents")
        LogisticIntents.create(config, self._storage, where, context).train(data)
        self.component = LogisticIntents.load(config, self._storage, where, context)

    def __call__(self, text: str) -> Message:
        (message,) = self.component.process(self._encoder.process([Message(data={TEXT: text})]))
        return message


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(tmp_path_factory.mktemp("gated"), gate=0.2, ungated=["report_scam"])


def test_what_was_learnt_passes(gated: Trained) -> None:
    for intent, texts in EXAMPLES.items():
        assert gated(texts[0]).get(INTENT)["name"] == intent


def test_what_looks_like_nothing_learnt_is_turned_away(gated: Trained) -> None:
    """The gate says so by Rasa's own name for it, and what it would have been stands behind it."""
    message = gated(STRANGE)
    assert message.get(INTENT)["name"] == NOT_UNDERSTOOD
    assert message.get(GATE_SCORE) < 0.2
    ranking = message.get(INTENT_RANKING_KEY)
    assert ranking[0]["name"] == NOT_UNDERSTOOD
    assert ranking[1]["name"] in EXAMPLES


def test_the_score_is_the_probability_times_likeness_to_that_intent(gated: Trained) -> None:
    """An example itself has a likeness of one; half precision costs less than a thousandth."""
    message = gated(EXAMPLES["check_balance"][0])
    assert message.get(GATE_SCORE) == pytest.approx(message.get(INTENT)["confidence"], abs=2e-3)


def test_a_danger_passes_however_unlike_it_is(tmp_path: Path) -> None:
    """With a gate that lets nothing else through."""
    closed = Trained(tmp_path, gate=1.0, ungated=["report_scam"])
    for text in ("I have been scammed by a talking horse, terribly", EXAMPLES["report_scam"][3]):
        message = closed(text)
        assert message.get(INTENT)["name"] == "report_scam"
        assert message.get(GATE_SCORE) is None
    assert closed("show me my balance please").get(INTENT)["name"] == NOT_UNDERSTOOD


def test_without_a_gate_nothing_is_kept_and_nothing_turned_away(tmp_path: Path) -> None:
    open_to_all = Trained(tmp_path, gate=0.0)
    message = open_to_all(STRANGE)
    assert message.get(INTENT)["name"] in EXAMPLES
    assert message.get(GATE_SCORE) is None
    assert open_to_all.component._examples == {}


def test_a_temperature_makes_confidences_more_modest(tmp_path: Path) -> None:
    plain = Trained(tmp_path / "plain", gate=0.0)
    cool = Trained(tmp_path / "cool", gate=0.0, temperature=3.0)
    text = "what is my balance now"
    assert cool(text).get(INTENT)["name"] == plain(text).get(INTENT)["name"]
    assert cool(text).get(INTENT)["confidence"] < plain(text).get(INTENT)["confidence"]
