"""The signals' arithmetic: one calibrated logistic model per signal over a sentence vector and hashed words.

Each model is fitted with balanced classes, its strength of regularisation is chosen by cross-validated log loss, and its
scores are turned into probabilities by Platt's method (Platt 1999) fitted on the held-out folds' scores, so that 0.9 means
that nine in ten such messages of the training data are positives. Stored as plain arrays: loading runs no code.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

Floats = NDArray[np.float32]

STRENGTHS = (0.1, 0.3, 1.0, 3.0)  #: candidates for C
FOLDS = 5
FEWEST_POSITIVES = 10  #: below this a signal cannot be cross-validated and stays at zero
WORD_BUCKETS = 2**14
WORD_WEIGHT = 1.5  #: length of the hashed words' vector, beside 4.5 for the sentence vector


@dataclass(frozen=True, kw_only=True)
class SignalModel:
    """All heads: probability = expit(slope · (features · weights + bias) + shift)."""

    names: tuple[str, ...]
    weights: Floats  #: [features, signals]
    bias: Floats  #: [signals]
    slope: Floats  #: [signals], of the calibration
    shift: Floats  #: [signals], of the calibration

    def probabilities(self, vectors: Floats, texts: Sequence[str]) -> Floats:
        """Probabilities [messages, signals] for sentence vectors [messages, 384] and their texts."""
        if not self.names:
            return np.zeros((len(texts), 0), dtype=np.float32)
        dense = vectors.shape[1]
        scores = vectors @ self.weights[:dense] + word_features(texts) @ self.weights[dense:] + self.bias
        return cast(Floats, expit(self.slope * scores + self.shift).astype(np.float32))

    def save(self, path: Path) -> None:
        """Write one .npz file."""
        np.savez_compressed(
            path,
            names=np.array(self.names, dtype=np.str_),
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            slope=self.slope,
            shift=self.shift,
        )

    @classmethod
    def load(cls, path: Path) -> SignalModel:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                names=tuple(str(name) for name in stored["names"]),
                weights=stored["weights"].astype(np.float32),
                bias=stored["bias"],
                slope=stored["slope"],
                shift=stored["shift"],
            )


_hasher = HashingVectorizer(
    n_features=WORD_BUCKETS, ngram_range=(1, 2), token_pattern=r"(?u)\b\w[\w']*\b", alternate_sign=False, norm="l2"
)


def word_features(texts: Sequence[str]) -> csr_matrix:
    """Hashed words and pairs of words, each row of length WORD_WEIGHT."""
    return (_hasher.transform(texts) * WORD_WEIGHT).astype(np.float32).tocsr()


def fit(vectors: Floats, texts: Sequence[str], labels: Mapping[str, NDArray[np.bool_]]) -> SignalModel:
    """Fit every signal that has enough positives. Labels: a boolean array [messages] per signal."""
    names = tuple(sorted(name for name, positive in labels.items() if positive.sum() >= FEWEST_POSITIVES))
    features = hstack([csr_matrix(vectors), word_features(texts)]).tocsr()
    fitted = [_fit_one(features, labels[name]) for name in names]
    return SignalModel(
        names=names,
        weights=np.stack([head.weights for head in fitted], axis=1) if fitted else np.zeros((0, 0), dtype=np.float32),
        bias=np.array([head.bias for head in fitted], dtype=np.float32),
        slope=np.array([head.slope for head in fitted], dtype=np.float32),
        shift=np.array([head.shift for head in fitted], dtype=np.float32),
    )


@dataclass(frozen=True, kw_only=True)
class _Head:
    weights: Floats
    bias: float
    slope: float
    shift: float


def _fit_one(features: csr_matrix, positive: NDArray[np.bool_]) -> _Head:
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(features, positive))
    best: tuple[float, float, float, float] | None = None
    for strength in STRENGTHS:
        scores = np.zeros(len(positive))
        for train, held_out in folds:
            model = _logistic(strength).fit(features[train], positive[train])
            scores[held_out] = model.decision_function(features[held_out])
        slope, shift = _platt(scores, positive)
        loss = _log_loss(expit(slope * scores + shift), positive)
        if best is None or loss < best[0]:
            best = (loss, strength, slope, shift)
    assert best is not None
    _, strength, slope, shift = best
    final = _logistic(strength).fit(features, positive)
    return _Head(weights=final.coef_[0].astype(np.float32), bias=float(final.intercept_[0]), slope=slope, shift=shift)


class _Quiet:
    """A logistic model that does not warn when the last digit of its weights has not settled."""

    def __init__(self, strength: float) -> None:
        self._model = LogisticRegression(C=strength, class_weight="balanced", max_iter=60, tol=1e-3, random_state=7)

    def fit(self, features: csr_matrix, positive: NDArray[np.bool_]) -> LogisticRegression:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return self._model.fit(features, positive)


def _logistic(strength: float) -> _Quiet:
    return _Quiet(strength)


def _platt(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift of the sigmoid, with Platt's softened targets so that clean separation does not end in certainty."""
    positives, negatives = int(positive.sum()), int((~positive).sum())
    targets = np.where(positive, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    rows = np.concatenate([scores, scores])[:, np.newaxis]
    classes = np.concatenate([np.ones(len(scores)), np.zeros(len(scores))])
    model = LogisticRegression(C=1e6).fit(rows, classes, sample_weight=np.concatenate([targets, 1 - targets]))
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _log_loss(probabilities: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(positive, np.log(clipped), np.log(1 - clipped))))
