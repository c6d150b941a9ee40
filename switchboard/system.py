"""How the parts are put together. The order in which listeners subscribe is a promise: see `System`."""

from __future__ import annotations

import asyncio
import time

import structlog

from localization import load_packs
from switchboard.brain.client import Brain, HttpBrain
from switchboard.channels.web import WebChat
from switchboard.clock import Clock, SystemClock
from switchboard.demo import Demo, seed_accounts
from switchboard.desk.accounts import Accounts
from switchboard.desk.broadcast import Broadcast, Coalesced
from switchboard.desk.history import learn
from switchboard.desk.namespace import Desk
from switchboard.desk.presence import Presence
from switchboard.desk.queue import Queue
from switchboard.desk.service import DeskService
from switchboard.oversight.live import Live
from switchboard.oversight.stops import AiStops
from switchboard.session.announcer import Announcer
from switchboard.session.router import Router
from switchboard.session.sessions import Sessions
from switchboard.session.turns import Budgets, Turns
from switchboard.session.words import Words
from switchboard.settings import Settings
from switchboard.sockets import Server
from switchboard.store.engine import migrate, open_engine
from switchboard.store.sql import SqlStore
from switchboard.tokens import Tokens
from switchboard.upkeep import BrainHealth, Housekeeping, Limits, Upkeep, presence_and_queue

log = structlog.get_logger(__name__)


class System:
    """All parts of one switchboard.

    After a commit the listeners run in this order: the queue and presence (so that positions are right), the desk (so that
    nothing reaches a customer that is not on the supervisors' screen, promise 6), then the customers' channels.
    """

    def __init__(self, settings: Settings, *, brain: Brain | None = None, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self._http_brain = HttpBrain(settings.brain, settings.brain_token) if brain is None else None
        self.brain: Brain = brain if brain is not None else self._http_brain  # type: ignore[assignment]  # one of the two
        self.store = SqlStore(open_engine(settings.database))
        self.sessions = Sessions(self.store, self.clock)
        self.words = Words(load_packs(settings.policy_dir / "locales"), bank=settings.bank_name)
        self.tokens = Tokens(
            host_secret=settings.host_secret, desk_secret=settings.desk_secret, desk_token_s=settings.desk_token_s
        )
        self.accounts = Accounts(self.store)
        self.queue = Queue(self.clock)
        self.presence = Presence(self.sessions, self.words, grace_s=settings.agent_grace_s)
        self.queue.staffed_by(self.presence)
        self.service = DeskService(self.sessions, self.words, bank=settings.bank_name)
        self.live = Live(self.sessions)
        self.stops = AiStops(self.sessions, self.words, self.clock)
        self.broadcast = Broadcast(presence=self.presence, queue=self.queue, live=self.live, brain=self.brain)
        budgets = Budgets(start_s=settings.brain_start_s, turn_s=settings.brain_turn_s)
        self.turns = Turns(self.sessions, self.brain, self.words, self.stops, budgets)
        self.router = Router(self.sessions, self.turns, self.words)
        self.announcer: Announcer
        self.web = WebChat(
            sessions=self.sessions,
            router=self.router,
            words=self.words,
            places=self.queue,
            tokens=self.tokens,
            rate_limit=settings.rate_limit,
        )
        self.desk = Desk(
            sessions=self.sessions,
            accounts=self.accounts,
            tokens=self.tokens,
            presence=self.presence,
            queue=self.queue,
            service=self.service,
            live=self.live,
            stops=self.stops,
            broadcast=self.broadcast,
        )
        self._subscribe()
        self.socketio = Server(allowed_origins=settings.allowed_origins)
        self.socketio.register_namespace(self.web)
        self.socketio.register_namespace(self.desk)
        self.broadcast.speaks_through(self.desk)
        self.health = BrainHealth(self.brain, self.broadcast)
        self.demo = Demo(tokens=self.tokens, sandbox_file=settings.sandbox_file) if settings.demo else None
        self._upkeep = Upkeep()
        self._typing: set[asyncio.Task[None]] = set()

    def _subscribe(self) -> None:
        self.sessions.subscribe(self.queue.committed)
        self.sessions.subscribe(self.presence.committed)
        self.sessions.subscribe(self.broadcast.committed)
        self.sessions.subscribe(self.web.committed)
        self.announcer = Announcer(self.sessions, self.words, self.queue)
        self._places_soon = Coalesced(self._places_changed, every_s=0.25)
        self.queue.on_changed.append(self._places_soon.soon)
        self.stops.on_stopped = self.turns.wake
        self.turns.on_typing = self._ai_typing
        self.web.on_customer_typing.append(self.broadcast.customer_typing)
        self.desk.on_typing.append(self._agent_typing)

    async def start(self) -> None:
        """Bring the database up to date, take up what was open, and begin."""
        began = time.monotonic()
        await asyncio.to_thread(migrate, self.store.engine)
        if self.settings.demo and self.settings.demo_password:
            await seed_accounts(self.accounts, password=self.settings.demo_password)
        open_sessions = await self.sessions.restore()
        self.queue.restore(open_sessions)
        self.presence.restore(open_sessions)
        await self.stops.restore()
        await learn(self.queue.rates, self.store)
        self.router.resume_work()
        self.announcer.resume_work()
        limits = Limits(
            idle_s=self.settings.session_idle_s, wrap_up_s=self.settings.wrap_up_s, queue_s=self.settings.queue_limit_s
        )
        housekeeping = Housekeeping(
            sessions=self.sessions,
            router=self.router,
            service=self.service,
            words=self.words,
            clock=self.clock,
            limits=limits,
        )
        self._upkeep.every(0.5, presence_and_queue(self.presence, self.queue), name="presence")
        self._upkeep.every(1.0, self.health.tick, name="brain")
        self._upkeep.every(5.0, housekeeping.tick, name="housekeeping")
        self._upkeep.every(5.0, self._resume, name="resume")
        took = round(time.monotonic() - began, 3)
        log.info("switchboard.started", open_sessions=len(open_sessions), seconds=took)

    async def stop(self) -> None:
        """Stop; what is open stays open in the record."""
        await self._upkeep.close()
        self.broadcast.close()
        self._places_soon.cancel()
        await self.turns.close()
        await self.web.delivery.close()
        if self._http_brain is not None:
            await self._http_brain.close()
        await asyncio.to_thread(self.store.close)
        log.info("switchboard.stopped")

    async def store_answers(self) -> bool:
        """Whether the database can be read."""
        try:
            await self.store.load("nobody")
        except Exception:  # noqa: BLE001 - whatever it is, the answer is no
            return False
        return True

    async def _resume(self) -> None:
        """Take up again what failed because the database did not answer."""
        self.router.resume_work()
        self.announcer.resume_work()
        self.web.delivery.retry()

    async def _places_changed(self) -> None:
        self.web.delivery.places_changed(session.id for session in self.queue.waiting())

    def _ai_typing(self, session_id: str, on: bool) -> None:  # noqa: FBT001 - as `Turns.on_typing` calls it
        task = asyncio.create_task(self.web.show_typing(session_id, "ai", on=on))
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)

    async def _agent_typing(self, session_id: str, on: bool) -> None:  # noqa: FBT001 - the wire's field
        await self.web.show_typing(session_id, "agent", on=on)
