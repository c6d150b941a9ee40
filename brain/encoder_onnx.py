"""The sentence encoder's network, written out as an ONNX graph from its weights.

The network is BERT (Devlin et al. 2019) in the MiniLM size (Wang et al. 2020), with the pooling that all-MiniLM-L6-v2 was
trained with: the mean over the tokens that are not padding, brought to length one. Building the graph by hand keeps torch
out of the environment; `tests/brain/test_encoder.py` holds it against an independent implementation and against the
similarities that the model's authors publish.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
_MASKED = -10_000.0  #: added to attention scores of padding, so that softmax gives it nothing

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class BertShape:
    """The sizes that are not visible in the weights themselves."""

    layers: int
    heads: int
    hidden: int
    layer_norm_epsilon: float

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> BertShape:
        """Take the sizes from the `config.json` that lies beside the weights."""
        return cls(
            layers=int(cast(int, config["num_hidden_layers"])),
            heads=int(cast(int, config["num_attention_heads"])),
            hidden=int(cast(int, config["hidden_size"])),
            layer_norm_epsilon=float(cast(float, config["layer_norm_eps"])),
        )


@dataclass(frozen=True, kw_only=True)
class QuantisedRows:
    """A large table of rows in small whole numbers: row r, column c is numbers[r, c] · factors[r, c // block]."""

    numbers: NDArray[np.int8]  #: [rows, columns]
    factors: NDArray[np.float16]  #: [rows, columns / block]

    def full(self) -> NDArray[np.float32]:
        """The table in full, float32 [rows, columns]."""
        return self.rows(np.arange(len(self.numbers)))

    def rows(self, ids: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Some rows in full, float32 [*ids, columns]."""
        factors = self.factors[ids].astype(np.float32)
        parts = self.numbers[ids].reshape(*factors.shape, -1) * factors[..., np.newaxis]
        return cast("NDArray[np.float32]", parts.reshape(*ids.shape, -1).astype(np.float32, copy=False))


class _Graph:
    """Collects nodes and constants; every `op` returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._count = 0

    def constant(self, value: NDArray[np.generic], name: str | None = None) -> str:
        name = name or self.fresh("constant")
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        return self.ops(kind, *inputs, outputs=[output or self.fresh(kind)], **attributes)[0]

    def ops(self, kind: str, *inputs: str, outputs: list[str], **attributes: Any) -> list[str]:
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, name=self.fresh(f"node_{kind}"), **attributes))
        return outputs

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"


def _float32(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def _int64(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def build_encoder(weights: Weights, shape: BertShape, *, words: QuantisedRows | None = None) -> onnx.ModelProto:
    """The graph: token ids and mask, both int64 [batch, tokens], to unit vectors float32 [batch, hidden].

    `words` takes the place of the table of words among the weights, where that is too large to keep in full.
    """
    g = _Graph()
    found = _small_words(g, words) if words is not None else _full_words(g, weights)
    states = _embed(g, weights, shape, found)
    mask = g.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    absent = g.op("Sub", g.constant(_float32([1.0])), mask)
    bias = g.op("Mul", absent, g.constant(_float32([_MASKED])))
    bias = g.op("Unsqueeze", bias, g.constant(_int64([1, 2])))
    for layer in range(shape.layers):
        states = _attend(g, weights, shape, f"encoder.layer.{layer}.", states, bias)
        states = _feed_forward(g, weights, shape, f"encoder.layer.{layer}.", states)
    _pool(g, states, mask)
    graph = helper.make_graph(
        g.nodes,
        "sentence_encoder",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "tokens"]),
        ],
        [helper.make_tensor_value_info("sentence", TensorProto.FLOAT, ["batch", shape.hidden])],
        initializer=g.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="candour")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model


