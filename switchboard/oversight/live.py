"""The AI's conversations as supervisors see them: each session's state and last message."""

from __future__ import annotations

from typing import Any

from switchboard.desk import wire
from switchboard.session.events import MessageAdded, Recorded
from switchboard.session.model import Session, State
from switchboard.session.sessions import Sessions
from switchboard.store.sql import Committed

SHOWN = 200  #: conversations on the screen, those that moved last


class Live:
    """What goes on in sessions that the AI has."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._last: dict[str, dict[str, Any]] = {}
        self._changed = False
        self._left: dict[str, None] = {}  # ids in the order in which the AI lost them

    async def committed(self, committed: Committed) -> None:
        """Listener."""
        session = committed.after
        was_ai = committed.before is not None and committed.before.state is State.AI
        for record in committed.records:
            brief = _brief(record)
            if brief is not None:
                self._last[session.id] = brief
        if session.state is State.AI:
            self._changed = True
        elif was_ai:
            self._changed = True
            self._left[session.id] = None
            if len(self._left) > SHOWN:
                del self._left[next(iter(self._left))]
        if session.is_closed:
            self._last.pop(session.id, None)

    async def all(self) -> list[dict[str, Any]]:
        """Every AI conversation, those that moved last first."""
        sessions = [session for session in self._sessions.all_open() if session.state is State.AI]
        sessions.sort(key=lambda session: session.updated_at, reverse=True)
        return [await self._shown(session) for session in sessions[:SHOWN]]

    async def take_changed(self) -> list[dict[str, Any]]:
        """Every AI conversation, and those that the AI has lost since it was last asked; empty when nothing changed."""
        if not self._changed:
            return []
        self._changed = False
        left, self._left = self._left, {}
        shown = await self.all()
        for session_id in left:
            session = await self._sessions.get(session_id)
            if session.state is not State.AI:
                shown.append(await self._shown(session))
        return shown

    async def _shown(self, session: Session) -> dict[str, Any]:
        last = self._last.get(session.id)
        if last is None and session.seq > 0 and not session.is_closed:
            for record in await self._sessions.store.messages(session.id, after_seq=session.seq - 1):
                last = _brief(record)
            if last is not None:
                self._last[session.id] = last
        return {**wire.state(session, position=None), "last_message": last}


def _brief(record: Recorded) -> dict[str, Any] | None:
    event = record.event
    if not isinstance(event, MessageAdded):
        return None
    return {"text": event.text, "sender": event.speaker.value, "at": record.at.isoformat(), "seq": record.seq}
