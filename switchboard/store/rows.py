"""How sessions and events stand in the tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from switchboard.session.events import EVENT, Event, MessageAdded, Recorded
from switchboard.session.model import Session, Speaker


def client_key(speaker: Speaker, agent_id: str | None, client_id: str) -> str:
    """What makes a retry recognisable: the sender and the id that the sender chose."""
    return f"{speaker.value}:{agent_id or ''}:{client_id}"


def session_row(session: Session) -> dict[str, object]:
    """A session's row."""
    return {
        "id": session.id,
        "version": session.version,
        "state": session.state.value,
        "customer_id": session.customer.id if session.customer else None,
        "updated_at": session.updated_at,
        "snapshot": session.model_dump_json(),
    }


def columns_of(event: Event, *, seq: int | None) -> dict[str, object]:
    """The columns that repeat what the payload says, so that it can be looked for and be unique."""
    message_id = client = None
    if isinstance(event, MessageAdded):
        message_id = event.id
        client = client_key(event.speaker, event.agent_id, event.client_id) if event.client_id else None
    return {"seq": seq, "type": event.type, "message_id": message_id, "client_key": client}


def event_row(record: Recorded) -> dict[str, object]:
    """An event's row."""
    return {
        "session_id": record.session_id,
        "version": record.version,
        "at": record.at.isoformat(),
        "payload": record.event.model_dump_json(),
        "prev_hash": record.prev_hash,
        "hash": record.hash,
        **columns_of(record.event, seq=record.seq),
    }


def recorded(row: Row[Any]) -> Recorded:
    """The event that stands in a row."""
    return Recorded(
        session_id=row.session_id,
        version=row.version,
        seq=row.seq,
        at=datetime.fromisoformat(row.at),
        event=EVENT.validate_json(row.payload),
        prev_hash=row.prev_hash,
        hash=row.hash,
    )
