import json
import math

import numpy as np
import pytest

from broadsheet.evaluation import plots, results
from broadsheet.evaluation.desk import Desk, Pile, paper
from broadsheet.evaluation.encodings import Encodings
from broadsheet.evaluation.run import evaluate
from broadsheet.evaluation.systems import SYSTEMS, named
from broadsheet.exceptions import ConfigError, NotFoundError, PaperNotFoundError
from octavo.check.collection import Collection
from octavo.check.significance import bootstrap


@pytest.fixture
def found(data, encoder, tmp_path):
    return evaluate(data, named(None), encoder, cache=tmp_path / "cache")


def test_every_system_finds_what_was_planted(found):
    """Document i answers query i by its words and, as the encoder is a bag of words, by its vectors."""
    assert found.systems == [system.name for system in SYSTEMS]
    for row in found.rows():
        assert row.means["planted"] > 0.75, row.system
        assert row.recall > 0.9, row.system
        assert 0.3 < row.means["csfcube"] <= 1, row.system


def test_time_and_bytes_are_the_sums_of_the_parts(found):
    line = {name: found.line(name, "planted") for name in found.systems}
    assert all(each.ms > 0 and each.bytes > 0 for each in line.values())
    assert line["convex"].ms > line["bm25"].ms
    assert line["convex"].bytes == pytest.approx(line["bm25"].bytes + line["vectors"].bytes)
    assert line["vectors"].bytes == 32 * 4
    assert line["tokens4"].bytes < line["tokens"].bytes
    assert line["smooth3"].bytes == line["plain"].bytes


def test_the_table_by_hand(found):
    content = json.loads(json.dumps(found.as_json()))
    whole = [np.mean(found.line("convex", "planted").figures["nDCG@10"])]
    words = [np.mean(found.line("bm25", "planted").figures["nDCG@10"])]
    row = next(each for each in content["systems"] if each["system"] == "convex")
    assert row["mean"] == pytest.approx(np.mean(whole), abs=1e-4), "pools are no part of the mean"
    assert row["gain"] == pytest.approx(np.mean(whole) / np.mean(words) - 1, abs=1e-4)
    differences = np.subtract(
        found.line("convex", "planted").figures["nDCG@10"], found.line("bm25", "planted").figures["nDCG@10"]
    )
    assert row["to_bm25"] == [round(x, 4) for x in bootstrap([differences])]
    head, rows = results.table(content)
    assert head[:3] == ("system", "planted", "csfcube")
    assert len(rows) == len(SYSTEMS)
    text = results.markdown(content)
    assert text.count("\n") == len(SYSTEMS) + 2
    assert all(line.count("|") == len(head) + 1 for line in text.splitlines())


def test_plots_are_the_same_twice(found, tmp_path):
    kinds = {system.name: system.kind for system in SYSTEMS}
    paths = plots.draw(found.as_json(), tmp_path, kinds)
    first = [path.read_bytes() for path in paths]
    plots.draw(found.as_json(), tmp_path, kinds)
    assert [path.read_bytes() for path in paths] == first
    assert all(b"served search" in drawn and drawn.startswith(b"<?xml") for drawn in first)


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=r"pip install 'broadsheet\[learn\]'"):
        plots.require()


def test_nothing_is_encoded_twice(data, encoder, tmp_path):
    systems = named("vectors")
    one = evaluate(data, systems, encoder, cache=tmp_path / "cache", names=["planted"], queries=5)
    before = encoder.encoded
    two = evaluate(data, systems, encoder, cache=tmp_path / "cache", names=["planted"], queries=5)
    timed = 6  # the encoder itself is timed for every question, and warmed by one
    assert encoder.encoded - before == timed
    assert one.line("vectors", "planted").figures == two.line("vectors", "planted").figures
    assert len(one.line("vectors", "planted").figures["MAP"]) == 5


def test_what_is_not_there_is_named(data, encoder, tmp_path):
    with pytest.raises(NotFoundError, match=r"no collection trec in .*; there are csfcube, planted"):
        evaluate(data, named("bm25"), encoder, cache=tmp_path, names=["planted", "trec"])
    with pytest.raises(ConfigError, match="no system 'alchemy'; there are bm25, vectors"):
        named("rrf,alchemy")


def test_the_baseline_is_always_there():
    assert [system.name for system in named("rrf")] == ["bm25", "rrf"]
    assert [system.name for system in named("bm25, rrf,rrf")] == ["bm25", "rrf"]


def test_progress_is_told(data, encoder, tmp_path):
    told = []
    evaluate(
        data,
        named("bm25"),
        encoder,
        cache=tmp_path,
        names=["planted"],
        progress=lambda *each: told.append(each),
    )
    assert {name for name, _, _ in told} >= {"planted: encoding", "planted: words", "planted: systems"}
    assert all(0 <= done <= total for _, done, total in told)


@pytest.mark.parametrize(
    ("text", "title", "abstract"),
    [
        ("A title\nAnd more.", "A title", "And more."),
        ("One line.", "One line.", ""),
        ("", "–", ""),
        ("First. " + "word " * 80, "First.", ("word " * 80).strip()),
        ("word " * 80, ("word " * 40).strip(), ("word " * 40).strip()),
        ("x" * 500, "x" * 200, "x" * 300),
    ],
)
def test_a_document_is_a_paper(text, title, abstract):
    made = paper(7, text)
    assert (made.id, made.title, made.abstract.strip()) == (7, title, abstract)


def test_a_pile_answers_as_a_store_does():
    pile = Pile(Collection("c", {"a": "one", "b": "two", "c": "three"}, {}, {}))
    assert [p.title for p in pile.papers([3, 9, 1, 0])] == ["three", "one"]
    assert [c.paper_id for c in pile.changes(1, 10)] == [2, 3]
    assert pile.changes(3, 10) == []
    assert pile.paper("document-2").title == "two"
    for reference in ("document-4", "document-0", "2", "document-x"):
        with pytest.raises(PaperNotFoundError):
            pile.paper(reference)


def test_a_desk_finds_by_the_served_search(encoder, tmp_path):
    texts = {"a": "Owls hunt at night\nOn silent wings.", "b": "Income tax\nForms of the revenue.", "c": ""}
    collection = Collection("c", texts, {}, {})
    known = Encodings(encoder).learn(list(texts.values()), tmp_path)
    desk = Desk(collection, tmp_path / "index", known)
    assert desk.found("owls at night", 10)[0] == 0
    assert desk.found("tax", 10)[0] == 1


def test_what_was_not_learnt_is_encoded(encoder, tmp_path):
    known = Encodings(encoder).learn(["an owl"], tmp_path)
    both = known.encode_documents(["an  owl\n", "a new text"])
    np.testing.assert_allclose(both, encoder.encode_documents(["an owl", "a new text"]), atol=2e-3)
    assert [len(each) for each in known.encode_tokens(["an owl", "a new text"])] == [2, 3]
    assert [len(each) for each in known.pieces(["an owl", "a new text"])] == [2, 3]
    assert math.isclose(float(np.linalg.norm(known.encode_queries(["an owl"])[0])), 1, abs_tol=1e-3)
