"""What the set-up shows: one line a task, with its stage and the time it takes; moving on a terminal, plain elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from launch.failure import Stopped
from launch.groups import GROUPS

Progress = Callable[[str], None]  #: told the stage a task is at
Task = Callable[[Progress], bool]  #: True when it had to do something


class Board:
    """The tasks under way. Finished ones scroll up as plain lines, so that a log reads well too."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._mutex = threading.Lock()
        self._under_way: dict[str, tuple[float, str, Spinner]] = {}

    def say(self, line: str) -> None:
        self.console.print(escape(line), highlight=False, soft_wrap=True)

    @contextmanager
    def shown(self) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        with Live(get_renderable=self._table, console=self.console, refresh_per_second=8, transient=True):
            yield

    def run(self, title: str, task: Task) -> bool:
        """Run one task on this thread, showing it while it runs."""
        began = time.monotonic()

        def at_stage(stage: str) -> None:
            with self._mutex:
                self._under_way[title] = (began, stage, spinner)

        spinner = Spinner("dots")
        at_stage("")
        try:
            worked = task(at_stage)
        except BaseException:
            self._line("✗", title, time.monotonic() - began, style="red")
            raise
        finally:
            with self._mutex:
                self._under_way.pop(title, None)
        self._line("✓", title, time.monotonic() - began if worked else None, style="green")
        return worked

    def run_beside(self, *chains: Callable[[], None]) -> None:
        """Run several chains of tasks side by side; the first failure is raised once all have ended."""
        with ThreadPoolExecutor(max_workers=len(chains)) as pool:
            waiting = [pool.submit(chain) for chain in chains]
            try:
                wait(waiting)
            except Stopped:
                GROUPS.stop_all(grace=3.0)  # the threads come back when what they wait for has ended
                raise
        for future in waiting:
            future.result()

    def _line(self, mark: str, title: str, seconds: float | None, *, style: str) -> None:
        spent = "unchanged" if seconds is None else f"{seconds:.1f} s"
        self.console.print(f"[{style}]{mark}[/] {escape(title)} [dim]{spent}[/]", highlight=False)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        with self._mutex:
            rows = list(self._under_way.items())
        for title, (began, stage, spinner) in rows:
            table.add_row(
                spinner,
                Text(title),
                Text(f"{time.monotonic() - began:.0f} s", style="dim"),
                Text(stage[-60:], style="dim"),
            )
        return table
