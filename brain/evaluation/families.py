"""Sets a share of the examples aside by paraphrase family: what is nearly said in the training part is not asked in the test."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

ALIKE = 0.5  #: cosine of weighted letter groups from which two examples are of one family

T = TypeVar("T")


def families(texts: Sequence[str]) -> list[int]:
    """A number for each text; texts of one number are paraphrases close in wording, directly or by way of others."""
    if not any(text.strip() for text in texts):
        return [0] * len(texts)
    rows = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(texts)
    near = (rows @ rows.T) >= ALIKE
    _, labels = connected_components(near, directed=False)
    return [int(label) for label in np.asarray(labels)]


def split(
    items: Sequence[T], texts: Sequence[str], groups: Sequence[str], *, share: float, seed: int
) -> tuple[list[T], list[T]]:
    """Set `share` of each group (such as an intent) aside, whole families at a time: (kept, set aside)."""
    by_group: dict[str, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        by_group[group].append(place)
    aside: set[int] = set()
    for group, places in sorted(by_group.items()):
        labels = families([texts[place] for place in places])
        members: dict[int, list[int]] = defaultdict(list)
        for place, label in zip(places, labels, strict=True):
            members[label].append(place)
        order = sorted(members.values(), key=lambda family: family[0])
        random.Random(f"{seed}-{group}").shuffle(order)
        wanted, taken = share * len(places), 0
        for family in order:
            # A family that would take far more than is wanted stays in the training part.
            if taken < wanted and taken + len(family) <= 1.25 * wanted + 1:
                aside.update(family)
                taken += len(family)
    return (
        [item for place, item in enumerate(items) if place not in aside],
        [item for place, item in enumerate(items) if place in aside],
    )
