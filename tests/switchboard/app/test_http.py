"""Sign-in, health, the demo and the web pages over plain HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.switchboard.running import PASSWORD, Switchboard

SANDBOX = """
customers:
  - {id: c-ines, name: Inés Duarte, locale: es-MX, region: MX, about: lost a card}
  - {id: c-tom, name: Tom Okafor, locale: en-GB, region: GB, about: waits for a transfer}
"""


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Switchboard]:
    """A demo with pages and customers."""
    pages = tmp_path / "dist"
    for page in ("console", "demo"):
        (pages / page).mkdir(parents=True)
        (pages / page / "index.html").write_text(f"<!doctype html><title>{page}</title>")
    (pages / "widget.js").write_text("'use strict'")
    (tmp_path / "sandbox.yml").write_text(SANDBOX)
    running = Switchboard(
        f"sqlite:///{tmp_path / 'test.db'}",
        tmp_path,
        demo=True,
        demo_password="demo-password",
        web_dir=pages,
        sandbox_file=tmp_path / "sandbox.yml",
    )
    await running.start()
    yield running
    await running.close()


async def test_sign_in_gives_a_token_that_the_desk_takes(switchboard: Switchboard) -> None:
    """Whatever the case of the address; the token says nothing but who it is."""
    async with switchboard.http() as http:
        answer = await http.post("/api/login", json={"email": " Sue@bank.example", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["role"] == "supervisor"
    assert switchboard.system.tokens.desk_agent(answer.json()["token"]) == "sue"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "sue@bank.example", "password": "not it"}, 401, "login_failed"),
        ({"email": "nobody@bank.example", "password": PASSWORD}, 401, "login_failed"),
        ({"email": "sue@bank.example"}, 400, "payload_invalid"),
        ({"email": "sue@bank.example", "password": ["x"]}, 400, "payload_invalid"),
        ({"email": "x" * 20_000, "password": "x"}, 400, "payload_invalid"),
        ([], 400, "payload_invalid"),
    ],
)
async def test_sign_in_that_fails_says_no_more_than_it_must(
    local: Switchboard, body: object, status: int, code: str
) -> None:
    """An unknown address and a false password look the same."""
    async with local.http() as http:
        answer = await http.post("/api/login", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_guessing_passwords_is_slowed_down(local: Switchboard) -> None:
    """Too many attempts for one address are refused, also with the right password."""
    async with local.http() as http:
        for _ in range(100):
            answer = await http.post("/api/login", json={"email": "sue@bank.example", "password": "guess"})
            if answer.status_code == 429:
                break
        answer = await http.post("/api/login", json={"email": "sue@bank.example", "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")


async def test_only_json_signs_in(local: Switchboard) -> None:
    """A form on another site cannot send it."""
    async with local.http() as http:
        answer = await http.post("/api/login", data={"email": "sue@bank.example", "password": PASSWORD})
        assert answer.json()["error"]["code"] == "payload_invalid"
        answer = await http.post("/api/login", content=b"{broken", headers={"content-type": "application/json"})
        assert answer.json()["error"]["code"] == "payload_invalid"


async def test_ready_only_when_the_brain_answers(switchboard: Switchboard) -> None:
    """Alive without it, ready not; each part with its state."""
    async with switchboard.http() as http:
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]["brain"]["model"]) == (200, "scripted")
        assert ready.json()["parts"]["actions"] == {"status": "unknown"}
        switchboard.brain.actions = False
        assert (await http.get("/readyz")).status_code == 503
        switchboard.brain.actions, switchboard.brain.up = True, False
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {
            "status": "not_ready",
            "parts": {
                "store": {"status": "ready"},
                "brain": {"status": "unavailable", "model": None},
                "actions": {"status": "ready"},
            },
        }
        assert (await http.get("/healthz")).status_code == 200


async def test_errors_are_json(local: Switchboard) -> None:
    """Everywhere, with a code."""
    async with local.http() as http:
        for answer, code in (
            (await http.get("/no-such-page"), "not_found"),
            (await http.get("/api/login"), "method_not_allowed"),
            (await http.get("/demo/customers"), "not_found"),
            (await http.post("/demo/sign-in", json={"customer": "c-ines"}), "not_found"),
        ):
            assert answer.json()["error"]["code"] == code


async def test_demo_customers_sign_in_with_one_press(demo: Switchboard) -> None:
    """The token names the customer; she is greeted in her language."""
    async with demo.http() as http:
        customers = (await http.get("/demo/customers")).json()["customers"]
        assert [customer["id"] for customer in customers] == ["c-ines", "c-tom"]
        token = (await http.post("/demo/sign-in", json={"customer": "c-ines"})).json()["token"]
        assert (await http.post("/demo/sign-in", json={"customer": "c-x"})).status_code == 404
        signed_in = await http.post("/api/login", json={"email": "agent@demo.example", "password": "demo-password"})
        assert signed_in.json()["role"] == "agent"
    customer = await demo.customer(auth={"token": token})
    await customer.heard("[es-MX]")


async def test_pages_come_with_strict_headers(demo: Switchboard) -> None:
    """Nothing foreign runs in them, and nobody frames them."""
    async with demo.http() as http:
        for path, title in (("/", "demo"), ("/console/", "console")):
            answer = await http.get(path)
            assert f"<title>{title}" in answer.text
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert "javascript" in (await http.get("/widget.js")).headers["content-type"]
        assert (await http.get("/../settings.py")).status_code == 404


async def test_demo_answers_only_to_loopback_names(demo: Switchboard) -> None:
    """A name of somebody's own that points to loopback is refused."""
    async with demo.http() as http:
        assert (await http.get("/demo/customers", headers={"host": "evil.example"})).status_code == 400
        polling = await http.get("/socket.io/?EIO=4&transport=polling", headers={"host": "evil.example"})
        assert polling.status_code == 400


async def test_other_origins_may_not_open_a_socket(local: Switchboard) -> None:
    """Unless they are allowed by the settings."""
    async with local.http() as http:
        path = "/socket.io/?EIO=4&transport=polling"
        assert (await http.get(path, headers={"origin": "https://evil.example"})).status_code == 400
        await local.restart(allowed_origins="https://bank.example,https://other.example")
    async with local.http() as http:
        assert (await http.get(path, headers={"origin": "https://bank.example"})).status_code == 200
        assert (await http.get(path, headers={"origin": "https://evil.example"})).status_code == 400


async def test_open_sockets_do_not_hold_up_the_end(local: Switchboard) -> None:
    """A stop takes less than three seconds with customers and desk connected."""
    for _ in range(5):
        await local.customer()
    await local.desk()
    assert await local.stop() < 3
