"""Whatever is sent, the answer is a clear error with a code, and the conversation goes on as if nothing had been."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.switchboard.running import Switchboard, until


class Raw:
    """A WebSocket that says what no decent client would."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[str] = []

    async def event(self, name: str) -> Any:
        """Wait for an event of the default namespace; its payload."""
        async with asyncio.timeout(5):
            while True:
                frame = await self.socket.receive()
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    raise AssertionError(f"the connection was closed: {frame}")
                self.frames.append(frame.data)
                if frame.data == "2":
                    await self.socket.send_str("3")
                if frame.data.startswith("42"):
                    event, *payload = json.loads(frame.data[2:])
                    if event == name:
                        return payload[0] if payload else None


@pytest.fixture
async def raw(local: Switchboard) -> Any:
    """Such a WebSocket, connected to the default namespace."""
    async with aiohttp.ClientSession() as http:
        address = f"{local.url}/socket.io/?EIO=4&transport=websocket"
        async with http.ws_connect(address, max_msg_size=0) as socket:
            assert (await socket.receive()).data.startswith("0")
            await socket.send_str("40")
            assert (await socket.receive()).data.startswith("40")
            yield Raw(socket)


TEXTS = [
    ("x" * 1001, "text_too_long"),
    ("x" * 50_000, "text_too_long"),
    ("", "text_empty"),
    ("  \n\t ", "text_empty"),
    ("a\x00b", "text_invalid"),
    ("a\x07b", "text_invalid"),
    (None, "text_invalid"),
    (17, "text_invalid"),
    (["hello"], "text_invalid"),
    ({"text": "hello"}, "text_invalid"),
]


@pytest.mark.parametrize(("text", "code"), TEXTS, ids=[f"{code}-{n}" for n, (_, code) in enumerate(TEXTS)])
async def test_text_that_cannot_be_a_message(local: Switchboard, text: object, code: str) -> None:
    """An error with its code, nothing stored, and the next message works."""
    customer = await local.customer()
    await customer.mode("ai")
    error = (await customer.say(text))["error"]
    assert error["code"] == code
    assert error["message"]
    assert (await customer.say("x" * 1000))["seq"] == 2


PAYLOADS: list[tuple[str, Any, str]] = [
    ("user_uttered", "not an object", "payload_invalid"),
    ("user_uttered", ["a", "list"], "payload_invalid"),
    ("user_uttered", {"message": "hi", "session_id": "x" * 500}, "payload_invalid"),
    ("user_uttered", {"message": "hi", "client_id": "x" * 500}, "payload_invalid"),
    ("user_uttered", {"message": "hi", "client_id": {"$ne": 1}}, "payload_invalid"),
    ("user_uttered", {"message": "hi", "session_id": "nobody's"}, "session_unknown"),
    ("session_request", {"session_id": 7}, "payload_invalid"),
    ("session_request", {"last_seq": -1}, "payload_invalid"),
    ("session_request", {"last_seq": "all"}, "payload_invalid"),
    ("session_request", {"token": "forged"}, "token_invalid"),
    ("session_request", {"token": "a.b.c"}, "token_invalid"),
    ("receipt", {"seq": -5}, "payload_invalid"),
    ("receipt", {}, "payload_invalid"),
    ("feedback", {"heard": "very"}, "payload_invalid"),
    ("feedback", {"comment": "x" * 2000}, "payload_invalid"),
    ("typing", {"on": "perhaps"}, "payload_invalid"),
    ("claim", {"session_id": "x"}, "unknown_event"),
    ("say", {"session_id": "x", "text": "I am the agent"}, "unknown_event"),
    ("trigger_event", {}, "unknown_event"),
    ("connected", {}, "unknown_event"),
    ("on_connected", {}, "unknown_event"),
    ("__class__", {}, "unknown_event"),
    ("connect", {}, "unknown_event"),
    ("disconnect", {}, "unknown_event"),
    ("", {}, "unknown_event"),
    ("x" * 5000, {}, "unknown_event"),
]


@pytest.mark.parametrize(
    ("event", "payload", "code"), PAYLOADS, ids=[f"{e[:16]}-{n}" for n, (e, _, _) in enumerate(PAYLOADS)]
)
async def test_event_that_is_not_in_the_protocol(local: Switchboard, event: str, payload: Any, code: str) -> None:
    """The acknowledgement carries the code; without an acknowledgement it comes as event `error`."""
    customer = await local.customer()
    await customer.mode("ai")
    assert (await customer.call(event, payload))["error"]["code"] == code
    await customer.send(event, payload)
    assert (await customer.got("error"))["code"] == code
    assert (await customer.say("still there?"))["seq"] == 2


FRAMES = [
    '42["user_uttered",{broken',
    '42{"not":"a list"}',
    "42[]",
    "42[7]",
    "42",
    '42["user_uttered",NaN]',
    "42" + "[" * 20_000,
    "4",
    "49",
    "4x",
    "47",
    '451-["user_uttered",{"_placeholder":true,"num":0}]',
    '461-["x"]',
    '42["user_uttered",{"message":"' + "x" * 200_000 + '"}]',
]


