"""Content hashes, and the stamps that say what a built thing was built from."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


def digest_of(paths: Iterable[Path], *, base: Path, extra: Iterable[str] = ()) -> str:
    """SHA-256 over names and contents of the files, folders taken recursively; the order given does not matter.

    A path that does not exist counts as absent, so that its appearing changes the digest.
    """
    total = hashlib.sha256()
    for word in extra:
        total.update(f"{word}\n".encode())
    for file in sorted(_files(paths)):
        name = file.relative_to(base).as_posix()
        total.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _files(paths: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for path in paths:
        if path.is_file():
            found.add(path)
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if not _passing(name)]
            found.update(Path(folder) / name for name in names if not _passing(name))
    return found


def _passing(name: str) -> bool:
    """Caches, builds and editors' droppings, which never are a source."""
    return name in {"node_modules", "dist", "__pycache__", "coverage"} or name.startswith(".") or name.endswith("~")


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """A small file beside a built thing, holding the digest of what it was built from."""

    path: Path

    def fresh(self, digest: str) -> bool:
        try:
            return self.path.read_text(encoding="utf-8").strip() == digest
        except OSError:
            return False

    def write(self, digest: str) -> None:
        write_whole(self.path, f"{digest}\n")

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file that a reader sees either as it was or as it is now, never in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
