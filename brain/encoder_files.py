"""The converted encoders, kept: pretrained weights and adapter merged into one int8 network.

Kept copy: `<cache>/encoder/<name>-<hash>/`, where the hash covers the weights, the adapter and how we convert them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from brain.encoder_adapter import Adapter, adapter_path
from brain.encoder_sources import Source, read_pretrained, sha256_of, source_named

CONVERSION = "3"  #: raised whenever the graph or the quantisation changes, so that kept copies are made anew


@dataclass(frozen=True, kw_only=True)
class EncoderFiles:
    """A converted encoder, ready to be run."""

    folder: Path
    identity: str  #: hash over weights, adapter and conversion; vectors of different identities must not be mixed
    prefix: str = ""  #: stands before each text

    @property
    def network(self) -> Path:
        return self.folder / "encoder.int8.onnx"

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer.json"

    @property
    def vectors(self) -> Path:
        return self.folder / "training_vectors.npz"


def cache_folder() -> Path:
    """`CANDOUR_CACHE_DIR`, or `var/cache` in the project."""
    return Path(os.environ.get("CANDOUR_CACHE_DIR") or Path("var") / "cache")


def encoder_files(
    name: str = "minilm", *, adapters: str | None = None, model_path: str | None = None, cache: Path | None = None
) -> EncoderFiles:
    """The converted encoder, converting it first if there is no kept copy. Takes some seconds the first time."""
    source = source_named(name)
    folder = source.folder(model_path)
    adapter = adapter_path(adapters, name)
    base = (cache or cache_folder()) / "encoder"
    identity = _identity(source, folder, adapter, base)
    files = EncoderFiles(folder=base / f"{name}-{identity}", identity=identity, prefix=source.prefix)
    if not _intact(files):
        _convert(source, folder, adapter, files)
    return files


def _identity(source: Source, folder: Path, adapter: Path | None, base: Path) -> str:
    """Hash of what determines the vectors. Hashing 90 MB at each start is spared by remembering size and time of the file."""
    weights = folder / source.weights_file
    stat = weights.stat()
    stamp = f"{weights.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    memo = base / f"known-{source.name}.json"
    known: dict[str, str] = {}
    try:
        known = json.loads(memo.read_text())
    except (OSError, ValueError):
        known = {}
    digest = known.get(stamp)
    if digest is None:
        digest = sha256_of(weights)
        base.mkdir(parents=True, exist_ok=True)
        _write_atomically(memo, json.dumps({stamp: digest}).encode())
    source.check(folder, digest)
    parts = [digest, *(sha256_of(folder / each) for each in source.companions)]
    parts += [sha256_of(adapter) if adapter else "-", source.prefix, CONVERSION]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]


def _intact(files: EncoderFiles) -> bool:
    try:
        expected = json.loads((files.folder / "encoder.json").read_text())
        return files.tokenizer.is_file() and sha256_of(files.network) == expected["network_sha256"]
    except (OSError, ValueError, KeyError):
        return False


def _convert(source: Source, folder: Path, adapter: Path | None, files: EncoderFiles) -> None:
    import onnx

    from brain.encoder_onnx import build_encoder, quantise

    files.folder.parent.mkdir(parents=True, exist_ok=True)
    pretrained = read_pretrained(source, folder)
    weights = Adapter.load(adapter).merged(pretrained.weights) if adapter else pretrained.weights
    with _scratch_folder(files.folder.parent) as scratch:
        made = EncoderFiles(folder=scratch, identity=files.identity)
        full = scratch / "encoder.fp32.onnx"
        onnx.save(build_encoder(weights, pretrained.shape, words=pretrained.words), str(full))
        quantise(full, made.network)
        full.unlink()
        pretrained.tokenizer.save(str(made.tokenizer))
        (scratch / "encoder.json").write_text(
            json.dumps({"identity": files.identity, "network_sha256": sha256_of(made.network)}, indent=2)
        )
        if files.folder.exists():
            shutil.rmtree(files.folder)
        # Two processes may convert at once; whoever is first wins, and the copies are the same.
        try:
            scratch.rename(files.folder)
        except OSError:
            if not _intact(files):
                raise


@contextmanager
def _scratch_folder(parent: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=".converting-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_atomically(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(name).replace(path)
