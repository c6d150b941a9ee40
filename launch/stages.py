"""What `make test` runs: the stages, and the checks of each.

A new folder in tests/ must be named in `_SWITCHBOARD_TESTS`, `_BRAIN_TESTS` or `_ELSEWHERE`, else the run fails: no test
is forgotten silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launch.benching import needs_brain
from launch.failure import LaunchFailure
from launch.layout import Layout
from launch.model import brain_variables
from launch.node import find_node
from launch.settings import own_environment
from launch.tally import Tally, from_examples, from_junit, from_rasa_stories

# Pure Python that both processes import is tested, and its types checked, in both environments.
_SWITCHBOARD_TESTS = ("switchboard", "promises", "launch", "escalation", "localization")
_BRAIN_TESTS = ("actions", "brain", "content", "escalation", "localization")
_WITHOUT_MODEL = "not model"  #: what needs the trained model is run in the stage that has it
_ELSEWHERE = (
    "stories",
    "integration",
    "browser",
    "scenarios",
    "evaluation",
    "stock_clients",
)  #: have stages of their own, or serve others
_SWITCHBOARD_CODE = ("switchboard", "launch", "escalation", "localization")
_BRAIN_CODE = ("actions", "brain", "escalation", "localization")

Count = Callable[[str], Tally]  #: from a check's output; raises ValueError when it shows no test


@dataclass(frozen=True, kw_only=True)
class Check:
    """One command of a stage. Without a `count` it is one test: its exit code."""

    name: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    count: Count | None = None
    timeout: float = 900.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Checks that belong together."""

    name: str
    about: str
    checks: tuple[Check, ...]
    side_by_side: bool = False  #: they neither disturb each other nor measure time
    needs_web: bool = False
    needs_model: bool = False
    needs_postgres: bool = False
    needs_browser: bool = False


def all_stages(layout: Layout) -> tuple[Stage, ...]:
    """Every stage, the quick ones first."""
    _no_forgotten_folder(layout)
    make = _Maker(layout)
    return (
        Stage(name="lint", about="ruff's rules and format", checks=make.lint(), side_by_side=True),
        Stage(
            name="types", about="mypy in both environments, tsc", checks=make.types(), side_by_side=True, needs_web=True
        ),
        Stage(name="unit", about="unit and property tests", checks=make.unit(), needs_web=True, needs_postgres=True),
        Stage(name="data", about="Rasa's data and the policy agree", checks=make.data()),
        Stage(
            name="model",
            about="stories and policy examples through the trained model",
            checks=make.model(),
            needs_model=True,
        ),
        Stage(
            name="integration",
            about="the three real processes",
            checks=make.whole("integration"),
            needs_web=True,
            needs_model=True,
            needs_postgres=True,
        ),
        Stage(
            name="browser",
            about="a real browser against the three real processes",
            checks=make.whole("browser"),
            needs_web=True,
            needs_model=True,
            needs_browser=True,
        ),
    )


