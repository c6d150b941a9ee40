"""Tracker store in memory: bounded in sessions and in events, without turning everything into JSON and back each turn.

What is lost with the process is told: a message in a session that is not known gets `not_disclosed`, upon which the
switchboard starts the session anew, with the disclosure.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from brain.history import KEPT_TURNS, trim


class SessionTrackerStore(TrackerStore):
    """In `endpoints.yml`: `tracker_store: {type: brain.session_store.SessionTrackerStore, sessions: 5000, turns: 12}`.

    `sessions`: how many are kept, the longest unused go first; `idle_hours`: after which an unused one goes; `turns`: see
    `brain.history.trim`.
    """

    def __init__(
        self,
        domain: Domain | None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        sessions: int = 5000,
        idle_hours: float = 24.0,
        turns: int = KEPT_TURNS,
        **kwargs: Any,
    ) -> None:
        self._most = int(sessions)
        self._idle = float(idle_hours) * 3600
        self._turns = int(turns)
        self._kept: OrderedDict[str, tuple[float, list[Event]]] = OrderedDict()
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the session's events, trimmed, and let go of sessions that are too many or too old."""
        await self.stream_events(tracker)
        now = time.monotonic()
        self._kept[tracker.sender_id] = (now, trim(list(tracker.events), turns=self._turns))
        self._kept.move_to_end(tracker.sender_id)
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) <= self._most and now - self._kept[oldest][0] <= self._idle:
                break
            del self._kept[oldest]

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The session's tracker, rebuilt from its events; None for an unknown session."""
        kept = self._kept.get(sender_id)
        if kept is None:
            return None
        return DialogueStateTracker.from_events(sender_id, kept[1], self.domain.slots)

    async def delete(self, sender_id: str) -> None:
        """Forget a session."""
        self._kept.pop(sender_id, None)

    async def keys(self) -> Iterable[str]:
        """Ids of the sessions that are kept."""
        return list(self._kept)
