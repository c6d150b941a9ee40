"""Time, always aware and always from here, so that tests can hold it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Whoever can say what time it is."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        return datetime.now(UTC)


class HeldClock:
    """A clock that stands still until it is moved; it may be moved backwards, as machines' clocks are."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The time at which it is held."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds."""
        self._now += timedelta(seconds=seconds)
