"""Parts are started in order, started again when they die, and none is left behind, however the launcher ends."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from launch.failure import LaunchFailure
from launch.groups import ProcessGroups
from launch.parts import Part, is_ready
from launch.ports import free_port
from launch.supervisor import Backoff, State, Supervisor

SERVER = Path(__file__).with_name("part_server.py")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0  #: seconds a busy machine may take for what usually takes a fraction of one


def eventually(condition: Callable[[], bool], *, step: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        step()
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def a_part(name: str, folder: Path, *, command: tuple[str, ...] | None = None, needs: tuple[str, ...] = ()) -> Part:
    port = free_port()
    return Part(
        name=name,
        title=f"the {name}",
        command=command or (sys.executable, str(SERVER), str(port), str(folder / f"{name}.pids")),
        cwd=folder,
        env=dict(os.environ),
        port=port,
        log=folder / "logs" / f"{name}.log",
        ready_paths=("/ready",),
        needs=needs,
    )


def pids_of(part: Part) -> list[int]:
    """Every process the part ever was: itself and its child, for each start."""
    notes = part.cwd / f"{part.name}.pids"
    return [int(word) for word in notes.read_text().split()] if notes.exists() else []


class House:
    """A supervisor with its groups, and what it told."""

    def __init__(self, folder: Path, *parts: Part, backoff: Backoff | None = None) -> None:
        self.told: list[str] = []
        self.groups = ProcessGroups()
        self.status_file = folder / "run" / "parts.json"
        self.supervisor = Supervisor(
            parts,
            groups=self.groups,
            status_file=self.status_file,
            tell=self.told.append,
            backoff=backoff or Backoff(first=0.05, limit=0.2),
        )

    def until(self, condition: Callable[[], bool]) -> None:
        eventually(condition, step=self.supervisor.tick)

    def status(self) -> dict[str, dict[str, dict[str, object]]]:
        read: dict[str, dict[str, dict[str, object]]] = json.loads(self.status_file.read_text())
        return read


@pytest.fixture
def houses() -> Iterator[list[House]]:
    made: list[House] = []
    yield made
    for house in made:
        house.supervisor.stop(grace=0.5)
        house.groups.close()


def test_parts_start_in_the_order_of_their_needs(tmp_path: Path, houses: list[House]) -> None:
    brain, board = a_part("brain", tmp_path), a_part("switchboard", tmp_path, needs=("brain",))
    house = House(tmp_path, board, brain)
    houses.append(house)
    house.supervisor.tick()
    assert house.supervisor.state_of("switchboard") is State.WAITING
    assert house.supervisor.state_of("brain") is State.STARTING
    house.until(house.supervisor.all_ready)
    assert is_ready(board)
    assert house.status()["parts"]["brain"]["port"] == brain.port


def test_a_part_that_dies_comes_back_on_its_port_and_the_status_says_so(tmp_path: Path, houses: list[House]) -> None:
    part = a_part("brain", tmp_path)
    house = House(tmp_path, part)
    houses.append(house)
    house.until(house.supervisor.all_ready)
    first = house.status()["parts"]["brain"]["pid"]
    assert isinstance(first, int)
    os.kill(first, signal.SIGKILL)
    house.until(lambda: house.status()["parts"]["brain"]["restarts"] == 1 and house.supervisor.all_ready())
    second = house.status()["parts"]["brain"]
    assert second["pid"] != first
    assert second["port"] == part.port
    assert is_ready(part)
    assert "signal 9" in house.told[0]
    assert "is back" in house.told[-1]


def test_what_a_dead_part_left_behind_is_ended_before_it_starts_again(tmp_path: Path, houses: list[House]) -> None:
    part = a_part("brain", tmp_path)
    house = House(tmp_path, part)
    houses.append(house)
    house.until(house.supervisor.all_ready)
    leader, child = pids_of(part)
    os.kill(leader, signal.SIGKILL)
    house.until(lambda: len(pids_of(part)) == 4)
    assert not alive(child)


def test_stop_leaves_no_process_and_no_status(tmp_path: Path, houses: list[House]) -> None:
    parts = [a_part("brain", tmp_path), a_part("actions", tmp_path)]
    house = House(tmp_path, *parts)
    houses.append(house)
    house.until(house.supervisor.all_ready)
    pids = [pid for part in parts for pid in pids_of(part)]
    assert len(pids) == 4
    house.supervisor.stop(grace=5.0)
    assert [pid for pid in pids if alive(pid)] == []
    assert not house.status_file.exists()


def test_stop_ends_a_part_that_does_not_want_to(tmp_path: Path, houses: list[House]) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    part = a_part("brain", tmp_path, command=(sys.executable, "-c", deaf))
    house = House(tmp_path, part)
    houses.append(house)
    house.until(lambda: part.log.exists() and "up" in part.log.read_text())
    pid = house.status()["parts"]["brain"]["pid"]
    assert isinstance(pid, int)
    house.supervisor.stop(grace=0.3)
    assert not alive(pid)


def test_a_part_that_cannot_start_is_told_with_its_last_words(tmp_path: Path, houses: list[House]) -> None:
    part = a_part("brain", tmp_path, command=(sys.executable, "-c", "raise SystemExit('credentials.yml has no token')"))
    house = House(tmp_path, part)
    houses.append(house)
    with pytest.raises(LaunchFailure) as failure:
        house.until(lambda: False)
    assert "The brain ended with exit code 1" in str(failure.value)
    assert "credentials.yml has no token" in str(failure.value)
    assert str(part.log) in str(failure.value)


def test_a_part_that_never_answers_is_told_with_its_address(tmp_path: Path, houses: list[House]) -> None:
    part = a_part("brain", tmp_path, command=(sys.executable, "-c", "import time; time.sleep(600)"))
    house = House(tmp_path, dataclasses.replace(part, start_timeout=0.3))
    houses.append(house)
    with pytest.raises(LaunchFailure, match=f"did not answer on http://127.0.0.1:{part.port}/ready"):
        house.until(lambda: False)


def test_a_missing_program_is_told_without_a_trace(tmp_path: Path, houses: list[House]) -> None:
    house = House(tmp_path, a_part("brain", tmp_path, command=(str(tmp_path / "rasa"), "run")))
    houses.append(house)
    with pytest.raises(LaunchFailure, match=r"could not be started: .*rasa: No such file"):
        house.supervisor.tick()


def test_pauses_double_up_to_the_limit() -> None:
    backoff = Backoff(first=0.5, limit=30.0)
    assert [backoff.pause(deaths) for deaths in (1, 2, 3, 7, 20)] == [0.5, 1.0, 2.0, 30.0, 30.0]


def launcher_of(part: Part) -> subprocess.Popen[bytes]:
    """A launcher in a process of its own, watching one part until it is killed."""
    program = f"""
        import os, pathlib, time
        from launch.groups import ProcessGroups
        from launch.parts import Part
        from launch.supervisor import Supervisor
        folder = pathlib.Path({str(part.cwd)!r})
        part = Part(name="brain", title="the brain", command={part.command!r}, cwd=folder, env=dict(os.environ),
                    port={part.port}, log=folder / "brain.log", ready_paths=("/",))
        supervisor = Supervisor([part], groups=ProcessGroups(), status_file=folder / "parts.json", tell=print)
        while True:
            supervisor.tick()
            time.sleep(0.05)
    """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, start_new_session=True)


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_launcher_killed_outright_takes_its_parts_and_their_children_along(tmp_path: Path, whole_group: bool) -> None:
    part = a_part("brain", tmp_path)
    launcher = launcher_of(part)
    try:
        eventually(lambda: len(pids_of(part)) == 2 and is_ready(part))
        if whole_group:
            os.killpg(launcher.pid, signal.SIGKILL)
        else:
            launcher.kill()
        launcher.wait()
        eventually(lambda: not any(alive(pid) for pid in pids_of(part)))
    finally:
        launcher.kill()
        launcher.wait()
