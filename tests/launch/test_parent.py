"""A signal that make alone received, and a make that was killed, stop the launcher as a Ctrl-C does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = """
    import pathlib, time
    from launch.failure import Stopped
    from launch.parent import watch_parent
    from launch.stopping import stop_on_signals, stopping
    stop_on_signals()
    watch_parent(stopping=stopping)
    here = pathlib.Path(__file__).parent
    (here / "pid").write_text(str(__import__("os").getpid()))
    try:
        time.sleep(60)
    except Stopped as stop:
        (here / "stopped").write_text(str(stop.signal_number))
"""


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{path.name} was not written")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows which signals a process has blocked")
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_signal_to_make_alone_stops_the_launcher(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "launcher.py").write_text(textwrap.dedent(LAUNCHER))
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} {tmp_path / 'launcher.py'}\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env.pop("MAKELEVEL", None)
    inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, in what is started here too
    make = subprocess.Popen(
        ["make", "run"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    signal.signal(signal.SIGHUP, inherited)
    pid = int(wait_for(tmp_path / "pid"))
    try:
        make.send_signal(number)
        wait_for(tmp_path / "stopped")
        make.wait(timeout=30)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
        assert not psutil.pid_exists(pid)
    finally:
        try:
            os.killpg(make.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        make.wait()
