"""`make run`: prepare, start, announce, watch, and stop when asked to."""

from __future__ import annotations

import fcntl
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from launch.board import Board, Progress
from launch.failure import LaunchFailure, Stopped
from launch.groups import GROUPS
from launch.layout import Layout
from launch.parts import Part, the_parts
from launch.ports import LOOPBACK
from launch.prepare import prepare
from launch.settings import LaunchSettings, Ports, Secrets, choose_ports, load_secrets
from launch.supervisor import Supervisor

_TICK = 0.2  #: seconds between looks at the parts


def run(layout: Layout, *, settings: LaunchSettings, board: Board) -> int:
    """Run the whole system until a signal asks to stop. Returns the exit code."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _sole_user_of(settings):
        choose_ports(settings)  # before minutes go into the set-up
        prepare(layout, board=board)
        ports, secrets = choose_ports(settings), load_secrets(settings)
        parts = the_parts(layout, settings=settings, ports=ports, secrets=secrets)
        supervisor = Supervisor(parts, groups=GROUPS, status_file=settings.run / "parts.json", tell=board.say)
        try:
            _bring_up(supervisor, parts=parts, board=board)
            _announce(board.console, settings=settings, ports=ports, secrets=secrets)
            while True:
                supervisor.tick()
                time.sleep(_TICK)
        except Stopped:
            return 0
        finally:
            _stop(supervisor, board=board)


def _bring_up(supervisor: Supervisor, *, parts: tuple[Part, ...], board: Board) -> None:
    with board.shown():

        def task(at_stage: Progress) -> bool:
            while not supervisor.all_ready():
                supervisor.tick()
                at_stage(", ".join(f"{part.name} {supervisor.state_of(part.name)}" for part in parts))
                time.sleep(_TICK)
            return True

        board.run("Action server, brain and switchboard", task)


def _announce(console: Console, *, settings: LaunchSettings, ports: Ports, secrets: Secrets) -> None:
    base = f"http://{LOOPBACK}:{ports.switchboard}"
    table = Table.grid(padding=(0, 2))
    table.add_row("Customers' page", f"[bold]{base}/[/]")
    table.add_row("Agents' console", f"[bold]{base}/console/[/]")
    table.add_row("Supervisor's view", f"[bold]{base}/console/#/live[/]")
    if settings.demo:
        table.add_row("", "")
        table.add_row("Agents", "agent@demo.example, agent2@demo.example")
        table.add_row("Supervisor", "supervisor@demo.example")
        table.add_row("Password", f"[bold]{secrets.demo_password}[/]")
    table.add_row("", "")
    table.add_row("Data and logs", str(settings.data_dir))
    console.print(Panel(table, title="Candour is running", subtitle="Ctrl-C stops it", expand=False), soft_wrap=True)
    if (settings.brain_port is None and ports.brain != 5005) or (
        settings.actions_port is None and ports.actions != 5055
    ):
        console.print(
            f"The usual inner ports are in use here: the brain took {ports.brain}, the action server {ports.actions}."
        )


def _stop(supervisor: Supervisor, *, board: Board) -> None:
    orderly = not isinstance(sys.exc_info()[1], LaunchFailure)
    if orderly:
        board.say("Stopping …")
    try:
        supervisor.stop()
    except Stopped:  # asked a second time
        supervisor.stop(grace=0.0)
    if orderly:
        board.say("Stopped; nothing is left running.")


@contextmanager
def _sole_user_of(settings: LaunchSettings) -> Iterator[None]:
    """One running system a data directory; the second is told about the first."""
    settings.run.mkdir(parents=True, exist_ok=True)
    with (settings.run / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchFailure(
                f"Candour already runs with the data in {settings.data_dir}{_where(settings.run / 'parts.json')}: stop it "
                "first, or give this one a place of its own with CANDOUR_DATA_DIR=<folder> and CANDOUR_PORT=<port>."
            ) from None
        yield


def _where(status_file: Path) -> str:
    try:
        told = json.loads(status_file.read_text(encoding="utf-8"))
        return f" (process {told['launcher']['pid']}, {told['parts']['switchboard']['address']}/)"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
