"""The commands that run inside the switchboard's environment."""

from __future__ import annotations

import argparse
import os
import subprocess

from rich.console import Console

from launch.board import Board
from launch.layout import HERE, Layout
from launch.model import brain_variables
from launch.prepare import prepare, prepare_model
from launch.settings import own_environment, read_settings
from launch.steps import run_step


def execute(options: argparse.Namespace) -> int:
    """Do what the command line asked for; returns the exit code."""
    board = Board(Console())
    match options.command:
        case "run":
            from launch.running import run

            return run(HERE, settings=read_settings(os.environ, root=HERE.root), board=board)
        case "setup":
            prepare(HERE, board=board)
        case "train":
            prepare(HERE, board=board, web=False, model=False)
            with board.shown():
                prepare_model(HERE, board=board, force=options.force)
        case "test":
            from launch.testing import run_tests

            return run_tests(HERE, wanted=options.stages, only_list=options.list, board=board)
        case "bench":
            from launch.benching import run_benchmarks

            return run_benchmarks(HERE, wanted=options.names, board=board)
        case "adapt":
            prepare(HERE, board=board, web=False, model=False)
            return in_brain(HERE, "brain.adapt")
        case "evaluate":
            prepare(HERE, board=board, web=False)
            return in_brain(HERE, "brain.evaluation", *options.parts)
        case "format":
            _format(HERE, board=board)
    return 0


def in_brain(layout: Layout, module: str, *arguments: str) -> int:
    """Run a module of the brain with the terminal as it is; all cores are its own. Returns its exit code."""
    env = brain_variables(layout)
    for variable in ("TF_INTER_OP_PARALLELISM_THREADS", "TF_INTRA_OP_PARALLELISM_THREADS"):
        env.pop(variable, None)
    python = str(layout.brain_environment / "bin" / "python")
    return subprocess.run([python, "-m", module, *arguments], cwd=layout.root, env=env, check=False).returncode


def _format(layout: Layout, *, board: Board) -> None:
    ruff = str(layout.switchboard_environment / "bin" / "ruff")
    for arguments in (("check", "--fix", "--exit-zero", "--quiet"), ("format",)):
        run_step(
            [ruff, *arguments],
            what="Formatting",
            cwd=layout.root,
            env=own_environment(),
            log=layout.setup_logs / "format.log",
            advice="The code does not parse.",
        )
    board.say("Formatted.")
