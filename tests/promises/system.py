"""A whole switchboard in one test: the real router, sessions, turns and announcer, with everything around them simulated."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import event as sql_event

from localization import Packs, load_packs
from switchboard.clock import HeldClock
from switchboard.desk.accounts import Account
from switchboard.desk.queue import Queue
from switchboard.desk.roles import Role
from switchboard.desk.service import DeskService
from switchboard.errors import NotStored, SwitchboardError
from switchboard.session import events as e
from switchboard.session.announcer import Announcer
from switchboard.session.inbound import Inbound, Receipt
from switchboard.session.model import Escalation, Session, Speaker
from switchboard.session.router import Router
from switchboard.session.sessions import Sessions
from switchboard.session.turns import Budgets, Turns
from switchboard.session.words import Words
from switchboard.store.engine import migrate, open_engine
from switchboard.store.sql import Committed
from tests.promises.held_loop import HeldLoop
from tests.promises.inline_store import Faults, InlineStore, Witness
from tests.promises.scripted_brain import ScriptedBrain

AGENTS = (
    Account(id="amara", email="amara@demo.example", name="Amara", role=Role.AGENT, active=True),
    Account(id="ben", email="ben@demo.example", name="Ben", role=Role.AGENT, active=True),
)
SUPERVISOR = Account(id="sue", email="sue@demo.example", name="Sue", role=Role.SUPERVISOR, active=True)
CARD = "5500 0055 5555 5559"


@cache
def packs() -> Packs:
    """All locale packs, loaded once."""
    return load_packs()


@cache
def empty_database() -> Path:
    """A migrated database to make copies of: migrating takes longer than a test."""
    path = Path(mkdtemp(prefix="promises-")) / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@dataclass(slots=True)
class Device:
    """A customer's browser tab: it keeps what it received, in the order in which it did."""

    session_id: str
    name: str
    received: list[e.Recorded] = field(default_factory=list)
    online: bool = False
    waiting: list[e.Recorded] | None = None  #: what came live while a replay is under way

    @property
    def last_seq(self) -> int:
        return self.received[-1].seq or 0 if self.received else 0

    def take(self, record: e.Recorded) -> None:
        """A live message. What a replay has brought already is left out: it may be committed a moment before it is told."""
        if self.waiting is not None:
            self.waiting.append(record)
        elif (record.seq or 0) > self.last_seq:
            self.received.append(record)


@dataclass(slots=True)
class Outgoing:
    """A message that a customer sends until it is acknowledged, and perhaps again."""

    session_id: str
    client_id: str | None
    text: str
    receipts: list[Receipt] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Stops:
    """The switch that stops the AI."""

    def __init__(self) -> None:
        self.on = False

    def applies(self, session: Session, *, intent: str | None) -> bool:
        """Whether the AI may not answer."""
        return self.on


class Staff:
    """One desk agent is there, and free."""

    def available(self) -> int:
        """How many take sessions now."""
        return 1

    def free(self) -> int:
        """How many of these have no session."""
        return 1


class TickingClock(HeldClock):
    """Never the same moment twice, unless it is set back: no two customers join the queue at once."""

    def now(self) -> datetime:
        """A little later than the last time."""
        self.advance(0.001)
        return super().now()


