"""Encoders that are not ours, tried with stand-ins: a real server on this machine, and modules of the same face."""

from __future__ import annotations

import json
import re
import sys
import threading
import types
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from octavo.encode.borrowed import finished, sendable
from octavo.encode.endpoint import EndpointEncoder
from octavo.encode.fastembed import FastembedEncoder
from octavo.encode.sentence_transformers import SentenceTransformersEncoder
from octavo.exceptions import EncoderError, MissingPackageError, MissingWeightsError
from octavo.testing import check_encoder

DIM = 64


def bag(text):
    """Words are directions: texts that share them are near. Not of unit length."""
    made = np.zeros(DIM)
    for word in re.findall(r"\w{3,}", text.casefold()) or ["nothing"]:
        made += np.random.default_rng(zlib.crc32(word[:4].encode())).standard_normal(DIM)
    return made


class Server:
    """Answers as OpenAI's embeddings do; `script` holds what it answers first instead: (status, body, headers)."""

    def __init__(self):
        self.script, self.asked, self.authorised = [], [], []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.asked.append((self.path, given))
                owner.authorised.append(self.headers.get("Authorization"))
                status, body, headers = 200, owner.answer(given), {}
                if owner.script:
                    status, body, headers = owner.script.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @staticmethod
    def answer(given):
        data = [{"index": i, "embedding": bag(text).tolist()} for i, text in enumerate(given["input"])]
        return {"object": "list", "data": data[::-1], "model": given["model"]}

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}/v1"


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def encoder(server):
    return EndpointEncoder(server.url, "owl-1", pause=0.001)


def test_an_endpoint_keeps_the_promises_of_an_encoder(encoder):
    check_encoder(encoder, recall=0.8)
    assert encoder.dim == DIM


def test_texts_go_in_batches_with_the_key_and_the_prefixes(server):
    encoder = EndpointEncoder(
        f"{server.url}/", "owl-1", key="secret", before_query="query: ", before_document="passage: ", batch=2
    )
    encoder.encode_documents(["one", "two", "three"])
    encoder.encode_queries(["four"])
    assert [given["input"] for _, given in server.asked] == [
        ["passage: one", "passage: two"],
        ["passage: three"],
        ["query: four"],
    ]
    assert {path for path, _ in server.asked} == {"/v1/embeddings"}
    assert set(server.authorised) == {"Bearer secret"}
    assert encoder.name == "endpoint-owl-1-query: -passage: "


