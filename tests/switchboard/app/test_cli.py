"""The command line, as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from switchboard.settings import ROOT
from switchboard.store.engine import open_engine


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with a data folder of its own."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("CANDOUR_")}
    return {**mine, "CANDOUR_DATA_DIR": str(tmp_path), "CANDOUR_WEB_DIR": str(tmp_path / "none")}


def run(environment: dict[str, str], *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "switchboard", *command],
        cwd=ROOT,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_accounts_are_made_and_listed(environment: dict[str, str]) -> None:
    """The password comes from standard input and stands nowhere."""
    made = run(
        environment, "agent", "add", "Ana@bank.example", "--name", "Ana", "--role", "supervisor", text="long enough\n"
    )
    assert made.returncode == 0, made.stderr
    again = run(environment, "agent", "add", "ana@bank.example", "--name", "Ana", text="long enough\n")
    assert again.returncode == 1
    assert "already" in again.stderr
    assert run(environment, "agent", "add", "b@bank.example", "--name", "B", text="short\n").returncode == 1
    assert run(environment, "agent", "password", "ana@bank.example", text="another one\n").returncode == 0
    assert run(environment, "agent", "password", "nobody@bank.example", text="another one\n").returncode == 1
    listed = run(environment, "agent", "list")
    assert "ana@bank.example" in listed.stdout
    assert "supervisor" in listed.stdout
    assert "long enough" not in made.stdout + made.stderr + listed.stdout


def test_audit_finds_a_changed_record(environment: dict[str, str], tmp_path: Path) -> None:
    """Exit code 0 for a whole record, 1 for a changed one."""
    assert run(environment, "migrate").returncode == 0
    assert run(environment, "audit", "verify").returncode == 0
    engine = open_engine(f"sqlite:///{tmp_path / 'switchboard.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO events (session_id, version, type, at, payload, prev_hash, hash) VALUES ('s', 1, "
            "'session_opened', '2026-11-02T09:00:00+00:00', "
            """'{"type":"session_opened","channel":"web","locale":"en-GB"}', 'x', 'y')"""
        )
    engine.dispose()
    verified = run(environment, "audit", "verify")
    assert verified.returncode == 1
    assert "session s" in verified.stdout


def test_faulty_setting_ends_with_its_name(environment: dict[str, str]) -> None:
    """No traceback."""
    ended = run({**environment, "CANDOUR_PORT": "many"}, "serve")
    assert ended.returncode == 2
    assert "CANDOUR_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_at_a_signal(environment: dict[str, str], sent: signal.Signals) -> None:
    """Quickly, without a traceback, though the brain was never there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "switchboard", "serve"],
        cwd=ROOT,
        env={**environment, "CANDOUR_PORT": str(port), "CANDOUR_BRAIN_PORT": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert time.monotonic() < deadline, "did not start"
                assert process.poll() is None
                time.sleep(0.05)
        began = time.monotonic()
        process.send_signal(sent)
        _, told = process.communicate(timeout=10)
        assert time.monotonic() - began < 4
    finally:
        process.kill()
    assert "Traceback" not in told
    assert "switchboard.stopped" in told