class System:
    """Everything that survives a restart, and the parts of the process that runs now."""

    def __init__(self) -> None:
        self.loop = HeldLoop()
        self.directory = Path(mkdtemp(prefix="promise-", dir=empty_database().parent))
        self.path = self.directory / "candour.db"
        shutil.copy(empty_database(), self.path)
        self.engine = open_engine(f"sqlite:///{self.path}")
        # No machine loses power here, and a disk that is waited for is the whole cost of an example.
        sql_event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.clock = TickingClock()
        self.witness = Witness(self.clock)
        self.faults = Faults()
        self.brain = ScriptedBrain()
        self.stops = Stops()
        self.words = Words(packs(), bank="Demo Bank")
        self.devices: list[Device] = []
        self.outbox: list[Outgoing] = []
        self.acknowledged: list[Outgoing] = []  #: in the order in which the first receipts came
        self.people_asked: list[Session | str] = []  #: what `request_person` led to, or an error's code
        self.agent_receipts: list[tuple[str, str, str]] = []  #: (session, message, text) that agents were told is sent
        self.session_ids: list[str] = []
        self.callers: list[asyncio.Task[None]] = []  #: requests under way
        self.start()

    def start(self) -> None:
        """Build the process anew from what is stored."""
        self.told: dict[str, list[int]] = {}  #: of each session, the events that this process's listeners were told of
        self.store = InlineStore(self.engine, self.witness, self.faults)
        self.sessions = Sessions(self.store, self.clock)
        self.turns = Turns(self.sessions, self.brain, self.words, self.stops, Budgets())
        self.queue = Queue(self.clock)
        self.queue.staffed_by(Staff())
        self.sessions.subscribe(self.queue.committed)
        self.desk = DeskService(self.sessions, self.words, bank="Demo Bank")
        self.announcer = Announcer(self.sessions, self.words, self.queue)
        self.router = Router(self.sessions, self.turns, self.words)
        self.sessions.subscribe(self._deliver)

    def kill(self) -> None:
        """End the process as `kill -9` would: nobody is asked, nothing is tidied up."""
        self.store.die()
        self.turns._closing = True
        self.loop.abandon()
        self.brain.process_ended()
        for device in self.devices:
            device.online, device.waiting = False, None

    def restart(self) -> None:
        """Start again after a kill, with a database that answers."""
        self.faults.clear()
        self.start()
        self.queue.restore(self.loop.finish(self.sessions.restore()))

        async def resume() -> None:
            self.router.resume_work()
            self.announcer.resume_work()

        self.loop.create_task(resume())

    def set_clock(self, seconds: float) -> None:
        """Move the clock; places in the queue depend on it, too."""
        self.clock.advance(seconds)
        self.queue.changed()
        self.witness.look()

    def close(self) -> None:
        """Let go of everything."""
        self.kill()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.engine.dispose()
        shutil.rmtree(self.directory)

    def go(self, begin: Callable[[], Awaitable[object]]) -> None:
        """Begin something; what it cannot do is no fault, unless it is no error of ours."""

        async def attempt() -> None:
            try:
                await begin()
            except SwitchboardError:
                pass

        self.callers = [task for task in self.callers if not task.done()]
        self.callers.append(self.loop.create_task(attempt()))

    async def _deliver(self, committed: Committed) -> None:
        """What a channel does: hand each visible message to every tab that is online."""
        self.told.setdefault(committed.after.id, []).extend(record.version for record in committed.records)
        for device in self.devices:
            if device.online and device.session_id == committed.after.id:
                for record in committed.records:
                    if record.seq is not None:
                        device.take(record)

    # What customers do.

    async def open(self) -> None:
        """A customer arrives."""
        session = await self.router.open_session(channel="web", locale="en-GB")
        self.session_ids.append(session.id)
        device = Device(session.id, "tab")
        self.devices.append(device)
        await self.connect(device)

    async def connect(self, device: Device) -> None:
        """Replay what the tab missed, with what comes meanwhile behind it."""
        if device.online:
            return
        device.online, device.waiting = True, []
        try:
            missed = await self.store.messages(device.session_id, after_seq=device.last_seq)
        except (NotStored, asyncio.CancelledError) as error:
            device.online, device.waiting = False, None
            if isinstance(error, NotStored):
                return
            raise
        device.received += missed
        waiting, device.waiting = device.waiting or [], None
        device.received += [record for record in waiting if (record.seq or 0) > device.last_seq]

    async def send(self, outgoing: Outgoing) -> None:
        """Send a message, for the first time or again."""
        inbound = Inbound(session_id=outgoing.session_id, text=outgoing.text, client_id=outgoing.client_id)
        try:
            receipt = await self.router.receive(inbound)
        except SwitchboardError as error:
            outgoing.errors.append(error.code)
            return
        if not outgoing.receipts:
            self.acknowledged.append(outgoing)
        outgoing.receipts.append(receipt)

    async def ask_for_person(self, session_id: str) -> None:
        """Press the button."""
        try:
            self.people_asked.append(await self.router.request_person(session_id))
        except SwitchboardError as error:
            self.people_asked.append(error.code)

    # What the staff does.

    async def say(self, session_id: str, agent: Account, text: str, client_id: str) -> None:
        """A desk agent writes, in whatever state the session is."""
        receipt = await self.desk.say(session_id, by=agent, text=text, client_id=client_id)
        self.agent_receipts.append((session_id, receipt.id, text))

    async def lose_agent(self, session_id: str) -> None:
        """The desk agent's connection is lost for good."""
        await self.sessions.change(session_id, lambda s: (e.SessionRequeued(reason="agent_lost", by=s.agent),))

    async def give_up_waiting(self, session_id: str) -> None:
        """Nobody came within the limit."""
        await self.sessions.change(session_id, lambda _: (e.QueueTimedOut(waited_s=600.0),))

    async def careless(self, session_id: str, epoch_back: int, *, disclosure: bool, text: str) -> None:
        """Some part of the switchboard says something as the AI without looking: the guard has to."""

        def decide(session: Session) -> Sequence[e.Event]:
            return (
                e.MessageAdded(
                    id=f"careless:{text}",
                    speaker=Speaker.AI,
                    text=text,
                    epoch=session.epoch - epoch_back,
                    disclosure=disclosure,
                ),
            )

        await self.sessions.change(session_id, decide)

    async def escalate(self, session_id: str, escalation: Escalation) -> None:
        """A supervisor's or policy's handoff."""
        await self.sessions.change(session_id, lambda _: (e.HandoffRequested(escalation=escalation),))
