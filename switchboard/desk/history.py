"""What the record tells about talks and waits of late, for the estimate of the next waits after a start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from switchboard.desk.wait import RECENT, Rates
from switchboard.store.sql import SqlStore
from switchboard.store.tables import EVENTS

_QUEUED: Final = frozenset({"handoff_requested", "session_requeued"})
_SERVED: Final = frozenset({"agent_assigned"})
_TALKING: Final = frozenset({"agent_assigned", "taken_over", "customer_wrote_again"})
_GAVE_UP: Final = frozenset({"handoff_cancelled", "customer_left", "session_expired", "queue_timed_out"})
_TALK_ENDED: Final = frozenset({"conversation_ended", "session_requeued"})
_TYPES: Final = _QUEUED | _SERVED | _TALKING | _GAVE_UP | _TALK_ENDED


async def learn(rates: Rates, store: SqlStore) -> None:
    """Feed the newest waits and talks of the record to the rates, the oldest of them first."""

    def read(connection: Connection) -> Sequence[tuple[str, str, str]]:
        statement = (
            select(EVENTS.c.session_id, EVENTS.c.type, EVENTS.c.at)
            .where(EVENTS.c.type.in_(sorted(_TYPES)))
            .order_by(EVENTS.c.at.desc(), EVENTS.c.version.desc())
            .limit(RECENT * 4)
        )
        return [(row.session_id, row.type, row.at) for row in connection.execute(statement)]

    queued: dict[str, datetime] = {}
    talking: dict[str, datetime] = {}
    for session_id, type_, at_ in reversed(await store.read(read)):
        at = datetime.fromisoformat(at_)
        if type_ in _TALK_ENDED and session_id in talking:
            rates.talked((at - talking.pop(session_id)).total_seconds())
        if type_ in _SERVED | _GAVE_UP and session_id in queued:
            waited = (at - queued.pop(session_id)).total_seconds()
            rates.waited(waited, gave_up=type_ in _GAVE_UP)
        if type_ in _TALKING:
            talking[session_id] = at
        if type_ in _QUEUED:
            queued[session_id] = at
