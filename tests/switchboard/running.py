"""A switchboard that really runs (uvicorn on a free port, real sockets), and clients that remember what they were sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import socketio
import uvicorn
from argon2 import PasswordHasher
from sqlalchemy import Connection, insert

from switchboard.app import create_app
from switchboard.clock import Clock, HeldClock, SystemClock
from switchboard.desk.roles import Role
from switchboard.server import server_for
from switchboard.settings import read_settings
from switchboard.store.tables import DESK_AGENTS
from switchboard.system import System
from switchboard.tokens import CustomerClaims
from tests.switchboard.scripted_brain import ScriptedBrain

PASSWORD = "a long password"
PATIENCE_S = 8.0
PEOPLE = (
    ("ana", "Ana", Role.AGENT),
    ("ben", "Ben", Role.AGENT),
    ("sue", "Sue", Role.SUPERVISOR),
    ("dee", "Dee", Role.DESIGNER),
    ("aud", "Aud", Role.AUDITOR),
    ("adm", "Adm", Role.ADMIN),
)


PASSWORD_HASH = PasswordHasher().hash(PASSWORD)


def _account(name: str, shown: str, role: Role) -> Callable[[Connection], None]:
    row = {"id": name, "email": f"{name}@bank.example", "name": shown, "role": role.value, "active": 1}

    def work(connection: Connection) -> None:
        connection.execute(insert(DESK_AGENTS), {**row, "password_hash": PASSWORD_HASH})

    return work


async def until(condition: Callable[[], Any], *, what: str = "", within: float = PATIENCE_S) -> Any:
    """Wait until a condition holds; its value."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come within {within} s: {what or condition}")
        await asyncio.sleep(0.01)
    return value


class Client:
    """A Socket.IO client that keeps every event."""

    def __init__(self, namespace: str = "/") -> None:
        self.namespace = namespace
        self.events: list[tuple[str, Any]] = []
        self.sio = socketio.AsyncClient(reconnection=False)
        self.sio.on("*", self._keep, namespace=namespace)
        self.sio.on("connect_error", self._refused, namespace=namespace)
        self.refusal: Any = None

    async def _keep(self, event: str, *args: Any) -> None:
        self.events.append((event, args[0] if args else None))

    async def _refused(self, data: Any = None) -> None:
        self.refusal = data

    async def connect(self, url: str, *, auth: Any = None, transports: tuple[str, ...] = ("websocket",)) -> None:
        """Connect to this client's namespace."""
        await self.sio.connect(
            url, auth=auth, namespaces=[self.namespace], transports=list(transports), wait_timeout=PATIENCE_S
        )

    async def call(self, event: str, payload: Any = None) -> Any:
        """Send an event and return its acknowledgement."""
        return await self.sio.call(event, payload, namespace=self.namespace, timeout=PATIENCE_S)

    async def send(self, event: str, payload: Any = None) -> None:
        """Send an event and ask for no acknowledgement."""
        await self.sio.emit(event, payload, namespace=self.namespace)

    def all(self, event: str) -> list[Any]:
        """The payloads of all events of a name."""
        return [payload for name, payload in self.events if name == event]

    def last(self, event: str) -> Any:
        """The newest payload of a name, or None."""
        return next((payload for name, payload in reversed(self.events) if name == event), None)

    async def got(self, event: str, check: Callable[[Any], Any] = lambda payload: True) -> Any:
        """Wait for an event whose payload fits."""

        def found() -> Any:
            fitting = [(payload,) for payload in self.all(event) if check(payload)]
            return fitting[-1] if fitting else None

        return (await until(found, what=f"event {event}; came: {self.events[-12:]}"))[0]

    async def close(self) -> None:
        """Disconnect."""
        await self.sio.disconnect()
        if self.sio.eio.http is not None:  # left open by the library when the server closed the connection
            await self.sio.eio.http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Customer(Client):
    """A customer's browser."""

    session_id = ""

    async def begin(self, **request: Any) -> str:
        """Ask for a session and wait for its id."""
        confirmed = len(self.all("session_confirm"))
        await self.call("session_request", request)
        await until(lambda: len(self.all("session_confirm")) > confirmed, what="session_confirm")
        self.session_id = self.last("session_confirm")
        return self.session_id

    async def say(self, text: Any, **more: Any) -> Any:
        """Send a message; its acknowledgement."""
        return await self.call("user_uttered", {"message": text, "session_id": self.session_id, **more})

    def seqs(self) -> list[int]:
        """The sequence numbers of all messages that came, in the order in which they came."""
        return [payload["metadata"]["seq"] for name, payload in self.events if name in ("bot_uttered", "user_message")]

    def texts(self, sender: str | None = None) -> list[str]:
        """The texts of all messages that came."""
        return [
            payload.get("text", "")
            for name, payload in self.events
            if name in ("bot_uttered", "user_message") and sender in (None, payload["metadata"]["sender"])
        ]

    async def heard(self, text: str) -> Any:
        """Wait for a message that contains a text."""
        return await self.got("bot_uttered", lambda payload: text in payload.get("text", ""))

    async def mode(self, mode: str) -> Any:
        """Wait for a state of the session."""
        return await until(
            lambda: (state := self.last("session_state")) and state["mode"] == mode and state, what=f"mode {mode}"
        )


