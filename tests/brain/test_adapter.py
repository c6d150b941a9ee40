"""An adapter learns what it is shown, changes nothing else, and is what the served network computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from brain.adapter_learning import Recipe, learn
from brain.adapter_network import AdaptedNetwork
from brain.encoder_adapter import Adapter, AdapterInvalid, adapter_path
from brain.encoder_onnx import build_encoder
from brain.encoder_sources import MINILM, Pretrained, read_pretrained
from brain.lessons import Lesson

LESSONS = [
    *(Lesson(text=text, intent="lost", signals=frozenset()) for text in ("my card is gone", "lost my card", "no card")),
    *(
        Lesson(text=text, intent="scam", signals=frozenset({"fraud"}))
        for text in ("he made me move my money", "the caller told me to pay", "I sent him everything")
    ),
    Lesson(text="someone rang me / and then I paid", intent=None, signals=frozenset({"fraud"})),
]


@pytest.fixture(scope="module")
def pretrained() -> Pretrained:
    return read_pretrained(MINILM, MINILM.folder())


def _served(
    pretrained: Pretrained, adapter: Adapter | None, text: str
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    weights = adapter.merged(pretrained.weights) if adapter else pretrained.weights
    network = onnxruntime.InferenceSession(build_encoder(weights, pretrained.shape).SerializeToString())
    ids = np.array([pretrained.tokenizer.encode(text).ids])
    return np.asarray(network.run(["sentence"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])


@pytest.fixture(scope="module")
def adapter(pretrained: Pretrained) -> Adapter:
    return learn(LESSONS, pretrained, MINILM, recipe=Recipe(epochs=2, fewest_steps=40, batch=4))


def test_training_network_is_the_served_one(pretrained: Pretrained) -> None:
    """Up to the rounding of bfloat16, with padding, before anything was learnt."""
    network = AdaptedNetwork(
        pretrained.weights, pretrained.shape, first=2, rank=4, dropout=0.1, rng=np.random.default_rng(1)
    )
    ids = pretrained.tokenizer.encode("somebody has my card").ids
    padded = np.array([[*ids, 0, 0, 0]], dtype=np.int64)
    mask = tf.constant([[1.0] * len(ids) + [0.0] * 3])
    states = network.states(tf.constant(pretrained.word_vectors(padded)), mask)
    vector = network.run(states, mask, training=False).numpy()[0]
    assert float(vector @ _served(pretrained, None, "somebody has my card")) > 0.999


def test_adapter_draws_meanings_together_and_twins_apart(pretrained: Pretrained, adapter: Adapter) -> None:
    """Messages of one intent end up nearer, compared with those of another, than they began."""
    near = ("my card is gone", "lost my card")
    far = ("my card is gone", "I sent him everything")

    def likeness(pair: tuple[str, str], used: Adapter | None) -> float:
        return float(_served(pretrained, used, pair[0]) @ _served(pretrained, used, pair[1]))

    begun, ended = (likeness(near, used) - likeness(far, used) for used in (None, adapter))
    assert ended > begun + 0.1


def test_adapter_is_kept_and_knows_what_it_has_seen(pretrained: Pretrained, adapter: Adapter, tmp_path: Path) -> None:
    """What was saved gives the same vectors, and tells new texts from known ones."""
    adapter.save(tmp_path / "minilm.npz")
    path = adapter_path(str(tmp_path), "minilm")
    assert path is not None
    kept = Adapter.load(path)
    one, other = (_served(pretrained, each, "lost my card") for each in (adapter, kept))
    assert float(one @ other) > 0.9999
    assert kept.unseen_share([LESSONS[0].text, "never said before"]) == 0.5
    assert adapter_path(str(tmp_path), "multilingual") is None
    assert adapter_path(None, "minilm") is None


def test_adapter_that_does_not_fit_is_refused(pretrained: Pretrained, tmp_path: Path) -> None:
    """Of another encoder, or damaged: a sentence instead of wrong vectors."""
    strange = Adapter(
        additions={
            "encoder.layer.0.attention.self.query": (np.zeros((7, 2), np.float32), np.zeros((2, 7), np.float32))
        },
        learnt_from=frozenset(),
    )
    with pytest.raises(AdapterInvalid, match="does not fit"):
        strange.merged(pretrained.weights)
    (tmp_path / "minilm.npz").write_bytes(b"damaged")
    with pytest.raises(AdapterInvalid, match="make adapt"):
        Adapter.load(tmp_path / "minilm.npz")


def test_shipped_adapters_have_seen_most_of_the_training_data() -> None:
    """More than a fifth of new sentences and `make adapt` is due."""
    from brain.adapt import main

    assert main(["--check"]) == 0
