"""Hashed words and pairs of words: what a message says literally, beside what its sentence vector means.

Beside encoders as they come they raise the accuracy of intents by three points, beside adapted ones by a few tenths. Hashing
needs no vocabulary, so nothing is stored and unknown words do no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

Floats = NDArray[np.float32]

BUCKETS = 512
LENGTH = 1.0  #: of each row, beside the 4.5 of a sentence vector

_WORDS = r"(?u)\b\w[\w']*\b"
_hasher = HashingVectorizer(
    n_features=BUCKETS, ngram_range=(1, 2), token_pattern=_WORDS, alternate_sign=False, norm="l2", dtype=np.float32
)


def word_features(texts: Sequence[str]) -> Floats:
    """Rows [texts, BUCKETS], dense: small matrices multiply quicker that way."""
    return cast(Floats, _hasher.transform(texts).toarray() * np.float32(LENGTH))


def features(vectors: Floats, texts: Sequence[str]) -> Floats:
    """Sentence vectors and words side by side, [texts, 384 + BUCKETS]."""
    return np.hstack([vectors, word_features(texts)]).astype(np.float32, copy=False)
