"""The converted encoder computes what its authors' model computes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from brain import encoder_files as files_module
from brain.encoder_files import encoder_files
from brain.encoder_onnx import BertShape, Weights, build_encoder
from brain.encoder_session import EncoderSession
from brain.encoder_setup import main
from brain.encoder_sources import MINILM, MULTILINGUAL, EncoderUnavailable, read_pretrained, read_safetensors

Vector = NDArray[np.float32]

TEXTS = (
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "hi",
    "ich habe meine Karte verloren",
    "Somebody has taken 400 pounds from my account, and I'm quite sure that it wasn't me or my wife!",
)
#: cosine similarities of the first three, as published with the model (sbert.net, all-MiniLM-L6-v2)
PUBLISHED = ((1.0, 0.6660, 0.1046), (0.6660, 1.0, 0.1411), (0.1046, 0.1411, 1.0))


@pytest.fixture(scope="module")
def session() -> EncoderSession:
    return EncoderSession(encoder_files())


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_safetensors(MINILM.folder() / "model.safetensors")


def _ids(text: str) -> list[int]:
    tokenizer = Tokenizer.from_file(str(MINILM.folder() / "tokenizer.json"))
    tokenizer.no_padding()
    return list(tokenizer.encode(text).ids)


def _reference(weights: Weights, ids: list[int]) -> Vector:
    """BERT written down a second time, in plain numpy."""

    def normalise(x: Vector, name: str) -> Vector:
        centred = x - x.mean(-1, keepdims=True)
        scaled: Vector = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def dense(x: Vector, name: str) -> Vector:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = (
        x
        + weights["embeddings.position_embeddings.weight"][: len(ids)]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = normalise(x, "embeddings.LayerNorm")
    for layer in range(6):
        p = f"encoder.layer.{layer}"
        q, k, v = (
            dense(x, f"{p}.attention.self.{part}").reshape(len(ids), 12, 32) for part in ("query", "key", "value")
        )
        scores = np.einsum("ahd,bhd->hab", q, k) / math.sqrt(32)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        context = np.einsum("hab,bhd->ahd", shares, v).reshape(len(ids), 384)
        x = normalise(x + dense(context, f"{p}.attention.output.dense"), f"{p}.attention.output.LayerNorm")
        inner = dense(x, f"{p}.intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        x = normalise(x + dense(inner, f"{p}.output.dense"), f"{p}.output.LayerNorm")
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


@pytest.fixture(scope="module")
def full(weights: Weights) -> onnxruntime.InferenceSession:
    shape = BertShape.from_config(json.loads((MINILM.folder() / "config.json").read_text()))
    return onnxruntime.InferenceSession(build_encoder(weights, shape).SerializeToString())


def _run(network: onnxruntime.InferenceSession, ids: list[int], padding: int = 0) -> Vector:
    mask = [1] * len(ids) + [0] * padding
    inputs = {"input_ids": np.array([ids + [0] * padding]), "attention_mask": np.array([mask])}
    return np.asarray(network.run(["sentence"], inputs)[0][0])


@pytest.mark.parametrize("text", TEXTS)
def test_graph_agrees_with_an_independent_implementation(
    full: onnxruntime.InferenceSession, weights: Weights, text: str
) -> None:
    """Before quantisation, to the last digits; padding changes nothing."""
    ids = _ids(text)
    expected = _reference(weights, ids)
    assert np.abs(_run(full, ids) - expected).max() < 1e-5
    assert np.abs(_run(full, ids, padding=9) - expected).max() < 1e-5


def test_similarities_are_the_published_ones(full: onnxruntime.InferenceSession, session: EncoderSession) -> None:
    """To four digits at full precision, to two hundredths with int8."""
    exact = np.stack([_run(full, _ids(text)) for text in TEXTS[:3]])
    served = np.stack([session.encode(text) for text in TEXTS[:3]])
    assert np.abs(exact @ exact.T - np.array(PUBLISHED)).max() < 1e-4
    assert np.abs(served @ served.T - np.array(PUBLISHED)).max() < 2e-2


@pytest.mark.parametrize("text", TEXTS)
def test_quantisation_keeps_the_direction(
    full: onnxruntime.InferenceSession, session: EncoderSession, text: str
) -> None:
    """int8 against full precision: cosine of at least 0.98, and length one."""
    served = session.encode(text)
    assert float(served @ _run(full, _ids(text))) >= 0.98
    assert float(np.linalg.norm(served)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "🙂", "x" * 1000, "\x00", "word " * 200])
def test_any_text_has_a_vector(session: EncoderSession, text: str) -> None:
    """Nothing that a customer can send breaks the encoder."""
    vector = session.encode(text)
    assert vector.shape == (384,)
    assert np.isfinite(vector).all()


def test_training_vectors_are_those_that_are_served(session: EncoderSession, tmp_path: Path) -> None:
    """Encoding many texts gives the very vectors of encoding each, the first time and from the kept file."""
    own = EncoderSession(files_module.EncoderFiles(folder=session.files.folder, identity="test"))
    own.files = _kept_in(session, tmp_path)
    for _ in range(2):
        vectors = own.encode_all([*TEXTS, TEXTS[0]])
        assert all(np.array_equal(v, session.encode(t)) for v, t in zip(vectors, [*TEXTS, TEXTS[0]], strict=True))
    (tmp_path / "training_vectors.npz").write_bytes(b"damaged")
    assert np.array_equal(own.encode_all(TEXTS[:1])[0], session.encode(TEXTS[0]))


def _kept_in(session: EncoderSession, folder: Path) -> files_module.EncoderFiles:
    return files_module.EncoderFiles(folder=folder, identity=session.files.identity)


def test_missing_weights_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing and what to do, in one sentence and without a traceback."""
    with pytest.raises(EncoderUnavailable, match="no such folder"):
        MINILM.folder(str(tmp_path / "nowhere"))
    with pytest.raises(EncoderUnavailable, match=r"model\.safetensors"):
        MINILM.folder(str(tmp_path))
    missing = replace(MINILM, package="a-package-that-is-not-there")
    monkeypatch.setattr(files_module, "source_named", lambda name: missing)
    assert main([]) == 1
    assert "not installed" in capsys.readouterr().err


