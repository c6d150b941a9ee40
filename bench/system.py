"""Starting what is measured, each part a process of its own, on ports that are free."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "bench-password-of-one-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server under measurement."""

    url: str
    pid: int


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def echo() -> AsyncIterator[Running]:
    """The bare python-socketio relay."""
    port = free_port()
    async with _process([sys.executable, "-m", "bench.echo_server", str(port)], {}) as process:
        await _listening(port)
        yield Running(url=f"http://127.0.0.1:{port}", pid=process.pid)


@asynccontextmanager
async def switchboard() -> AsyncIterator[Running]:
    """A switchboard alone, on a fresh SQLite file, with nobody in the brain's place."""
    port = free_port()
    with tempfile.TemporaryDirectory(
        prefix="candour-bench-", dir=ROOT / "var" if (ROOT / "var").is_dir() else None
    ) as data:
        environment = {
            "CANDOUR_PORT": str(port),
            "CANDOUR_DATA_DIR": data,
            "CANDOUR_DEMO": "1",
            "CANDOUR_DEMO_PASSWORD": PASSWORD,
            "CANDOUR_BRAIN_URL": f"http://127.0.0.1:{free_port()}",
            "CANDOUR_BRAIN_TOKEN": "nobody-is-there",
            "CANDOUR_RATE_LIMIT": "1000000",
        }
        async with _process([sys.executable, "-m", "switchboard", "serve"], environment) as process:
            await _listening(port)
            await _answers(f"http://127.0.0.1:{port}/healthz")
            yield Running(url=f"http://127.0.0.1:{port}", pid=process.pid)


@asynccontextmanager
async def whole_system() -> AsyncIterator[Running]:
    """Switchboard, brain and actions as `make run` starts them."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as data:
        environment = {
            "CANDOUR_PORT": str(port),
            "CANDOUR_BRAIN_PORT": str(free_port()),
            "CANDOUR_ACTIONS_PORT": str(free_port()),
            "CANDOUR_DATA_DIR": data,
            "CANDOUR_DEMO_PASSWORD": PASSWORD,
            "CANDOUR_RATE_LIMIT": "1000000",
        }
        async with _process([sys.executable, "-m", "launch", "run"], environment, stop_s=30) as process:
            await _answers(f"http://127.0.0.1:{port}/readyz", within_s=300)
            yield Running(url=f"http://127.0.0.1:{port}", pid=process.pid)


@asynccontextmanager
async def _process(
    command: list[str], environment: dict[str, str], *, stop_s: float = 10
) -> AsyncIterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)  # noqa: ASYNC220 (starting takes no time; only the waiting is handed to a thread)
    try:
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, stop_s)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)


async def _listening(port: int, *, within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not await _accepts(port):
            await asyncio.sleep(0.1)


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _answers(url: str, *, within_s: float = 60) -> None:
    async with asyncio.timeout(within_s), httpx.AsyncClient(trust_env=False) as client:
        while not await _is_ok(client, url):
            await asyncio.sleep(0.3)


async def _is_ok(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
