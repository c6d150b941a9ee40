"""Promise 8: whether the record is still what was written. Every column of every row is held against the hash chain.

The chain finds edits, insertions and gaps by itself. Whoever may write to the database could also take away whole sessions,
or write a session's chain anew from some point on: against that, keep the `heads` of a day somewhere else and hand them to
the next verification as `known`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, exists, select

from switchboard.errors import SwitchboardError
from switchboard.session.events import EVENT, Event, MessageAdded, SessionOpened
from switchboard.session.machine import GENESIS, advance, chain, open_session
from switchboard.session.model import Session
from switchboard.store.rows import columns_of
from switchboard.store.tables import EVENTS, SESSIONS

Head = tuple[int, str]  #: a session's version and the hash of its last event


def heads(connection: Connection) -> dict[str, Head]:
    """Where each session's record ends: to be kept elsewhere as a proof."""
    faultless = select(SESSIONS.c.id, EVENTS.c.version, EVENTS.c.hash).join(
        EVENTS, (EVENTS.c.session_id == SESSIONS.c.id) & (EVENTS.c.version == SESSIONS.c.version)
    )
    return {row.id: (row.version, row.hash) for row in connection.execute(faultless)}


def find_faults(connection: Connection, *, known: Mapping[str, Head] | None = None) -> Iterator[str]:
    """One sentence for each fault. `known` are heads that were written down earlier and must still be in the record."""
    unseen = dict(known or {})
    ordered = select(EVENTS).order_by(EVENTS.c.session_id, EVENTS.c.version).execution_options(yield_per=1000)
    for session_id, rows in groupby(connection.execute(ordered), key=lambda row: str(row.session_id)):
        proof = unseen.pop(session_id, None)
        stored = connection.execute(select(SESSIONS).where(SESSIONS.c.id == session_id)).one_or_none()
        yield from _session_faults(session_id, rows, stored, proof)
    bare = select(SESSIONS.c.id).where(~exists().where(EVENTS.c.session_id == SESSIONS.c.id))
    for session_id in connection.execute(bare).scalars():
        unseen.pop(session_id, None)
        yield f"session {session_id}: all its events are missing"
    for session_id in unseen:
        yield f"session {session_id}: is missing altogether"


def _session_faults(
    session_id: str, rows: Iterator[Row[Any]], stored: Row[Any] | None, proof: Head | None
) -> Iterator[str]:
    version, head = 0, GENESIS
    session: Session | None = None
    replayable = True
    for row in rows:
        where = f"session {session_id} event {row.version}"
        if row.version != version + 1:
            yield f"{where}: events {version + 1} to {row.version - 1} are missing"
        if row.prev_hash != head:
            yield f"{where}: does not follow the event before it"
        if chain(row.prev_hash, session_id, row.version, row.at, row.payload) != row.hash:
            yield f"{where}: was changed after it was written"
        if proof is not None and proof[0] == row.version:
            if proof[1] != row.hash:
                yield f"{where}: is not the event that was known"
            proof = None
        version, head = row.version, row.hash
        if replayable:
            try:
                event, at = EVENT.validate_json(row.payload), datetime.fromisoformat(row.at)
                session = _next(session, session_id, event, at).model_copy(update={"head": row.hash})
            except (ValidationError, ValueError, SwitchboardError):
                yield f"{where}: could not have happened here"
                replayable = False
                continue
            expected = columns_of(event, seq=session.seq if isinstance(event, MessageAdded) else None)
            for column, value in expected.items():
                if getattr(row, column) != value:
                    yield f"{where}: its {column} was changed"
    if proof is not None:
        yield f"session {session_id}: ends before event {proof[0]}, which was known"
    if stored is None:
        yield f"session {session_id}: has events but no session"
    elif replayable and session is not None and not _is_stored_as(session, stored):
        yield f"session {session_id}: its state is not what its events lead to"
    elif (stored.version, _head(stored)) != (version, head):
        yield f"session {session_id}: its last events are missing or were changed"


def _next(session: Session | None, session_id: str, event: Event, at: datetime) -> Session:
    if session is not None:
        return advance(session, event, at=at)
    if not isinstance(event, SessionOpened):
        raise ValueError("a record begins with session_opened")
    return open_session(session_id, event, at=at)


def _is_stored_as(session: Session, stored: Row[Any]) -> bool:
    try:
        snapshot = Session.model_validate_json(stored.snapshot)
    except ValidationError:
        return False
    updated_at = stored.updated_at if stored.updated_at.tzinfo else stored.updated_at.replace(tzinfo=UTC)
    customer_id = session.customer.id if session.customer else None
    columns = (stored.version, stored.state, stored.customer_id, updated_at)
    return snapshot == session and columns == (session.version, session.state.value, customer_id, session.updated_at)


def _head(stored: Row[Any]) -> str | None:
    try:
        return Session.model_validate_json(stored.snapshot).head
    except ValidationError:
        return None
