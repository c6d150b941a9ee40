"""Keeps a tracker short, so that a message costs the same early and late in a conversation.

Rasa copies, replays, featurises and sends to the action server all events of a tracker several times a turn. The record of
truth is the switchboard's; the brain needs what its policies and the assessment look at.
"""

from __future__ import annotations

from collections.abc import Sequence

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered

KEPT_TURNS = 12  #: customer's messages, the latest included, that the policies and the assessment see


def trim(events: Sequence[Event], *, turns: int = KEPT_TURNS) -> list[Event]:
    """The events of the last session: its start with the disclosure, the state at the cut, and the last turns.

    What lay between is summed up by the last value of each slot and the active form, so that replaying the result gives the
    same slots and form as replaying everything.
    """
    session = list(events[_session_start(events) :])
    spoken = [index for index, event in enumerate(session) if isinstance(event, UserUttered)]
    if len(spoken) <= turns:
        return session
    head, cut = _head_end(session[: spoken[0]]), spoken[-turns]
    return [*session[:head], *_state(session[head:cut]), *session[cut:]]


def written_before(events: Sequence[Event]) -> list[str]:
    """What the customer wrote in this session since the AI last took it, oldest first. A pressed button is no writing."""
    said = (event.text or "" for event in events[_session_start(events) :] if isinstance(event, UserUttered))
    return [text for text in said if text and not text.startswith("/")]


def is_disclosed(events: Sequence[Event]) -> bool:
    """Whether the customer was told in this session that she speaks with an AI."""
    return any(
        isinstance(event, BotUttered) and (event.metadata or {}).get("disclosure") is True
        for event in events[_session_start(events) :]
    )


def _session_start(events: Sequence[Event]) -> int:
    for index in range(len(events) - 1, -1, -1):
        event = events[index]
        if isinstance(event, ActionExecuted) and event.action_name == ACTION_SESSION_START_NAME:
            return index
    return 0


def _head_end(opening: Sequence[Event]) -> int:
    """Where the session's start ends: what follows its first listening is the state of an earlier cut."""
    for index, event in enumerate(opening):
        if isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME:
            return index + 1
    return len(opening)


def _state(events: Sequence[Event]) -> list[Event]:
    slots: dict[str, Event] = {}
    loop: Event | None = None
    for event in events:
        if isinstance(event, SlotSet):
            slots.pop(event.key, None)
            slots[event.key] = event
        elif isinstance(event, ActiveLoop):
            loop = event
    return [*slots.values(), *([loop] if loop is not None else [])]
