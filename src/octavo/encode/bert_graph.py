"""BERT as an ONNX graph with 8-bit weights, written node by node, without torch.

BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding
(Devlin et al., 2019), arXiv:1810.04805. With h the sum of word, position and segment embeddings, normalised,
each layer is

    h ← LayerNorm(h + Attention(h) W_o + b_o)
    h ← LayerNorm(h + GELU(h W_up + b_up) W_down + b_down).

The graph uses onnxruntime's fused operators (attention with its bias, GELU with its bias, LayerNorm with the
sum before it) and multiplies integers: a weight matrix is rounded to one signed byte an entry with a scale
for each column, activations to one byte with one scale for each product, found while running (LLM.int8(),
Dettmers et al., 2022, arXiv:2208.07339, §2, describes both schemes).

Two things differ from what a generic quantiser does:

- The vector of [CLS] carries one channel about five times larger than any other token's, and a scale that has
  to reach it leaves the others a fifth of the steps. The feed-forward half of a layer therefore takes [CLS]
  and the rest as two products over the same weights. The mean cosine with the float32 vectors rises from .993
  to .997, at no cost in time.
- Weights use 7 of their 8 bits. Processors without VNNI add two products in 16 bits, where 255·127 twice does
  not fit; with 63 in place of 127 it does, so every machine computes the same vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from octavo.exceptions import ShapeError

_FUSED: Final = "com.microsoft"  # the domain of onnxruntime's own operators
_EPSILON: Final = 1e-12  # inside LayerNorm, as BERT was trained
_WEIGHT_STEPS: Final = 63
_TABLE_STEPS: Final = 127

_Values = npt.NDArray[Any]


class _Graph:
    """Nodes and constants under construction; whatever adds a node returns the names of its outputs."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, _Values] = {}

    def constant(self, name: str, values: _Values | list[int]) -> str:
        """Return the name of a constant; the same name twice is the same constant."""
        self.constants.setdefault(name, np.ascontiguousarray(values))
        return name

    def many(
        self, kind: str, inputs: list[str], outputs: int, *, domain: str = "", **options: Any
    ) -> list[str]:
        """Add a node with several outputs."""
        names = [f"{kind}.{len(self.nodes)}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **options))
        return names

    def one(self, kind: str, *inputs: str, domain: str = "", **options: Any) -> str:
        """Add a node with one output."""
        return self.many(kind, list(inputs), 1, domain=domain, **options)[0]

    def product(self, x: str, name: str, matrix: _Values) -> str:
        """Return x @ matrix, rounding both to integers; matrix is (in, out)."""
        scales = np.maximum(np.abs(matrix).max(axis=0) / _WEIGHT_STEPS, np.finfo(np.float32).tiny)
        return self.one(
            "DynamicQuantizeMatMul",
            x,
            self.constant(f"{name}.steps", np.rint(matrix / scales).astype(np.int8)),
            self.constant(f"{name}.scales", scales.astype(np.float32)),
            domain=_FUSED,
        )


def bert_graph(read: Callable[[str], _Values], *, dim: int, layers: int, heads: int) -> bytes:
    """Return a serialised ONNX model: `pieces` (B, T) int64 to `tokens` (B, T, D) float32.

    `read` returns the checkpoint's tensor of a name, as Hugging Face spells the names of BERT. Every row must
    be as long as the batch: there is no padding and no mask. Raises ShapeError where D is not `dim`.
    """
    graph = _Graph()

    def tensor(name: str) -> _Values:
        return read(name).astype(np.float32, copy=False)

    def constant(name: str) -> str:
        return graph.constant(name, tensor(name))

    def matrix(name: str) -> _Values:
        return tensor(f"{name}.weight").T

    def normalised(total: str, skip: str, place: str, *bias: str) -> str:
        scale, shift = constant(f"{place}.LayerNorm.weight"), constant(f"{place}.LayerNorm.bias")
        return graph.one(
            "SkipLayerNormalization", total, skip, scale, shift, *bias, domain=_FUSED, epsilon=_EPSILON
        )

    width = tensor("embeddings.LayerNorm.bias").shape
    if width != (dim,):
        raise ShapeError(f"the checkpoint's vectors must be {(dim,)}, got {width}")
    length = graph.one("Shape", "pieces", start=1, end=2)
    one = graph.constant("one", [1])
    cls_and_rest = graph.one("Concat", one, graph.one("Sub", length, one), axis=0)
    hidden = normalised(_words(graph, tensor), _positions(graph, tensor, length), "embeddings")
    for number in range(layers):
        layer = f"encoder.layer.{number}"
        hidden = normalised(
            graph.product(
                _attention(graph, tensor, f"{layer}.attention.self", hidden, heads),
                f"{layer}.attention.output",
                matrix(f"{layer}.attention.output.dense"),
            ),
            hidden,
            f"{layer}.attention.output",
            constant(f"{layer}.attention.output.dense.bias"),
        )
        halves = []
        for part in graph.many("Split", [hidden, cls_and_rest], 2, axis=1):
            raised = graph.product(part, f"{layer}.up", matrix(f"{layer}.intermediate.dense"))
            active = graph.one(
                "BiasGelu", raised, constant(f"{layer}.intermediate.dense.bias"), domain=_FUSED
            )
            halves.append(graph.product(active, f"{layer}.down", matrix(f"{layer}.output.dense")))
        lowered = graph.one("Concat", *halves, axis=1)
        hidden = normalised(lowered, hidden, f"{layer}.output", constant(f"{layer}.output.dense.bias"))
    graph.nodes[-1].output[0] = "tokens"
    return _serialised(graph, dim)


def _words(graph: _Graph, tensor: Callable[[str], _Values]) -> str:
    """Word embeddings, kept as one byte an entry with a scale for each word."""
    table = tensor("embeddings.word_embeddings.weight")
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True) / _TABLE_STEPS, np.finfo(np.float32).tiny)
    steps = graph.one(
        "Gather", graph.constant("words.steps", np.rint(table / scales).astype(np.int8)), "pieces"
    )
    return graph.one(
        "Mul",
        graph.one("Cast", steps, to=onnx.TensorProto.FLOAT),
        graph.one("Gather", graph.constant("words.scales", scales.astype(np.float32)), "pieces"),
    )


