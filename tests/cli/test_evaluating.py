import json
import re
import zlib

import numpy as np
import pytest
from typer.testing import CliRunner

from broadsheet.cli import app, evaluating
from octavo.protocols import Whole


class Bag:
    dim, name = 16, "bag"

    def encode_tokens(self, texts):
        words = [re.findall(r"\w+", text.casefold()) or ["nothing"] for text in texts]
        return [
            np.stack(
                [np.random.default_rng(zlib.crc32(w.encode())).standard_normal(16) for w in each]
            ).astype(np.float32)
            for each in words
        ]

    def encode_documents(self, texts):
        means = np.stack([tokens.mean(axis=0) for tokens in self.encode_tokens(texts)])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    encode_queries = encode_documents

    def encode_whole(self, texts):
        return Whole(self.encode_documents(texts), self.encode_tokens(texts), self.pieces(texts))

    def pieces(self, texts):
        return [np.arange(len(tokens)) for tokens in self.encode_tokens(texts)]


@pytest.fixture
def collection(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluating, "_encoder", Bag)
    folder = tmp_path / "owls"
    (folder / "qrels").mkdir(parents=True)
    texts = ["Owls hunt at night.", "Income tax forms.", "Bread is baked in ovens."]
    for file in ("corpus", "queries"):
        lines = (json.dumps({"_id": str(i), "text": text}) for i, text in enumerate(texts))
        (folder / f"{file}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rows = "".join(f"{i}\t{i}\t1\n" for i in range(3))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}", encoding="utf-8")
    return folder


def ask(*words, cache):
    return CliRunner().invoke(app, ["eval", "search", *map(str, words), "--cache", str(cache)])


def test_a_table_for_people_and_programs(collection, tmp_path):
    done = ask("--data", collection, "--systems", "rrf", cache=tmp_path / "cache")
    assert done.exit_code == 0, done.output
    head, words, fused = [line.split("\t") for line in done.stdout.splitlines()]
    assert head[:2] == ["system", "owls"]
    assert (words[0], fused[0]) == ("words (BM25)", "words + vectors, reciprocal ranks")
    assert (words[1], fused[1]) == ("1.000", "1.000")


def test_json_and_the_files(collection, tmp_path):
    done = ask(
        *("--data", collection, "--systems", "vectors", "--queries", 2, "--json"),
        *("--out", tmp_path / "out"),
        cache=tmp_path / "cache",
    )
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)["data"]
    assert content == json.loads((tmp_path / "out" / "search.json").read_text(encoding="utf-8"))
    assert content["facts"]["queries"] == {"owls": 2}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "search.json",
        "search.md",
        "quality-latency.svg",
        "quality-bytes.svg",
    }


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--systems", "alchemy"], 2, "no system 'alchemy'; there are bm25"),
        (["--collections", "trec"], 3, "no collection trec"),
        (["--queries", "0"], 2, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_measured_is_said(collection, tmp_path, words, code, message):
    done = ask("--data", collection, *words, cache=tmp_path)
    assert done.exit_code == code
    assert message in re.sub(r"\s+", " ", done.output)


def test_a_folder_without_collections(tmp_path):
    done = ask("--data", tmp_path, cache=tmp_path)
    assert done.exit_code == 3
    assert "no collection in" in done.output
