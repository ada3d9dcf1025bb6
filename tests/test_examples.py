"""Every example runs in its tiny form, and what the full one found is kept and shown."""

from __future__ import annotations

import json
import random
import runpy
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from octavo.catalogue import EVIDENCE, Evidence, methods
from octavo.lab.experiment import digest
from octavo.testing import planted_corpus

ROOT = Path(__file__).parents[1]
EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.py")) if path.stem != "__main__"}
MODULES = {method.name: ROOT / "src" / f"{method.module.replace('.', '/')}.py" for method in methods()}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of collections as the real one is laid out, each the planted corpus of twelve."""
    folder = tmp_path_factory.mktemp("data")
    documents, queries = planted_corpus()
    for name, split in (
        ("cisi", "test"),
        ("cranfield", "test"),
        ("scifact", "train"),
        ("limit_small", "test"),
    ):
        collection = folder / "search" / name
        (collection / "qrels").mkdir(parents=True)
        for file, texts in (("corpus", documents), ("queries", queries)):
            lines = [json.dumps({"_id": str(place), "text": text}) for place, text in enumerate(texts)]
            (collection / f"{file}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        judged = "".join(f"{place}\t{place}\t1\n" for place in range(len(queries)))
        (collection / "qrels" / f"{split}.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    plant_abstracts(folder)
    plant_sentence_pairs(folder)
    plant_baskets(folder)
    plant_libraries(folder)
    return folder


def write_tables(folder, tables):
    """Parquet files by name, of columns by name."""
    for name, columns in tables.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.table(columns), path)


def plant_baskets(folder):
    """Sixty histories as S3-Rec's Beauty is laid out: each goes round a ring of thirty items of six kinds."""
    chance, rows = random.Random(2), []
    for user in range(60):
        start, length = chance.randrange(30), chance.randrange(5, 12)
        rows += [(user + 1, 1 + (start + place) % 30, place) for place in range(length)]
    user, item, place = zip(*rows, strict=True)
    target = folder / "readers" / "s3rec_beauty"
    write_tables(target, {"interactions": {"user": user, "item": item, "pos": place}})
    kinds = [(item, kind) for item in range(1, 31) for kind in (item % 6, 10 + item % 4)]
    item, kind = zip(*kinds, strict=True)
    write_tables(target, {"item_attributes": {"item": item, "attribute": kind}})


