"""Finding a Node, a Python and uv: a program proves itself by answering, not by being on PATH."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from launch.environments import Environment, _recent
from launch.failure import LaunchFailure
from launch.interpreters import all_of_pyenv, find_interpreter
from launch.layout import Layout
from launch.node import find_node, fits


def program(path: Path, *, says: str, code: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v20.20.2", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("v18.20.0", False),
        ("nonsense", False),
        (None, False),
    ],
)
def test_node_fits_from_20_19_and_22_12_on(version: str | None, expected: bool) -> None:
    assert fits(version) is expected


def test_node_on_path_is_used_when_it_fits(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "node", says="v22.12.0")
    program(tmp_path / "bin" / "npm", says="10.9.0")
    node = find_node(Layout(root=tmp_path / "checkout"), path=str(tmp_path / "bin"))
    assert node.npm == str(tmp_path / "bin" / "npm")
    assert node.environment({"PATH": "/usr/bin"})["PATH"].startswith(f"{tmp_path / 'bin'}:")


def test_node_of_the_environment_stands_in_for_an_old_one(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "node", says="v18.0.0")
    program(tmp_path / "bin" / "npm", says="9.0.0")
    program(tmp_path / "checkout" / ".venv" / "bin" / "node", says="v24.0.0")
    node = find_node(Layout(root=tmp_path / "checkout"), path=str(tmp_path / "bin"))
    assert node.folder == tmp_path / "checkout" / ".venv" / "bin"


def test_no_node_at_all_is_told_with_what_was_seen(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "node", says="v18.0.0")
    program(tmp_path / "bin" / "npm", says="9.0.0")
    with pytest.raises(LaunchFailure, match=r"v18\.0\.0.*Install Node"):
        find_node(Layout(root=tmp_path / "checkout"), path=str(tmp_path / "bin"))


def test_inactive_shim_is_passed_over_for_the_installation_behind_it(tmp_path: Path) -> None:
    """pyenv's shims exit with 127 for a version that is installed but not active."""
    program(tmp_path / "shims" / "python3.10", says="pyenv: python3.10: command not found", code=127)
    program(tmp_path / "pyenv" / "versions" / "3.10.9" / "bin" / "python3.10", says="3.10 True", code=1)
    program(tmp_path / "pyenv" / "versions" / "3.10.13" / "bin" / "python3.10", says="3.10 True")
    env = {"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path / "pyenv")}
    found = find_interpreter(["3.10"], uv=str(tmp_path / "no-uv"), env=env)
    assert found == str(tmp_path / "pyenv" / "versions" / "3.10.13" / "bin" / "python3.10")


def test_no_python_of_the_version_is_none_so_that_uv_may_fetch_one(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    assert find_interpreter(["3.99"], uv=str(tmp_path / "no-uv"), env=env) is None


def test_all_pyenv_versions_are_activated_for_uv_newest_first(tmp_path: Path) -> None:
    for name in ("2.7.18", "3.9.18", "3.11.7", "3.10.13"):
        (tmp_path / "versions" / name).mkdir(parents=True)
    assert all_of_pyenv({"PYENV_ROOT": str(tmp_path)}) == {"PYENV_VERSION": "3.11.7:3.10.13:3.9.18"}
    assert all_of_pyenv({"PYENV_ROOT": str(tmp_path), "PYENV_VERSION": "3.11.7"}) == {}


def test_uv_that_is_too_old_or_silent_is_not_used() -> None:
    assert _recent("uv 0.13.9 (x86_64-unknown-linux-gnu)")
    assert not _recent("uv 0.4.30")
    assert not _recent("pyenv: uv: command not found")
    assert not _recent(None)


def test_environment_is_ready_until_its_lock_changes(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "brain.txt"
    lock.parent.mkdir()
    lock.write_text("a==1\n")
    environment = Environment(name="brain", folder=tmp_path / "env", lock=lock, versions=("3.10",))
    (tmp_path / "env" / "bin").mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    assert not environment.ready()
    environment.stamp.write(environment.digest())
    assert environment.ready()
    lock.write_text("a==2\n")
    assert not environment.ready()


def test_missing_lock_is_told_with_the_way_to_get_it_back(tmp_path: Path) -> None:
    environment = Environment(name="brain", folder=tmp_path, lock=tmp_path / "brain.txt", versions=("3.10",))
    environment.python.parent.mkdir()
    environment.python.symlink_to(sys.executable)
    with pytest.raises(LaunchFailure, match="make lock"):
        environment.ready()
