"""A BERT encoder in TensorFlow with low-rank additions to learn, for training only; served networks are ONNX.

The arithmetic is that of brain/encoder_onnx.py; `tests/brain/test_adapter.py` holds the two against each other. Matrix products
run in bfloat16, sums and norms in float32.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from brain.encoder_adapter import adapted_matrices
from brain.encoder_onnx import BertShape

_MASKED = -10_000.0


class AdaptedNetwork:
    """Frozen weights plus learnable additions of one rank in the layers from `first` on.

    What the layers below make of a text never changes and is worked out once (`states`); `run` does the rest and is
    differentiable in the additions alone.
    """

    def __init__(
        self,
        weights: Mapping[str, NDArray[np.float32]],
        shape: BertShape,
        *,
        first: int,
        rank: int,
        dropout: float,
        rng: np.random.Generator,
        begin: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]] | None = None,
    ) -> None:
        self._shape = shape
        self._first = first
        self._dropout = dropout
        matrices = set(adapted_matrices(range(shape.layers)))
        self._frozen = {
            name: tf.constant(value, tf.bfloat16 if name.removesuffix(".weight") in matrices else tf.float32)
            for name, value in weights.items()
            if "word_embeddings" not in name and "pooler" not in name
        }
        self.additions: dict[str, tuple[tf.Variable, tf.Variable]] = {}
        for name in adapted_matrices(range(first, shape.layers)):
            if begin is not None:
                out, into = begin[name]
                self.additions[name] = (tf.Variable(out), tf.Variable(into))
                continue
            outputs, inputs = weights[f"{name}.weight"].shape
            into = rng.normal(size=(rank, inputs)).astype(np.float32) / np.sqrt(inputs, dtype=np.float32)
            # The product begins at zero: training starts from the pretrained encoder.
            self.additions[name] = (tf.Variable(np.zeros((outputs, rank), np.float32)), tf.Variable(into))

    @property
    def variables(self) -> list[tf.Variable]:
        """What is learnt."""
        return [variable for pair in self.additions.values() for variable in pair]

    def states(self, words: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """From word vectors [batch, tokens, hidden] and mask [batch, tokens] to what the first learning layer is given."""
        places = self._frozen["embeddings.position_embeddings.weight"][: tf.shape(words)[1]]
        kind = self._frozen["embeddings.token_type_embeddings.weight"][0]
        states = self._normalise(words + places + kind, "embeddings.LayerNorm")
        for layer in range(self._first):
            states = self._layer(states, _bias(mask), f"encoder.layer.{layer}.", 0.0)
        return states

    def run(self, states: tf.Tensor, mask: tf.Tensor, *, training: bool) -> tf.Tensor:
        """From `states` [batch, tokens, hidden] and mask [batch, tokens] to unit vectors [batch, hidden]."""
        drop = self._dropout if training else 0.0
        for layer in range(self._first, self._shape.layers):
            states = self._layer(states, _bias(mask), f"encoder.layer.{layer}.", drop)
        total = tf.reduce_sum(states * mask[:, :, tf.newaxis], axis=1)
        return tf.math.l2_normalize(total / tf.reduce_sum(mask, axis=1, keepdims=True), axis=-1)

    def _layer(self, states: tf.Tensor, bias: tf.Tensor, prefix: str, drop: float) -> tf.Tensor:
        shape = self._shape
        batch, tokens = tf.shape(states)[0], tf.shape(states)[1]

        def heads(part: str) -> tf.Tensor:
            mixed = self._dense(states, f"{prefix}attention.self.{part}")
            apart = tf.reshape(mixed, [batch, tokens, shape.heads, shape.hidden // shape.heads])
            return tf.transpose(apart, [0, 2, 1, 3])

        root = np.float32(1.0 / np.sqrt(shape.hidden / shape.heads))
        scores = tf.matmul(heads("query"), heads("key"), transpose_b=True) * root + bias
        context = tf.matmul(self._drop(tf.nn.softmax(scores), drop), heads("value"))
        merged = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch, tokens, shape.hidden])
        attended = self._drop(self._dense(merged, f"{prefix}attention.output.dense"), drop)
        states = self._normalise(states + attended, f"{prefix}attention.output.LayerNorm")
        inner = tf.nn.gelu(self._dense(states, f"{prefix}intermediate.dense"))
        output = self._drop(self._dense(inner, f"{prefix}output.dense"), drop)
        return self._normalise(states + output, f"{prefix}output.LayerNorm")

    def _dense(self, states: tf.Tensor, name: str) -> tf.Tensor:
        weight = self._frozen[f"{name}.weight"]
        rows = tf.cast(tf.reshape(states, [-1, weight.shape[1]]), tf.bfloat16)
        product = tf.matmul(rows, weight, transpose_b=True)
        if name in self.additions:
            out, into = (tf.cast(each, tf.bfloat16) for each in self.additions[name])
            product += tf.matmul(tf.matmul(rows, into, transpose_b=True), out, transpose_b=True)
        result = tf.cast(product, tf.float32) + self._frozen[f"{name}.bias"]
        return tf.reshape(result, tf.concat([tf.shape(states)[:-1], [weight.shape[0]]], axis=0))

    def _normalise(self, states: tf.Tensor, name: str) -> tf.Tensor:
        mean, variance = tf.nn.moments(states, [-1], keepdims=True)
        scaled = (states - mean) * tf.math.rsqrt(variance + self._shape.layer_norm_epsilon)
        return scaled * self._frozen[f"{name}.weight"] + self._frozen[f"{name}.bias"]

    @staticmethod
    def _drop(states: tf.Tensor, share: float) -> tf.Tensor:
        return tf.nn.dropout(states, share) if share else states


def _bias(mask: tf.Tensor) -> tf.Tensor:
    return (1.0 - mask)[:, tf.newaxis, tf.newaxis, :] * _MASKED
