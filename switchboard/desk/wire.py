"""What the desk's console is sent."""

from __future__ import annotations

from typing import Any

from switchboard.session import events as e
from switchboard.session.model import Session, Speaker

Wire = dict[str, Any]  # JSON


def state(session: Session, *, position: int | None) -> Wire:
    """A session as the desk shows it."""
    why = session.escalation
    return {
        "session_id": session.id,
        "version": session.version,
        "mode": session.state.value,
        "epoch": session.epoch,
        "agent": session.agent.model_dump() if session.agent else None,
        "queue": why.queue if why else "general",
        "priority": why.priority.value if why else "standard",
        "criterion": why.criterion if why else None,
        "why": why.why if why else None,
        "evidence": why.evidence if why else None,
        "policy_version": why.policy_version if why else None,
        "skill": why.skill if why else None,
        "protocol": why.protocol if why else None,
        "asked_by": why.asked_by if why else None,
        "reserved_for": session.reserved_for,
        "locale": session.locale,
        "region": session.region,
        "channel": session.channel,
        "customer": {"id": session.customer.id, "name": session.customer.name or session.customer.id}
        if session.customer
        else None,
        "position": position,
        "queued_at": session.queued_at.isoformat() if session.queued_at else None,
        "opened_at": session.opened_at.isoformat(),
        "updated_at": session.updated_at.isoformat(),
        "last_seq": session.seq,
    }


def message(record: e.Recorded, session: Session) -> Wire | None:
    """A message, note or suppressed utterance; None for events that are not shown as text."""
    event = record.event
    shown: Wire = {
        "session_id": record.session_id,
        "version": record.version,
        "seq": record.seq,
        "at": record.at.isoformat(),
    }
    match event:
        case e.MessageAdded():
            name = event.name or ""
            if event.speaker is Speaker.CUSTOMER and session.customer is not None:
                name = session.customer.name or session.customer.id
            shown |= {
                "id": event.id,
                "sender": event.speaker.value,
                "name": name,
                "text": event.text,
                "kind": "message",
                "epoch": event.epoch,
                "metadata": {"response": event.response, "disclosure": event.disclosure},
            }
            if event.client_id is not None:
                shown["client_id"] = event.client_id
            if event.content is not None:
                shown["content"] = event.content.model_dump(mode="json")
            if event.masked:
                shown["metadata"]["masked"] = list(event.masked)
        case e.NoteAdded():
            shown |= {
                "id": event.id,
                "sender": "agent",
                "name": event.agent.name,
                "text": event.text,
                "kind": event.kind,
                "metadata": {},
            }
        case e.MessageSuppressed():
            shown |= {
                "id": f"v{record.version}",
                "sender": "ai",
                "name": "",
                "text": event.text,
                "kind": "suppressed",
                "epoch": event.epoch,
                "metadata": {"response": event.response, "reason": event.reason},
            }
        case _:
            return None
    return shown


def assist(record: e.Recorded, session: Session) -> Wire | None:
    """What the brain made of a customer's message, for the desk agent's eyes only."""
    event = record.event
    if not isinstance(event, e.TurnAssessed):
        return None
    return {
        "session_id": session.id,
        "message_id": event.message_id,
        "criterion": event.assessment.get("criterion"),
        "why": event.assessment.get("why"),
        "evidence": event.assessment.get("evidence"),
        "parse": event.parse,
        "signals": event.parse.get("signals", {}),
    }
