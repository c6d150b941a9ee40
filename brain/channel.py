"""Rasa channel `brain.channel.SwitchboardInput`: the only door to the brain, for the switchboard alone."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from brain.actions_client import DEFAULT_TIMEOUT, DEFAULT_URL, ActionsEndpoint
from brain.processor import DEFAULT_BUDGET, TurnGuard
from brain.rasa_speed import check_action_schema_once
from brain.turn import BadTurn, Line, checked_text, read_turn

TOKEN_VARIABLE = "CANDOUR_BRAIN_TOKEN"  # noqa: S105 - the name of a variable, not a secret
ACTIONS_VARIABLE = "CANDOUR_ACTIONS_URL"
LARGEST_BODY = 32_768  #: bytes


class BrainTokenMissing(RasaException):
    """There is no token with which the switchboard could be told from anybody else."""


class SwitchboardInput(InputChannel):
    """Routes under /webhooks/switchboard: `GET /`, `POST /turn`, `POST /parse`.

    Credentials: `token` (else the variable CANDOUR_BRAIN_TOKEN), `turn_budget` and `action_timeout` in seconds. `channels` is
    the switchboard's and is ignored here.
    """

    @classmethod
    def name(cls) -> str:
        """Part of the routes."""
        return "switchboard"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> SwitchboardInput:
        """Raises BrainTokenMissing where no token is configured."""
        options = credentials or {}
        token = str(options.get("token") or os.environ.get(TOKEN_VARIABLE) or "").strip()
        if not token or token.startswith("${"):
            raise BrainTokenMissing(
                f"The brain refuses to start without a token. Set the environment variable {TOKEN_VARIABLE}, or `token` under "
                "`brain.channel.SwitchboardInput` in credentials.yml, to a long random secret that the switchboard knows too."
            )
        return cls(
            token,
            turn_budget=float(options.get("turn_budget", DEFAULT_BUDGET)),
            action_timeout=float(options.get("action_timeout", DEFAULT_TIMEOUT)),
        )

    def __init__(
        self, token: str, *, turn_budget: float = DEFAULT_BUDGET, action_timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        self._token = token.encode()
        self._turn_budget = turn_budget
        self._action_timeout = action_timeout

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes."""
        routes = Blueprint("switchboard_webhook", __name__)

        @routes.listener("after_server_start")
        async def connect(app: Sanic, _: object) -> None:
            use_actions_endpoint(app.ctx.agent, timeout=self._action_timeout)

        @routes.listener("before_server_stop")
        async def disconnect(app: Sanic, _: object) -> None:
            endpoint = getattr(getattr(app.ctx, "agent", None), "action_endpoint", None)
            if isinstance(endpoint, ActionsEndpoint):
                await endpoint.close()

        @routes.get("/")
        async def ready(request: Request) -> HTTPResponse:
            agent = _ready_agent(request)
            if agent is None:
                return json_response({"status": "loading"}, status=503)
            endpoint = agent.action_endpoint
            alive = isinstance(endpoint, ActionsEndpoint) and await endpoint.alive()
            actions = "ready" if alive else "unavailable"
            return json_response({"status": "ready", "model": agent.model_id, "actions": actions})

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse | None:
            try:
                agent = self._admit(request)
                asked = read_turn(_body(request))
            except BadTurn as refusal:
                return _refused(refusal)
            response = await request.respond(content_type="application/x-ndjson")

            async def emit(line: Line) -> None:
                await response.send(json.dumps(line, ensure_ascii=False, default=str) + "\n")

            await TurnGuard(agent, budget=self._turn_budget).run(asked, emit)
            await response.eof()
            return None

        @routes.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            try:
                agent = self._admit(request)
                body = _body(request)
                text = checked_text(body.get("text") if isinstance(body, dict) else None)
            except BadTurn as refusal:
                return _refused(refusal)
            metadata = {"locale": str(body.get("locale") or "")[:35]} if isinstance(body, dict) else {}
            return json_response(await TurnGuard(agent).parse(text, metadata))

        return routes

    def _admit(self, request: Request) -> Agent:
        given = request.headers.get("authorization", "")
        expected = b"Bearer " + self._token
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected):
            raise BadTurn("unauthorised", "Expected the switchboard's token.", status=401)
        if len(request.body) > LARGEST_BODY:
            raise BadTurn("body_too_large", f"Expected at most {LARGEST_BODY} bytes.", status=413)
        agent = _ready_agent(request)
        if agent is None:
            raise BadTurn("loading", "No model is loaded yet.", status=503)
        return agent


def use_actions_endpoint(agent: Agent, *, timeout: float = DEFAULT_TIMEOUT) -> None:
    """Let the agent speak to the action server through ActionsEndpoint, at CANDOUR_ACTIONS_URL if that is set."""
    check_action_schema_once()
    configured = agent.action_endpoint
    url = os.environ.get(ACTIONS_VARIABLE) or (configured.url if configured else None) or DEFAULT_URL
    agent.action_endpoint = ActionsEndpoint(url, timeout=timeout, like=configured)
    if agent.processor is not None:
        agent.processor.action_endpoint = agent.action_endpoint


def _ready_agent(request: Request) -> Agent | None:
    agent = getattr(request.app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


def _body(request: Request) -> object:
    try:
        return json.loads(request.body)
    except ValueError:
        raise BadTurn("body_invalid", "Expected a JSON object.") from None


def _refused(refusal: BadTurn) -> HTTPResponse:
    return json_response({"error": {"code": refusal.code, "message": str(refusal)}}, status=refusal.status)
