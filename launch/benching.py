"""`make bench`: every benchmark in bench/, each in the environment that its imports ask for."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from launch.board import Board
from launch.failure import LaunchFailure
from launch.layout import Layout
from launch.model import brain_variables
from launch.prepare import prepare
from launch.settings import own_environment


def needs_brain(script: Path) -> bool:
    """Whether a script imports Rasa or what we add to it, and so runs in the brain's environment."""
    source = script.read_text(encoding="utf-8")
    return re.search(r"^\s*(from|import) (rasa|rasa_sdk|brain|actions)\b", source, flags=re.MULTILINE) is not None


def benchmarks(layout: Layout) -> list[Path]:
    """The scripts of bench/ that can be run by themselves."""
    scripts = sorted((layout.root / "bench").glob("*.py"))
    return [script for script in scripts if "__main__" in script.read_text(encoding="utf-8")]


def run_benchmarks(layout: Layout, *, wanted: Sequence[str], board: Board) -> int:
    """Run them one after the other, for they measure; returns the exit code."""
    scripts = benchmarks(layout)
    unknown = set(wanted) - {script.stem for script in scripts}
    if unknown:
        raise LaunchFailure(
            f"No benchmark is called {', '.join(sorted(unknown))}: there are {', '.join(script.stem for script in scripts)}."
        )
    prepare(layout, board=board)
    failed = []
    for script in scripts:
        if wanted and script.stem not in wanted:
            continue
        in_brain = needs_brain(script)
        folder = layout.brain_environment if in_brain else layout.switchboard_environment
        board.console.rule(f"bench/{script.name}")
        sys.stdout.flush()
        code = subprocess.run(
            [str(folder / "bin" / "python"), "-m", f"bench.{script.stem}"],
            cwd=layout.root,
            env=brain_variables(layout) if in_brain else own_environment(),
            check=False,
        ).returncode
        if code:
            failed.append(script.stem)
    if failed:
        raise LaunchFailure(f"These benchmarks ended with a fault: {', '.join(failed)}.")
    return 0
