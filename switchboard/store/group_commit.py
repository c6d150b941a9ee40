"""One writer thread that commits whatever has come in since its last commit, in one transaction.

The fsync of a commit is what durability costs; shared by all requests of a batch it costs each of them little. A
request is answered only after the commit that holds it.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

Ask = TypeVar("Ask")

MAX_BATCH = 256


@dataclass(slots=True)
class _Request(Generic[Ask]):
    ask: Ask
    done: asyncio.Future[Any]  # requests of every result type share one queue
    loop: asyncio.AbstractEventLoop


class GroupCommit(Generic[Ask]):
    """Commits requests, many to a transaction. `carry_out(connection, asks)` does a batch and returns a result each."""

    def __init__(self, engine: Engine, carry_out: Callable[[Connection, Sequence[Ask]], Sequence[object]]) -> None:
        self._engine = engine.execution_options(immediate=True)
        self._carry_out = carry_out
        self._requests: queue.SimpleQueue[_Request[Ask] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._closed = False
        self._thread.start()

    async def submit(self, ask: Ask) -> Any:
        """Have a request carried out; its result once it is committed, or the error that it alone met."""
        if self._closed:
            raise RuntimeError("the store is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._requests.put(_Request(ask, done, loop))
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
            batch: list[_Request[Ask]] = []
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

    def _commit(self, batch: list[_Request[Ask]]) -> None:
        error = self._try(batch)
        if error is None:
            return
        if len(batch) == 1:
            _answer(batch[0], error=error)
            return
        # One request spoiled the transaction: each gets its own, so that only the guilty one fails. Where the database
        # itself fails, the others would only wait for the same time-out, one after the other.
        down: Exception | None = None
        for request in batch:
            error = down or self._try([request])
            if error is not None:
                _answer(request, error=error)
            if isinstance(error, OperationalError | InterfaceError):
                down = error

    def _try(self, batch: list[_Request[Ask]]) -> Exception | None:
        try:
            with self._engine.begin() as connection:
                results = self._carry_out(connection, [request.ask for request in batch])
        except Exception as error:  # noqa: BLE001 (whatever it is goes to whoever asked)
            return error
        for request, result in zip(batch, results, strict=True):
            _answer(request, result=result)
        return None


def _answer(request: _Request[Any], *, result: object = None, error: Exception | None = None) -> None:
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
