"""Planted collections, and an encoder of words small enough to see through."""

from __future__ import annotations

import json
import re
import zlib

import numpy as np
import pytest

from broadsheet.search import token_codes
from octavo.find.pooled_tokens import PooledTokens
from octavo.protocols import Whole
from octavo.testing import planted_corpus


class BagEncoder:
    """Every word has a direction of its own; a text's vector is their mean. Counts what it encodes."""

    dim = 32
    name = "bag"

    def __init__(self):
        self.encoded = 0

    def words(self, text):
        return re.findall(r"\w+", text.casefold()) or ["nothing"]

    def encode_tokens(self, texts):
        self.encoded += len(texts)
        made = []
        for text in texts:
            rows = [
                np.random.default_rng(zlib.crc32(w.encode())).standard_normal(32) for w in self.words(text)
            ]
            made.append((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
        return made

    def encode_whole(self, texts):
        tokens = self.encode_tokens(texts)
        means = np.stack([bag.mean(axis=0) for bag in tokens])
        return Whole(means / np.linalg.norm(means, axis=1, keepdims=True), tokens, self.pieces(texts))

    def encode_documents(self, texts):
        return self.encode_whole(texts).vectors

    encode_queries = encode_documents

    def pieces(self, texts):
        return [np.array([zlib.crc32(word.encode()) % 9973 for word in self.words(text)]) for text in texts]


def plant(folder, documents, queries, judged, split="test"):
    """Write a collection in BEIR's layout; judged: (query, document, grade)."""
    (folder / "qrels").mkdir(parents=True)
    for file, texts in (("corpus", documents), ("queries", queries)):
        lines = [json.dumps({"_id": f"{file[0]}{place}", "text": text}) for place, text in enumerate(texts)]
        (folder / f"{file}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rows = "".join(f"q{query}\tc{document}\t{grade}\n" for query, document, grade in judged)
    (folder / "qrels" / f"{split}.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def codec(tmp_path_factory):
    """A folder with a codec of such tokens."""
    documents, _ = planted_corpus()
    encoder, folder = BagEncoder(), tmp_path_factory.mktemp("codec")
    pooled = PooledTokens(many=16, kept=32, together=2)
    whole = encoder.encode_whole(documents)
    pooled.fit(whole.tokens, whole.pieces, whole.vectors).save(folder)
    return folder


@pytest.fixture
def encoder(codec, monkeypatch):
    monkeypatch.setitem(token_codes.CODECS, "bag-1", codec)
    monkeypatch.setitem(token_codes.CODEC_OF, "bag", "bag-1")
    yield BagEncoder()
    token_codes.codec.cache_clear()


@pytest.fixture
def data(tmp_path):
    """Two collections: one to search, in which document i answers query i, and one of pools."""
    documents, queries = planted_corpus()
    everyone = [(i, i, 1) for i in range(len(queries))]
    plant(tmp_path / "data" / "search" / "planted", documents, queries, everyone)
    pools = [(q, d, 3 if d == q else 1 if d == q + 1 else 0) for q in range(3) for d in range(6)]
    plant(tmp_path / "data" / "search" / "csfcube", documents, queries[:3], pools, "dev")
    return tmp_path / "data"
