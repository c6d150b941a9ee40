"""A Chromium for the browser tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launch.failure import LaunchFailure

VARIABLE = "CANDOUR_TEST_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium(environment: Mapping[str, str]) -> str:
    """The path of a Chromium: the one named, on PATH, Playwright's own, or a newly installed one. Raises LaunchFailure."""
    named = environment.get(VARIABLE)
    if named:
        if not Path(named).exists():
            raise LaunchFailure(f"{VARIABLE}={named} does not exist.")
        return named
    found = _on_path() or _of_playwright() or _installed_by_apt() or _fetched_by_playwright()
    if found is None:
        raise LaunchFailure(
            "The browser tests need Chromium, and none was found, nor could one be installed: install chromium, "
            f"or name one with {VARIABLE}=<path>."
        )
    return found


def _on_path() -> str | None:
    return next((found for found in map(shutil.which, _NAMES) if found), None)


def _of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _installed_by_apt() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium"]):
        _quietly(command, env=env)
    return _on_path()


def _fetched_by_playwright() -> str | None:
    _quietly([sys.executable, "-m", "playwright", "install", "chromium"], env=os.environ)
    return _of_playwright()


def _quietly(command: list[str], *, env: Mapping[str, str]) -> None:
    try:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=600,
            check=False,
            env=dict(env),
        )
    except (OSError, subprocess.TimeoutExpired):
        pass
