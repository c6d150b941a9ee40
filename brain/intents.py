"""Rasa component `brain.intents.LogisticIntents`: the intent, by multinomial logistic regression over sentence and words.

The model of Rasa's LogisticRegressionClassifier with two differences: it reads words beside the sentence vector, and it is
fitted in single precision on dense matrices, which makes its training several times quicker. Stored as plain arrays.

Confidences are divided by a temperature (Guo et al. 2017) and a gate lets only messages through that look like something
learnt: the probability times the cosine to the nearest training example of that intent, to the power of `gate_power`. Both
numbers are chosen on messages that neither the encoders nor the classifier have seen (`make evaluate` prints them).
`also_intents` of the parse are what the further clauses of a message ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import softmax

from brain.clauses import clauses
from brain.encoder import TOGETHER, sentence_vector
from brain.encoders import DEFAULTS, EncoderOptions, Encoders, loaded
from brain.softmax_fit import fit_softmax
from brain.word_features import Floats, features

Halves = NDArray[np.float16]
NOT_UNDERSTOOD = "nlu_fallback"  #: Rasa's name for a message of no known intent
ALSO = "also_intents"
GATE_SCORE = "gate_score"
_FILE = "intents.npz"
_EXAMPLES_OF = "examples of "


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LogisticIntents(IntentClassifier, GraphComponent):
    """Stands after SentenceEncoder in the pipeline."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs the sentence vectors."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What can be set.

        `C`: inverse of regularisation. `temperature`: above 1 makes confidences more modest. `gate`: the least score, from 0
        (everything passes) to 1. `ungated`: intents that pass in any case. `also_confidence`: how sure a further request must
        be. `alone`: intents that are never a further request. `ranking_length`: how many intents are reported.
        """
        return {
            **DEFAULTS,
            "C": 0.1,
            "max_iter": 60,
            "temperature": 1.0,
            "gate": 0.0,
            "gate_power": 4.0,
            "ungated": [],
            "also_confidence": 0.7,
            "alone": [],
            "ranking_length": 10,
        }

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["sklearn"]

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage = model_storage
        self._resource = resource
        self._names: list[str] = []
        self._weights: Floats = np.zeros((0, 0), dtype=np.float32)
        self._bias: Floats = np.zeros(0, dtype=np.float32)
        self._examples: dict[str, Halves] = {}  #: unit vectors of the training examples by intent, for the gate
        self._encoders: Encoders | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LogisticIntents:
        """An untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LogisticIntents:
        """A trained component; an untrained one, which knows no intent, if nothing was stored."""
        component = cls(config, model_storage, resource)
        try:
            with model_storage.read_from(resource) as folder:
                component._read(folder / _FILE)
        except (ValueError, FileNotFoundError):
            pass
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples that have an intent and a text; the end of a conversation says too little by itself."""
        known = [
            (example.get(TEXT), example.get(INTENT), vector)
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(TOGETHER) is None and (vector := sentence_vector(example)) is not None
        ]
        if len({intent for _, intent, _ in known}) < 2:
            return self._resource
        known += self._names_as_examples({intent for _, intent, _ in known})
        vectors = np.stack([vector for _, _, vector in known])
        rows = features(vectors, [text for text, _, _ in known])
        self._names, self._weights, self._bias = fit_softmax(
            rows,
            [intent for _, intent, _ in known],
            strength=float(self._config["C"]),
            steps=int(self._config["max_iter"]),
        )
        self._examples = self._kept_for_the_gate(vectors, np.array([intent for _, intent, _ in known]))
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / _FILE,
                names=np.array(self._names, dtype=np.str_),
                weights=self._weights.astype(np.float16),
                bias=self._bias,
                **{_EXAMPLES_OF + intent: rows for intent, rows in self._examples.items()},
            )
        return self._resource

    def _kept_for_the_gate(self, vectors: Floats, intents: NDArray[np.str_]) -> dict[str, Halves]:
        """Half precision is exact to three digits, and half the memory."""
        if float(self._config["gate"]) <= 0:
            return {}
        gated = [name for name in self._names if name not in self._config["ungated"]]
        return {name: _unit(vectors[intents == name]).astype(np.float16) for name in gated}

    def _names_as_examples(self, intents: set[str]) -> list[tuple[str, str, Floats]]:
        """What an intent is called says what it means: worth a quarter of a point where there are few examples."""
        texts = {intent: intent.replace("_", " ").lower() for intent in sorted(intents)}
        vectors = self._loaded().encode_all(list(texts.values()))
        return [(text, intent, vector) for (intent, text), vector in zip(texts.items(), vectors, strict=True)]

    def _loaded(self) -> Encoders:
        if self._encoders is None:
            self._encoders = loaded(EncoderOptions.from_config(self._config))
        return self._encoders

    def process(self, messages: list[Message]) -> list[Message]:
        """Add `intent` and `intent_ranking`."""
        for message in messages:
            vector = sentence_vector(message)
            if not self._names or vector is None:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [], add_to_output=True)
                continue
            text = message.get(TEXT) or ""
            confidences = self._confidences(vector[np.newaxis, :], [text])[0]
            ranking = [
                {"name": self._names[index], "confidence": float(confidences[index])}
                for index in np.argsort(-confidences)[: int(self._config["ranking_length"])]
            ]
            intent = ranking[0]
            score = self._gate_score(vector, intent)
            if score is not None:
                message.set(GATE_SCORE, round(score, 4), add_to_output=True)
                if score < float(self._config["gate"]):
                    intent = {"name": NOT_UNDERSTOOD, "confidence": 1.0 - score}
                    ranking = [intent, *ranking]
            message.set(INTENT, intent, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            also = self._also(text, intent["name"])
            if also:
                message.set(ALSO, also, add_to_output=True)
        return messages

    def _confidences(self, vectors: Floats, texts: list[str]) -> Floats:
        scores = features(vectors, texts) @ self._weights + self._bias
        return np.asarray(softmax(scores / float(self._config["temperature"]), axis=1), dtype=np.float32)

    def _gate_score(self, vector: Floats, intent: Mapping[str, Any]) -> float | None:
        """How much a message looks like what was learnt for its intent, 0 to 1; None where no gate stands."""
        examples = self._examples.get(intent["name"])
        if examples is None:
            return None
        nearest = float(np.max(examples.astype(np.float32) @ _unit(vector)))
        return float(intent["confidence"] * max(0.0, nearest) ** float(self._config["gate_power"]))

    def _also(self, text: str, first: object) -> list[dict[str, Any]]:
        """What the other clauses of a message ask for, in their order; none where it asks for one thing."""
        parts = clauses(text)
        if not parts:
            return []
        confidences = self._confidences(self._loaded().encode_roughly(parts), parts)
        found: dict[str, float] = {}
        for row in confidences:
            name, confidence = self._names[int(np.argmax(row))], float(np.max(row))
            if confidence >= float(self._config["also_confidence"]) and name not in self._config["alone"]:
                found[name] = max(confidence, found.get(name, 0.0))
        if first not in found or len(found) < 2:
            # The parts do not add up to the whole: it is one request in several clauses.
            return []
        return [{"name": name, "confidence": confidence} for name, confidence in found.items() if name != first]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components do not learn from predicted intents."""
        return training_data

    def _read(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as stored:
            self._names = [str(name) for name in stored["names"]]
            self._weights = stored["weights"].astype(np.float32)
            self._bias = stored["bias"]
            self._examples = {
                key.removeprefix(_EXAMPLES_OF): stored[key] for key in stored.files if key.startswith(_EXAMPLES_OF)
            }


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(1e-9, np.linalg.norm(vectors, axis=-1, keepdims=True)), dtype=np.float32)
