"""An event loop that a test holds: it runs only when told, and its time stands still until it is moved.

Every interleaving is thereby a choice of the test, and a budget of eight seconds is spent in no time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

MOST_CYCLES = 20_000


class NeverQuiet(AssertionError):
    """The loop goes on and on without anything new being asked of it."""


class HeldLoop(asyncio.SelectorEventLoop):
    """Run it with `cycle`, `settle` and `advance`."""

    def __init__(self) -> None:
        super().__init__()
        self._held = 0.0

    def time(self) -> float:
        """The time at which it is held."""
        return self._held

    def cycle(self, times: int = 1) -> None:
        """Run what is ready, so many times; what becomes ready meanwhile waits for the next time."""
        for _ in range(times):
            self.call_soon(self.stop)
            self.run_forever()

    def settle(self) -> None:
        """Run until everything waits for the test."""
        for _ in range(MOST_CYCLES):
            self.cycle()
            if not self._has_work():
                return
        raise NeverQuiet

    def advance(self, seconds: float) -> None:
        """Let time pass, one timer after the other."""
        self.settle()
        until = self._held + seconds
        while (next_at := self._next_timer()) is not None and next_at <= until:
            self._held = max(self._held, next_at)
            self.settle()
        self._held = until
        self.settle()

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something that waits for nothing but itself."""
        task = self.create_task(work)
        self.settle()
        if not task.done():
            task.cancel()
            self.settle()
            raise NeverQuiet("it waits for something that does not come")
        return task.result()

    def abandon(self) -> None:
        """End all tasks, as the end of a process would."""
        for _ in range(20):
            tasks = asyncio.all_tasks(self)
            if not tasks:
                return
            for task in tasks:
                task.cancel()
            self.settle()
        raise NeverQuiet

    def _has_work(self) -> bool:
        ready: deque[object] = getattr(self, "_ready")  # noqa: B009 (asyncio's own queue has no public name)
        next_at = self._next_timer()
        return bool(ready) or (next_at is not None and next_at <= self._held)

    def _next_timer(self) -> float | None:
        scheduled: list[asyncio.TimerHandle] = getattr(self, "_scheduled")  # noqa: B009 (likewise)
        return min((handle.when() for handle in scheduled if not handle.cancelled()), default=None)
