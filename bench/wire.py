"""A Socket.IO client as small as it can be, so that a benchmark measures the server and not itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Handler = Callable[[Any], None]


class WireClient:
    """One Socket.IO connection (Engine.IO 4, websocket only) in one namespace."""

    def __init__(self, url: str, *, namespace: str = "/", auth: dict[str, object] | None = None) -> None:
        self._url = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._namespace = namespace
        self._prefix = "" if namespace == "/" else f"{namespace},"
        self._auth = auth
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._next_ack = 0
        self._handlers: dict[str, Handler] = {}
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    def on(self, event: str, handler: Handler) -> None:
        """Call `handler(first argument)` for each event of that name."""
        self._handlers[event] = handler

    async def connect(self) -> None:
        """Open the connection and join the namespace."""
        self._socket = await connect(self._url, max_size=2**22, compression=None, ping_interval=None, open_timeout=60)
        self._reader = asyncio.create_task(self._read(self._socket))
        auth = json.dumps(self._auth) if self._auth else ""
        await self._socket.send(f"40{self._prefix}{auth}")
        await asyncio.wait_for(self._connected, 60)

    async def emit(self, event: str, data: object) -> None:
        """Send an event."""
        await self._send(f"42{self._prefix}{json.dumps([event, data])}")

    async def call(self, event: str, data: object, *, timeout_s: float = 30) -> Any:
        """Send an event and return its acknowledgement."""
        number = self._next_ack
        self._next_ack += 1
        future = self._acks[number] = asyncio.get_running_loop().create_future()
        await self._send(f"42{self._prefix}{number}{json.dumps([event, data])}")
        return await asyncio.wait_for(future, timeout_s)

    async def close(self) -> None:
        """Leave."""
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()

    async def _send(self, frame: str) -> None:
        if self._socket is None:
            raise RuntimeError("not connected")
        await self._socket.send(frame)

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # the server is stopped when its turn is over
            async for frame in socket:
                text = frame if isinstance(frame, str) else frame.decode()
                if text == "2":
                    await socket.send("3")
                elif text.startswith("4"):
                    self._packet(text[1], text[2:])

    def _packet(self, kind: str, body: str) -> None:
        if self._prefix and body.startswith(self._namespace):
            body = body[len(self._namespace) :].removeprefix(",")
        if kind == "0" and not self._connected.done():
            self._connected.set_result(None)
        elif kind == "4" and not self._connected.done():
            self._connected.set_exception(ConnectionRefusedError(body))
        elif kind == "2":
            start = body.index("[")
            event, *args = json.loads(body[start:])
            handler = self._handlers.get(event)
            if handler:
                handler(args[0] if args else None)
        elif kind == "3":
            start = body.index("[")
            future = self._acks.pop(int(body[:start]), None)
            if future and not future.done():
                args = json.loads(body[start:])
                future.set_result(args[0] if args else None)
