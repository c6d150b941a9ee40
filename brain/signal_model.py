"""The signals' arithmetic: one calibrated logistic model per signal over sentence vectors and words.

Beside a model for each signal there is one for "any of them", which has all positives to learn from; a signal's score is the
sum of both. On sentences of other writers this found half of the dangers that the signals' own models had missed, at the same
number of false alarms.

Each model is fitted with balanced classes, its strength of regularisation is chosen by cross-validated log loss, and its
scores are turned into probabilities by Platt's method (Platt 1999) fitted on the held-out folds' scores, so that 0.9 means
that nine in ten such messages of the training data are positives. All signals and strengths are fitted at once, as columns of
one matrix: they read the same data, and reading it is what takes the time. Stored as plain arrays: loading runs no code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from brain.word_features import Floats, features

STRENGTHS = (0.03, 0.1)  #: candidates for C, the inverse of regularisation
FOLDS = 4
FEWEST_POSITIVES = 10  #: below this a signal cannot be cross-validated and stays at zero
_STEPS = 80


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
        scores = features(vectors, texts) @ self.weights + self.bias
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


def fit(vectors: Floats, texts: Sequence[str], labels: Mapping[str, NDArray[np.bool_]]) -> SignalModel:
    """Fit every signal that has enough positives. Labels: a boolean array [messages] per signal."""
    names = tuple(sorted(name for name, positive in labels.items() if positive.sum() >= FEWEST_POSITIVES))
    if not names:
        none = np.zeros(0, dtype=np.float32)
        return SignalModel(names=(), weights=np.zeros((0, 0), dtype=np.float32), bias=none, slope=none, shift=none)
    rows = features(vectors, texts)
    targets = np.stack([labels[name] for name in names], axis=1)
    targets = np.hstack([targets, targets.any(axis=1, keepdims=True)])
    held_out = held_out_scores(rows, targets)
    summed = held_out[:, :-1] + held_out[:, -1:]
    chosen = [_calibrated(summed[:, column], targets[:, column]) for column in range(len(names))]
    strengths = np.array([strength for strength, _, _ in chosen])
    weights, bias = _fit_columns(rows, targets, np.append(strengths, np.median(strengths)))
    return SignalModel(
        names=names,
        # Both models are linear, and so is their sum.
        weights=weights[:, :-1] + weights[:, -1:],
        bias=bias[:-1] + bias[-1:],
        slope=np.array([slope for _, slope, _ in chosen], dtype=np.float32),
        shift=np.array([shift for _, _, shift in chosen], dtype=np.float32),
    )


def held_out_scores(rows: Floats, targets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Scores [messages, signals, strengths] of models that had not seen the message. Folds are balanced over all signals."""
    signals = targets.shape[1]
    scores = np.zeros((len(rows), signals, len(STRENGTHS)))
    columns = np.repeat(targets, len(STRENGTHS), axis=1)
    strengths = np.tile(STRENGTHS, signals)
    groups = np.where(targets.any(axis=1), targets.argmax(axis=1) + 1, 0)
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(rows, groups):
        weights, bias = _fit_columns(rows[train], columns[train], strengths)
        scores[test] = (rows[test] @ weights + bias).reshape(len(test), signals, len(STRENGTHS))
    return scores


def _calibrated(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[float, float, float]:
    """The strength with the least log loss after calibration, and that calibration."""
    best: tuple[float, float, float, float] | None = None
    for index, strength in enumerate(STRENGTHS):
        slope, shift = _platt(scores[:, index], positive)
        loss = _log_loss(expit(slope * scores[:, index] + shift), positive)
        if best is None or loss < best[0]:
            best = (loss, strength, slope, shift)
    assert best is not None
    return best[1:]


def _fit_columns(rows: Floats, targets: NDArray[np.bool_], strengths: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Balanced, L2-regularised logistic regression of every column: weights [features, columns] and bias [columns]."""
    count, columns = targets.shape
    signs = np.where(targets, 1.0, -1.0).astype(np.float32)
    positives = targets.sum(axis=0)
    share = np.where(targets, count / (2 * positives), count / (2 * (count - positives))).astype(np.float32)
    share *= (strengths / strengths.max()).astype(np.float32)
    penalty = (1.0 / strengths.max()).astype(np.float32)

    def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        parameters = flat.reshape(-1, columns).astype(np.float32)
        weights, bias = parameters[:-1], parameters[-1]
        margins = signs * (rows @ weights + bias)
        loss = float((share * np.logaddexp(0, -margins)).sum(dtype=np.float64) + penalty * (weights**2).sum() / 2)
        pull = -signs * share * expit(-margins)
        gradient = np.vstack([rows.T @ pull + penalty * weights, pull.sum(axis=0)[np.newaxis, :]])
        return loss, gradient.astype(np.float64).ravel()

    start = np.zeros((rows.shape[1] + 1) * columns)
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "maxcor": 10, "ftol": 1e-6}
    )
    parameters = found.x.reshape(-1, columns).astype(np.float32)
    return parameters[:-1], parameters[-1]


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
