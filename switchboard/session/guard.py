"""The one door to the transcript. Nothing is said to a customer that has not passed `admit`.

Promise 1 (disclosure first) and promise 2 (one speaker) are enforced here and nowhere else: `machine.advance` calls
`admit` for every message, and what did not pass `advance` cannot be stored, and what is not stored cannot be delivered.
"""

from __future__ import annotations

from switchboard.errors import NotDisclosed, NotYours, SessionClosed, StaleEpoch, WrongState
from switchboard.session.events import MessageAdded
from switchboard.session.model import Session, Speaker, State


def admit(session: Session, message: MessageAdded) -> None:
    """Let a message into the transcript, or raise what forbids it.

    Raises:
        SessionClosed: the session is over.
        StaleEpoch: the message was made for an earlier owner.
        WrongState: this speaker is not the owner.
        NotDisclosed: an AI message before the customer was told that it is an AI.
        NotYours: a desk agent who is not the session's.
    """
    if session.is_closed:
        raise SessionClosed
    if message.speaker is Speaker.AI:
        if message.epoch != session.epoch:
            raise StaleEpoch
        if session.state is not State.AI:
            raise WrongState("The AI may not speak in a session that it does not own.")
        if not (session.disclosed or message.disclosure):
            raise NotDisclosed
    elif message.speaker is Speaker.AGENT:
        if session.state is not State.HUMAN:
            raise WrongState("A desk agent can write only in a session that is with a person.")
        if session.agent is None or session.agent.id != message.agent_id:
            raise NotYours
