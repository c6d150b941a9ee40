"""Rasa component `brain.encoder.SentenceEncoder`: one dense vector per message, from small sentence transformers.

Where the message's metadata says what the customer wrote `before`, a second vector stands for the messages read together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import (
    FEATURE_TYPE_SENTENCE,
    FEATURE_TYPE_SEQUENCE,
    METADATA,
    METADATA_EXAMPLE,
    TEXT,
)
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.encoder_session import Vectors
from brain.encoders import DEFAULTS, EncoderOptions, loaded
from brain.together import read_together

TOGETHER = "vector_together"  #: a message's key for the vector of the messages read together
TEXT_TOGETHER = "text_together"
_FILE = "encoders.json"


class EncoderChanged(RasaException):
    """The model was trained with other encoders than the ones in use: train it again (`make train`)."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds the sentence vector (unit lengths times `scale`) to each message; the sequence part repeats it once.

    Linear classifiers regularise in absolute terms, so vectors of length one would be fitted too timidly: `scale` is the
    length that gave the best cross-validated accuracy.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`encoders`, `adapters`, `model_paths`, `threads` (per encoding, when serving) and `scale`: see brain/encoders.py."""
        return {**DenseFeaturizer.get_default_config(), **DEFAULTS}

    def __init__(self, config: dict[str, Any], name: str, storage: ModelStorage, resource: Resource) -> None:
        super().__init__(name, config)
        self._storage = storage
        self._resource = resource
        self._options = EncoderOptions.from_config(config)
        self.encoders = loaded(self._options)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Load the encoders, converting them first where that has not been done."""
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceEncoder:
        """Raises EncoderChanged where the vectors would not be those that the model was trained on."""
        component = cls(config, execution_context.node_name, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            trained_with = json.loads((folder / _FILE).read_text())["identity"]
        if trained_with != component._options.identity():
            raise EncoderChanged(str(EncoderChanged.__doc__))
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Part of what decides whether Rasa trains anew: other encoders or adapters give other vectors."""
        return EncoderOptions.from_config(config).identity()

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing beyond what loading checks with clear messages."""

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["onnxruntime", "tokenizers"]

    def train(self, training_data: TrainingData) -> Resource:
        """Remember which encoders the model was trained with."""
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps({"identity": self._options.identity()}))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the vectors to messages as they come."""
        for message in messages:
            text = message.get(TEXT) or ""
            self._add(message, self.encoders.encode(text))
            together = read_together(before(message), text)
            if together is not None:
                message.set(TEXT_TOGETHER, together)
                message.set(TOGETHER, self.encoders.encode(together))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vectors to all training examples that have a text; known texts come from the kept file."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        texts = [example.get(TEXT) for example in examples]
        together = {index: read for index, e in enumerate(examples) if (read := read_together(before(e), e.get(TEXT)))}
        vectors = self.encoders.encode_all([*texts, *together.values()])
        for example, vector in zip(examples, vectors, strict=False):
            self._add(example, vector)
        for place, (index, read) in enumerate(together.items()):
            examples[index].set(TEXT_TOGETHER, read)
            examples[index].set(TOGETHER, vectors[len(examples) + place])
        return training_data

    def _add(self, message: Message, vector: Vectors) -> None:
        row = vector.astype(np.float32)[np.newaxis, :]
        for kind in (FEATURE_TYPE_SEQUENCE, FEATURE_TYPE_SENTENCE):
            message.add_features(Features(row, kind, TEXT, self._config.get(FEATURIZER_CLASS_ALIAS, self._identifier)))


def sentence_vector(message: Message) -> Vectors | None:
    """The vector that SentenceEncoder left on a message, or None."""
    _, sentence = message.get_dense_features(TEXT)
    return None if sentence is None else np.asarray(sentence.features[0], dtype=np.float32)


def before(message: Message) -> Sequence[str]:
    """What the customer wrote before a message: from the metadata of the turn, or of the training example."""
    metadata = message.get(METADATA)
    if not isinstance(metadata, Mapping):
        return ()
    own = metadata.get(METADATA_EXAMPLE)
    found = metadata.get("before") or (own.get("before") if isinstance(own, Mapping) else None)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else ()