class Desk(Client):
    """Somebody at the desk."""

    def __init__(self) -> None:
        super().__init__("/desk")

    async def do(self, event: str, **payload: Any) -> Any:
        """Send an event that must succeed."""
        ack = await self.call(event, payload)
        assert ack.get("ok") is True, f"{event}: {ack}"
        return ack

    async def refused(self, event: str, **payload: Any) -> Any:
        """Send an event that must fail; its error."""
        ack = await self.call(event, payload)
        assert "error" in ack, f"{event}: {ack}"
        return ack["error"]


class Switchboard:
    """A running switchboard. `restart()` ends it and starts another one on the same data."""

    def __init__(self, database_url: str, data_dir: Path, **settings: Any) -> None:
        self.brain = ScriptedBrain()
        self.clock: Clock = SystemClock()
        self.port = 0
        self._settings: dict[str, Any] = {
            "database_url": database_url,
            "data_dir": data_dir,
            "web_dir": data_dir / "no-pages",
            "port": 0,
            "host_secret": "the host site's secret, long enough",
            "agent_grace_s": 0.6,
            "rate_limit": 0,
            "log_level": "ERROR",
            **settings,
        }
        self._clients: list[Client] = []
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.app: Any = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def system(self) -> System:
        """Its parts."""
        system: System = self.app.system
        return system

    def hold_clock(self) -> HeldClock:
        """Hold the clock, for the next start."""
        clock = HeldClock()
        self.clock = clock
        return clock

    async def start(self, **settings: Any) -> None:
        """Start, and make the desk's accounts if there are none."""
        self._settings |= settings
        read = read_settings(**self._settings)
        self.app = create_app(read, brain=self.brain, clock=self.clock)
        self._server = server_for(read, self.app)
        self._task = asyncio.create_task(self._server.serve())
        await until(lambda: self._server and (self._server.started or (self._task and self._task.done())))
        assert self._server.started
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        if not await self.system.accounts.all():
            for name, shown, role in PEOPLE:
                await self.system.store.write(_account(name, shown, role))

    async def stop(self) -> float:
        """Stop the server as a signal would; how long it took."""
        began = time.monotonic()
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        self._server = self._task = None
        return time.monotonic() - began

    async def restart(self, **settings: Any) -> None:
        """End it and start another one on the same data."""
        await self.stop()
        await self.start(**settings)

    async def close(self) -> None:
        """Let go of everything."""
        for client in self._clients:
            await client.close()
        await self.stop()

    async def customer(self, *, auth: Any = None, begin: bool = True, **request: Any) -> Customer:
        """A connected customer, in a session."""
        customer = Customer()
        self._clients.append(customer)
        await customer.connect(self.url, auth=auth)
        if begin:
            await customer.begin(**request)
        return customer

    def token(self, sub: str = "c-1", **claims: Any) -> str:
        """A token of the host site."""
        return self.system.tokens.for_customer(CustomerClaims(sub=sub, **claims))

    async def desk(self, name: str = "ana", *, status: str | None = "available") -> Desk:
        """Somebody at the desk, signed in."""
        desk = Desk()
        self._clients.append(desk)
        await desk.connect(self.url, auth={"token": self.system.tokens.for_desk_agent(name)})
        if status is not None:
            await desk.do("presence", status=status)
        return desk

    async def waiting_customer(self, **request: Any) -> Customer:
        """A customer in the queue."""
        customer = await self.customer(**request)
        await customer.say("help")
        await customer.mode("queued")
        await customer.got("bot_uttered", lambda payload: payload["metadata"]["sender"] == "system")
        return customer

    def http(self) -> httpx.AsyncClient:
        """A client for plain HTTP."""
        return httpx.AsyncClient(base_url=self.url, trust_env=False)
