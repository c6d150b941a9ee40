"""`make clean`: back to a fresh checkout, except for the environments and the data."""

from __future__ import annotations

import shutil

from launch.layout import Layout


def clean(layout: Layout) -> int:
    """Remove what the next set-up makes again. Returns the exit code."""
    for name in (
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".rasa",
        "results",
        "var/cache",
        "web/dist",
    ):
        shutil.rmtree(layout.root / name, ignore_errors=True)
    for path in layout.model.parent.iterdir():
        if path.name != ".gitkeep":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in layout.root.rglob("__pycache__"):
        if not {".venv", ".venv-brain", "node_modules", ".tools"} & set(folder.parts):
            shutil.rmtree(folder, ignore_errors=True)
    print("Clean. The environments (.venv, .venv-brain, .tools, web/node_modules) and the data (var/) were kept.")
    return 0
