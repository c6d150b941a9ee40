"""Rate limits: token buckets on the monotonic clock, which no jump of the machine's time disturbs."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from switchboard.errors import RateLimited


class Bucket:
    """Lets `burst` through at once and `rate` a second after that; a burst of 0 lets everything through."""

    __slots__ = ("_burst", "_filled_at", "_monotonic", "_rate", "_tokens")

    def __init__(self, *, rate: float, burst: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._monotonic = monotonic
        self._filled_at = monotonic()

    def take(self) -> None:
        """Use one token, or raise RateLimited."""
        if self._burst <= 0:
            return
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            raise RateLimited
        self._tokens -= 1


class Buckets:
    """One bucket for each key; the keys that were used longest ago are forgotten first."""

    def __init__(self, *, rate: float, burst: float, keep: int = 50_000) -> None:
        self._rate = rate
        self._burst = burst
        self._keep = keep
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str) -> None:
        """Use one token of a key, or raise RateLimited."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(rate=self._rate, burst=self._burst)
            if len(self._buckets) > self._keep:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.take()
