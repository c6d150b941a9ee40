"""Finding a Python of a wanted version: on PATH, among pyenv's (active or not), or whatever uv knows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from launch.steps import answers

# A Python built without these can run neither of our environments.
_PROBE = "import sys, ssl, sqlite3, bz2, lzma, ctypes, zlib; print('%d.%d' % sys.version_info[:2], sys.prefix == sys.base_prefix)"


def find_interpreter(versions: Sequence[str], *, uv: str, env: Mapping[str, str]) -> str | None:
    """The path of a complete Python whose minor version is one of `versions`, the first being preferred.

    None when this machine has none; uv can then fetch one.
    """
    for version in versions:
        for candidate in _candidates(version, env=env):
            if answers([candidate, "-c", _PROBE]) == f"{version} True":
                return candidate
        known = answers([uv, "python", "find", "--no-python-downloads", "--no-project", version], env=env)
        if known and answers([known, "-c", _PROBE]) == f"{version} True":
            return known
    return None


def _candidates(version: str, *, env: Mapping[str, str]) -> Iterator[str]:
    for name in (f"python{version}", "python3", "python"):
        found = shutil.which(name, path=env.get("PATH"))
        if found:
            yield found
    for folder in _pyenv_versions(env):
        if folder.name == version or folder.name.startswith(f"{version}."):
            yield str(folder / "bin" / f"python{version}")
    for prefix in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"):
        yield f"{prefix}/python{version}"


def _pyenv_versions(env: Mapping[str, str]) -> list[Path]:
    """pyenv's installations, newest first. Its shims answer for the active ones only, so the folders are looked at."""
    root = Path(env.get("PYENV_ROOT") or Path("~/.pyenv").expanduser())
    folders = [path for path in (root / "versions").glob("*") if path.is_dir()]
    return sorted(folders, key=_version_of, reverse=True)


def _version_of(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.name.split(".") if part.isdigit())


def all_of_pyenv(env: Mapping[str, str]) -> dict[str, str]:
    """PYENV_VERSION naming every installed Python, so that all of pyenv's shims answer; empty without pyenv."""
    names = [path.name for path in _pyenv_versions(env) if path.name.startswith("3.")]
    return {"PYENV_VERSION": ":".join(names)} if names and "PYENV_VERSION" not in env else {}
