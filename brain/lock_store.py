"""A lock per session that is handed over in the order of asking, at once.

Rasa's own lock stores ask once a second whether it is their turn. Here a waiting turn is woken by the one before it.
Made for one process; several brains behind one switchboard keep a session on one brain, or use Rasa's Redis lock store.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig


class FifoLockStore(LockStore):
    """In `endpoints.yml`: `lock_store: {type: brain.lock_store.FifoLockStore, patience: 30}`.

    `patience`: seconds that a turn waits for the ones before it, then LockError.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        options = endpoint_config.kwargs if endpoint_config else {}
        self.patience = float(options.get("patience", 30.0))
        #: per session: the turn that holds the lock comes first, then those that wait
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        super().__init__()

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncGenerator[TicketLock, None]:
        """Hold the session's lock. The arguments besides the id belong to polling stores and are not used."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(conversation_id, deque())
        queue.append(turn)
        if queue[0] is turn:
            turn.set_result(None)
        try:
            try:
                await asyncio.wait_for(asyncio.shield(turn), self.patience)
            except asyncio.TimeoutError:
                raise LockError(f"Gave up waiting for the lock of session {conversation_id}.") from None
            yield TicketLock(conversation_id)
        finally:
            self._leave(conversation_id, queue, turn)

    def waiting(self, conversation_id: str) -> int:
        """How many turns hold or await the lock."""
        return len(self._queues.get(conversation_id, ()))

    def is_someone_waiting(self, conversation_id: str) -> bool:
        """Whether a turn holds or awaits the lock."""
        return self.waiting(conversation_id) > 0

    def _leave(self, conversation_id: str, queue: deque[asyncio.Future[None]], turn: asyncio.Future[None]) -> None:
        queue.remove(turn)
        turn.cancel()
        if not queue:
            self._queues.pop(conversation_id, None)
        elif not queue[0].done():
            queue[0].set_result(None)

    # Rasa's ticket interface, for callers that look at locks without taking one.

    def get_lock(self, conversation_id: str) -> TicketLock | None:
        """A ticket lock for a session that is being served, None otherwise."""
        return TicketLock(conversation_id) if conversation_id in self._queues else None

    def save_lock(self, lock: TicketLock) -> None:
        """Nothing is stored: the queue is the lock."""

    def delete_lock(self, conversation_id: str) -> None:
        """Nothing is stored: the queue is the lock."""
