"""Rasa component `brain.intents.LogisticIntents`: the intent, by multinomial logistic regression over sentence and words.

The model of Rasa's LogisticRegressionClassifier with two differences: it reads words beside the sentence vector, which makes
it more accurate, and it multiplies dense matrices, which makes its training several times quicker. Stored as plain arrays.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
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
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from brain.encoder import sentence_vector
from brain.word_features import Floats, features

_FILE = "intents.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LogisticIntents(IntentClassifier, GraphComponent):
    """Stands after SentenceEncoder in the pipeline."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs the sentence vectors."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`C`: inverse of regularisation; `ranking_length`: how many intents are reported."""
        return {"C": 1.0, "max_iter": 60, "ranking_length": 10}

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
        """Fit on all examples that have an intent and a text."""
        known = [
            (example.get(TEXT), example.get(INTENT), vector)
            for example in training_data.intent_examples
            if example.get(TEXT) and (vector := sentence_vector(example)) is not None
        ]
        if len({intent for _, intent, _ in known}) < 2:
            return self._resource
        rows = features(np.stack([vector for _, _, vector in known]), [text for text, _, _ in known])
        model = LogisticRegression(
            C=float(self._config["C"]),
            class_weight="balanced",
            max_iter=int(self._config["max_iter"]),
            tol=1e-3,
            multi_class="multinomial",
        )
        with warnings.catch_warnings():
            # The last digits of the weights need not settle: accuracy has long before.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(rows, [intent for _, intent, _ in known])
        self._names = [str(name) for name in model.classes_]
        self._weights = model.coef_.T.astype(np.float32)
        self._bias = model.intercept_.astype(np.float32)
        if len(self._names) == 2:
            # For two classes sklearn stores one column, whose opposite is the other class.
            self._weights = np.hstack([-self._weights, self._weights])
            self._bias = np.concatenate([-self._bias, self._bias])
        with self._storage.write_to(self._resource) as folder:
            np.savez_compressed(
                folder / _FILE,
                names=np.array(self._names, dtype=np.str_),
                weights=self._weights.astype(np.float16),
                bias=self._bias,
            )
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add `intent` and `intent_ranking`."""
        for message in messages:
            vector = sentence_vector(message)
            if not self._names or vector is None:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [], add_to_output=True)
                continue
            row = features(vector[np.newaxis, :], [message.get(TEXT) or ""])[0]
            confidences = softmax(row @ self._weights + self._bias)
            ranking = [
                {"name": self._names[index], "confidence": float(confidences[index])}
                for index in np.argsort(-confidences)[: int(self._config["ranking_length"])]
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components do not learn from predicted intents."""
        return training_data

    def _read(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as stored:
            self._names = [str(name) for name in stored["names"]]
            self._weights = stored["weights"].astype(np.float32)
            self._bias = stored["bias"]
