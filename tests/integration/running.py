"""The whole system as a user starts it, for tests from outside: three real processes on ports of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-password-for-the-tests-alone"
START_S = 300
STOP_S = 40


@dataclass(frozen=True, kw_only=True)
class RunningSystem:
    """A started Candour."""

    url: str
    data_dir: Path
    launcher: subprocess.Popen[bytes]

    def pid(self, part: str) -> int | None:
        """The process id of `actions`, `brain` or `switchboard`, None while it is down."""
        with contextlib.suppress(OSError, ValueError):
            parts = json.loads((self.data_dir / "run" / "parts.json").read_text())
            pid = parts["parts"][part].get("pid")
            return int(pid) if pid else None
        return None

    def kill(self, part: str) -> int:
        """SIGKILL a part; the launcher starts it again. Returns the killed process's id."""
        pid = self.pid(part)
        assert pid is not None, f"{part} is not running"
        os.kill(pid, signal.SIGKILL)
        return pid

    def hold(self, part: str) -> int:
        """SIGSTOP a part, so that it neither answers nor dies. Returns its process id."""
        pid = self.pid(part)
        assert pid is not None, f"{part} is not running"
        os.kill(pid, signal.SIGSTOP)
        return pid

    def ready(self) -> dict[str, object] | None:
        """What /readyz says when it answers 200, else None."""
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.url}/readyz", timeout=3, trust_env=False)
            if answer.status_code == httpx.codes.OK:
                return dict(answer.json())
        return None

    def wait_ready(self, *, within_s: float = START_S) -> None:
        """Until every part answers."""
        wait_for(lambda: self.ready() is not None, within_s=within_s, what="/readyz")

    def logs(self) -> str:
        """The ends of the parts' logs."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in sorted((self.data_dir / "logs").glob("*.log"))
        )


def wait_for(condition: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Look every tenth of a second until a condition holds; AssertionError when it never does."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about within {within_s:g} s"
        time.sleep(0.1)


@contextlib.contextmanager
def running_system(data_dir: Path, **environment: str) -> Iterator[RunningSystem]:
    """Start Candour by its launcher; on leaving, stop it as Ctrl-C does and see that nothing is left."""
    port = free_port()
    settings = {
        "CANDOUR_PORT": str(port),
        "CANDOUR_BRAIN_PORT": str(free_port()),
        "CANDOUR_ACTIONS_PORT": str(free_port()),
        "CANDOUR_DATA_DIR": str(data_dir),
        "CANDOUR_DEMO_PASSWORD": PASSWORD,
        **environment,
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    output: IO[bytes] = (data_dir / "launcher.log").open("wb")
    with output:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "launch", "run"],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        system = RunningSystem(url=f"http://127.0.0.1:{port}", data_dir=data_dir, launcher=launcher)
        try:
            wait_for(
                lambda: launcher.poll() is not None or system.ready() is not None, within_s=START_S, what="the start"
            )
            assert launcher.poll() is None, (data_dir / "launcher.log").read_text()
            yield system
        finally:
            launcher.send_signal(signal.SIGINT)
            try:
                launcher.wait(STOP_S)
            except subprocess.TimeoutExpired:
                launcher.kill()
                launcher.wait()
                raise AssertionError(f"Ctrl-C did not stop it within {STOP_S} s\n{system.logs()}") from None


def free_port() -> int:
    """A port nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
