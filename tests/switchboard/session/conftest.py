"""The parts put together on a real SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localization import Packs, load_packs
from switchboard.clock import HeldClock
from switchboard.session import events as e
from switchboard.session.announcer import Announcer
from switchboard.session.inbound import Inbound, Receipt
from switchboard.session.model import Session
from switchboard.session.router import Router
from switchboard.session.sessions import Sessions
from switchboard.session.turns import Budgets, Turns
from switchboard.session.words import Words
from switchboard.store.engine import migrate, open_engine
from switchboard.store.sql import Committed, SqlStore
from tests.promises.scripted_brain import ScriptedBrain


class Line:
    """A queue in which everybody is third."""

    place: int | None = 3
    available = 2

    def position(self, session_id: str) -> int | None:
        """Her place."""
        return self.place

    def wait(self, session_id: str) -> tuple[float, float] | None:
        """Her wait."""
        return (120.0, 300.0)

    def agents_available(self) -> int:
        """How many are there."""
        return self.available


class Stops:
    """The switch, off until a test turns it on."""

    on = False

    def applies(self, session: Session, *, intent: str | None) -> bool:
        """Whether the AI may not answer."""
        return self.on


@dataclass
class World:
    """A switchboard."""

    store: SqlStore
    sessions: Sessions
    clock: HeldClock
    brain: ScriptedBrain
    words: Words
    stops: Stops
    line: Line
    turns: Turns
    announcer: Announcer
    router: Router
    committed: list[Committed]

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        await self.turns.idle()
        await self.announcer.idle()

    async def open(self, locale: str = "en-GB") -> Session:
        """A session whose customer has been told."""
        session = await self.router.open_session(channel="web", locale=locale)
        await self.idle()
        return await self.sessions.get(session.id)

    async def write(self, session: Session, text: str, client_id: str | None = None) -> Receipt:
        """A message of the customer."""
        return await self.router.receive(Inbound(session_id=session.id, text=text, client_id=client_id))

    async def add(self, session: Session, *events: e.Event) -> Committed:
        """Let something happen."""
        return await self.sessions.change(session.id, lambda _: events)

    async def told(self, session: Session) -> list[e.MessageAdded]:
        """What stands in the transcript."""
        return [r.event for r in await self.store.messages(session.id) if isinstance(r.event, e.MessageAdded)]

    async def events(self, session: Session) -> list[str]:
        """The types of all events in the record."""
        return [record.event.type for record in await self.store.record(session.id)]


@pytest.fixture(scope="session")
def packs() -> Packs:
    """All packs."""
    return load_packs()


@pytest.fixture
async def world(tmp_path: Path, packs: Packs) -> AsyncIterator[World]:
    """A switchboard with a short patience."""
    engine = open_engine(f"sqlite:///{tmp_path / 'candour.db'}")
    migrate(engine)
    store, clock, brain, stops, line = SqlStore(engine), HeldClock(), ScriptedBrain(), Stops(), Line()
    sessions = Sessions(store, clock)
    words = Words(packs, bank="Demo Bank")
    turns = Turns(sessions, brain, words, stops, Budgets(start_s=0.3, turn_s=0.6, retry_s=0.01, retry_most_s=0.02))
    announcer = Announcer(sessions, words, line, retries_s=(0.01, 0.01, 0.01))
    router = Router(sessions, turns, words)
    committed: list[Committed] = []

    async def keep(one: Committed) -> None:
        committed.append(one)

    sessions.subscribe(keep)
    yield World(store, sessions, clock, brain, words, stops, line, turns, announcer, router, committed)
    await turns.close()
    store.close()
