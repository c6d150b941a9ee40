"""Runs the converted encoder: text in, vector out."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from brain.encoder_files import EncoderFiles

Vectors = NDArray[np.float32]

MAX_TOKENS = 128  #: what the model was trained with; the rest of a longer message is not seen by the encoder
MAX_KEPT_VECTORS = 50_000


class EncoderSession:
    """One loaded network. `encode` is safe to call from several threads."""

    def __init__(self, files: EncoderFiles, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Waiting threads that spin take the processor from Rasa, which shares it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.files = files
        self._session = onnxruntime.InferenceSession(str(files.network), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, text: str) -> Vectors:
        """The unit vector of one text, float32 [384].

        Texts are encoded one by one even in training: dynamic quantisation takes its scale from everything in a batch,
        so a text's vector would depend on its neighbours and differ from the one it gets when it is served.
        """
        ids = np.asarray([self._tokenizer.encode(self.files.prefix + text).ids], dtype=np.int64)
        return cast(Vectors, self._run(ids, np.ones_like(ids))[0])

    def encode_roughly(self, texts: Sequence[str]) -> Vectors:
        """Vectors [n, 384] of several texts in one batch: quicker, and a little off (see `encode`)."""
        tokens = [self._tokenizer.encode(self.files.prefix + text).ids for text in texts]
        longest = max(map(len, tokens))
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        return self._run(ids, mask)

    def encode_all(self, texts: Sequence[str], *, workers: int | None = None) -> Vectors:
        """The vectors of many texts [n, 384], known ones from the kept file, new ones encoded on all cores and kept."""
        kept = _read_kept(self.files.vectors)
        keys = [_key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
        if new:
            with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
                kept.update(zip(new, pool.map(self.encode, new.values()), strict=True))
            _write_kept(self.files.vectors, kept)
        if not keys:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([kept[key] for key in keys])

    def _run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        return cast(Vectors, self._session.run(["sentence"], {"input_ids": ids, "attention_mask": mask})[0])


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read_kept(path: Path) -> dict[str, Vectors]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError, EOFError):
        return {}


def _write_kept(path: Path, kept: dict[str, Vectors]) -> None:
    newest = list(kept.items())[-MAX_KEPT_VECTORS:]
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".npz")
    with os.fdopen(handle, "wb") as stream:
        np.savez(stream, keys=np.array([key for key, _ in newest]), vectors=np.stack([vector for _, vector in newest]))
    Path(name).replace(path)
