"""How long a customer will wait for a person: an estimate that says how uncertain it is.

The queue is taken as M/M/s+M (Erlang-A): s desk agents each finish talks at rate μ, and each waiting customer gives up
at rate θ. A customer with n before her is served when n + 1 people have left the line; while i are left before her, they
leave at rate sμ + iθ. So the expected wait is Σ_{i=0..n} 1/(sμ + iθ), and the wait is a sum of exponential variables with
these rates. Its 20 % and 80 % quantiles are those of the gamma distribution with the same mean and variance (Whitt 1999,
"Predicting queueing delays", treats the same sum), by Wilson and Hilferty's cube-root formula.

μ and θ come from recent talks and waits with a gamma prior: as if `PRIOR_TALKS` talks of `PRIOR_TALK_S` each, and
`PRIOR_ABANDONED` customers who gave up after `PRIOR_PATIENCE_S` of waiting, had been seen before the first real one.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

PRIOR_TALKS: Final = 5.0
PRIOR_TALK_S: Final = 480.0
PRIOR_ABANDONED: Final = 2.0
PRIOR_PATIENCE_S: Final = 1200.0
PICK_UP_S: Final = 60.0  #: within this time a free desk agent takes a waiting session
RECENT: Final = 200  #: so many talks and waits are remembered
LOW_Z: Final = -0.8416  #: standard normal quantile at 20 %
HIGH_Z: Final = 0.8416  #: at 80 %


class Rates:
    """μ and θ from what was seen lately."""

    def __init__(self) -> None:
        self._talks: deque[float] = deque(maxlen=RECENT)
        self._waits: deque[tuple[float, bool]] = deque(maxlen=RECENT)

    def talked(self, seconds: float) -> None:
        """A desk agent was busy with a session for so long."""
        self._talks.append(max(1.0, seconds))

    def waited(self, seconds: float, *, gave_up: bool) -> None:
        """A customer waited for so long, and then was served or gave up."""
        self._waits.append((max(0.0, seconds), gave_up))

    @property
    def mu(self) -> float:
        """Talks that one desk agent finishes in a second."""
        return (PRIOR_TALKS + len(self._talks)) / (PRIOR_TALKS * PRIOR_TALK_S + sum(self._talks))

    @property
    def theta(self) -> float:
        """Share of waiting customers who give up in a second."""
        gave_up = sum(1 for _, left in self._waits if left)
        waited = sum(seconds for seconds, _ in self._waits)
        return (PRIOR_ABANDONED + gave_up) / (PRIOR_ABANDONED * PRIOR_PATIENCE_S + waited)


def expected_wait(ahead: int, *, agents: int, mu: float, theta: float) -> float:
    """Σ_{i=0..n} 1/(sμ + iθ) in seconds, for `ahead` = n customers before this one and `agents` = s."""
    return sum(1 / (agents * mu + i * theta) for i in range(ahead + 1))


def wait_range(ahead: int, *, agents: int, free: int, mu: float, theta: float) -> tuple[float, float] | None:
    """Between how many seconds the wait will be in six of ten cases; None when nobody is there to end it.

    `free` desk agents have no session now; whoever is among the first `free` in line is served at once.
    """
    if agents <= 0:
        return None
    if ahead < free:
        return (0.0, PICK_UP_S)
    rates = [agents * mu + i * theta for i in range(ahead - free + 1)]
    mean = sum(1 / rate for rate in rates)
    variance = sum(1 / rate**2 for rate in rates)
    shape = mean**2 / variance
    return (mean * _gamma_quantile(shape, LOW_Z), mean * _gamma_quantile(shape, HIGH_Z))


def _gamma_quantile(shape: float, z: float) -> float:
    """A quantile of the gamma distribution of mean 1, by Wilson and Hilferty (1931)."""
    return max(0.0, 1 - 1 / (9 * shape) + z * math.sqrt(1 / (9 * shape))) ** 3
