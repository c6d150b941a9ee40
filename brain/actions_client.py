"""The connection to the action server: kept open, bounded in time, and honest about failures.

Rasa swallows many failures of custom actions and goes on talking. Here each is noted, so that the turn guard can stop the turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import aiohttp
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from yarl import URL

DEFAULT_URL = "http://127.0.0.1:5055/webhook"
DEFAULT_TIMEOUT = 8.0  #: seconds for one action
LARGEST_ANSWER = 1_000_000  #: bytes
_IDLE = 2.0  #: seconds; shorter than the action server's own, so that a connection is never used as it is being closed

_HEALTH_TIMEOUT = aiohttp.ClientTimeout(total=1.0)

_faults: ContextVar[list[str] | None] = ContextVar("faults", default=None)


class ActionServerFailed(RasaException):
    """The action server did not give a usable answer."""


@contextmanager
def noting_faults() -> Iterator[list[str]]:
    """Collects a line for every action that fails inside the block."""
    faults: list[str] = []
    token = _faults.set(faults)
    try:
        yield faults
    finally:
        _faults.reset(token)


class ActionsEndpoint(EndpointConfig):
    """Takes the place of Rasa's endpoint for actions."""

    def __init__(self, url: str, *, timeout: float = DEFAULT_TIMEOUT, like: EndpointConfig | None = None) -> None:
        if like is None:
            super().__init__(url)
        else:
            super().__init__(
                url, like.params, like.headers, like.basic_auth, like.token, like.token_name, like.cafile, **like.kwargs
            )
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(2.0, timeout))
        self._open: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,  # noqa: FBT001, FBT002 - Rasa's signature
        **kwargs: Any,
    ) -> Any:
        """Call an action. A rejection (400) is no fault: forms use it to let other parts of the dialogue answer."""
        kwargs["timeout"] = self._timeout
        body = kwargs.get("json")
        action = body.get("next_action", "?") if isinstance(body, dict) else "?"
        if isinstance(body, dict) and isinstance(body.get("domain"), dict):
            # Most of the domain are texts, which actions name but never read; they would be sent with every call.
            kwargs["json"] = {**body, "domain": {k: v for k, v in body["domain"].items() if k != "responses"}}
        try:
            return _usable(await self._call(method, subpath, content_type, compress=compress, **kwargs))
        except ClientResponseError as error:
            if error.status != 400 or not _is_rejection(error):
                self._note(action, error)
                raise ActionServerFailed(f"{action} failed with status {error.status}.") from error
            raise
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, RasaException, OSError) as error:
            self._note(action, error)
            raise ActionServerFailed(f"{action} failed: {type(error).__name__}.") from error

    async def _call(
        self, method: str, subpath: str | None, content_type: str | None, *, compress: bool, **kwargs: Any
    ) -> Any:
        url = self.url if not subpath else f"{self.url.rstrip('/')}/{subpath.lstrip('/')}"
        headers = {
            **({"Content-Type": content_type} if content_type else {}),
            **self.headers,
            **kwargs.pop("headers", {}),
        }
        session = self._connection()
        async with session.request(
            method, url, headers=headers, params=self.combine_parameters(kwargs), compress=compress, **kwargs
        ) as response:
            if (response.content_length or 0) > LARGEST_ANSWER:
                raise ValueError("answer too large")
            if response.status >= 400:
                raise ClientResponseError(
                    response.status, response.reason, (await response.content.read(65_536)).decode()
                )
            return await response.json()

    def _connection(self) -> aiohttp.ClientSession:
        if self._open is None or self._open.closed:
            auth = aiohttp.BasicAuth(**self.basic_auth) if self.basic_auth else None
            connector = aiohttp.TCPConnector(keepalive_timeout=_IDLE, limit=0)
            self._open = aiohttp.ClientSession(connector=connector, auth=auth)
        return self._open

    async def alive(self) -> bool:
        """Whether the action server answers at all, asked within a second."""
        health = URL(self.url).with_path("/health").with_query(None)
        try:
            async with self._connection().get(health, timeout=_HEALTH_TIMEOUT) as response:
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Close the kept connection."""
        if self._open is not None:
            await self._open.close()

    @staticmethod
    def _note(action: str, error: Exception) -> None:
        faults = _faults.get()
        if faults is not None:
            faults.append(f"{action}: {type(error).__name__}")


def _usable(answer: Any) -> dict[str, Any]:
    """The answer, if it has the shape of one: events that name their kind, and responses."""
    if not isinstance(answer, dict):
        raise ValueError("not an object")
    events, responses = answer.get("events", []), answer.get("responses", [])
    if not isinstance(events, list) or not all(isinstance(e, dict) and isinstance(e.get("event"), str) for e in events):
        raise ValueError("events are malformed")
    if not isinstance(responses, list) or not all(isinstance(response, dict) for response in responses):
        raise ValueError("responses are malformed")
    return answer


def _is_rejection(error: ClientResponseError) -> bool:
    return '"action_name"' in str(error.text)
