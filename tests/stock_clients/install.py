"""Putting the pinned stock clients in place, with the Node that the launcher found."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from launch.layout import HERE as LAYOUT
from launch.node import find_node

HERE = Path(__file__).resolve().parent


def install_stock_clients() -> tuple[str, Path]:
    """Install from the lock unless it is done. Returns the node program and the folder of the packages."""
    node = find_node(LAYOUT)
    environment = node.environment(os.environ)
    modules = HERE / "node_modules"
    marker, lock = modules / ".installed", (HERE / "package-lock.json").read_text()
    if not marker.exists() or marker.read_text() != lock:
        command = [node.npm, "ci", "--ignore-scripts", "--legacy-peer-deps"]
        done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        marker.write_text(lock)
    return str(node.folder / "node"), modules
