"""Starting processes so that none outlives the launcher.

Each process leads a session (and so a group) of its own: a Ctrl-C in the terminal reaches the launcher only, which then
stops the others in order. Two nets lie below that, for a launcher that is killed outright: on Linux the kernel kills the
direct child (PR_SET_PDEATHSIG), and on every system the reaper ends the whole group.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from launch.reaper import end_groups

_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> Callable[[], None] | None:
    """What the child runs between fork and exec; prepared here because little is allowed there."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the launcher died before we asked
            os._exit(1)

    return ask_kernel


class ProcessGroups:
    """Every process that this launcher started and has not yet seen the end of."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._reaper: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        output: IO[bytes] | int,
    ) -> subprocess.Popen[bytes]:
        """Start a command in a group of its own. Call from a thread that lives at least as long as the process."""
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509 - one system call, prepared before the fork
        )
        with self._mutex:
            self._running[process.pid] = process
            self._tell_reaper(f"+{process.pid}")
        return process

    def forget(self, process: subprocess.Popen[bytes]) -> None:
        """Its leader has ended: end whatever is left of the group."""
        end_groups({process.pid}, grace=1.0)
        with self._mutex:
            if self._running.pop(process.pid, None) is not None:
                self._tell_reaper(f"-{process.pid}")

    def stop_all(self, *, grace: float) -> None:
        """SIGTERM to every group, SIGKILL after `grace` seconds; returns when all leaders were waited for."""
        with self._mutex:
            running = list(self._running.values())
        waiter = threading.Thread(target=_reap, args=(running,), daemon=True)
        waiter.start()  # a leader that ended stays a member of its group until it is waited for
        end_groups({process.pid for process in running}, grace=grace)
        waiter.join(timeout=5)
        with self._mutex:
            for process in running:
                if self._running.pop(process.pid, None) is not None:
                    self._tell_reaper(f"-{process.pid}")

    def close(self) -> None:
        """End the reaper. Nothing may be started afterwards."""
        with self._mutex:
            reaper, self._reaper = self._reaper, None
        if reaper is not None and reaper.stdin is not None:
            reaper.stdin.close()
            reaper.wait(timeout=10)

    def _tell_reaper(self, line: str) -> None:
        if self._reaper is None:
            self._reaper = subprocess.Popen(
                [sys.executable, "-S", "-E", str(Path(__file__).with_name("reaper.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            atexit.register(self.close)
        assert self._reaper.stdin is not None
        try:
            self._reaper.stdin.write(f"{line}\n".encode())
            self._reaper.stdin.flush()
        except BrokenPipeError:  # somebody killed the reaper; PR_SET_PDEATHSIG and stop_all remain
            pass


def _reap(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.wait()


GROUPS = ProcessGroups()
