"""`make test`: runs the stages, tells what failed and how long everything took, and counts."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from launch.board import Board
from launch.browser import VARIABLE as CHROMIUM_VARIABLE
from launch.browser import find_chromium
from launch.environments import only_one_setup
from launch.failure import LaunchFailure, Stopped
from launch.groups import GROUPS
from launch.layout import Layout
from launch.postgres import VARIABLE as POSTGRES_VARIABLE
from launch.postgres import database
from launch.prepare import prepare_brain, prepare_model, prepare_web
from launch.stages import Check, Stage, all_stages
from launch.steps import tail
from launch.tally import Tally, closing_line, total

_SHOWN = 80  #: lines of a failed check's output


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one check, or of what a stage needs."""

    stage: str
    name: str
    tally: Tally
    seconds: float

    @property
    def good(self) -> bool:
        return self.tally.failed == 0


def run_tests(layout: Layout, *, wanted: Sequence[str], only_list: bool, board: Board) -> int:
    """Run every stage, or those wanted, to the end; 0 when all is well, else 1."""
    began = time.monotonic()
    shutil.rmtree(layout.results, ignore_errors=True)
    layout.results.mkdir(parents=True)
    if only_list:
        for stage in all_stages(layout):
            board.say(f"{stage.name:12} {stage.about}")
        return 0
    stages = _chosen(all_stages(layout), wanted=wanted)
    outcomes = _set_up(layout, web=any(stage.needs_web for stage in stages), board=board)
    with ExitStack() as stack:
        needs = _Needs(layout, board=board, stack=stack)
        for stage in stages:
            board.console.rule(f"{stage.name}: {stage.about}", align="left")
            outcomes += _run_stage(stage, needs=needs, layout=layout, board=board)
    tally = total(outcome.tally for outcome in outcomes)
    _summarise(outcomes, seconds=time.monotonic() - began, tally=tally, layout=layout, board=board)
    print(closing_line(tally), flush=True)
    return 0 if tally.failed == 0 and tally.passed > 0 else 1


def _set_up(layout: Layout, *, web: bool, board: Board) -> list[Outcome]:
    """What all stages stand on. A part of it that fails is a failed test, and the others still run."""
    outcomes: list[Outcome] = []

    def attempt(name: str, chain: Callable[..., None]) -> None:
        began = time.monotonic()
        try:
            chain(layout, board=board)
            tally = Tally(passed=1)
        except LaunchFailure as failure:
            board.say(f"✗ {name}: {failure}")
            tally = Tally(failed=1)
        outcomes.append(Outcome(stage="set-up", name=name, tally=tally, seconds=time.monotonic() - began))

    chains = [lambda: attempt("brain's environment", prepare_brain)]
    if web:
        chains.append(lambda: attempt("web pages", prepare_web))
    with only_one_setup(layout, tell=board.say), board.shown():
        board.run_beside(*chains)
    return outcomes


def _chosen(stages: tuple[Stage, ...], *, wanted: Sequence[str]) -> list[Stage]:
    unknown = set(wanted) - {stage.name for stage in stages}
    if unknown:
        raise LaunchFailure(
            f"No stage is called {', '.join(sorted(unknown))}: there are {', '.join(stage.name for stage in stages)}."
        )
    return [stage for stage in stages if not wanted or stage.name in wanted]


class _Needs:
    """What stages need from outside, had once and kept to the end of the run. A lack is a failed test, never a skipped one."""

    def __init__(self, layout: Layout, *, board: Board, stack: ExitStack) -> None:
        self._layout = layout
        self._board = board
        self._stack = stack
        self._had: dict[str, tuple[dict[str, str], Outcome | None]] = {}

    def of(self, stage: Stage) -> tuple[dict[str, str], list[Outcome]]:
        """Variables for the stage's checks, and the outcomes of what was had just now."""
        variables: dict[str, str] = {}
        outcomes: list[Outcome] = []
        wanted: list[tuple[str, bool, Callable[[], dict[str, str]]]] = [
            ("the model", stage.needs_model, self._model),
            ("PostgreSQL", stage.needs_postgres, self._postgres),
            ("Chromium", stage.needs_browser, self._browser),
        ]
        for name, needed, get in wanted:
            if not needed:
                continue
            if name not in self._had:
                self._had[name] = self._get(name, get, stage=stage.name)
                outcome = self._had[name][1]
                if outcome is not None:
                    outcomes.append(outcome)
            variables |= self._had[name][0]
        return variables, outcomes

    def _get(
        self, name: str, get: Callable[[], dict[str, str]], *, stage: str
    ) -> tuple[dict[str, str], Outcome | None]:
        began = time.monotonic()
        try:
            variables = get()
        except LaunchFailure as failure:
            self._board.say(f"✗ {name}: {failure}")
            return {}, Outcome(stage=stage, name=name, tally=Tally(failed=1), seconds=time.monotonic() - began)
        return variables, Outcome(stage=stage, name=name, tally=Tally(passed=1), seconds=time.monotonic() - began)

    def _model(self) -> dict[str, str]:
        with self._board.shown():
            prepare_model(self._layout, board=self._board)
        return {}

    def _postgres(self) -> dict[str, str]:
        return {POSTGRES_VARIABLE: self._stack.enter_context(database(os.environ))}

    def _browser(self) -> dict[str, str]:
        return {CHROMIUM_VARIABLE: find_chromium(os.environ)}