class _Maker:
    """Makes the checks of one checkout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._switchboard_bin = layout.switchboard_environment / "bin"
        self._brain_bin = layout.brain_environment / "bin"
        self._env = own_environment()
        self._brain_env = brain_variables(layout)

    def lint(self) -> tuple[Check, ...]:
        ruff = str(self._switchboard_bin / "ruff")
        return (
            self._check("ruff check", ruff, "check"),
            self._check("ruff format", ruff, "format", "--check"),
        )

    def types(self) -> tuple[Check, ...]:
        bench = sorted((self._layout.root / "bench").glob("*.py"))
        for_brain = [f"bench/{path.name}" for path in bench if needs_brain(path)]
        for_switchboard = [f"bench/{path.name}" for path in bench if not needs_brain(path)]
        tests = [*_SWITCHBOARD_TESTS, "integration", "browser", "stock_clients"]
        return (
            self._check(
                "mypy switchboard",
                str(self._switchboard_bin / "mypy"),
                "--cache-dir=.mypy_cache/switchboard",
                *self._there(*_SWITCHBOARD_CODE, *(f"tests/{name}" for name in tests), "tests/conftest.py"),
                *for_switchboard,
            ),
            self._check(
                "mypy brain",
                str(self._brain_bin / "mypy"),
                "--cache-dir=.mypy_cache/brain",
                *self._there(*_BRAIN_CODE, *(f"tests/{name}" for name in _BRAIN_TESTS), "tests/conftest.py"),
                *for_brain,
            ),
            self._npm("tsc web", "check"),
        )

    def unit(self) -> tuple[Check, ...]:
        return (
            self._pytest(
                "pytest switchboard", self._switchboard_bin, self._env, *_SWITCHBOARD_TESTS, marked=_WITHOUT_MODEL
            ),
            self._pytest("pytest brain", self._brain_bin, self._brain_env, *_BRAIN_TESTS, marked=_WITHOUT_MODEL),
            self._vitest(),
        )

    def data(self) -> tuple[Check, ...]:
        rasa, python = str(self._brain_bin / "rasa"), str(self._switchboard_bin / "python")
        return (
            self._check("policy check", python, "-m", "escalation", "check"),
            self._check("rasa data validate", rasa, "data", "validate", "--fail-on-warnings", env=self._brain_env),
        )

    def model(self) -> tuple[Check, ...]:
        model = str(self._layout.model.relative_to(self._layout.root))
        return (
            self._check(
                "rasa test", str(self._brain_bin / "rasa"), "test", "core", "--e2e", "--stories", "tests/stories",
                "--model", model, "--out", "results/stories", "--fail-on-prediction-errors",
                env=self._brain_env, count=from_rasa_stories,
            ),
            self._pytest("pytest model", self._brain_bin, self._brain_env, *_BRAIN_TESTS, marked="model"),
            self._check(
                "policy examples", str(self._brain_bin / "python"), "-m", "escalation", "test", "--model", model,
                env=self._brain_env, count=from_examples,
            ),
        )  # fmt: skip

    def whole(self, folder: str) -> tuple[Check, ...]:
        return (self._pytest(f"pytest {folder}", self._switchboard_bin, self._env, folder),)

    def _check(
        self, name: str, *command: str, env: Mapping[str, str] | None = None, count: Count | None = None
    ) -> Check:
        return Check(name=name, command=command, cwd=self._layout.root, env=env or self._env, count=count)

    def _pytest(
        self, name: str, bin_folder: Path, env: Mapping[str, str], *folders: str, marked: str | None = None
    ) -> Check:
        report = self._layout.results / f"{_slug(name)}.xml"
        return Check(
            name=name,
            command=(
                str(bin_folder / "python"), "-m", "pytest", "-q", f"--junitxml={report}", "--durations=5",
                *(("-m", marked) if marked else ()),
                *self._there(*(f"tests/{folder}" for folder in folders)),
            ),
            cwd=self._layout.root,
            env=env,
            count=lambda _output: from_junit(report),
            timeout=1500.0,
        )  # fmt: skip

    def _vitest(self) -> Check:
        report = self._layout.results / "vitest.xml"
        options = ("--", "--reporter=default", "--reporter=junit", f"--outputFile.junit={report}")
        check = self._npm("vitest web", "test", *options)
        return Check(
            name=check.name,
            command=check.command,
            cwd=check.cwd,
            env=check.env,
            count=lambda _output: from_junit(report),
        )

    def _npm(self, name: str, script: str, *options: str) -> Check:
        node = find_node(self._layout)
        env = node.environment(self._env)
        return Check(name=name, command=(node.npm, "run", script, *options), cwd=self._layout.web, env=env)

    def _there(self, *names: str) -> list[str]:
        """Those of the names that exist and, for a folder, hold Python."""
        paths = [(name, self._layout.root / name) for name in names]
        return [name for name, path in paths if path.is_file() or any(path.rglob("*.py"))]


def _no_forgotten_folder(layout: Layout) -> None:
    known = {*_SWITCHBOARD_TESTS, *_BRAIN_TESTS, *_ELSEWHERE}
    folders = {path.name for path in (layout.root / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"}
    if folders - known:
        raise LaunchFailure(
            f"tests/{', tests/'.join(sorted(folders - known))}: no stage runs these tests. Name the folder in launch/stages.py."
        )


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name)
