"""The measures of the report. Shares are from 0 to 1; every interval covers 95 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

_Z = 1.959964  #: of the normal distribution, for 95 %
BINS = 15


@dataclass(frozen=True, kw_only=True)
class Share:
    """`count` of `total`, with Wilson's score interval (Wilson 1927)."""

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.total:
            return (0.0, 1.0)
        n, p = self.total, self.value
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
        return (max(0.0, middle - half), min(1.0, middle + half))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} ({self.count}/{self.total}, {low:.1%} to {high:.1%})"


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What was right and what the pipeline said, with its confidence."""

    text: str
    right: str
    said: str
    confidence: float


def accuracy(guesses: Sequence[Guess]) -> Share:
    return Share(count=sum(guess.right == guess.said for guess in guesses), total=len(guesses))


def macro_f1(guesses: Sequence[Guess]) -> float:
    """The mean over the intents of the harmonic mean of precision and recall."""
    names = sorted({guess.right for guess in guesses})
    right, said = [guess.right for guess in guesses], [guess.said for guess in guesses]
    return float(f1_score(right, said, labels=names, average="macro", zero_division=0))


def macro_f1_interval(guesses: Sequence[Guess], *, rounds: int = 300) -> tuple[float, float]:
    """By drawing the guesses again with replacement (percentile bootstrap, Efron 1979)."""
    rng = np.random.default_rng(5)
    drawn = [macro_f1([guesses[place] for place in rng.integers(0, len(guesses), len(guesses))]) for _ in range(rounds)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Bins of confidence: mean confidence, share right, how many."""

    confidence: NDArray[np.float64]
    right: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error (Naeini et al. 2015): mean distance of the two, weighted by count."""
        return float(np.sum(self.count * np.abs(self.confidence - self.right)) / max(1, self.count.sum()))


def reliability(confidences: Sequence[float], right: Sequence[bool], *, bins: int = BINS) -> Reliability:
    """Sort guesses into bins of equal width."""
    values, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    places = np.minimum((values * bins).astype(np.int64), bins - 1)
    count = np.bincount(places, minlength=bins)
    safe = np.maximum(1, count)
    return Reliability(
        confidence=np.bincount(places, weights=values, minlength=bins) / safe,
        right=np.bincount(places, weights=hits, minlength=bins) / safe,
        count=count,
    )