def test_changed_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package's weights are those we know, or none."""
    changed = replace(MINILM, sha256="0" * 64)
    monkeypatch.setattr(files_module, "source_named", lambda name: changed)
    with pytest.raises(EncoderUnavailable, match="checksum"):
        encoder_files(cache=tmp_path)


def test_damaged_copy_is_made_anew(tmp_path: Path) -> None:
    """A network that was cut off on disk is noticed and converted again."""
    files = encoder_files(cache=tmp_path)
    files.network.write_bytes(b"short")
    assert encoder_files(cache=tmp_path).network.stat().st_size > 10_000_000


#: sentences and what they mean elsewhere; the last of each row means something else
MEANINGS = (
    ("I lost my debit card", "he perdido mi tarjeta de débito", "what time does the branch open"),
    ("ich möchte mein Konto schließen", "I want to close my account", "my card was declined"),
    ("quel est mon solde", "qual é o meu saldo", "comment activer ma carte"),
    ("nawala po ang card ko", "I lost my card", "magkano ang fee sa transfer"),
)


@pytest.fixture(scope="module")
def multilingual() -> EncoderSession:
    return EncoderSession(encoder_files("multilingual"))


@pytest.mark.parametrize(("text", "same", "other"), MEANINGS)
def test_meanings_meet_across_languages(multilingual: EncoderSession, text: str, same: str, other: str) -> None:
    """What means the same in another language lies nearer than what means something else in one's own."""
    vector = multilingual.encode(text)
    assert float(vector @ multilingual.encode(same)) > float(vector @ multilingual.encode(other))


def test_packed_words_are_read_as_they_were_packed() -> None:
    """The table of words in its blocks, in the graph and in full are the same numbers."""
    pretrained = read_pretrained(MULTILINGUAL, MULTILINGUAL.folder())
    assert pretrained.words is not None
    ids = np.array([[0, 5, 77, 250_000]])
    rows = pretrained.words.rows(ids)
    by_hand = pretrained.words.numbers[77, 33] * np.float32(pretrained.words.factors[77, 1])
    assert rows.shape == (1, 4, 384)
    assert rows[0, 2, 33] == pytest.approx(by_hand)
    network = build_encoder(pretrained.weights, pretrained.shape, words=pretrained.words)
    whole = {**pretrained.weights, "embeddings.word_embeddings.weight": pretrained.words.full()}
    tokens = pretrained.tokenizer.encode("query: wo ist meine Karte?").ids
    small, full = (
        _run(onnxruntime.InferenceSession(each.SerializeToString()), tokens)
        for each in (network, build_encoder(whole, pretrained.shape))
    )
    assert np.abs(small - full).max() < 1e-5
