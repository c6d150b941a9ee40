"""Node for building the web pages: the one on PATH if it is recent enough, else the one in the switchboard's environment."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launch.failure import LaunchFailure
from launch.layout import Layout
from launch.steps import answers


@dataclass(frozen=True, kw_only=True)
class Node:
    """A Node with its npm."""

    npm: str
    version: str
    folder: Path  #: goes first on PATH, so that scripts find the same node

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        env = dict(base)
        env["PATH"] = f"{self.folder}{os.pathsep}{env.get('PATH', '')}"
        env.setdefault("CI", "1")  # no watch modes, no questions
        return env


def fits(version: str | None) -> bool:
    """Node 20 from 20.19, 22 from 22.12, and everything later: what the build tool asks for."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\.\d+.*", version or "")
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def find_node(layout: Layout, *, path: str | None = None) -> Node:
    """The Node to use. Raises LaunchFailure when there is none that fits."""
    seen: list[str] = []
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node and npm:
        version = answers([node, "--version"])
        if fits(version) and answers([npm, "--version"]):
            return Node(npm=npm, version=str(version), folder=Path(node).parent)
        seen.append(f"{node} is {version or 'not working'}")
    own = layout.switchboard_environment / "bin"
    version = answers([str(own / "node"), "--version"])
    if fits(version):
        return Node(npm=str(own / "npm"), version=str(version), folder=own)
    seen.append(f"{own / 'node'} is {version or 'not there'}")
    raise LaunchFailure(f"No Node 20.19 or later for the web pages: {'; '.join(seen)}. Install Node 22 and try again.")
