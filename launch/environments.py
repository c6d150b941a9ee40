"""The two Python environments, synced from the locks by hash, and uv, which does it."""

from __future__ import annotations

import fcntl
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launch.digest import Stamp, digest_of
from launch.failure import LaunchFailure
from launch.interpreters import all_of_pyenv, find_interpreter
from launch.layout import Layout
from launch.settings import own_environment
from launch.steps import Watch, answers, run_step

_OLDEST_UV = (0, 5, 0)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment: where it lies, what it holds, which Pythons may carry it."""

    name: str
    folder: Path
    lock: Path
    versions: tuple[str, ...]  #: minor versions, the preferred one first

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Stamp:
        return Stamp(path=self.folder / ".synced")

    def digest(self) -> str:
        if not self.lock.is_file():
            raise LaunchFailure(f"{self.lock} is missing: restore it with git, or make it anew with `make lock`.")
        return digest_of([self.lock], base=self.lock.parent)

    def ready(self) -> bool:
        """Whether the environment holds what its lock says; costs a few milliseconds."""
        return self.python.exists() and self.stamp.fresh(self.digest())


def switchboard_environment(layout: Layout) -> Environment:
    return Environment(
        name="switchboard",
        folder=layout.switchboard_environment,
        lock=layout.locks / "switchboard.txt",
        versions=("3.11", "3.12", "3.13", "3.14"),
    )


def brain_environment(layout: Layout) -> Environment:
    return Environment(
        name="brain",
        folder=layout.brain_environment,
        lock=layout.locks / "brain.txt",
        versions=("3.10",),  # the last one that Rasa 3.6 runs on
    )


def sync(environment: Environment, *, layout: Layout, watch: Watch | None = None) -> bool:
    """Bring an environment to what its lock says. True when something had to be done."""
    if environment.ready():
        return False
    uv = find_uv(layout)
    env = uv_environment()
    if answers([str(environment.python), "-c", "import sys"]) is None:
        _make(environment, uv=uv, env=env, layout=layout)
    environment.stamp.clear()
    log = layout.setup_logs / f"environment-{environment.name}.log"
    command = [uv, "pip", "sync", "--python", str(environment.python), "--require-hashes", str(environment.lock)]
    what = f"Installing the {environment.name}'s packages into {environment.folder.name}"
    advice = "See whether the package index can be reached (uv reads UV_DEFAULT_INDEX, HTTPS_PROXY and SSL_CERT_FILE)."
    try:
        run_step(command, what=what, cwd=layout.root, env=env, log=log, advice=advice, watch=watch)
    except LaunchFailure:
        more = _indexes_of_pip(env)
        if not more:
            raise
        # Hashes are required, so that it does not matter which index a file comes from.
        command[3:3] = ["--index-strategy", "unsafe-best-match", *more]
        run_step(command, what=what, cwd=layout.root, env=env, log=log, advice=advice, watch=watch)
    environment.stamp.write(environment.digest())
    return True


def _make(environment: Environment, *, uv: str, env: Mapping[str, str], layout: Layout) -> None:
    python = find_interpreter(environment.versions, uv=uv, env=env)
    if environment.folder.exists():
        shutil.rmtree(environment.folder)
    run_step(
        [uv, "venv", "--quiet", "--no-project", "--python", python or environment.versions[0], str(environment.folder)],
        what=f"Making the {environment.name}'s environment with Python {' or '.join(environment.versions)}",
        cwd=layout.root,
        env=env,
        log=layout.setup_logs / f"environment-{environment.name}-python.log",
        advice=f"No Python {environment.versions[0]} was found here, and uv could not fetch one: install it and try again."
        if python is None
        else f"The Python used was {python}.",
    )


def find_uv(layout: Layout) -> str:
    """uv from PATH, or from our tools, installed there first if need be."""
    own = layout.tools / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and _recent(answers([candidate, "--version"])):
            return candidate
    _install_uv(layout)
    if not _recent(answers([str(own), "--version"])):
        raise LaunchFailure(
            f"uv was installed into {layout.tools} but does not run. Install uv yourself and try again."
        )
    return str(own)


def _recent(version: str | None) -> bool:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version or "")
    return found is not None and tuple(int(part) for part in found.groups()) >= _OLDEST_UV


def _install_uv(layout: Layout) -> None:
    """pip brings uv, pinned and by hash, into an environment that holds nothing else."""
    log = layout.setup_logs / "uv.log"
    env = own_environment()
    advice = "Install uv yourself (it is on every package index and in most package managers) and try again."
    what = f"Installing uv into {layout.tools.name}"
    shutil.rmtree(layout.tools / "bin", ignore_errors=True)
    try:
        run_step(
            [sys.executable, "-m", "venv", str(layout.tools)],
            what=what,
            cwd=layout.root,
            env=env,
            log=log,
            advice=advice,
        )
        pip = [str(layout.tools / "bin" / "python"), "-m", "pip"]
    except LaunchFailure:
        # Debian's Python has no ensurepip without python3-venv; its own pip can fill an environment from outside.
        run_step(
            [sys.executable, "-m", "venv", "--clear", "--without-pip", str(layout.tools)],
            what=what,
            cwd=layout.root,
            env=env,
            log=log,
            advice=advice,
        )
        pip = [sys.executable, "-m", "pip", "--python", str(layout.tools / "bin" / "python")]
    run_step(
        [*pip, "install", "--quiet", "--require-hashes", "--requirement", str(layout.locks / "tools.txt")],
        what=what,
        cwd=layout.root,
        env=env,
        log=log,
        advice=advice,
    )


def uv_environment() -> dict[str, str]:
    """The environment of every uv command."""
    env = own_environment()
    env.update(all_of_pyenv(env))
    env.setdefault("UV_HTTP_TIMEOUT", "180")
    if not any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")) and env.get("PIP_INDEX_URL"):
        env["UV_DEFAULT_INDEX"] = env["PIP_INDEX_URL"]
    return env


def _indexes_of_pip(env: Mapping[str, str]) -> list[str]:
    """uv's options for the indexes that pip is configured with here; a company's mirror is often known to pip only."""
    options: list[str] = []
    told = answers([sys.executable, "-m", "pip", "config", "list"], env=env) or ""
    for name, value in re.findall(
        r"^[^=\n]*\.(index-url|extra-index-url|find-links)='(.*)'$", told, flags=re.MULTILINE
    ):
        option = {"index-url": "--default-index", "extra-index-url": "--index", "find-links": "--find-links"}[name]
        for address in value.replace("\\n", " ").split():
            options += [option, address]
    return options


@contextmanager
def only_one_setup(layout: Layout, *, tell: Callable[[str], None]) -> Iterator[None]:
    """Two set-ups of the same checkout wait for each other."""
    layout.tools.mkdir(parents=True, exist_ok=True)
    with (layout.tools / "setup.lock").open("w") as handle:
        waiting = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waiting:
                    tell("Another set-up of this checkout is under way; waiting for it.")
                    waiting = True
                time.sleep(0.3)
        yield