def plant_libraries(folder):
    """Readers' libraries as citeulike-t is laid out: 24 readers, each of one of four topics, 160 papers."""
    chance, target = random.Random(2), folder / "readers" / "citeulike-t"
    kept = [(r, p) for r in range(24) for p in sorted(chance.sample(range(r % 4, 160, 4), 12))]
    words = [" ".join(chance.choices([f"word{p % 4}x{w}" for w in range(20)], k=12)) for p in range(160)]
    tables = {
        "interactions": {"user": [r for r, _ in kept], "item": [p for _, p in kept]},
        "items": {"item": list(range(160)), "bow_text": words},
        "item_tags": {"item": list(range(160)), "tag": [p % 4 for p in range(160)]},
        "bow": {
            "item": [p for p in range(160) for _ in range(8)],
            "word_id": [20 * (p % 4) + w for p in range(160) for w in sorted(chance.sample(range(20), 8))],
            "count": [1 + (p + w) % 3 for p in range(160) for w in range(8)],
        },
        "citations": {"src": list(range(160)), "dst": [(p + 4) % 160 for p in range(160)]},
        "splits/coldstart_item_fold_seed20240601": {
            "item": list(range(160)),
            "fold": [p // 4 % 5 for p in range(160)],
        },
        "tags": {"tag_id": list(range(4)), "tag": ["owls", "bread", "moon", "tides"]},
    }
    write_tables(target, tables)


def plant_sentence_pairs(folder):
    """Judged pairs in five languages as STS-B is laid out: the more words two share, the higher the score."""
    target = folder / "similarity" / "stsb"
    target.mkdir(parents=True)
    words = ["owl", "bread", "moon", "violin", "glacier", "chess", "bee", "bridge", "tax", "lava"]
    for language in ("en", "de", "es", "fr", "zh"):
        chance, shift = random.Random(1), 0 if language == "en" else ord(language[0]) % 7
        told = ["".join(chr(ord(letter) + shift) for letter in word) for word in words]
        lines = ["sentence1\tsentence2\tscore\tsplit"]
        for number in range(100):
            order, shared = chance.sample(range(len(words)), len(words)), number % 6
            first, second = order[:5], [*order[:shared], *order[5 : 10 - shared]]
            texts = (" ".join(told[place] for place in places) for places in (first, second))
            lines.append("\t".join((*texts, f"{shared}.0", "train" if number < 60 else "dev")))
        (target / f"{language}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def plant_abstracts(folder):
    """A sample of arXiv as the real one is laid out: 200 papers of eight categories over two years."""
    chance = random.Random(0)
    columns = {name: [] for name in ("id", "title", "abstract", "primary_category", "categories", "date")}
    for number in range(200):
        field = number % 8
        filler = ("we", "show", "that", "the", "new", "method", "is", "better", "than", "all")
        own = [f"subject{field}x{chance.randrange(6)}" for _ in range(8)]
        words = chance.sample([*own, *filler], 16)
        category = ("cs.CL", "cs.CV", "cs.LG", "math.AG", "math.CO", "hep-th", "q-bio.NC", "stat.ML")[field]
        row = (f"2301.{number:05}", " ".join(own[:4]), " ".join(words), category, category)
        for name, value in zip(columns, (*row, f"20{22 + number % 2}-{1 + number % 12:02}-15"), strict=True):
            columns[name].append(value)
    target = folder / "papers" / "arxiv_100k" / "papers.parquet"
    target.parent.mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), target)


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_tiny_form_runs(name, data, tmp_path_factory, monkeypatch):
    monkeypatch.setattr("octavo.lab.encoded.CACHE", tmp_path_factory.getbasetemp() / "encoded")
    evidence = runpy.run_path(str(EXAMPLES[name]))["measure"](data, tiny=True)
    assert isinstance(evidence, Evidence)
    assert evidence.checks
    assert all(isinstance(so, bool) for so in evidence.checks.values())
    assert evidence.rows
    assert all(len(row) == len(evidence.columns) for row in evidence.rows)
    for row in evidence.rows:
        for cell in row:
            assert isinstance(cell, str | float | int) or all(isinstance(each, float | int) for each in cell)


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_short_and_belongs_to_a_method(name):
    assert name in {method.name for method in methods()}
    assert len(EXAMPLES[name].read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_evidence_is_kept(name):
    path = EVIDENCE / f"{name}.json"
    assert path.exists(), f"run: scripts/evidence {name} --data DIR"
    evidence = Evidence.read(path)
    assert {"date", "machine", "minutes", "digest"} <= set(evidence.run)
    assert json.loads(path.read_text(encoding="utf-8"))["verdict"] == evidence.verdict


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_evidence_is_of_this_very_code(name):
    kept = Evidence.read(EVIDENCE / f"{name}.json").run["digest"]
    assert kept == digest([EXAMPLES[name], MODULES[name]]), f"stale; run: scripts/evidence {name} --data DIR"


def test_there_is_no_evidence_without_an_example_and_no_method_without_evidence():
    assert {path.stem for path in EVIDENCE.glob("*.json")} == set(EXAMPLES)
    assert {method.name for method in methods()} == set(EXAMPLES)


def test_no_page_of_a_method_that_is_gone_is_left():
    pages = {path.stem for path in (ROOT / "docs" / "methods").iterdir()}
    assert pages == {"index", *(method.name for method in methods())}


def test_an_example_that_is_not_there_is_refused():
    done = subprocess.run(
        [sys.executable, "examples", "alchemy", "--data", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "no example alchemy; there are " in done.stderr


def test_one_that_fails_does_not_keep_the_others_from_running(tmp_path, monkeypatch, capsys):
    runner = runpy.run_path(str(ROOT / "examples" / "__main__.py"))
    good = Evidence("It is so.", {"so": True}, ("what", "n"), (("x", 1.0),), run={"minutes": 2.5})
    kept = []
    monkeypatch.setattr(Evidence, "write", lambda self, path: kept.append(path.stem))
    scope = runner["measure_all"].__globals__
    for name, value in {
        "EXAMPLES": {"ill": tmp_path / "ill.py", "well": tmp_path / "well.py"},
        "MODULES": {"ill": tmp_path / "ill.py", "well": tmp_path / "well.py"},
        "EVIDENCE": tmp_path,
        "noted": lambda measure, data, digest: measure(data),
        "evidence_of": lambda name, folder: good if name == "well" else None,
        "digest": lambda files: "abc",
    }.items():
        monkeypatch.setitem(scope, name, value)
    monkeypatch.setattr(scope["subprocess"], "run", lambda *given, **more: None)
    (tmp_path / "ill.py").write_text("def measure(data): raise ValueError('no such data')")
    (tmp_path / "well.py").write_text("def measure(data): return GOOD")
    monkeypatch.setitem(
        scope, "runpy", type("Runs", (), {"run_path": staticmethod(lambda path: run(path, good))})
    )
    assert runner["measure_all"]([], tmp_path) == ["ill"]
    assert kept == ["well"]
    told = capsys.readouterr()
    assert "[1/2] ill (about 2 min left and 1 never measured) ... failed" in told.out
    assert "[2/2] well (about 2 min left) ... holds, 2.5 min" in told.out
    assert "no such data" in told.err


def run(path, good):
    return runpy.run_path(path, {"GOOD": good})
