"""Rasa component `brain.signals.SignalClassifier`: how strongly a message speaks of danger, per kind of danger.

Adds to the parse data `signals` {name: probability} and, for signals above one half, `signal_words`
[{signal, start, end, text}]: the words without which the signal would be weaker. Positives are the examples whose intent or
own metadata names the signal (`metadata: {signals: [fraud]}`); every other example is a negative, so the harmless neighbours
of a danger belong into the NLU data as well.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import METADATA, METADATA_EXAMPLE, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.lang.en.stop_words import STOP_WORDS

from brain.encoder import sentence_vector
from brain.encoder_files import encoder_files
from brain.encoder_session import EncoderSession
from brain.lexicon import CRISIS, Hit, Lexicon
from brain.signal_model import SignalModel, fit
from brain.word_features import Floats

logger = logging.getLogger(__name__)

SIGNALS = (
    "crisis",  #: a life at risk, or any sign of it
    "distress",  #: overwhelmed, panicking, in tears
    "fraud",  #: a scam going on or just found out
    "takeover",  #: a payment she did not make, or someone in her account
    "coercion",  #: controlled, or money taken, by someone close
    "hardship",  #: cannot pay, eat, heat or keep a home
    "complaint",  #: dissatisfaction that wants redress
    "bereavement",  #: a recent death
    "vulnerability",  #: illness, disability or an access need, disclosed
    "person",  #: asks for a human being
)
LEXICON_FLOOR = 0.95  #: of `crisis` when the lexicon matches: certain enough for any threshold
LEAST_INFLUENCE = 0.5  #: log odds that a signal must lose without a word for the word to be named
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FILE = "signals.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SignalClassifier(IntentClassifier, GraphComponent):
    """Stands after SentenceEncoder in the pipeline. It does not touch the intent."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs the sentence vectors."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`explain_words`: how many words at most are left out, one by one, to explain a signal; 0 explains nothing."""
        return {"model_path": None, "scale": 4.5, "explain_words": 12, "lexicon": True}

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["sklearn", "spacy"]

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage = model_storage
        self._resource = resource
        self._model: SignalModel | None = None
        self._lexicon = Lexicon.load(CRISIS) if self._config["lexicon"] else None
        self._session: EncoderSession | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SignalClassifier:
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
    ) -> SignalClassifier:
        """A trained component; an untrained one if nothing was stored."""
        component = cls(config, model_storage, resource)
        try:
            with model_storage.read_from(resource) as folder:
                component._model = SignalModel.load(folder / _FILE)
        except (ValueError, FileNotFoundError):
            logger.warning("signals.untrained")
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Fit all signals. An unknown signal name in the data is a mistake that would go unseen: it stops the training."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        vectors = [sentence_vector(example) for example in examples]
        known = [(example, vector) for example, vector in zip(examples, vectors, strict=True) if vector is not None]
        if known:
            texts = [example.get(TEXT) for example, _ in known]
            self._model = fit(np.stack([vector for _, vector in known]), texts, _labels([e for e, _ in known]))
            with self._storage.write_to(self._resource) as folder:
                self._model.save(folder / _FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add `signals` and `signal_words`."""
        for message in messages:
            text = message.get(TEXT) or ""
            signals = self._probabilities(message, text)
            words = self._explain(text, signals)
            hits = self._lexicon.find(text) if self._lexicon else []
            if hits:
                signals["crisis"] = max(signals["crisis"], LEXICON_FLOOR)
                words = [*(_word("crisis", hit) for hit in hits), *(w for w in words if w["signal"] != "crisis")]
            message.set("signals", signals, add_to_output=True)
            message.set("signal_words", words, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components do not learn from signals."""
        return training_data

    def _probabilities(self, message: Message, text: str) -> dict[str, float]:
        signals = dict.fromkeys(SIGNALS, 0.0)
        vector = sentence_vector(message)
        if self._model is not None and vector is not None:
            row = self._model.probabilities(vector[np.newaxis, :], [text])[0]
            signals.update({name: round(float(value), 4) for name, value in zip(self._model.names, row, strict=True)})
        return signals

    def _explain(self, text: str, signals: Mapping[str, float]) -> list[dict[str, Any]]:
        strong = [name for name, value in signals.items() if value > 0.5]
        if not strong or self._model is None or not self._config["explain_words"]:
            return []
        words = [w for w in _WORD.finditer(text) if w[0].lower() not in STOP_WORDS][: self._config["explain_words"]]
        if not words:
            return []
        if self._session is None:
            self._session = EncoderSession(encoder_files(self._config["model_path"]))
        without = [text[: word.start()] + text[word.end() :] for word in words]
        vectors = np.stack([self._session.encode(variant) for variant in without]) * float(self._config["scale"])
        weaker = self._model.probabilities(vectors, without)
        explained = []
        for name in strong:
            if name not in self._model.names:
                continue
            # In log odds: a near certainty that two words support is hardly shaken by the loss of either.
            loss = _log_odds(np.float32(signals[name])) - _log_odds(weaker[:, self._model.names.index(name)])
            explained += [
                _word(name, Hit(start=words[index].start(), end=words[index].end(), text=words[index][0]))
                for index in np.argsort(-loss)[:3]
                if loss[index] >= LEAST_INFLUENCE
            ]
        return explained


def _log_odds(probability: Floats | np.float32) -> Floats:
    clipped = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)


def _word(signal: str, hit: Hit) -> dict[str, Any]:
    return {"signal": signal, "start": hit.start, "end": hit.end, "text": hit.text}


def _labels(examples: list[Message]) -> dict[str, NDArray[np.bool_]]:
    named = [set(_named_signals(example)) for example in examples]
    unknown = sorted(set().union(*named) - set(SIGNALS))
    if unknown:
        raise UnknownSignals(
            f"The NLU data names signals that do not exist: {', '.join(unknown)}. Known: {', '.join(SIGNALS)}."
        )
    return {signal: np.array([signal in names for names in named]) for signal in SIGNALS}


def _named_signals(example: Message) -> Iterable[str]:
    metadata = example.get(METADATA) or {}
    for level in (METADATA_INTENT, METADATA_EXAMPLE):
        content = metadata.get(level)
        if isinstance(content, dict):
            signals = content.get("signals") or []
            yield from [signals] if isinstance(signals, str) else signals


class UnknownSignals(Exception):
    """The training data names signals that do not exist."""
