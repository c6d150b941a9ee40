"""The brain's door: who may come in, with what, and in which order the lines leave."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sanic import Sanic

from brain.channel import BrainTokenMissing, SwitchboardInput
from tests.brain.conftest import FakeActions

TOKEN = "a-token-for-tests"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
BODY: dict[str, Any] = {
    "kind": "message",
    "session_id": "s1",
    "message_id": "m1",
    "epoch": 1,
    "text": "what is my balance",
    "locale": "en-GB",
    "region": "GB",
    "channel": "web",
    "customer": None,
    "note": None,
}
START = {**BODY, "kind": "session_start", "text": "", "message_id": ""}


@pytest.fixture
async def door(agent: Any) -> AsyncIterator[tuple[str, Sanic]]:
    """The channel in a real Sanic server, under the route that Rasa gives it."""
    Sanic.test_mode = True
    app = Sanic(f"brain_{id(agent)}_{asyncio.get_running_loop().time():.6f}".replace(".", "_"), configure_logging=False)
    app.ctx.agent = agent
    app.blueprint(SwitchboardInput(TOKEN).blueprint(_unused), url_prefix="/webhooks/switchboard")
    listening = socket.create_server(("127.0.0.1", 0))
    server = await app.create_server(sock=listening, return_asyncio_server=True)
    await _serve(server)
    port = listening.getsockname()[1]
    yield f"http://127.0.0.1:{port}/webhooks/switchboard", app
    await _stop(server)


async def _serve(server: Any) -> None:
    await server.startup()
    await server.before_start()
    await server.after_start()
    await server.start_serving()


async def _stop(server: Any) -> None:
    await server.before_stop()
    await server.close()
    await server.after_stop()


async def _unused(message: object) -> None:
    raise AssertionError("the guard drives Rasa, not Rasa's own handler")


async def post(url: str, body: Any, **options: Any) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body)
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=data, **{"headers": AUTH, **options}) as response,
    ):
        return response.status, await response.text()


async def test_ready_tells_the_model(door: tuple[str, Sanic], agent: Any) -> None:
    """Readiness needs no token and names the model; without a model it says 503."""
    url, app = door
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/") as response:
            assert response.status == 200
            assert await response.json() == {"status": "ready", "model": agent.model_id, "actions": "ready"}
        agent.action_endpoint.url = "http://127.0.0.1:1/webhook"
        async with session.get(f"{url}/") as response:
            assert (await response.json())["actions"] == "unavailable"
        app.ctx.agent = None
        async with session.get(f"{url}/") as response:
            assert (response.status, await response.json()) == (503, {"status": "loading"})
    assert (await post(f"{url}/turn", BODY))[0] == 503


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"bearer {TOKEN}", TOKEN, "Bearer \u00e9"]
)
@pytest.mark.parametrize("route", ["turn", "parse"])
async def test_nobody_comes_in_without_the_token(
    door: tuple[str, Sanic], actions: FakeActions, header: str | None, route: str
) -> None:
    """401 for every false token, before the body is looked at."""
    headers = {} if header is None else {"Authorization": header}
    status, text = await post(f"{door[0]}/{route}", b"not json", headers=headers)
    assert status == 401
    assert json.loads(text)["error"]["code"] == "unauthorised"
    assert actions.calls == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"text": "x" * 1001}, 413, "text_too_long"),
        ({"text": "  "}, 400, "text_empty"),
        ({"text": 5}, 400, "text_invalid"),
        ({"text": None}, 400, "text_missing"),
        ({"kind": "restart"}, 400, "kind_invalid"),
        ({"session_id": ""}, 400, "session_id_missing"),
        ({"session_id": "s" * 129}, 400, "session_id_invalid"),
        ({"message_id": None}, 400, "message_id_missing"),
        ({"epoch": "1"}, 400, "epoch_invalid"),
        ({"epoch": -1}, 400, "epoch_invalid"),
        ({"epoch": True}, 400, "epoch_invalid"),
        ({"customer": {"name": "Ada"}}, 400, "customer_invalid"),
        ({"customer": "Ada"}, 400, "customer_invalid"),
        ({"note": "n" * 4001}, 400, "note_invalid"),
        ({"locale": {"a": 1}}, 400, "locale_invalid"),
        ({"padding": "p" * 40_000}, 413, "body_too_large"),
    ],
)
async def test_bad_bodies_are_refused(door: tuple[str, Sanic], change: dict[str, Any], status: int, code: str) -> None:
    """Each fault has its own code, and no turn is run."""
    got, text = await post(f"{door[0]}/turn", {**BODY, **change})
    assert (got, json.loads(text)["error"]["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe"])
async def test_what_is_no_object_is_refused(door: tuple[str, Sanic], body: bytes) -> None:
    """Only JSON objects are read."""
    for route in ("turn", "parse"):
        assert (await post(f"{door[0]}/{route}", body))[0] == 400


async def test_lines_leave_as_they_come(door: tuple[str, Sanic], actions: FakeActions) -> None:
    """The parse is on its way before the assessment is there, each line whole, `done` last."""
    url, _ = door
    assert (await post(f"{url}/turn", START))[0] == 200
    actions.answers["action_show_balance"] = lambda body: {"events": [], "responses": [{"text": "You have 42."}]}
    slow = asyncio.Event()

    async def hold(request: Any) -> Any:
        await slow.wait()
        return await FakeActions.handle(actions, request)

    actions.handle = hold  # type: ignore[method-assign]  # the running server looked its handler up already
    async with aiohttp.ClientSession() as session, session.post(f"{url}/turn", json=BODY, headers=AUTH) as response:
        assert response.headers["Content-Type"].startswith("application/x-ndjson")
        first = json.loads(await asyncio.wait_for(response.content.readline(), 5))
        slow.set()
        rest = [json.loads(line) async for line in response.content]
    assert [line["type"] for line in [first, *rest]] == ["parse", "assessment", "utter", "done"]
    assert rest[1]["text"] == "You have 42."


async def test_umlauts_and_lines_within_texts_survive(door: tuple[str, Sanic], actions: FakeActions) -> None:
    """A text with a line break is still one line of the answer."""
    url, _ = door
    actions.answers["action_session_start"]["responses"][0]["text"] = "Ich bin eine KI.\nÜber Sie: 🙂"
    status, text = await post(f"{url}/turn", START)
    lines = [json.loads(line) for line in text.splitlines()]
    assert status == 200
    assert [line["type"] for line in lines] == ["utter", "done"]
    assert lines[0]["text"] == "Ich bin eine KI.\nÜber Sie: 🙂"


async def test_parse_gives_the_parse_object(door: tuple[str, Sanic], actions: FakeActions) -> None:
    """Agent assist: intent and signals of a text, without a session and without actions."""
    status, text = await post(f"{door[0]}/parse", {"text": "I fell for a scam", "locale": "en-GB"})
    assert status == 200
    assert json.loads(text)["intent"]["name"] == "report_scam"
    assert (await post(f"{door[0]}/parse", {"text": "x" * 1001}))[0] == 413
    assert actions.calls == []


@pytest.mark.parametrize(
    "credentials", [None, {}, {"token": ""}, {"token": "  "}, {"token": "${CANDOUR_BRAIN_TOKEN}"}, {"channels": {}}]
)
def test_refuses_to_start_without_a_token(credentials: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token, no door; the message says what to do."""
    monkeypatch.delenv("CANDOUR_BRAIN_TOKEN", raising=False)
    with pytest.raises(BrainTokenMissing, match="CANDOUR_BRAIN_TOKEN"):
        SwitchboardInput.from_credentials(credentials)


def test_token_comes_from_the_file_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's token wins; other channels' credentials beside it do not disturb."""
    monkeypatch.setenv("CANDOUR_BRAIN_TOKEN", "from-environment")
    assert SwitchboardInput.from_credentials({"channels": {"facebook": {"verify": "x"}}})._token == b"from-environment"
    assert SwitchboardInput.from_credentials({"token": "from-file"})._token == b"from-file"
