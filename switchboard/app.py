"""The switchboard over HTTP: sign-in, health, the demo, the web pages, and Socket.IO beside them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar

import socketio
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from switchboard.brain.client import Brain
from switchboard.clock import Clock
from switchboard.errors import PayloadInvalid, SwitchboardError
from switchboard.settings import Settings
from switchboard.sockets import MAX_BUFFER
from switchboard.system import System

log = structlog.get_logger(__name__)

_KNOWN = {True: "ready", False: "unavailable", None: "unknown"}  #: of a part that only the brain can see

Body = TypeVar("Body", bound=BaseModel)

MAX_BODY: Final = 10_000
STATUS: Final = {
    "payload_invalid": 400,
    "login_failed": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "forbidden": 403,
    "not_found": 404,
    "rate_limited": 429,
    "not_stored": 503,
}
#: Nothing from elsewhere runs or is loaded, except pictures that a bank's answers point to.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
LOOPBACK_NAMES: Final = ["localhost", "127.0.0.1", "[::1]"]


class Application:
    """The ASGI application, and the system behind it."""

    def __init__(self, system: System) -> None:
        self.system = system
        app = Starlette(
            routes=Pages(system).routes(),
            middleware=[Middleware(Headers)],
            lifespan=self._lifespan,
            exception_handlers={
                SwitchboardError: _known_error,
                HTTPException: _http_error,
                Exception: _unknown_error,
            },
        )
        self._served: ASGIApp = socketio.ASGIApp(system.socketio, other_asgi_app=app, socketio_path="socket.io")
        if system.settings.demo:
            # A page elsewhere must not reach the demo by a name of its own that points to loopback.
            self._served = TrustedHostMiddleware(self._served, allowed_hosts=LOOPBACK_NAMES, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and _declared_length(scope) > MAX_BUFFER:
            error = {
                "code": "payload_invalid",
                "message": f"The body is too large: at most {MAX_BUFFER} bytes are read.",
            }
            await JSONResponse({"error": error}, status_code=413)(scope, receive, send)
            return
        await self._served(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.system.start()
        try:
            yield
        finally:
            await self.system.stop()


def create_app(settings: Settings, *, brain: Brain | None = None, clock: Clock | None = None) -> Application:
    """The application; `brain` and `clock` stand in for the real ones in tests."""
    return Application(System(settings, brain=brain, clock=clock))


class Headers:
    """Adds the headers that every answer carries."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers on the way back."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Login(BaseModel):
    """The body of a sign-in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=256)


class DemoSignIn(BaseModel):
    """The body of a demo customer's sign-in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    customer: str = Field(min_length=1, max_length=128)


class Pages:
    """What is served over plain HTTP."""

    def __init__(self, system: System) -> None:
        self._system = system

    def routes(self) -> list[BaseRoute]:
        """All routes; the web pages come last, since they take every path that is left."""
        routes: list[BaseRoute] = [
            Route("/healthz", self.health, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
            Route("/api/login", self.login, methods=["POST"]),
        ]
        if self._system.demo is not None:
            routes += [
                Route("/demo/sign-in", self.demo_sign_in, methods=["POST"]),
                Route("/demo/customers", self.demo_customers, methods=["GET"]),
            ]
        return [*routes, *self._web_pages()]

    def _web_pages(self) -> list[BaseRoute]:
        folder = self._system.settings.web_dir
        if not (folder / "widget.js").is_file() or not (folder / "console").is_dir():
            return [Route("/", _not_built, methods=["GET"])]
        routes: list[BaseRoute] = [
            Route("/widget.js", _file(folder, "widget.js"), methods=["GET"]),
            Mount("/console", StaticFiles(directory=folder / "console", html=True)),
        ]
        if self._system.demo is not None and (folder / "demo").is_dir():
            routes.append(Mount("/", StaticFiles(directory=folder / "demo", html=True)))
        else:
            routes.append(Route("/", _to_console, methods=["GET"]))
        return routes

    async def health(self, _: Request) -> Response:
        """Alive: the process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """Ready: 200 only when every part that an answer needs is there; else 503, naming what is not."""
        store = await self._system.store_answers()
        await self._system.health.tick()
        model = self._system.health.model
        parts = {
            "store": {"status": "ready" if store else "unavailable"},
            "brain": {"status": "ready" if model else "unavailable", "model": model},
            "actions": {"status": _KNOWN[self._system.brain.actions]},
        }
        ready = store and model is not None and self._system.brain.actions is not False
        body = {"status": "ready" if ready else "not_ready", "parts": parts}
        return JSONResponse(body, status_code=200 if ready else 503)

    async def login(self, request: Request) -> Response:
        """Sign in at the desk."""
        body = await _body(request, Login)
        source = request.client.host if request.client else "unknown"
        account = await self._system.accounts.sign_in(body.email, body.password, source=source)
        log.info("desk.signed_in", desk_agent_id=account.id)
        token = self._system.tokens.for_desk_agent(account.id)
        answer = {"token": token, "role": account.role.value, "agent": account.ref.model_dump()}
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def demo_customers(self, _: Request) -> Response:
        """The demo bank's customers."""
        demo = self._system.demo
        customers = [customer.model_dump() for customer in demo.customers()] if demo else []
        return JSONResponse({"customers": customers})

    async def demo_sign_in(self, request: Request) -> Response:
        """A token for one of them."""
        body = await _body(request, DemoSignIn)
        demo = self._system.demo
        token = demo.sign_in(body.customer) if demo else ""
        return JSONResponse({"token": token}, headers={"cache-control": "no-store"})


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _body(request: Request, model: type[Body]) -> Body:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise PayloadInvalid("Send JSON, with the content type application/json.")
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY:
            raise PayloadInvalid(f"The body is too large: at most {MAX_BODY} bytes are read.")
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise PayloadInvalid(f"{where}: {fault['msg']}" if where else fault["msg"]) from None


def _file(folder: Any, name: str) -> Callable[[Request], Awaitable[Response]]:
    files = StaticFiles(directory=folder)

    async def serve(request: Request) -> Response:
        answer = await files.get_response(name, request.scope)
        # The widget is embedded by other sites: they may load it, and nothing else of ours.
        answer.headers["cross-origin-resource-policy"] = "cross-origin"
        return answer

    return serve


async def _not_built(_: Request) -> Response:
    error = {"code": "not_found", "message": "The web pages are not built yet. Build them in web/ with: npm run build"}
    return JSONResponse({"error": error}, status_code=404)


async def _to_console(_: Request) -> Response:
    return RedirectResponse("/console/", status_code=307)


async def _known_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, SwitchboardError):
        raise error
    return JSONResponse(error.as_wire(), status_code=STATUS.get(error.code, 400))


async def _http_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    body = {"error": {"code": code, "message": str(error.detail)}}
    return JSONResponse(body, status_code=error.status_code, headers=error.headers)


async def _unknown_error(_: Request, error: Exception) -> Response:
    log.error("http.failed", error=type(error).__name__)
    return JSONResponse({"error": {"code": "internal", "message": "The server failed."}}, status_code=500)
