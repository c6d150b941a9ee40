"""The fit is scikit-learn's, in a fraction of the time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from brain.softmax_fit import fit_softmax


@pytest.mark.parametrize("classes", [2, 5])
def test_fit_agrees_with_scikit_learn(classes: int) -> None:
    """The same probabilities on the same data, classes of different sizes, up to single precision."""
    random = np.random.default_rng(4)
    codes = random.choice(classes, size=600, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    rows = (random.normal(size=(600, 12)) + codes[:, np.newaxis] * 0.4).astype(np.float32)
    labels = [f"class {code}" for code in codes]
    names, weights, bias = fit_softmax(rows, labels, strength=0.5, steps=500)
    model = LogisticRegression(C=0.5, class_weight="balanced", multi_class="multinomial", max_iter=500).fit(
        rows, labels
    )
    scores = rows @ weights + bias
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    assert names == list(model.classes_)
    assert np.abs(shares - model.predict_proba(rows)).max() < 0.01
