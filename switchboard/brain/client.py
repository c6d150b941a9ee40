"""Asking the brain over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import httpx
from pydantic import ValidationError

from switchboard.brain.lines import LINE, Done, Failure, Parse, TurnLine, TurnRequest
from switchboard.errors import BrainUnavailable

BASE = "/webhooks/switchboard"


class Brain(Protocol):
    """Whatever answers turns."""

    actions: bool | None  #: whether the brain reached its action server when `ready` last asked; None: it did not say

    def turn(self, request: TurnRequest) -> AsyncIterator[TurnLine]:
        """The lines of one turn, ending with Done or Failure; raises BrainUnavailable."""
        ...

    async def parse(self, text: str, *, locale: str) -> Parse:
        """What the model understands of a text; raises BrainUnavailable."""
        ...

    async def ready(self) -> str | None:
        """The model's id, or None while the brain does not answer."""
        ...


class HttpBrain:
    """The brain behind its HTTP contract."""

    def __init__(self, base_url: str, token: str, *, connect_s: float = 1.0, read_s: float = 10.0) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(read_s, connect=connect_s),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            trust_env=False,
        )
        self.actions: bool | None = None

    async def turn(self, request: TurnRequest) -> AsyncIterator[TurnLine]:
        """The lines of one turn. A stream that ends without Done or Failure raises BrainUnavailable."""
        try:
            async with self._client.stream(
                "POST", f"{BASE}/turn", content=request.model_dump_json(), headers={"Content-Type": "application/json"}
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise BrainUnavailable(f"The brain answered a turn with HTTP {response.status_code}.")
                async for text in response.aiter_lines():
                    if text.strip():
                        line = LINE.validate_json(text)
                        yield line
                        if isinstance(line, Done | Failure):
                            return
        except (httpx.HTTPError, ValidationError) as error:
            raise BrainUnavailable from error
        raise BrainUnavailable("The brain's stream ended in the middle of a turn.")

    async def parse(self, text: str, *, locale: str) -> Parse:
        """What the model understands of a text."""
        try:
            response = await self._client.post(f"{BASE}/parse", json={"text": text, "locale": locale})
            response.raise_for_status()
            return Parse.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise BrainUnavailable from error

    async def ready(self) -> str | None:
        """The model's id, or None while the brain does not answer."""
        try:
            response = await self._client.get(f"{BASE}/", timeout=2.0)
            answer = response.json() if response.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError):
            answer = None
        if not isinstance(answer, dict):
            self.actions = None
            return None
        actions = answer.get("actions")
        self.actions = None if actions is None else actions == "ready"
        model = answer.get("model")
        return model if isinstance(model, str) else "unknown"

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()
