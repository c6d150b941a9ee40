"""One writer thread that commits whatever has come in since its last commit, in one transaction.

The fsync of a commit is what durability costs; shared by all requests of a batch it costs each of them little. A request
is answered only after the commit that holds it.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

MAX_BATCH = 256


@dataclass(slots=True)
class _Request:
    work: Callable[[Connection], Any]  # requests of every result type share one queue
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class GroupCommit:
    """Runs units of work, each all-or-nothing, many to a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._closed = False
        self._thread.start()

    async def submit(self, work: Callable[[Connection], T]) -> T:
        """Run `work(connection)` and return its result once it is committed, or raise what it raised."""
        if self._closed:
            raise RuntimeError("the store is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._requests.put(_Request(work, done, loop))
        return await done

    def close(self) -> None:
        """Commit what is waiting and stop."""
        if not self._closed:
            self._closed = True
            self._requests.put(None)
            self._thread.join()

    def _run(self) -> None:
        stop = False
        while not stop:
            batch: list[_Request] = []
            request = self._requests.get()
            while request is not None and len(batch) < MAX_BATCH:
                batch.append(request)
                try:
                    request = self._requests.get_nowait()
                except queue.Empty:
                    break
            else:
                if request is None:
                    stop = True
                else:
                    batch.append(request)
            if batch:
                self._commit(batch)

    def _commit(self, batch: list[_Request]) -> None:
        try:
            with self._engine.begin() as connection:
                results = [request.work(connection) for request in batch]
        except Exception as error:
            # One unit spoiled the transaction: run each in its own, so that only the guilty one fails.
            if len(batch) == 1:
                _answer(batch[0], error=error)
            else:
                for request in batch:
                    self._commit([request])
        else:
            for request, result in zip(batch, results, strict=True):
                _answer(request, result=result)


def _answer(request: _Request, *, result: object = None, error: Exception | None = None) -> None:
    def settle() -> None:
        if request.done.done():
            return
        if error is not None:
            request.done.set_exception(error)
        else:
            request.done.set_result(result)

    try:
        request.loop.call_soon_threadsafe(settle)
    except RuntimeError:  # the loop is gone: nobody is waiting any more
        return