def test_what_is_asked_is_read_from_the_environment(server, monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("OCTAVO_ENDPOINT_URL", server.url)
    monkeypatch.setenv("OCTAVO_ENDPOINT_MODEL", "owl-2")
    monkeypatch.setenv("OCTAVO_ENDPOINT_KEY_FILE", str(tmp_path / "key"))
    encoder = EndpointEncoder(cache=tmp_path, threads=2)
    assert encoder.encode_queries(["an owl"]).shape == (1, DIM)
    assert (server.asked[0][1]["model"], server.authorised[0]) == ("owl-2", "Bearer from a file")
    assert "from a file" not in encoder.name


def test_a_busy_server_is_asked_again(server, encoder):
    server.script = [
        (503, b"later", {}),
        (429, b"slow down", {"Retry-After": "0"}),
        (500, b"", {"Retry-After": "Mon"}),
    ]
    assert encoder.encode_queries(["an owl"]).shape == (1, DIM)
    assert len(server.asked) == 4


def test_a_server_that_stays_busy_is_given_up(server, encoder):
    server.script = [(503, b"later", {})] * 9
    with pytest.raises(EncoderError, match="does not encode with 'owl-1': status 503: later"):
        encoder.encode_queries(["an owl"])
    assert len(server.asked) == 4


def test_a_refusal_is_not_repeated(server, encoder):
    server.script = [(401, b"wrong key", {})] * 2
    with pytest.raises(EncoderError, match="status 401: wrong key"):
        encoder.encode_queries(["an owl"])
    assert len(server.asked) == 1


def test_nobody_there():
    nobody = EndpointEncoder("http://127.0.0.1:9/v1", "owl-1", pause=0.001)
    with pytest.raises(EncoderError, match="ConnectError"):
        nobody.encode_queries(["an owl"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>", "no JSON"),
        ({"data": None}, "no embeddings"),
        ({"error": "no such model"}, "no embeddings"),
        ([], "no embeddings"),
        ({"data": [{"embedding": [1.0]}]}, "no embeddings"),
        ({"data": []}, r"shape \(1, D\), got \(0,\)"),
        ({"data": [{"index": 0, "embedding": "AAAA"}]}, "no vectors of numbers"),
        ({"data": [{"index": 0, "embedding": [0.0, 0.0]}]}, "a vector of zeros"),
        (b'{"data": [{"index": 0, "embedding": [NaN, 1]}]}', "not finite"),
        ({"data": [{"index": i, "embedding": [1.0]} for i in range(2)]}, r"shape \(1, D\), got \(2, 1\)"),
    ],
)
def test_what_is_no_vector_is_refused(server, encoder, body, message):
    server.script = [(200, body, {})]
    with pytest.raises(EncoderError, match=message):
        encoder.encode_queries(["an owl"])


def test_vectors_do_not_change_their_width(server, encoder):
    encoder.encode_queries(["an owl"])
    server.script = [(200, {"data": [{"index": 0, "embedding": [1.0, 2.0]}]}, {})]
    with pytest.raises(EncoderError, match=rf"shape \(1, {DIM}\), got \(1, 2\)"):
        encoder.encode_queries(["an owl"])


@pytest.mark.parametrize(
    ("url", "model", "message"),
    [
        (None, "owl", "or set OCTAVO_ENDPOINT_URL"),
        ("ftp://host/v1", "owl", "got 'ftp://host/v1'"),
        ("http://", "owl", "url must be"),
        ("http://host/v1", None, "or set OCTAVO_ENDPOINT_MODEL"),
    ],
)
def test_an_endpoint_must_be_named(url, model, message, monkeypatch):
    for name in ("OCTAVO_ENDPOINT_URL", "OCTAVO_ENDPOINT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match=message):
        EndpointEncoder(url, model)


class Transformer:
    """The face of sentence_transformers.SentenceTransformer."""

    def __init__(self, name, cache_folder=None, device=None):
        if name == "unknown":
            raise OSError("no such model")
        self.given = cache_folder, device

    def get_sentence_embedding_dimension(self):
        return DIM

    def encode(self, texts, batch_size, show_progress_bar, convert_to_numpy):
        if any("broken" in text for text in texts):
            raise RuntimeError("out of memory")
        return np.stack([bag(text) for text in texts])


class TextEmbedding:
    """The face of fastembed.TextEmbedding."""

    def __init__(self, name, cache_dir=None, threads=None):
        if name == "unknown":
            raise ValueError("not supported")

    def passage_embed(self, texts, batch_size):
        if any("broken" in text for text in texts):
            raise RuntimeError("out of memory")
        return (bag(text) for text in texts)

    query_embed = passage_embed


BORROWED = [
    (SentenceTransformersEncoder, "sentence_transformers", "SentenceTransformer", Transformer),
    (FastembedEncoder, "fastembed", "TextEmbedding", TextEmbedding),
]


@pytest.fixture(params=BORROWED, ids=lambda each: each[1])
def borrowed(request, monkeypatch):
    made, module, face, standin = request.param
    library = types.ModuleType(module)
    setattr(library, face, standin)
    monkeypatch.setitem(sys.modules, module, library)
    return made


def test_a_library_keeps_the_promises_of_an_encoder(borrowed, tmp_path):
    encoder = borrowed("owl", cache=tmp_path, threads=2)
    check_encoder(encoder, recall=0.8)
    assert encoder.name.endswith("-owl")


def test_what_a_library_cannot_do_is_said(borrowed):
    with pytest.raises(MissingWeightsError, match="'unknown' cannot be loaded"):
        borrowed("unknown").encode_queries(["an owl"])
    with pytest.raises(EncoderError, match="owl failed: out of memory"):
        borrowed("owl").encode_documents(["broken"])
    with pytest.raises(ValueError, match="model must be named"):
        borrowed()


@pytest.mark.parametrize(("made", "module"), [each[:2] for each in BORROWED])
def test_without_the_package_it_says_what_to_install(made, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackageError, match=rf"pip install {module.replace('_', '-')}"):
        made("owl").encode_queries(["an owl"])


def test_prefixes_of_sentence_transformers(monkeypatch):
    library = types.ModuleType("sentence_transformers")
    library.SentenceTransformer = Transformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    encoder = SentenceTransformersEncoder("owl", before_query="question ")
    assert encoder.encode_queries(["an owl"]) @ encoder.encode_documents(
        ["question an owl"]
    ).T == pytest.approx(1)


def test_what_is_sent_is_clean():
    assert sendable(["a\x00b\ud800", "", " \n", "ok"]) == ["a b?", "-", "-", "ok"]
    assert len(sendable(["x" * 99_999], "p")[0]) == 16_385
    with pytest.raises(TypeError, match="got int at 1"):
        sendable(["a", 3])


def test_lengths_become_one():
    assert np.linalg.norm(finished([[3.0, 4.0]], 1, "x"), axis=1).tolist() == [1.0]
