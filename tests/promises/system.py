"""A whole switchboard in one test: the real router, sessions, turns and announcer, with everything around them simulated."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import event as sql_event

from localization import Packs, load_packs
from switchboard.clock import HeldClock
from switchboard.errors import NotStored, SwitchboardError
from switchboard.session import events as e
from switchboard.session.announcer import Announcer
from switchboard.session.inbound import Inbound, Receipt
from switchboard.session.model import DeskAgentRef, Escalation, Session, Speaker, State
from switchboard.session.router import Router
from switchboard.session.sessions import Duplicate, Sessions
from switchboard.session.turns import Budgets, Turns
from switchboard.session.words import Words
from switchboard.store.engine import migrate, open_engine
from switchboard.store.rows import client_key
from switchboard.store.sql import Committed
from tests.promises.held_loop import HeldLoop
from tests.promises.inline_store import Faults, InlineStore, Witness, rank
from tests.promises.scripted_brain import ScriptedBrain

AGENTS = (DeskAgentRef(id="amara", name="Amara"), DeskAgentRef(id="ben", name="Ben"))
SUPERVISOR = DeskAgentRef(id="sue", name="Sue")
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
        """A live message."""
        if self.waiting is not None:
            self.waiting.append(record)
        else:
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


class Queue:
    """The queue, read off the sessions as committed."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def position(self, session_id: str) -> int | None:
        """1 for the next in line."""
        waiting = rank(self._sessions.all_open())
        return waiting.index(session_id) + 1 if session_id in waiting else None

    def wait(self, session_id: str) -> tuple[float, float] | None:
        """Always the same."""
        return (60.0, 300.0)

    def agents_available(self) -> int:
        """One."""
        return 1


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
        self.clock = HeldClock()
        self.witness = Witness()
        self.faults = Faults()
        self.brain = ScriptedBrain()
        self.stops = Stops()
        self.words = Words(packs(), bank="Demo Bank")
        self.devices: list[Device] = []
        self.outbox: list[Outgoing] = []
        self.acknowledged: list[Outgoing] = []  #: in the order in which the first receipts came
        self.people_asked: list[Session | str] = []  #: what `request_person` led to, or an error's code
        self.agent_receipts: list[
            tuple[str, str, str]
        ] = []  #: (session, client id, text) that agents were told is sent
        self.session_ids: list[str] = []
        self.callers: list[asyncio.Task[None]] = []  #: requests under way
        self.start()

    def start(self) -> None:
        """Build the process anew from what is stored."""
        self.store = InlineStore(self.engine, self.witness, self.faults)
        self.sessions = Sessions(self.store, self.clock)
        self.turns = Turns(self.sessions, self.brain, self.words, self.stops, Budgets())
        self.queue = Queue(self.sessions)
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
        self.loop.finish(self.sessions.restore())

        async def resume() -> None:
            self.router.resume_work()
            self.announcer.resume_work()

        self.loop.create_task(resume())

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
        except NotStored:
            device.online, device.waiting = False, None
            return
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

    # What the staff does, with the events that the desk stores.

    async def change(
        self, session_id: str, decide: Callable[[Session], Sequence[e.Event]], already: Awaitable[None] | None = None
    ) -> None:
        """Any change."""
        await self.sessions.change(session_id, decide)

    async def claim(self, session_id: str, agent: DeskAgentRef) -> None:
        """A desk agent takes a session from the queue."""

        def decide(session: Session) -> Sequence[e.Event]:
            if session.state is not State.QUEUED:
                return ()
            return (e.AgentAssigned(agent=agent), self.words.system(session, "queue.agent_joined", agent=agent.name))

        await self.sessions.change(session_id, decide)

    async def say(self, session_id: str, agent: DeskAgentRef, text: str, client_id: str) -> None:
        """A desk agent writes, in whatever state the session is."""

        def decide(session: Session) -> Sequence[e.Event]:
            return (
                e.MessageAdded(
                    id=f"agent:{client_id}",
                    speaker=Speaker.AGENT,
                    text=text,
                    epoch=session.epoch,
                    name=agent.name,
                    agent_id=agent.id,
                    client_id=client_id,
                ),
            )

        async def already() -> e.Recorded | None:
            return await self.store.find_by_client_key(session_id, client_key(Speaker.AGENT, agent.id, client_id))

        try:
            await self.sessions.change(session_id, decide, already=already)
        except Duplicate:
            pass
        self.agent_receipts.append((session_id, client_id, text))

    async def take_over(self, session_id: str) -> None:
        """A supervisor steps in."""
        await self.sessions.change(session_id, lambda _: (e.TakenOver(agent=SUPERVISOR, reason="wrong answer"),))

    async def requeue(self, session_id: str) -> None:
        """The desk agent is lost."""
        await self.sessions.change(session_id, lambda s: (e.SessionRequeued(reason="agent_lost", by=s.agent),))

    async def return_to_ai(self, session_id: str) -> None:
        """The desk agent hands back."""

        def decide(session: Session) -> Sequence[e.Event]:
            agent = session.agent or SUPERVISOR
            ended = (e.ConversationEnded(by="agent"),) if session.state is State.HUMAN else ()
            return (*ended, e.ReturnedToAI(agent=agent, note="Explained the fee."))

        await self.sessions.change(session_id, decide)

    async def close_case(self, session_id: str) -> None:
        """The desk agent is through."""
        await self.sessions.change(session_id, lambda _: (e.SessionClosed(by="agent"),))

    async def give_up_waiting(self, session_id: str) -> None:
        """Nobody came within the limit."""
        await self.sessions.change(session_id, lambda _: (e.QueueTimedOut(waited_s=600.0),))

    async def note(self, session_id: str, text: str) -> None:
        """Words among the staff."""
        event = e.NoteAdded(id=text, kind="note", agent=SUPERVISOR, text=text)
        await self.sessions.change(session_id, lambda _: (event,))

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