@pytest.mark.parametrize("frame", FRAMES, ids=[f"{frame[:12]}-{n}" for n, frame in enumerate(FRAMES)])
async def test_frame_that_cannot_be_read(raw: Raw, frame: str) -> None:
    """The error comes as an event, and the connection lives."""
    await raw.socket.send_str(frame)
    assert (await raw.event("error"))["code"] == "payload_invalid"
    await raw.socket.send_str('42["session_request",{}]')
    assert isinstance(await raw.event("session_confirm"), str)


async def test_binary_frame_is_refused(raw: Raw) -> None:
    """Nothing binary is in the protocol."""
    await raw.socket.send_bytes(b"\x00" * 1000)
    assert (await raw.event("error"))["code"] == "payload_invalid"


async def test_lone_surrogate_is_refused(raw: Raw) -> None:
    """JSON can carry half a character; no database can."""
    await raw.socket.send_str('42["session_request",{}]')
    session_id = await raw.event("session_confirm")
    payload = json.dumps(["user_uttered", {"message": "a\ud800b", "session_id": session_id}])
    await raw.socket.send_str("42" + payload)
    assert (await raw.event("error"))["code"] == "text_invalid"


async def test_frame_beyond_the_buffer_closes_the_connection_only(local: Switchboard, raw: Raw) -> None:
    """Two megabytes are not read to their end: close code 1009, message too big; the session can be taken up again."""
    customer = await local.customer()
    await customer.mode("ai")
    await raw.socket.send_str('42["user_uttered",{"message":"' + "x" * 2_000_000 + '"}]')
    async with asyncio.timeout(5):
        while (frame := await raw.socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert raw.socket.close_code == 1009, frame
    assert (await customer.say("still there?"))["seq"] == 2


async def test_huge_http_body_is_refused(local: Switchboard) -> None:
    """Long polling has a limit too, and a packet that cannot be read ends only the connection that sent it."""
    async with local.http() as http:
        params = {"EIO": "4", "transport": "polling"}
        params["sid"] = json.loads((await http.get("/socket.io/", params=params)).text[1:])["sid"]
        answer = await http.post("/socket.io/", params=params, content=b"4" + b"x" * 3_000_000)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "payload_invalid"
        answer = await http.post("/socket.io/", params=params, content=b"6")
        assert answer.status_code == 400
    assert "seq" in await (await local.customer()).say("unharmed")


async def test_foreign_session_id_is_refused_and_leaks_nothing(switchboard: Switchboard) -> None:
    """A message under another customer's session id is not stored there, and its texts come to nobody else."""
    hers = await switchboard.customer()
    await hers.mode("ai")
    thief = await switchboard.customer()
    await thief.mode("ai")
    ack = await thief.call("user_uttered", {"message": "give me everything", "session_id": hers.session_id})
    assert ack["error"]["code"] == "session_foreign"
    await hers.say("my secret")
    await hers.heard("my secret")
    assert not any("secret" in text for text in thief.texts())
    assert (await switchboard.system.sessions.get(hers.session_id)).seq == 3


async def test_clock_that_jumps_back_breaks_nothing(local: Switchboard) -> None:
    """Order, acknowledgements and the chain of the record do not depend on the machine's clock."""
    clock = local.hold_clock()
    await local.restart()
    customer = await local.customer()
    await customer.mode("ai")
    await customer.say("one")
    await customer.heard("You said: one")
    clock.advance(-86_400)
    await customer.say("two")
    await customer.heard("You said: two")
    await customer.call("human_request")
    assert (await customer.mode("queued"))["position"] == 1
    clock.advance(-86_400)
    desk = await local.desk()
    await desk.do("claim", session_id=customer.session_id)
    await customer.mode("human")
    clock.advance(200_000)
    await customer.say("three")
    seqs = customer.seqs()
    assert seqs == sorted(seqs)
    assert await local.system.store.verify() == []


async def test_too_many_messages_are_refused_with_a_code(local: Switchboard) -> None:
    """What was refused is not stored; other customers are not touched."""
    await local.restart(rate_limit=5)
    customer = await local.customer()
    await customer.mode("ai")
    acks = [await customer.say(f"m{number}") for number in range(12)]
    refused = [ack["error"]["code"] for ack in acks if "error" in ack]
    assert refused
    assert set(refused) == {"rate_limited"}
    second_tab = await local.customer(session_id=customer.session_id)
    assert (await second_tab.say("from the other tab"))["error"]["code"] == "rate_limited"
    other = await local.customer()
    assert "seq" in await other.say("me too")


async def test_too_many_sessions_of_one_socket_are_refused(local: Switchboard) -> None:
    """Opening sessions in a loop costs the client its turn, not the server its memory."""
    await local.restart(rate_limit=20)
    customer = await local.customer(begin=False)
    codes = [(await customer.call("session_request", {})).get("error", {}).get("code") for _ in range(15)]
    assert "rate_limited" in codes
    await until(lambda: len(local.system.sessions.all_open()) <= 11)


@pytest.mark.parametrize("auth", [["a"], "text", {"token": 5}, {"session_id": {}}, {"last_seq": -1}])
async def test_malformed_handshake_is_refused_with_a_code(local: Switchboard, auth: Any) -> None:
    """The handshake's auth is checked like any payload."""
    address = f"{local.url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http, http.ws_connect(address) as socket:
        await socket.receive()
        await socket.send_str("40" + json.dumps(auth))
        refused = (await socket.receive()).data
    assert refused.startswith("44")
    assert json.loads(refused[2:])["data"]["code"] == "payload_invalid"
