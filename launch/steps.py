"""One step of the set-up: a command whose output goes to a log, and whose failure becomes a sentence."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from launch.failure import LaunchFailure
from launch.groups import GROUPS

_TAIL = 12  #: lines of a log that a failure shows

Watch = Callable[[str], None]  #: told each new line of a step's output


def run_step(
    command: Sequence[str],
    *,
    what: str,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    advice: str,
    timeout: float = 3600.0,
    watch: Watch | None = None,
) -> None:
    """Run a command to its end. Raises LaunchFailure with the log's last lines and `advice` when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            process = GROUPS.start(command, cwd=cwd, env=env, output=output)
        except OSError as problem:
            raise LaunchFailure(
                f"{what} failed: {command[0]} could not be started ({problem.strerror}). {advice}"
            ) from None
        try:
            code = _wait(process, log=log, timeout=timeout, watch=watch)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            GROUPS.forget(process)
    if code is None:
        raise LaunchFailure(f"{what} did not end within {timeout:.0f} s and was stopped. The log is {log}. {advice}")
    if code != 0:
        raise LaunchFailure(
            f"{what} failed (exit code {code}). {advice} The log is {log}; its last lines:\n{tail(log)}"
        )


def _wait(process: subprocess.Popen[bytes], *, log: Path, timeout: float, watch: Watch | None) -> int | None:
    deadline = time.monotonic() + timeout
    with log.open("r", encoding="utf-8", errors="replace") as reader:
        while True:
            try:
                code: int | None = process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                code = None
            if watch is not None:
                for line in reader:
                    if line.strip():
                        watch(line.strip())
            if code is not None or time.monotonic() > deadline:
                return code


def tail(log: Path, *, lines: int = _TAIL) -> str:
    """The last lines of a log, indented, for showing."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 64_000))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return "    (no log)"
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)  # colours of whichever program wrote it
    kept = [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line[:300]}" for line in kept) or "    (the log is empty)"


def answers(command: Sequence[str], *, timeout: float = 30.0, env: Mapping[str, str] | None = None) -> str | None:
    """What a quick command prints, or None when it cannot be run or fails: a shim on PATH is no proof of a program."""
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            env=None if env is None else dict(env),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
