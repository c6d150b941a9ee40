"""Socket.IO with manners: whatever a client sends, it gets an answer with a code, and nothing that it sends can hurt.

python-socketio swallows what it cannot read, lets clients send events by the names of its own handlers, and keeps
attachments of binary events in memory. The server below puts a check in front of each.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

import engineio
import socketio
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from socketio.exceptions import ConnectionRefusedError as Refused

from switchboard.errors import PayloadInvalid, SwitchboardError, UnknownEvent

log = structlog.get_logger(__name__)

MAX_FRAME: Final = 100_000  #: characters of one frame that are still read
MAX_BUFFER: Final = 1_000_000  #: beyond this the connection is closed before the frame is complete

#: Whether the client asked for an acknowledgement of the event that is being handled.
_wants_ack: ContextVar[bool] = ContextVar("wants_ack", default=False)

Ack = dict[str, Any]  # JSON whose form each event defines


class Payload(BaseModel):
    """Base of what clients send: unknown keys are ignored, since stock widgets add their own."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_max_length=4_000)


class Compact:
    """JSON without the spaces."""

    @staticmethod
    def dumps(value: object, **_options: object) -> str:
        """As short as it gets."""
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    @staticmethod
    def loads(text: str, **_options: object) -> object:
        """What a client sent; constants that JSON does not know are refused."""
        return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


class Engine(engineio.AsyncServer):
    """Engine.IO that does not wait for a client before it lets go of it."""

    async def disconnect(self, sid: str | None = None) -> None:
        """Disconnect one client, or all; a client that reads no more must not hold a request open."""
        for each in [sid] if sid is not None else list(self.sockets):
            socket = self.sockets.pop(each, None)
            if socket is not None:
                await socket.close(wait=False)


class Server(socketio.AsyncServer):
    """The Socket.IO server; each socket's events are handled in their order."""

    def __init__(self, *, allowed_origins: tuple[str, ...]) -> None:
        origins: object = None  # the same origin only
        if allowed_origins:
            origins = "*" if "*" in allowed_origins else list(allowed_origins)
        super().__init__(
            async_mode="asgi",
            async_handlers=False,
            json=Compact,
            cors_allowed_origins=origins,
            cors_credentials=False,
            max_http_buffer_size=MAX_BUFFER,
            ping_interval=20,
            ping_timeout=15,
            logger=False,
            engineio_logger=False,
        )

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        try:
            if not isinstance(data, str) or data[:1] in ("5", "6"):
                raise PayloadInvalid("Binary data is not taken.")
            if len(data) > MAX_FRAME:
                raise PayloadInvalid(f"The frame is too large: {len(data)} characters, at most {MAX_FRAME} are read.")
            await super()._handle_eio_message(eio_sid, data)
        except SwitchboardError as error:
            await self._complain(eio_sid, data, error)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            log.info("socket.unreadable", eio_sid=eio_sid)
            await self._complain(eio_sid, data, PayloadInvalid("The frame could not be read."))

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: object) -> None:
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise PayloadInvalid("An event is a list that starts with its name.")
        if data[0] in ("connect", "disconnect"):
            data = [f"{data[0]} (reserved)", *data[1:]]
        _wants_ack.set(id is not None)
        await super()._handle_event(eio_sid, namespace, id, data)

    async def _complain(self, eio_sid: str, data: object, error: SwitchboardError) -> None:
        namespace = "/desk" if isinstance(data, str) and data[1:7] in ("/desk,", "/desk") else "/"
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid is not None:
            await self.emit("error", error.as_wire()["error"], to=sid, namespace=namespace)


Handler = Callable[[str, Any], Awaitable[Ack | None]]


class Namespace(socketio.AsyncNamespace):
    """A namespace whose events are listed in `events`: name → (payload model, handler).

    A handler gets (sid, payload) and returns the acknowledgement. What goes wrong is acknowledged as
    `{"error": {code, message}}`, or sent as event `error` to clients that asked for no acknowledgement.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.events: dict[str, tuple[type[Payload], Handler]] = {}

    async def on_connected(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        """Somebody connects; raise a SwitchboardError to refuse."""

    async def on_disconnected(self, sid: str) -> None:
        """Somebody is gone."""

    async def before(self, sid: str, event: str) -> None:
        """Called before each event; raise a SwitchboardError to refuse it."""

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Dispatch what python-socketio hands over."""
        if event == "connect":
            return await self._connect(*args)
        if event == "disconnect":
            return await self._disconnect(args[0])
        return await self._event(event, *args)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        try:
            await self.on_connected(sid, environ, auth)
        except SwitchboardError as error:
            raise Refused(error.detail, error.as_wire()["error"]) from None
        except Exception:
            log.exception("socket.connect_failed", namespace=self.namespace)
            raise Refused("The server failed.", {"code": "internal", "message": "The server failed."}) from None

    async def _disconnect(self, sid: str) -> None:
        try:
            await self.on_disconnected(sid)
        except Exception:
            log.exception("socket.disconnect_failed", namespace=self.namespace)

    async def _event(self, event: str, sid: str, *data: Any) -> Ack | None:
        try:
            await self.before(sid, event)
            model, handler = self._find(event)
            return await handler(sid, _validate(model, data))
        except SwitchboardError as error:
            wire = error.as_wire()
        except Exception:
            log.exception("socket.event_failed", namespace=self.namespace, socket_event=event)
            wire = SwitchboardError().as_wire()
        if not _wants_ack.get():
            await self.emit("error", wire["error"], to=sid)
        return wire

    def _find(self, event: str) -> tuple[type[Payload], Handler]:
        found = self.events.get(event)
        if found is None:
            raise UnknownEvent(f"There is no event {event[:60]!r} in the protocol.")
        return found


def _validate(model: type[Payload], data: tuple[Any, ...]) -> Payload:
    body = data[0] if data else None
    try:
        return model.model_validate({} if body is None else body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise PayloadInvalid(f"{where}: {fault['msg']}" if where else fault["msg"]) from None
    except RecursionError:
        raise PayloadInvalid from None
