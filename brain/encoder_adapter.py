"""What a pretrained encoder has learnt of this domain: a low-rank addition to its matrices (LoRA, Hu et al. 2022).

W becomes W + B·A, with B [outputs, rank] and A [rank, inputs]: some hundred thousand numbers for each million of the encoder,
small enough to stand in the repository. `python -m brain.adapt` learns them from the training data; `brain/adapters/` holds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ADAPTERS = Path(__file__).with_name("adapters")
_LEARNT = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
           "intermediate.dense", "output.dense")  # fmt: skip
_DIGESTS = "learnt_from"

Floats = NDArray[np.float32]


class AdapterInvalid(Exception):
    """The adapter does not fit the encoder."""


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """The additions by the name of their matrix, and short hashes of the texts they were learnt from."""

    additions: Mapping[str, tuple[Floats, Floats]]
    learnt_from: frozenset[str]

    def merged(self, weights: Mapping[str, Floats]) -> dict[str, Floats]:
        """The weights with the additions."""
        merged = dict(weights)
        for name, (out, into) in self.additions.items():
            key = f"{name}.weight"
            if key not in merged or merged[key].shape != (out.shape[0], into.shape[1]):
                raise AdapterInvalid(f"The adapter's addition to {name} does not fit the encoder's weights.")
            merged[key] = (merged[key] + out @ into).astype(np.float32)
        return merged

    def unseen_share(self, texts: Iterable[str]) -> float:
        """How much of a training set is new since the adapter was learnt, 0 to 1."""
        hashes = [text_hash(text) for text in texts]
        return sum(each not in self.learnt_from for each in hashes) / len(hashes) if hashes else 0.0

    def save(self, path: Path) -> None:
        """Write one .npz file of half-precision numbers."""
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[np.generic]] = {}
        for name, (out, into) in self.additions.items():
            arrays[f"{name}|out"] = out.astype(np.float16)
            arrays[f"{name}|into"] = into.astype(np.float16)
        arrays[_DIGESTS] = np.array([int(each, 16) for each in sorted(self.learnt_from)], dtype=np.uint32)
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Adapter:
        """Read what `save` wrote. Raises AdapterInvalid."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                names = sorted(key.removesuffix("|out") for key in stored.files if key.endswith("|out"))
                return cls(
                    additions={
                        name: (stored[f"{name}|out"].astype(np.float32), stored[f"{name}|into"].astype(np.float32))
                        for name in names
                    },
                    learnt_from=frozenset(f"{number:08x}" for number in stored[_DIGESTS].tolist()),
                )
        except (OSError, ValueError, KeyError) as error:
            raise AdapterInvalid(f"{path} is no adapter: {error}. `make adapt` makes it anew.") from error


def adapted_matrices(layers: Iterable[int]) -> list[str]:
    """The names of the matrices in these layers that an adapter can add to."""
    return [f"encoder.layer.{layer}.{name}" for layer in layers for name in _LEARNT]


def text_hash(text: str) -> str:
    """Eight hex digits: enough to tell how much of a data set is new, too few to tell what it says."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def adapter_path(folder: str | None, encoder: str) -> Path | None:
    """The file for an encoder in a folder, if there is one. `folder`: from config.yml; null for the pretrained encoders."""
    if not folder:
        return None
    path = (ADAPTERS if folder == "shipped" else Path(folder)) / f"{encoder}.npz"
    return path if path.is_file() else None
