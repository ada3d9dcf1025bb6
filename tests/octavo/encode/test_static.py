import re

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from octavo.encode.static import StaticEncoder
from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.testing import check_encoder, planted_corpus

DIM = 24


def vocabulary():
    documents, queries = planted_corpus()
    words = sorted({word for text in [*documents, *queries] for word in re.findall(r"\w+|[^\w\s]", text)})
    return ["[UNK]", *words]


@pytest.fixture(scope="module")
def tokenizer():
    made = Tokenizer(WordLevel({word: i for i, word in enumerate(vocabulary())}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    return made.to_str()


def taught(encoder, texts, seed=0, noise=0.3):
    """A teacher that gives words meanings and context some noise; stems share a meaning."""
    rng, words = np.random.default_rng(seed), vocabulary()
    meaning = {}
    rows = np.stack([meaning.setdefault(w.casefold()[:4], rng.standard_normal(DIM)) for w in words])
    pieces = encoder.pieces(texts)
    tokens = [(rows[ids] + noise * rng.standard_normal((len(ids), DIM))).astype(np.float32) for ids in pieces]
    vectors = np.stack([each.mean(axis=0) for each in tokens])
    return tokens, pieces, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def learned(tokenizer):
    documents, queries = planted_corpus()
    encoder = StaticEncoder(tokenizer, ridge=1e-3)
    return encoder.fit(*taught(encoder, [*documents, *queries] * 5))


def test_it_keeps_the_promises_of_an_encoder(learned):
    check_encoder(learned, recall=0.8)
    assert learned.dim == DIM


def test_it_comes_near_its_teacher(learned):
    documents, _ = planted_corpus()
    _, _, vectors = taught(learned, documents, noise=0.0)
    near = (learned.encode_documents(documents) * vectors).sum(axis=1)
    assert near.mean() > 0.85


def test_the_equations_in_plain_loops(tokenizer):
    encoder = StaticEncoder(tokenizer, drawn=2.0, common=0.01, ridge=0.5)
    documents, _ = planted_corpus()
    tokens, pieces, goal = taught(encoder, documents)
    encoder.fit(tokens, pieces, goal)
    seen = [
        (int(p), t) for own, ids in zip(tokens, pieces, strict=True) for p, t in zip(ids, own, strict=True)
    ]
    mean = np.mean([t for _, t in seen], axis=0)
    table = []
    for piece in range(len(vocabulary())):
        own = [t for p, t in seen if p == piece]
        row = (np.sum(own, axis=0) + 2 * mean) / (len(own) + 2) if own else mean
        table.append(row * 0.01 / (0.01 + len(own) / len(seen)))
    table = np.array(table)
    x = np.array([np.mean([table[p] for p in ids], axis=0) for ids in pieces])
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    ridge = 0.5 * np.trace(x.T @ x) / DIM
    w = np.linalg.solve(x.T @ x + ridge * np.eye(DIM), x.T @ goal)
    np.testing.assert_allclose(encoder.table_, table @ w, atol=1e-4)


def test_saved_and_read_again(learned, tmp_path):
    texts, _ = planted_corpus()
    learned.save(tmp_path)
    again = StaticEncoder.load(tmp_path)
    assert (again.encode_documents(texts) * learned.encode_documents(texts)).sum(axis=1).min() > 0.9999
    (tmp_path / "saved.json").write_text("{}")
    with pytest.raises(SavedFileError):
        StaticEncoder.load(tmp_path)


def test_fit_forgets_the_last_fit(tokenizer, learned):
    documents, queries = planted_corpus()
    encoder = StaticEncoder(tokenizer, ridge=1e-3).fit(*taught(learned, documents[:3], seed=9))
    encoder.fit(*taught(encoder, [*documents, *queries] * 5))
    np.testing.assert_allclose(encoder.table_, learned.table_)


@pytest.mark.parametrize("option", ["drawn", "common", "ridge"])
def test_bad_options(tokenizer, option):
    with pytest.raises(ValueError, match=f"{option} must be above 0, got 0"):
        StaticEncoder(tokenizer, **{option: 0})


def test_bad_input(tokenizer, learned):
    with pytest.raises(ValueError, match="tokenizer must be"):
        StaticEncoder("{}")
    with pytest.raises(ValueError, match="max_pieces must be at least 1"):
        StaticEncoder(tokenizer, max_pieces=0)
    with pytest.raises(NotFittedError):
        StaticEncoder(tokenizer).encode_queries(["an owl"])
    tokens, pieces, vectors = taught(learned, ["An owl"])
    with pytest.raises(ShapeError, match="of as many texts, got 1, 2 and 1"):
        StaticEncoder(tokenizer).fit(tokens, pieces * 2, vectors)
    with pytest.raises(ShapeError, match=r"tokens\[0\] must"):
        StaticEncoder(tokenizer).fit([tokens[0][:1]], pieces, vectors)
    with pytest.raises(ShapeError, match="finite"):
        StaticEncoder(tokenizer).fit([tokens[0] * np.nan], pieces, vectors)
    with pytest.raises(ShapeError, match="at least one vector, got none"):
        StaticEncoder(tokenizer).fit([np.empty((0, DIM))], [np.empty(0, np.int64)], vectors)
