"""Asking the brain over HTTP: whatever it answers, it is lines or `BrainUnavailable`."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchboard.brain.client import HttpBrain
from switchboard.brain.lines import Assessment, Done, Failure, TurnLine, TurnRequest, Utter
from switchboard.errors import BrainUnavailable

REQUEST = TurnRequest(
    kind="message", session_id="s", message_id="m", epoch=1, text="hello", locale="en-GB", channel="web"
)
GOOD = (
    '{"type":"parse","intent":{"name":"greet","confidence":0.9},"new":1}\n\n'
    '{"type":"assessment","outcome":"answer","criterion":null,"evidence":null,"policy_version":"sha256:1","floor":false}\n'
    '{"type":"utter","text":"Hi.","buttons":[{"title":"Yes","payload":"/affirm"}],"disclosure":false,"metadata":{}}\n'
    '{"type":"done","model":"x","disclosed":true}\n'
    '{"type":"utter","text":"too late"}\n'
)


def brain(answer: Callable[[httpx.Request], httpx.Response]) -> HttpBrain:
    """A brain that answers so."""
    client = HttpBrain("http://brain", "secret")
    client._client = httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://brain", headers=client._client.headers
    )
    return client


def _give(response: httpx.Response, _request: httpx.Request) -> httpx.Response:
    return response


async def lines(answer: Callable[[httpx.Request], httpx.Response]) -> list[TurnLine]:
    return [line async for line in brain(answer).turn(REQUEST)]


async def test_a_turn_is_asked_for_by_contract() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=GOOD)

    got = await lines(answer)
    assert [line.type for line in got] == ["parse", "assessment", "utter", "done"]
    assert isinstance(got[1], Assessment)
    assert isinstance(got[2], Utter)
    assert got[2].buttons[0].payload == "/affirm"
    assert (seen[0].method, seen[0].url.path) == ("POST", "/webhooks/switchboard/turn")
    assert seen[0].headers["authorization"] == "Bearer secret"
    assert json.loads(seen[0].content)["message_id"] == "m"


async def test_nothing_is_read_after_an_error_line() -> None:
    got = await lines(lambda _: httpx.Response(200, text='{"type":"error","code":"not_disclosed"}\n{"type":"done"}\n'))
    assert got == [Failure(code="not_disclosed")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "not json\n",
        '{"type":"sing"}\n',
        '{"type":"utter"\n',
        "[]\n",
        '"done"\n',
        '{"type":"assessment","outcome":"perhaps"}\n{"type":"done"}\n',
        '{"type":"utter","text":5}\n{"type":"done"}\n',
        '{"type":"utter","text":"hi"}\n',
        '{"type":"utter","text":"\\ud800"}\n{"type":"done"}\n',
        "\ufeff{}\n",
    ],
)
async def test_what_is_no_turn_means_that_the_brain_is_unavailable(text: str) -> None:
    with pytest.raises(BrainUnavailable):
        await lines(lambda _: httpx.Response(200, text=text))


@pytest.mark.parametrize("status", [201, 204, 302, 400, 401, 413, 500, 503])
async def test_any_other_status_means_that_the_brain_is_unavailable(status: int) -> None:
    with pytest.raises(BrainUnavailable, match=str(status)):
        await lines(lambda _: httpx.Response(status, text=GOOD))


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError])
async def test_a_broken_connection_means_that_the_brain_is_unavailable(error: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("broken")

    with pytest.raises(BrainUnavailable):
        await lines(answer)
    assert await brain(answer).ready() is None
    with pytest.raises(BrainUnavailable):
        await brain(answer).parse("hello", locale="en-GB")


@given(st.binary(max_size=300))
@settings(max_examples=30)
async def test_no_bytes_make_anything_else_of_it(content: bytes) -> None:
    try:
        got = await lines(lambda _: httpx.Response(200, content=content))
    except BrainUnavailable:
        return
    assert isinstance(got[-1], Done | Failure)


async def test_readiness_is_the_models_id() -> None:
    assert await brain(lambda _: httpx.Response(200, json={"status": "ready", "model": "m1"})).ready() == "m1"
    assert await brain(lambda _: httpx.Response(503, json={"status": "loading"})).ready() is None
    assert await brain(lambda _: httpx.Response(200, json={"status": "ready"})).ready() == "unknown"
    half = brain(lambda _: httpx.Response(200, json={"status": "ready", "model": "m1", "actions": "unavailable"}))
    assert (await half.ready(), half.actions) == ("m1", False)
    for odd in (httpx.Response(200, text="no json"), httpx.Response(200, json=[1])):
        assert await brain(partial(_give, odd)).ready() is None


async def test_a_parse_is_the_models_understanding() -> None:
    parsed = await brain(lambda _: httpx.Response(200, json={"intent": {"name": "greet"}})).parse("hi", locale="en-GB")
    assert parsed.intent_name == "greet"
    for odd in (httpx.Response(200, text="no"), httpx.Response(200, json=[1]), httpx.Response(400, json={})):
        with pytest.raises(BrainUnavailable):
            await brain(partial(_give, odd)).parse("hi", locale="en-GB")
