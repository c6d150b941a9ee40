"""Multinomial logistic regression, fitted with large matrices in single precision.

The objective is that of scikit-learn's LogisticRegression (balanced classes, L2 with inverse strength C, no penalty on the bias),
minimised by L-BFGS (Liu and Nocedal 1989). scikit-learn turns the rows to double precision at every step: with 30,000 rows
that is what takes the time, several minutes instead of some twenty seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from brain.word_features import Floats


def fit_softmax(
    rows: Floats, labels: Sequence[str], *, strength: float, steps: int
) -> tuple[list[str], Floats, Floats]:
    """Names of the classes in order, weights [features, classes] and bias [classes]. `strength` is C."""
    names, codes = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    count, features = rows.shape
    classes = len(names)
    share = (count / (classes * np.bincount(codes))).astype(np.float32)[codes]
    truth = np.zeros((count, classes), dtype=np.float32)
    truth[np.arange(count), codes] = 1.0

    def loss(
        flat: np.ndarray[tuple[int], np.dtype[np.float64]],
    ) -> tuple[float, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        point = flat.astype(np.float32).reshape(features + 1, classes)
        scores = rows @ point[:-1] + point[-1]
        log_shares = scores - logsumexp(scores, axis=1, keepdims=True)
        missed = float(-(share * log_shares[np.arange(count), codes]).sum())
        slope = share[:, np.newaxis] * (np.exp(log_shares) - truth)
        penalty = point[:-1] / np.float32(strength)
        gradient = np.vstack([rows.T @ slope + penalty, slope.sum(axis=0, keepdims=True)])
        return missed + 0.5 * float((point[:-1] * penalty).sum()), gradient.ravel().astype(np.float64)

    begin = np.zeros((features + 1) * classes)
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": steps, "gtol": 1e-2})
    point = found.x.astype(np.float32).reshape(features + 1, classes)
    return [str(name) for name in names], point[:-1], point[-1]
