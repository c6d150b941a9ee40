"""Rasa component `brain.signals.SignalClassifier`: how strongly a message speaks of danger, per kind of danger.

Adds to the parse data `signals` {name: probability}; where the customer wrote before, `signals_together`, the same of her last
messages read together; and, for signals above one half, `signal_words` [{signal, start, end, text}]: the words without which
the signal would be weaker. Positives are the examples whose intent or own metadata names the signal (`metadata: {signals:
[fraud]}`); every other example is a negative, so the harmless neighbours of a danger belong into the NLU data as well.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import expit
from spacy.util import get_lang_class

from brain.encoder import TEXT_TOGETHER, TOGETHER, sentence_vector
from brain.encoders import DEFAULTS, EncoderOptions, Encoders, loaded
from brain.lessons import named_signals
from brain.lexicon import CRISIS, Hit, Lexicon
from brain.signal_model import SignalModel, fit
from brain.together import made_up
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
_SEED = 17


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SignalClassifier(IntentClassifier, GraphComponent):
    """Stands after SentenceEncoder in the pipeline. It does not touch the intent."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs the sentence vectors."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What can be set.

        `explain_words`: how many words at most are left out, one by one, to explain a signal; 0 explains nothing. `lexicon`:
        whether the crisis lexicon is asked as well. `made_up`: conversations put together for training, a share of the
        examples. `shift`: log odds added to every signal; cross-validation on sentences that the encoders were adapted to
        is too sure of what it sees.
        """
        return {**DEFAULTS, "explain_words": 16, "lexicon": True, "made_up": 0.1, "shift": 0.0}

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
        self._encoders: Encoders | None = None

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
        known: list[tuple[str, Floats, Message]] = []
        for example in training_data.training_examples:
            text, vector = _read(example)
            if text and vector is not None:
                known.append((text, vector, example))
        if known:
            texts = [text for text, _, _ in known]
            labels = _labels([example for _, _, example in known])
            vectors = np.stack([vector for _, vector, _ in known])
            named = [frozenset(name for name in labels if labels[name][place]) for place in range(len(known))]
            count = round(len(known) * float(self._config["made_up"]))
            talks = list(made_up(texts, named, count=count, seed=_SEED))
            if talks:
                texts += [text for text, _ in talks]
                vectors = np.vstack([vectors, self._loaded().encode_all([text for text, _ in talks])])
                labels = {
                    name: np.concatenate([positive, [name in carried for _, carried in talks]])
                    for name, positive in labels.items()
                }
            self._model = fit(vectors, texts, labels)
            with self._storage.write_to(self._resource) as folder:
                self._model.save(folder / _FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add `signals`, `signals_together` and `signal_words`."""
        for message in messages:
            text = message.get(TEXT) or ""
            signals = self._probabilities(text, sentence_vector(message))
            words = self._explain(text, signals, stop_words(_locale(message)))
            hits = self._lexicon.find(text) if self._lexicon else []
            if hits:
                signals["crisis"] = max(signals["crisis"], LEXICON_FLOOR)
                words = [*(_word("crisis", hit) for hit in hits), *(w for w in words if w["signal"] != "crisis")]
            message.set("signals", signals, add_to_output=True)
            message.set("signal_words", words, add_to_output=True)
            if message.get(TOGETHER) is not None:
                together = self._probabilities(message.get(TEXT_TOGETHER), message.get(TOGETHER))
                message.set("signals_together", together, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components do not learn from signals."""
        return training_data

    def _probabilities(self, text: str, vector: Floats | None) -> dict[str, float]:
        signals = dict.fromkeys(SIGNALS, 0.0)
        if self._model is not None and vector is not None:
            row = self._shifted(self._model.probabilities(vector[np.newaxis, :], [text])[0])
            signals.update({name: round(float(value), 4) for name, value in zip(self._model.names, row, strict=True)})
        return signals

    def _shifted(self, probabilities: Floats) -> Floats:
        return np.asarray(expit(_log_odds(probabilities) + float(self._config["shift"])), dtype=np.float32)

    def _loaded(self) -> Encoders:
        if self._encoders is None:
            self._encoders = loaded(EncoderOptions.from_config(self._config))
        return self._encoders

    def _explain(self, text: str, signals: Mapping[str, float], dull: frozenset[str]) -> list[dict[str, Any]]:
        strong = [name for name, value in signals.items() if value > 0.5]
        if not strong or self._model is None or not self._config["explain_words"]:
            return []
        words = [w for w in _WORD.finditer(text) if w[0].lower() not in dull][: self._config["explain_words"]]
        if not words:
            return []
        # The whole text goes through the same batch as its variants: batches differ a little from single texts.
        variants = [text, *(text[: word.start()] + text[word.end() :] for word in words)]
        probabilities = self._shifted(self._model.probabilities(self._loaded().encode_roughly(variants), variants))
        explained = []
        for name in strong:
            if name not in self._model.names:
                continue
            # In log odds: a near certainty that two words support is hardly shaken by the loss of either.
            odds = _log_odds(probabilities[:, self._model.names.index(name)])
            loss = odds[0] - odds[1:]
            explained += [
                _word(name, Hit(start=words[index].start(), end=words[index].end(), text=words[index][0]))
                for index in np.argsort(-loss)[:3]
                if loss[index] >= LEAST_INFLUENCE
            ]
        return explained


def _read(example: Message) -> tuple[str, Floats | None]:
    """The text of a training example, and its vector: of the messages read together where there are several."""
    if example.get(TOGETHER) is not None:
        return example.get(TEXT_TOGETHER), example.get(TOGETHER)
    return example.get(TEXT) or "", sentence_vector(example)


@lru_cache(maxsize=16)
def stop_words(language: str) -> frozenset[str]:
    """Words that carry no meaning by themselves; none for a language that spaCy does not know."""
    try:
        found: set[str] = get_lang_class(language).Defaults.stop_words
    except ImportError:
        return frozenset()
    return frozenset(found)


def _locale(message: Message) -> str:
    metadata = message.get(METADATA)
    locale = str(metadata.get("locale") or "") if isinstance(metadata, Mapping) else ""
    language = locale.partition("-")[0].lower() or "en"
    return "tl" if language == "fil" else language


def _log_odds(probability: Floats | np.float32) -> Floats:
    clipped = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)


def _word(signal: str, hit: Hit) -> dict[str, Any]:
    return {"signal": signal, "start": hit.start, "end": hit.end, "text": hit.text}


def _labels(examples: list[Message]) -> dict[str, NDArray[np.bool_]]:
    named = [set(named_signals(example)) for example in examples]
    unknown = sorted(set().union(*named) - set(SIGNALS))
    if unknown:
        raise UnknownSignals(
            f"The NLU data names signals that do not exist: {', '.join(unknown)}. Known: {', '.join(SIGNALS)}."
        )
    return {signal: np.array([signal in names for names in named]) for signal in SIGNALS}


class UnknownSignals(Exception):
    """The training data names signals that do not exist."""
