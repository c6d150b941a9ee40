"""Delivery to sockets: each gets exactly the visible messages, in their order, from its cursor on.

Promise 3 on the way out. What is sent is read from committed records; where a socket has a gap, the store fills it. A
socket's work runs in one task at a time, which exists only while there is something to send.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog

from switchboard.channels import wire
from switchboard.errors import SwitchboardError
from switchboard.session.events import MessageAdded, Recorded
from switchboard.session.model import Session, Speaker, State
from switchboard.session.sessions import Sessions
from switchboard.session.words import Places, Words
from switchboard.store.sql import Committed

log = structlog.get_logger(__name__)

Emit = Callable[[str, str, object], Awaitable[None]]  # (sid, event, payload)


@dataclass(slots=True, eq=False)
class Outlet:
    """One socket's view of one session."""

    sid: str
    session_id: str
    cursor: int  #: the last sequence number that was sent, or that the client has otherwise
    replay_to: int | None = None  #: tell the client when this sequence number was reached
    fetch: bool = False  #: what is to be sent has to be read from the store
    state_due: bool = False
    state_sent: dict[str, Any] | None = None
    own: set[str] = field(default_factory=set)  #: client ids of messages that this socket is sending
    waiting: deque[Recorded] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    closed: bool = False


class Delivery:
    """All sockets' outlets. `emit(sid, event, payload)` hands something to a socket."""

    def __init__(self, sessions: Sessions, places: Places, words: Words, emit: Emit) -> None:
        self._sessions = sessions
        self._places = places
        self._words = words
        self._emit = emit
        self._outlets: dict[str, set[Outlet]] = defaultdict(set)

    def attach(self, sid: str, session: Session, *, after_seq: int, replay: bool) -> Outlet:
        """Send a session's messages to a socket from after a sequence number on."""
        outlet = Outlet(sid, session.id, min(after_seq, session.seq), fetch=True, state_due=True)
        if replay:
            outlet.replay_to = session.seq
        self._outlets[session.id].add(outlet)
        self._run(outlet)
        return outlet

    def detach(self, outlet: Outlet) -> None:
        """The socket is gone, or has moved to another session."""
        outlet.closed = True
        outlets = self._outlets.get(outlet.session_id)
        if outlets is not None:
            outlets.discard(outlet)
            if not outlets:
                del self._outlets[outlet.session_id]

    def sids(self, session_id: str) -> list[str]:
        """The sockets that look at a session."""
        return [outlet.sid for outlet in self._outlets.get(session_id, ())]

    async def committed(self, committed: Committed) -> None:
        """Listener: hand what was committed to the sockets of its session."""
        outlets = self._outlets.get(committed.after.id)
        if not outlets:
            return
        messages = [record for record in committed.records if record.seq is not None]
        state_due = _shows_differently(committed)
        for outlet in list(outlets):
            if not state_due and _only_its_own(outlet, messages):
                outlet.cursor += 1
                continue
            outlet.waiting.extend(messages)
            outlet.state_due = outlet.state_due or state_due
            self._run(outlet)

    def places_changed(self, session_ids: Iterable[str]) -> None:
        """Positions or waits of these sessions may have changed."""
        for session_id in session_ids:
            for outlet in self._outlets.get(session_id, ()):
                outlet.state_due = True
                self._run(outlet)

    def retry(self) -> None:
        """Take up outlets whose reading failed."""
        for outlets in self._outlets.values():
            for outlet in outlets:
                if outlet.fetch:
                    self._run(outlet)

    async def idle(self) -> None:
        """Wait until everything was handed over."""
        while tasks := [outlet.task for outlets in self._outlets.values() for outlet in outlets if outlet.task]:
            await asyncio.gather(*tasks)

    async def close(self) -> None:
        """Hand over no more."""
        tasks = [outlet.task for outlets in self._outlets.values() for outlet in outlets if outlet.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self, outlet: Outlet) -> None:
        if outlet.task is None and not outlet.closed:
            outlet.task = asyncio.create_task(self._pump(outlet))

    async def _pump(self, outlet: Outlet) -> None:
        try:
            while not outlet.closed and (outlet.fetch or outlet.waiting or outlet.state_due):
                await self._messages(outlet)
                if outlet.replay_to is not None:
                    outlet.replay_to = None
                    await self._emit(outlet.sid, "session_replayed", {"last_seq": outlet.cursor})
                if outlet.state_due and not (outlet.waiting or outlet.fetch):
                    await self._state(outlet)
        except SwitchboardError as error:
            outlet.fetch = True  # `retry` takes it up
            log.warning("delivery.delayed", session_id=outlet.session_id, code=error.code)
        except Exception:
            outlet.fetch = True
            log.exception("delivery.failed", session_id=outlet.session_id)
        finally:
            outlet.task = None

    async def _messages(self, outlet: Outlet) -> None:
        if outlet.fetch:
            outlet.fetch = False
            try:
                missed = await self._sessions.store.messages(outlet.session_id, after_seq=outlet.cursor)
            except SwitchboardError:
                outlet.fetch = True
                raise
            for record in missed:
                await self._send(outlet, record)
        while outlet.waiting and not outlet.closed:
            record = outlet.waiting[0]
            if record.seq is not None and record.seq > outlet.cursor + 1:
                outlet.fetch = True
                return
            outlet.waiting.popleft()
            await self._send(outlet, record)

    async def _send(self, outlet: Outlet, record: Recorded) -> None:
        if outlet.closed or record.seq is None or record.seq <= outlet.cursor:
            return
        event = record.event
        outlet.cursor = record.seq
        if isinstance(event, MessageAdded) and event.speaker is Speaker.CUSTOMER and event.client_id in outlet.own:
            outlet.own.discard(str(event.client_id))
            return  # this socket has its acknowledgement
        name, payload = wire.message(record)
        await self._emit(outlet.sid, name, payload)

    async def _state(self, outlet: Outlet) -> None:
        session = await self._sessions.get(outlet.session_id)
        if session.state is State.AI and not session.disclosed:
            outlet.state_due = False  # comes with the disclosure
            return
        outlet.state_due = False
        payload = wire.state(session, places=self._places, words=self._words)
        if payload != outlet.state_sent and not outlet.closed:
            outlet.state_sent = payload
            await self._emit(outlet.sid, "session_state", payload)


def _only_its_own(outlet: Outlet, messages: list[Recorded]) -> bool:
    """Whether this is nothing but the message that this socket sent, with nothing before it: then no task is needed."""
    if outlet.task is not None or outlet.fetch or outlet.waiting or outlet.state_due or len(messages) != 1:
        return False
    event = messages[0].event
    if messages[0].seq != outlet.cursor + 1 or not isinstance(event, MessageAdded):
        return False
    if event.speaker is not Speaker.CUSTOMER or event.client_id not in outlet.own:
        return False
    outlet.own.discard(str(event.client_id))
    return True


def _shows_differently(committed: Committed) -> bool:
    before, after = committed.before, committed.after
    return before is None or (before.state, before.epoch, before.agent, before.disclosed) != (
        after.state,
        after.epoch,
        after.agent,
        after.disclosed,
    )