def _run_stage(stage: Stage, *, needs: _Needs, layout: Layout, board: Board) -> list[Outcome]:
    variables, outcomes = needs.of(stage)
    checks = [dataclasses.replace(check, env={**check.env, **variables}) for check in stage.checks]
    with _stopping_with_us(), ThreadPoolExecutor(max_workers=2 if stage.side_by_side else 1) as pool:
        running = [pool.submit(_run_check, check, stage=stage, layout=layout, board=board) for check in checks]
        outcomes += [future.result() for future in running]
    return outcomes


@contextmanager
def _stopping_with_us() -> Iterator[None]:
    try:
        yield
    except Stopped:
        GROUPS.stop_all(grace=3.0)
        raise


def _run_check(check: Check, *, stage: Stage, layout: Layout, board: Board) -> Outcome:
    began = time.monotonic()
    log = layout.results / "logs" / f"{check.name.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    code = _run_to_the_end(check, log=log)
    tally, remark = judge(check, code=code, output=log.read_text(encoding="utf-8", errors="replace"))
    outcome = Outcome(stage=stage.name, name=check.name, tally=tally, seconds=time.monotonic() - began)
    if not outcome.good:
        board.say(f"{tail(log, lines=_SHOWN)}\n    (all of it: {log})")
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    mark = "✓" if outcome.good else "✗"
    board.say(f"{mark} {check.name}: {closing_line(tally)}{skipped} in {outcome.seconds:.1f} s{remark}")
    return outcome


def _run_to_the_end(check: Check, *, log: Path) -> int | None:
    """The exit code; None when the time was up."""
    with log.open("wb") as output:
        try:
            process = GROUPS.start(check.command, cwd=check.cwd, env=check.env, output=output)
        except OSError as problem:
            output.write(f"{check.command[0]}: {problem.strerror}\n".encode())
            return 127
        try:
            return process.wait(timeout=check.timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None
        finally:
            GROUPS.forget(process)


def judge(check: Check, *, code: int | None, output: str) -> tuple[Tally, str]:
    """The tests of one check, and a remark. An exit code that says failure is one, whatever the report counts."""
    if code is None:
        return Tally(failed=1), f" (stopped: it took longer than {check.timeout:.0f} s)"
    if check.count is None:
        return (Tally(passed=1), "") if code == 0 else (Tally(failed=1), "")
    try:
        tally = check.count(output)
    except ValueError as problem:
        return Tally(failed=1), f" ({problem})"
    if code != 0 and tally.failed == 0:
        return tally + Tally(failed=1), f" (exit code {code})"
    if tally.passed + tally.failed == 0:
        return Tally(failed=1, skipped=tally.skipped), " (no test was run)"
    return tally, ""


def _summarise(outcomes: Sequence[Outcome], *, seconds: float, tally: Tally, layout: Layout, board: Board) -> None:
    table = Table(title="Summary", title_justify="left")
    for heading in ("stage", "check"):
        table.add_column(heading)
    for heading in ("passed", "failed", "skipped", "time"):
        table.add_column(heading, justify="right")
    for outcome in outcomes:
        counts = (
            str(number) if number else ""
            for number in (outcome.tally.passed, outcome.tally.failed, outcome.tally.skipped)
        )
        style = None if outcome.good else "bold red"
        table.add_row(outcome.stage, outcome.name, *counts, f"{outcome.seconds:.1f} s", style=style)
    table.add_section()
    table.add_row("", "all", str(tally.passed), str(tally.failed), str(tally.skipped), f"{seconds / 60:.1f} min")
    board.console.print(table)
    board.say(f"Reports and logs: {layout.results}")