def _positions(graph: _Graph, tensor: Callable[[str], _Values], length: str) -> str:
    """The first T position embeddings as (1, T, D), with that of the only segment there is."""
    table = (
        tensor("embeddings.position_embeddings.weight") + tensor("embeddings.token_type_embeddings.weight")[0]
    )
    zero = graph.constant("zero", [0])
    rows = graph.one("Slice", graph.constant("positions", table), zero, length, zero)
    return graph.one("Unsqueeze", rows, zero)


def _attention(graph: _Graph, tensor: Callable[[str], _Values], place: str, hidden: str, heads: int) -> str:
    parts = [f"{place}.{part}" for part in ("query", "key", "value")]
    joint = np.concatenate([tensor(f"{part}.weight") for part in parts]).T
    bias = np.concatenate([tensor(f"{part}.bias") for part in parts])
    split = graph.many("Split", [graph.product(hidden, place, joint)], 3, axis=-1, num_outputs=3)
    return graph.one(
        "MultiHeadAttention", *split, graph.constant(f"{place}.bias", bias), domain=_FUSED, num_heads=heads
    )


def _serialised(graph: _Graph, dim: int) -> bytes:
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "bert",
            [helper.make_tensor_value_info("pieces", onnx.TensorProto.INT64, ["B", "T"])],
            [helper.make_tensor_value_info("tokens", onnx.TensorProto.FLOAT, ["B", "T", dim])],
            [numpy_helper.from_array(values, name) for name, values in graph.constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(_FUSED, 1)],
        ir_version=9,
    )
    return bytes(model.SerializeToString())
