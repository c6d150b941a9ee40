"""What a customer's client is sent, in the form that Rasa's Socket.IO widgets know."""

from __future__ import annotations

from typing import Any

from switchboard.session.events import MessageAdded, Recorded
from switchboard.session.model import Session, Speaker, State
from switchboard.session.words import Places, Words

WireMessage = tuple[str, dict[str, Any]]  # event name and payload: JSON

#: Modes in which the customer is told how many are before her and when people are there.
_WAITING = (State.QUEUED,)


def message(record: Recorded) -> WireMessage:
    """The event and payload of a message that the customer can see."""
    said = record.event
    if not isinstance(said, MessageAdded):
        raise TypeError(f"expected a message, got {said.type}")
    metadata: dict[str, Any] = {
        "id": said.id,
        "seq": record.seq,
        "at": record.at.isoformat(),
        "sender": said.speaker.value,
        "epoch": said.epoch,
    }
    if said.speaker is Speaker.CUSTOMER:
        if said.client_id is not None:
            metadata["client_id"] = said.client_id
        return "user_message", {"text": said.text, "metadata": metadata}
    if said.name is not None:
        metadata["name"] = said.name
    if said.disclosure:
        metadata["disclosure"] = True
    if said.response is not None:
        metadata["response"] = said.response
    payload: dict[str, Any] = {"text": said.text} if said.text else {}
    content = said.content
    if content is not None:
        if content.buttons:
            payload["quick_replies"] = [
                {"content_type": "text", "title": button.title, "payload": button.payload} for button in content.buttons
            ]
        if content.elements:
            elements = {"template_type": "generic", "elements": list(content.elements)}
            payload["attachment"] = {"type": "template", "payload": elements}
        elif content.image:
            payload["attachment"] = {"type": "image", "payload": {"src": content.image}}
    return "bot_uttered", {**payload, "metadata": metadata}


def state(session: Session, *, places: Places, words: Words) -> dict[str, Any]:
    """`session_state`: derived from the session and the queue as committed."""
    payload: dict[str, Any] = {"mode": session.state.value, "epoch": session.epoch, "locale": session.locale}
    if session.state in _WAITING:
        position = places.position(session.id)
        if position is not None:
            payload["position"] = position
        if places.agents_available() == 0:
            payload["hours"] = words.pack(session.locale).human_hours
        else:
            wait = places.wait(session.id)
            if wait is not None:
                payload["wait_s"] = [_tens(wait[0]), _tens(wait[1])]
    if session.agent is not None and session.state in (State.HUMAN, State.WRAP_UP):
        payload["agent"] = {"name": session.agent.name}
    return payload


def _tens(seconds: float) -> int:
    """Whole tens: an estimate that claims no more exactness than it has, and does not change all the time."""
    return round(seconds / 10) * 10
