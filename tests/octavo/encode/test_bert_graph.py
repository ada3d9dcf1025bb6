"""The 8-bit graph against a plain forward pass, written here from the paper's equations."""

import math

import numpy as np
import onnxruntime
import pytest

from octavo.encode.bert_graph import bert_graph
from octavo.exceptions import ShapeError

DIM, LAYERS, HEADS, WORDS, POSITIONS = 48, 2, 4, 60, 32


@pytest.fixture(scope="module")
def checkpoint():
    rng = np.random.default_rng(0)
    tensors = {}

    def dense(name, rows, columns):
        tensors[f"{name}.weight"] = rng.normal(0, 0.15, (rows, columns)).astype(np.float32)
        tensors[f"{name}.bias"] = rng.normal(0, 0.1, rows).astype(np.float32)

    def norm(name):
        tensors[f"{name}.LayerNorm.weight"] = rng.uniform(0.5, 1.5, DIM).astype(np.float32)
        tensors[f"{name}.LayerNorm.bias"] = rng.normal(0, 0.1, DIM).astype(np.float32)

    for table, rows in (("word", WORDS), ("position", POSITIONS), ("token_type", 2)):
        tensors[f"embeddings.{table}_embeddings.weight"] = rng.normal(0, 0.5, (rows, DIM)).astype(np.float32)
    norm("embeddings")
    for layer in range(LAYERS):
        place = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            dense(f"{place}.attention.self.{part}", DIM, DIM)
        dense(f"{place}.attention.output.dense", DIM, DIM)
        norm(f"{place}.attention.output")
        dense(f"{place}.intermediate.dense", 4 * DIM, DIM)
        dense(f"{place}.output.dense", DIM, 4 * DIM)
        norm(f"{place}.output")
    return tensors


def forward(tensors, pieces, layers, heads):
    """BERT in float64, one sequence: (T,) piece numbers to (T, D)."""

    def get(name):
        return tensors[name].astype(np.float64)

    def dense(name, x):
        return x @ get(f"{name}.weight").T + get(f"{name}.bias")

    def norm(name, x):
        spread = np.sqrt(x.var(axis=1, keepdims=True) + 1e-12)
        centred = (x - x.mean(axis=1, keepdims=True)) / spread
        return centred * get(f"{name}.LayerNorm.weight") + get(f"{name}.LayerNorm.bias")

    def gelu(x):
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

    def softmax(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    words = get("embeddings.word_embeddings.weight")[pieces]
    positions = get("embeddings.position_embeddings.weight")[: len(pieces)]
    h = norm("embeddings", words + positions + get("embeddings.token_type_embeddings.weight")[0])
    width = h.shape[1] // heads
    for layer in range(layers):
        place = f"encoder.layer.{layer}"
        q, k, v = (dense(f"{place}.attention.self.{part}", h) for part in ("query", "key", "value"))
        heard = []
        for head in range(heads):
            of = slice(head * width, (head + 1) * width)
            heard.append(softmax(q[:, of] @ k[:, of].T / math.sqrt(width)) @ v[:, of])
        h = norm(f"{place}.attention.output", h + dense(f"{place}.attention.output.dense", np.hstack(heard)))
        raised = gelu(dense(f"{place}.intermediate.dense", h))
        h = norm(f"{place}.output", h + dense(f"{place}.output.dense", raised))
    return h


def run(model, pieces):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["tokens"], {"pieces": np.array(pieces, np.int64)})[0]


def cosines(a, b):
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def test_the_graph_computes_bert(checkpoint):
    model = bert_graph(checkpoint.__getitem__, dim=DIM, layers=LAYERS, heads=HEADS)
    pieces = np.random.default_rng(1).integers(0, WORDS, POSITIONS)
    tokens = run(model, [pieces])[0]
    expected = forward(checkpoint, pieces, LAYERS, HEADS)
    assert tokens.shape == (POSITIONS, DIM)
    assert cosines(tokens, expected).min() > 0.995
    assert np.abs(tokens - expected).max() < 0.25


@pytest.mark.parametrize("length", [2, 3, 17])
def test_every_length_and_batch_is_accepted(checkpoint, length):
    model = bert_graph(checkpoint.__getitem__, dim=DIM, layers=LAYERS, heads=HEADS)
    pieces = np.random.default_rng(length).integers(0, WORDS, (3, length))
    for row, tokens in zip(pieces, run(model, pieces), strict=True):
        assert cosines(tokens, forward(checkpoint, row, LAYERS, HEADS)).min() > 0.99


def test_half_precision_checkpoints_are_read(checkpoint):
    halves = {name: tensor.astype(np.float16) for name, tensor in checkpoint.items()}
    model = bert_graph(halves.__getitem__, dim=DIM, layers=LAYERS, heads=HEADS)
    pieces = np.arange(9)
    assert cosines(run(model, [pieces])[0], forward(checkpoint, pieces, LAYERS, HEADS)).min() > 0.99


def test_weights_keep_seven_bits(checkpoint):
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(bert_graph(checkpoint.__getitem__, dim=DIM, layers=LAYERS, heads=HEADS))
    onnx.checker.check_model(model)
    steps = [numpy_helper.to_array(t) for t in model.graph.initializer if t.name.endswith(".steps")]
    products = [s for s in steps if s.shape[0] != WORDS]
    assert len(products) == LAYERS * 4
    assert all(s.dtype == np.int8 and np.abs(s).max() == 63 for s in products)


def test_a_column_of_zeros_has_a_scale(checkpoint):
    tensors = dict(checkpoint)
    name = "encoder.layer.0.intermediate.dense.weight"
    tensors[name] = tensors[name].copy()
    tensors[name][3] = 0.0
    tokens = run(bert_graph(tensors.__getitem__, dim=DIM, layers=LAYERS, heads=HEADS), [[1, 2, 3]])
    assert np.isfinite(tokens).all()


def test_another_width_is_refused(checkpoint):
    with pytest.raises(ShapeError, match=r"must be \(384,\), got \(48,\)"):
        bert_graph(checkpoint.__getitem__, dim=384, layers=LAYERS, heads=HEADS)
