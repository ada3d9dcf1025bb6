import runpy
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

import octavo.encode.bert_graph
from octavo.encode.minilm import MiniLM
from octavo.encode.minilm_weights import TENSORS, TOKENIZER, find_weights
from octavo.exceptions import MissingWeightsError
from octavo.testing import AWKWARD_TEXTS, check_encoder, planted_corpus

forward = runpy.run_path(str(Path(__file__).with_name("test_bert_graph.py")))["forward"]

ABSTRACT = (
    "We study how a choir of small owls divides the night. Each owl holds one hour and hands its notes to the next; "
    "no owl sees the whole. Over 40 nights, with p < 0.01, the joint account agrees with that of one sleepless bird, "
    "and costs a twelfth of its candles. We prove that K owls suffice when the night has at most K^2 events."
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def encoder(cache):
    return MiniLM(cache=cache)


def test_contract(encoder):
    check_encoder(encoder, recall=1.0, alike=1 - 1e-6)


def test_the_vectors_are_those_of_a_plain_forward_pass(encoder):
    folder = find_weights()
    tensors = load_file(folder / TENSORS)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    documents, queries = planted_corpus()
    texts = [*documents[:3], *queries[:3], ABSTRACT]
    for text, vector in zip(texts, encoder.encode_documents(texts), strict=True):
        mean = forward(tensors, np.array(tokenizer.encode(text).ids), layers=6, heads=12).mean(axis=0)
        assert vector @ (mean / np.linalg.norm(mean)) > 0.99


def test_neighbours_and_threads_change_nothing(encoder, cache):
    texts = [ABSTRACT, *AWKWARD_TEXTS, "owls"]
    alone = np.concatenate([encoder.encode_documents([text]) for text in texts])
    np.testing.assert_array_equal(encoder.encode_documents(texts), alone)
    np.testing.assert_array_equal(MiniLM(cache=cache, threads=1).encode_documents(texts), alone)
    np.testing.assert_array_equal(MiniLM(cache=cache, threads=4).encode_documents(texts), alone)


def test_many_threads_may_open_it_at_once(cache):
    encoder, seen = MiniLM(cache=cache), []
    threads = [
        threading.Thread(target=lambda: seen.append(encoder.encode_queries([ABSTRACT]))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert all(np.array_equal(vector, seen[0]) for vector in seen)


def test_long_texts_are_cut_after_max_pieces(cache):
    short = MiniLM(cache=cache, max_pieces=16)
    beginning = "owl " * 14
    one, other, shorter = short.encode_documents(
        [beginning + "mouse " * 50, beginning + "candle", "owl " * 13]
    )
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, shorter)
    assert [len(tokens) for tokens in short.encode_tokens(["owl " * 99, "owl owl"])] == [14, 2]


def test_token_vectors(encoder):
    tokens, none = encoder.encode_tokens([ABSTRACT, ""])
    assert tokens.shape == (len(tokens), 384)
    assert none.shape == (0, 384)
    np.testing.assert_allclose(np.linalg.norm(tokens, axis=1), 1.0, atol=1e-5)
    assert encoder.encode_tokens([]) == []


def test_the_name_tells_the_vectors_apart(encoder, cache, tmp_path):
    assert encoder.name == MiniLM(cache=tmp_path).name
    assert encoder.name.startswith("minilm-l6-v2-int8-")
    assert encoder.name != MiniLM(cache=cache, max_pieces=128).name
    folder = find_weights()
    (tmp_path / TENSORS).symlink_to(folder / TENSORS)
    (tmp_path / TOKENIZER).write_bytes((folder / TOKENIZER).read_bytes() + b"\n")
    assert MiniLM(tmp_path).name != encoder.name


def test_the_built_model_is_kept(encoder, cache, monkeypatch):
    before = encoder.encode_queries(["owl"])

    def unwanted(*args, **options):
        raise AssertionError("built again")

    monkeypatch.setattr(octavo.encode.bert_graph, "bert_graph", unwanted)
    np.testing.assert_array_equal(MiniLM(cache=cache).encode_queries(["owl"]), before)


def test_nothing_is_read_before_the_first_text(tmp_path):
    encoder = MiniLM(tmp_path / "nowhere", cache=tmp_path)
    assert encoder.dim == 384
    assert encoder.encode_documents([]).shape == (0, 384)
    with pytest.raises(MissingWeightsError, match=r"no model\.safetensors and no tokenizer\.json in"):
        encoder.encode_queries(["owl"])
    with pytest.raises(MissingWeightsError):
        _ = encoder.name


def test_weights_of_something_else_are_refused(tmp_path):
    (tmp_path / TENSORS).write_bytes(b"not tensors at all")
    (tmp_path / TOKENIZER).write_bytes((find_weights() / TOKENIZER).read_bytes())
    with pytest.raises(MissingWeightsError, match="is no MiniLM-L6"):
        MiniLM(tmp_path, cache=tmp_path).encode_queries(["owl"])


def test_broken_tokenizers_are_refused(tmp_path):
    (tmp_path / TENSORS).symlink_to(find_weights() / TENSORS)
    (tmp_path / TOKENIZER).write_text("{}")
    with pytest.raises(MissingWeightsError, match="is no tokenizer"):
        MiniLM(tmp_path, cache=tmp_path).encode_queries(["owl"])


@pytest.mark.parametrize("pieces", [0, 2, 513])
def test_max_pieces_has_bounds(pieces):
    with pytest.raises(ValueError, match=f"between 3 and 512, got {pieces}"):
        MiniLM(max_pieces=pieces)


def test_threads_has_a_bound():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        MiniLM(threads=0)


@pytest.mark.parametrize(
    ("texts", "message"), [("owl", "got one string"), (["owl", None], "got NoneType at 1")]
)
def test_texts_must_be_a_list_of_strings(encoder, texts, message):
    with pytest.raises(TypeError, match=message):
        encoder.encode_documents(texts)


def test_endless_texts_cost_no_more_than_long_ones(encoder):
    tokens = encoder.encode_tokens(["owl " * 5_000_000])[0]
    assert len(tokens) == 254
