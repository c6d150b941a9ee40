"""Clients that Candour did not write can hold a conversation with it."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.integration.running import RunningSystem
from tests.stock_clients.install import HERE, install_stock_clients

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("package", ["socket.io-client-3", "socket.io-client-4"])
def test_stock_socketio_client_holds_a_conversation(system: RunningSystem, package: str) -> None:
    node, _ = install_stock_clients()
    questions = ["when does the Leeds branch open?", "are you a human?"]
    done = subprocess.run(
        [node, "talk.mjs", package, system.url, *questions],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = [line["kind"] for line in lines]
    assert kinds[0] == "session_confirm"
    assert isinstance(lines[0]["data"], str)
    said = [line["data"] for line in lines if line["kind"] == "bot_uttered"]
    assert said[0]["metadata"]["disclosure"] is True
    assert any("open" in message.get("text", "").lower() for message in said[1:])
    assert "AI" in said[-1]["text"]
    allowed = {"text", "quick_replies", "attachment", "metadata"}
    assert all(set(message) <= allowed for message in said), "old widgets choke on further keys at the top"
