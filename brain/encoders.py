"""The encoders of one pipeline, side by side: a text becomes their unit vectors, one after the other, times `scale`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np

from brain.encoder_files import EncoderFiles, encoder_files
from brain.encoder_session import EncoderSession, Vectors

#: What every component that encodes takes from config.yml. `adapters`: `shipped`, a folder, or null for none.
DEFAULTS: Mapping[str, Any] = {
    "encoders": ["minilm", "multilingual"],
    "adapters": "shipped",
    "model_paths": None,
    "threads": 1,
    "scale": 4.5,
}


@dataclass(frozen=True, kw_only=True)
class EncoderOptions:
    """Which encoders, and how they run; hashable, so that components share what is loaded."""

    names: tuple[str, ...]
    adapters: str | None
    model_paths: tuple[tuple[str, str], ...]
    threads: int
    scale: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> EncoderOptions:
        """From a component's configuration, with DEFAULTS for what it does not name."""
        options = {**DEFAULTS, **{key: value for key, value in config.items() if key in DEFAULTS}}
        return cls(
            names=tuple(options["encoders"]),
            adapters=options["adapters"],
            model_paths=tuple(sorted((options["model_paths"] or {}).items())),
            threads=int(options["threads"]),
            scale=float(options["scale"]),
        )

    def files(self) -> list[EncoderFiles]:
        """The converted encoders, converting them first where that has not been done."""
        paths = dict(self.model_paths)
        return [encoder_files(name, adapters=self.adapters, model_path=paths.get(name)) for name in self.names]

    def identity(self) -> str:
        """Changes whenever the vectors would."""
        parts = [*(each.identity for each in self.files()), str(self.scale)]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]


class Encoders:
    """Loaded encoders. Every vector has their lengths added up, float32 [384 · encoders]."""

    def __init__(self, options: EncoderOptions) -> None:
        self._scale = np.float32(options.scale)
        self.sessions = [EncoderSession(files, threads=options.threads) for files in options.files()]

    def encode(self, text: str) -> Vectors:
        """The vector of one text as it is served."""
        return self._joined([session.encode(text) for session in self.sessions])

    def encode_roughly(self, texts: Sequence[str]) -> Vectors:
        """Vectors [n, length] for comparing variants of a text; quicker than one by one."""
        return self._joined([session.encode_roughly(texts) for session in self.sessions])

    def encode_all(self, texts: Sequence[str]) -> Vectors:
        """Vectors [n, length] of a training set, known texts from the kept files."""
        return self._joined([session.encode_all(texts) for session in self.sessions])

    def _joined(self, parts: Sequence[Vectors]) -> Vectors:
        return cast(Vectors, np.concatenate(parts, axis=-1) * self._scale)


@lru_cache(maxsize=4)
def loaded(options: EncoderOptions) -> Encoders:
    """Load encoders once in a process, however many components use them."""
    return Encoders(options)
