"""Rasa component `brain.encoder.SentenceEncoder`: one dense vector per message, from a small sentence transformer."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.encoder_files import encoder_files
from brain.encoder_session import EncoderSession, Vectors


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds the sentence vector (unit length times `scale`) to each message; the sequence part repeats it once.

    Rasa's linear classifiers regularise in absolute terms, so vectors of length one would be fitted too timidly: `scale` is
    the length that gave the best cross-validated accuracy.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`model_path`: a folder with other weights; `threads`: per encoding, when serving; `scale`: length of the vectors."""
        return {**DenseFeaturizer.get_default_config(), "model_path": None, "threads": 1, "scale": 4.5}

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._scale = float(config["scale"])
        self.session = EncoderSession(encoder_files(config["model_path"]), threads=int(config["threads"]))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Load the encoder, converting it first where that has not been done."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing beyond what loading checks with clear messages."""

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["onnxruntime", "tokenizers"]

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the vector to messages as they come."""
        for message in messages:
            self._add(message, self.session.encode(message.get(TEXT) or ""))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vectors to all training examples that have a text; known texts come from the kept file."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        vectors = self.session.encode_all([example.get(TEXT) for example in examples])
        for example, vector in zip(examples, vectors, strict=True):
            self._add(example, vector)
        return training_data

    def _add(self, message: Message, vector: Vectors) -> None:
        row = (vector * self._scale).astype(np.float32)[np.newaxis, :]
        for kind in (FEATURE_TYPE_SEQUENCE, FEATURE_TYPE_SENTENCE):
            message.add_features(Features(row, kind, TEXT, self._config.get(FEATURIZER_CLASS_ALIAS, self._identifier)))


def sentence_vector(message: Message) -> Vectors | None:
    """The vector that SentenceEncoder left on a message, or None."""
    _, sentence = message.get_dense_features(TEXT)
    return None if sentence is None else np.asarray(sentence.features[0], dtype=np.float32)
