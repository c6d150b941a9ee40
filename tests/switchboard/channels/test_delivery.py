"""Promise 3 on the way out: whatever a socket is told about, it gets each message once and in order."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from switchboard.channels.delivery import Delivery
from switchboard.clock import HeldClock
from switchboard.errors import NotStored
from switchboard.session import events as e
from switchboard.session.machine import GENESIS, advance, open_session
from switchboard.session.model import Session, Speaker
from switchboard.session.sessions import Sessions
from switchboard.session.words import Places, Words
from switchboard.store.sql import Committed

NOW = HeldClock().now()


class Record:
    """A session's messages, as the store has them; reading may fail."""

    def __init__(self, messages: int) -> None:
        self.session: Session = open_session("s", e.SessionOpened(channel="web", locale="en-GB"), at=NOW)
        self.commits: list[Committed] = []
        self.records: list[e.Recorded] = []
        self.failures = 0
        self.committed_until = 0
        for number in range(1, messages + 1):
            said = e.MessageAdded(id=f"m{number}", speaker=Speaker.SYSTEM, text=f"m{number}", epoch=self.session.epoch)
            after = advance(self.session, said, at=NOW)
            record = e.Recorded(
                session_id="s",
                version=after.version,
                seq=after.seq,
                at=NOW,
                event=said,
                prev_hash=GENESIS,
                hash=after.head,
            )
            self.commits.append(Committed(before=self.session, after=after, records=(record,)))
            self.records.append(record)
            self.session = after

    @property
    def store(self) -> Record:
        """Itself."""
        return self

    async def get(self, session_id: str) -> Session:
        """The session as committed so far."""
        return self.commits[self.committed_until - 1].after if self.committed_until else self.session

    async def messages(self, session_id: str, *, after_seq: int = 0) -> list[e.Recorded]:
        """What was committed so far, from after a sequence number."""
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise NotStored
        return [r for r in self.records[: self.committed_until] if r.seq is not None and r.seq > after_seq]


@settings(max_examples=60, deadline=None)
@given(
    messages=st.integers(1, 12),
    lost=st.sets(st.integers(0, 11)),
    attach_at=st.integers(0, 12),
    after_seq=st.integers(0, 12),
    failures=st.integers(0, 2),
    pauses=st.lists(st.integers(0, 3), min_size=12, max_size=12),
)
def test_each_message_once_and_in_order(
    messages: int, lost: set[int], attach_at: int, after_seq: int, failures: int, pauses: list[int]
) -> None:
    """Though commits are not heard of, come while the past is read, and reading fails: nothing lost, doubled, swapped."""

    async def run() -> None:
        record = Record(messages)
        got: list[int] = []

        async def emit(sid: str, event: str, payload: object) -> None:
            await asyncio.sleep(0)
            if event in ("bot_uttered", "user_message"):
                got.append(cast("dict[str, Any]", payload)["metadata"]["seq"])

        delivery = Delivery(cast(Sessions, record), cast(Places, None), cast(Words, None), emit)
        record.failures = failures
        start = min(after_seq, attach_at, messages)
        for number, committed in enumerate(record.commits):
            if number == attach_at:
                record.committed_until = number
                delivery.attach(
                    "sid",
                    await record.get("s") if number else record.commits[0].before or record.session,
                    after_seq=start,
                    replay=True,
                )
            record.committed_until = number + 1
            if number not in lost:
                await delivery.committed(committed)
            for _ in range(pauses[number]):
                await asyncio.sleep(0)
        if attach_at >= messages:
            delivery.attach("sid", record.session, after_seq=start, replay=True)
        for _ in range(failures + 2):
            await delivery.idle()
            delivery.retry()
        for outlets in delivery._outlets.values():
            for outlet in outlets:
                outlet.fetch = True
        delivery.retry()
        await delivery.idle()
        assert got == list(range(start + 1, messages + 1))

    asyncio.run(run())
