"""Starts the parts, watches them, starts again what died, and stops them all."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from launch.digest import write_whole
from launch.failure import LaunchFailure
from launch.groups import ProcessGroups
from launch.parts import Part, is_ready
from launch.steps import tail

_LOG_LIMIT = 10_000_000  #: bytes; a longer log is set aside as *.log.1 when its part starts


class State(StrEnum):
    WAITING = "waiting"  #: for a part it needs, or for the end of a pause after a death
    STARTING = "starting"  #: runs, but does not answer yet
    READY = "ready"  #: answers
    STOPPED = "stopped"  #: by us


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Pauses between a part's death and its next start: doubling, up to a limit, from the beginning after a calm time."""

    first: float = 0.5
    limit: float = 30.0
    calm: float = 60.0

    def pause(self, deaths: int) -> float:
        return float(min(self.limit, self.first * 2 ** max(0, deaths - 1)))


@dataclass(kw_only=True)
class _Watched:
    part: Part
    state: State = State.WAITING
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    not_before: float = 0.0
    deaths: int = 0  #: in a row, without a calm time between
    restarts: int = 0  #: ever
    was_ready: bool = False


class Supervisor:
    """Call `tick` a few times a second from the main thread; it never blocks for longer than the readiness checks."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        groups: ProcessGroups,
        status_file: Path,
        tell: Callable[[str], None],
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
        ready: Callable[[Part], bool] = is_ready,
    ) -> None:
        self._watched = {part.name: _Watched(part=part) for part in parts}
        self._groups = groups
        self._status_file = status_file
        self._tell = tell
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._ready = ready
        self._announced: str | None = None

    def all_ready(self) -> bool:
        return all(watched.state is State.READY for watched in self._watched.values())

    def state_of(self, name: str) -> State:
        return self._watched[name].state

    def tick(self) -> None:
        """Move every part one step on. Raises LaunchFailure when one cannot be brought up at all."""
        for watched in self._watched.values():
            if watched.process is not None and watched.process.poll() is not None:
                self._bury(watched)
            if watched.state is State.WAITING and self._may_start(watched):
                self._start(watched)
            elif watched.state is State.STARTING:
                self._look(watched)
            elif watched.state is State.READY and watched.deaths and self._age(watched) > self._backoff.calm:
                watched.deaths = 0
        self._write_status()

    def stop(self, *, grace: float = 8.0) -> None:
        """End every process of every part; returns when none is left."""
        self._groups.stop_all(grace=grace)
        for watched in self._watched.values():
            watched.state, watched.process = State.STOPPED, None
        self._status_file.unlink(missing_ok=True)

    def _age(self, watched: _Watched) -> float:
        return self._clock() - watched.began

    def _may_start(self, watched: _Watched) -> bool:
        if self._clock() < watched.not_before:
            return False
        if watched.was_ready:  # a part that comes back does not wait for the others: they can do without it
            return True
        return all(self._watched[name].was_ready for name in watched.part.needs if name in self._watched)

    def _start(self, watched: _Watched) -> None:
        part = watched.part
        part.log.parent.mkdir(parents=True, exist_ok=True)
        if part.log.exists() and part.log.stat().st_size > _LOG_LIMIT:
            part.log.replace(part.log.with_suffix(".log.1"))
        with part.log.open("ab") as output:
            try:
                watched.process = self._groups.start(part.command, cwd=part.cwd, env=part.env, output=output)
            except OSError as problem:
                raise LaunchFailure(
                    f"{part.title.capitalize()} could not be started: {part.command[0]}: {problem.strerror}. "
                    "Remove the environment it lies in and run `make run` again."
                ) from None
        watched.state, watched.began = State.STARTING, self._clock()

    def _look(self, watched: _Watched) -> None:
        part = watched.part
        if self._ready(part):
            if watched.was_ready:
                self._tell(f"{part.title.capitalize()} is back (after {self._age(watched):.1f} s).")
            watched.state, watched.was_ready = State.READY, True
        elif self._age(watched) > part.start_timeout:
            assert watched.process is not None
            if not watched.was_ready:
                raise LaunchFailure(
                    f"{part.title.capitalize()} was started but did not answer on {part.address}{part.ready_paths[-1]} "
                    f"within {part.start_timeout:.0f} s. Its log is {part.log}; the last lines:\n{tail(part.log)}"
                )
            self._tell(f"{part.title.capitalize()} does not come back; it is started once more.")
            watched.process.kill()  # its death is seen at the next tick

    def _bury(self, watched: _Watched) -> None:
        part, process = watched.part, watched.process
        assert process is not None
        code = process.returncode
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._groups.forget(process)
        watched.process = None
        if not watched.was_ready:
            raise LaunchFailure(
                f"{part.title.capitalize()} {how} while it was starting. Its log is {part.log}; "
                f"the last lines:\n{tail(part.log)}"
            )
        if self._age(watched) > self._backoff.calm:
            watched.deaths = 0
        watched.deaths += 1
        watched.restarts += 1
        pause = self._backoff.pause(watched.deaths)
        watched.state, watched.not_before = State.WAITING, self._clock() + pause
        self._tell(f"{part.title.capitalize()} {how}; starting it again in {pause:.1f} s (log: {part.log}).")

    def _write_status(self) -> None:
        """parts.json, for tests and for whoever wants to look: written when something changed."""
        told = json.dumps(
            {
                "launcher": {"pid": os.getpid()},
                "ready": self.all_ready(),
                "parts": {
                    name: {
                        "state": watched.state.value,
                        "pid": watched.process.pid if watched.process else None,
                        "port": watched.part.port,
                        "address": watched.part.address,
                        "restarts": watched.restarts,
                        "log": str(watched.part.log),
                    }
                    for name, watched in self._watched.items()
                },
            },
            indent=2,
        )
        if told != self._announced:
            write_whole(self._status_file, told + "\n")
            self._announced = told