def quantise(source: Path, target: Path) -> None:
    """Turn the weights of the matrix products into int8; activations are scaled as they come (dynamic quantisation)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        # Without it, CPUs that lack VNNI instructions overflow 16-bit sums and the vectors change with the machine.
        reduce_range=True,
    )


def _full_words(g: _Graph, weights: Weights) -> str:
    return g.op("Gather", g.constant(weights["embeddings.word_embeddings.weight"], "words"), "input_ids")


def _small_words(g: _Graph, table: QuantisedRows) -> str:
    columns = table.numbers.shape[1]
    blocks = table.factors.shape[1]
    numbers = g.op("Cast", g.op("Gather", g.constant(table.numbers, "words"), "input_ids"), to=TensorProto.FLOAT)
    factors = g.op("Cast", g.op("Gather", g.constant(table.factors, "factors"), "input_ids"), to=TensorProto.FLOAT)
    apart = g.op("Reshape", numbers, g.constant(_int64([0, 0, blocks, columns // blocks])))
    full = g.op("Mul", apart, g.op("Unsqueeze", factors, g.constant(_int64([3]))))
    return g.op("Reshape", full, g.constant(_int64([0, 0, columns])))


def _embed(g: _Graph, weights: Weights, shape: BertShape, words: str) -> str:
    # Only single sentences are encoded: the type embedding is that of segment 0 everywhere, and folds into the positions.
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = g.op("Gather", g.op("Shape", "input_ids"), g.constant(_int64([1])))
    rows = g.op("Slice", g.constant(places, "places"), g.constant(_int64([0])), length, g.constant(_int64([0])))
    return _normalise(g, weights, shape, "embeddings.LayerNorm", g.op("Add", words, rows))


def _attend(g: _Graph, weights: Weights, shape: BertShape, prefix: str, states: str, bias: str) -> str:
    own = prefix + "attention.self."
    # One product for query, key and value: fewer, larger products are quicker and quantise once.
    kernel = np.concatenate([weights[f"{own}{part}.weight"].T for part in ("query", "key", "value")], axis=1)
    offset = np.concatenate([weights[f"{own}{part}.bias"] for part in ("query", "key", "value")])
    mixed = g.op("Add", g.op("MatMul", states, g.constant(kernel)), g.constant(offset))
    parts = g.ops(
        "Split", mixed, g.constant(_int64([shape.hidden] * 3)), outputs=[g.fresh("part") for _ in range(3)], axis=2
    )
    heads = g.constant(_int64([0, 0, shape.heads, shape.hidden // shape.heads]))
    query, key, value = (
        g.op("Transpose", g.op("Reshape", part, heads), perm=perm)
        for part, perm in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True)
    )
    root = _float32([1.0 / np.sqrt(shape.hidden / shape.heads)])
    scores = g.op("Add", g.op("Mul", g.op("MatMul", query, key), g.constant(root)), bias)
    context = g.op("Transpose", g.op("MatMul", g.op("Softmax", scores, axis=-1), value), perm=[0, 2, 1, 3])
    merged = g.op("Reshape", context, g.constant(_int64([0, 0, shape.hidden])))
    output = _dense(g, weights, prefix + "attention.output.dense", merged)
    return _normalise(g, weights, shape, prefix + "attention.output.LayerNorm", g.op("Add", output, states))


def _feed_forward(g: _Graph, weights: Weights, shape: BertShape, prefix: str, states: str) -> str:
    inner = _dense(g, weights, prefix + "intermediate.dense", states)
    bell = g.op("Erf", g.op("Mul", inner, g.constant(_float32([1 / np.sqrt(2)]))))
    gelu = g.op("Mul", g.op("Mul", inner, g.op("Add", bell, g.constant(_float32([1.0])))), g.constant(_float32([0.5])))
    output = _dense(g, weights, prefix + "output.dense", gelu)
    return _normalise(g, weights, shape, prefix + "output.LayerNorm", g.op("Add", output, states))


def _pool(g: _Graph, states: str, mask: str) -> None:
    column = g.op("Unsqueeze", mask, g.constant(_int64([2])))
    axis = g.constant(_int64([1]))
    total = g.op("ReduceSum", g.op("Mul", states, column), axis, keepdims=0)
    mean = g.op("Div", total, g.op("Max", g.op("ReduceSum", mask, axis, keepdims=1), g.constant(_float32([1.0]))))
    length = g.op("ReduceL2", mean, axes=[1], keepdims=1)
    g.op("Div", mean, g.op("Max", length, g.constant(_float32([1e-12]))), output="sentence")


def _dense(g: _Graph, weights: Weights, name: str, states: str) -> str:
    product = g.op("MatMul", states, g.constant(weights[f"{name}.weight"].T))
    return g.op("Add", product, g.constant(weights[f"{name}.bias"]))


def _normalise(g: _Graph, weights: Weights, shape: BertShape, name: str, states: str) -> str:
    return g.op(
        "LayerNormalization",
        states,
        g.constant(weights[f"{name}.weight"]),
        g.constant(weights[f"{name}.bias"]),
        axis=-1,
        epsilon=shape.layer_norm_epsilon,
    )
