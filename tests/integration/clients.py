"""A customer and a desk agent at the other end of a real socket, who remember everything that they were sent."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import httpx
import socketio

from tests.integration.running import PASSWORD

PATIENCE_S = 20.0

Message = dict[str, Any]


class Client:
    """What both have in common: a socket, and a condition to wait on."""

    def __init__(self, url: str, namespace: str) -> None:
        self.url = url
        self.namespace = namespace
        self.socket = socketio.AsyncClient(reconnection=True, reconnection_delay=0.2, reconnection_delay_max=0.5)
        self._changed = asyncio.Condition()
        self.received: list[tuple[str, Any]] = []
        self.socket.on("*", self._on_any, namespace=namespace)

    async def _on_any(self, event: str, data: Any = None) -> None:
        self.received.append((event, data))
        self.heard(event, data)
        async with self._changed:
            self._changed.notify_all()

    def heard(self, event: str, data: Any) -> None:
        """Take note of an event."""

    def all(self, event: str) -> list[Any]:
        """Everything that came by that name."""
        return [data for name, data in self.received if name == event]

    async def until(self, condition: Callable[[], Any], what: str, *, within_s: float = PATIENCE_S) -> Any:
        """Wait until a condition holds, and return what it gave."""
        try:
            async with asyncio.timeout(within_s), self._changed:
                await self._changed.wait_for(lambda: bool(condition()))
        except TimeoutError:
            raise AssertionError(
                f"{what} did not come within {within_s:g} s; received: {self.received[-12:]}"
            ) from None
        return condition()

    async def call(self, event: str, data: Any = None) -> Any:
        """Send an event and return its acknowledgement."""
        return await self.socket.call(
            event, data if data is not None else {}, namespace=self.namespace, timeout=PATIENCE_S
        )

    async def until_connected(self) -> None:
        """Wait until the socket has found its way back by itself."""
        async with asyncio.timeout(PATIENCE_S):
            while self.namespace not in self.socket.namespaces:
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        """Leave for good."""
        await self.socket.disconnect()


class Customer(Client):
    """A customer on web chat."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "/")
        self.session_id: str | None = None
        self.transcript: list[Message] = []
        self.state: Message = {}
        self._auth: dict[str, str] = {}

    @property
    def last_seq(self) -> int:
        """The last message that she has."""
        return max((m["metadata"]["seq"] for m in self.transcript), default=0)

    def heard(self, event: str, data: Any) -> None:
        if event == "session_confirm":
            self.session_id = data
        elif event == "session_state":
            self.state = data
        elif event in ("bot_uttered", "user_message"):
            self.transcript.append(data)

    async def arrive(self, *, token: str | None = None, locale: str = "en-GB") -> Customer:
        """Connect and open a session; returns when the disclosure is there."""
        self._auth = {"token": token} if token else {}
        await self.socket.connect(self.url, auth=self._auth, transports=["websocket"], namespaces=["/"])
        await self.socket.emit("session_request", {"locale": locale})
        await self.until(lambda: self.session_id and self.said_by("ai"), "the disclosure")
        return self

    async def come_back(self) -> None:
        """Connect anew and ask for what was missed."""
        await self.socket.connect(self.url, auth=self._auth, transports=["websocket"], namespaces=["/"])
        await self.socket.emit("session_request", {"session_id": self.session_id, "last_seq": self.last_seq})

    async def write(self, text: str, *, client_id: str | None = None) -> Any:
        """Send a message; the acknowledgement."""
        return await self.call(
            "user_uttered",
            {"message": text, "session_id": self.session_id, "client_id": client_id or secrets.token_hex(6)},
        )

    def said_by(self, sender: str) -> list[Message]:
        """Everything that the AI, an agent or the system said."""
        return [m for m in self.transcript if m["metadata"]["sender"] == sender]

    async def ask(self, text: str) -> list[str]:
        """Send a message and return what the AI says to it, when it has said it all."""
        before = len(self.transcript)
        ack = await self.write(text)
        assert "error" not in ack, ack
        await self.until(
            lambda: any(m["metadata"]["sender"] in ("ai", "system") for m in self.transcript[before:]),
            f"an answer to {text!r}",
        )
        await asyncio.sleep(0.3)  # further utterances of the same turn
        return [m.get("text", "") for m in self.transcript[before:] if m["metadata"]["sender"] == "ai"]

    async def until_mode(self, mode: str) -> Message:
        """Wait until her session is in a mode."""
        await self.until(lambda: self.state.get("mode") == mode, f"mode {mode}")
        return self.state

    async def until_told(self, part: str) -> Message:
        """Wait for a message that holds certain words."""
        found: Message = await self.until(
            lambda: next((m for m in self.transcript if part.lower() in m.get("text", "").lower()), None),
            f"a message with {part!r}",
        )
        return found


class Desk(Client):
    """A desk agent or supervisor at the console."""

    def __init__(self, url: str, email: str) -> None:
        super().__init__(url, "/desk")
        self.email = email

    async def log_in(self, *, status: str = "available") -> Desk:
        """Sign in, connect and take up a presence."""
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.url}/api/login", json={"email": self.email, "password": PASSWORD})
        assert answer.status_code == httpx.codes.OK, answer.text
        token = answer.json()["token"]
        await self.socket.connect(self.url, auth={"token": token}, transports=["websocket"], namespaces=["/desk"])
        ack = await self.call("presence", {"status": status})
        assert ack.get("ok"), ack
        return self

    async def until_queued(self, session_id: str) -> Message:
        """Wait until a session stands in the queue, and return its state."""

        def found() -> Message | None:
            for sessions in reversed(self.all("queue_changed")):
                return next((s for s in sessions["sessions"] if s["session_id"] == session_id), None)
            return None

        state: Message = await self.until(found, f"session {session_id} in the queue")
        return state

    async def claim(self, session_id: str) -> Any:
        """Take a session."""
        return await self.call("claim", {"session_id": session_id})

    async def say(self, session_id: str, text: str, *, client_id: str | None = None) -> Any:
        """Write to the customer."""
        client_id = client_id or secrets.token_hex(6)
        return await self.call("say", {"session_id": session_id, "text": text, "client_id": client_id})

    def messages(self, session_id: str) -> list[Message]:
        """The messages that the desk was sent of a session."""
        return [m for m in self.all("message") if m["session_id"] == session_id]


async def demo_token(url: str, customer: str | None = None) -> str:
    """A token signed by the demo bank's page for one of its customers, the first by default."""
    async with httpx.AsyncClient(trust_env=False) as http:
        if customer is None:
            listed = (await http.get(f"{url}/demo/customers")).json()
            customers = listed["customers"] if isinstance(listed, dict) else listed
            customer = customers[0]["id"]
        answer = await http.post(f"{url}/demo/sign-in", json={"customer": customer})
    assert answer.status_code == httpx.codes.OK, answer.text
    return str(answer.json()["token"])
