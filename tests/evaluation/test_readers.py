"""Readers of planted fields are asked the three questions; screening and sequences have planted answers."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.evaluation import next_item, reader_results, reader_run, reader_systems, readers, screening
from broadsheet.evaluation.bench import Bench
from broadsheet.evaluation.libraries import KNOWN, Libraries
from broadsheet.exceptions import ConfigError, NotFoundError
from octavo.rank.sparse import dense
from octavo.testing import planted_texts

READERS, FIELDS, PAPERS = 60, 4, 240


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Libraries of readers who each read in one field, a review, and sequences that count up."""
    folder = tmp_path_factory.mktemp("data")
    plant_libraries(folder / "readers" / "citeulike-t")
    plant_review(folder / "search" / "screening")
    place = [(user, (user + step) % 30 + 1, step) for user in range(40) for step in range(6)]
    write(folder / "readers" / "s3rec_beauty" / "interactions", zip(*place, strict=True), "user item pos")
    return folder


def write(path, columns, names):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = dict(zip(names.split(), map(list, columns), strict=True))
    pyarrow.parquet.write_table(pyarrow.table(values), path.with_suffix(".parquet"))


def plant_libraries(folder):
    papers, _ = planted_texts(subjects=FIELDS, each=PAPERS // FIELDS)
    words = [
        (i, int(w), 1 + int(w) % 3) for i, row in enumerate(dense(papers.terms)) for w in np.flatnonzero(row)
    ]
    write(folder / "bow", zip(*words, strict=True), "item word_id count")
    write(folder / "items", [range(PAPERS)], "item")
    rng = np.random.default_rng(0)
    pairs = []
    for reader in range(READERS):
        mine = np.flatnonzero(np.arange(PAPERS) % FIELDS == reader % FIELDS)
        pairs += [(reader, int(paper), int(rng.integers(5))) for paper in rng.choice(mine, 15, replace=False)]
    write(folder / "splits" / "inmatrix_fold_seed20240601", zip(*pairs, strict=True), "user item fold")
    folds = [range(PAPERS), [(paper // FIELDS) % 5 for paper in range(PAPERS)]]
    write(folder / "splits" / "coldstart_item_fold_seed20240601", folds, "item fold")


def plant_review(folder):
    (folder / "qrels").mkdir(parents=True)
    rng = np.random.default_rng(1)
    rows, lines = ["query-id\tcorpus-id\tscore"], []
    for number in range(120):
        belongs = number % 10 == 0
        subject = "owl mouse night wing" if belongs else "bread yeast oven flour"
        text = " ".join(rng.permutation([*subject.split(), *(f"word{rng.integers(30)}" for _ in range(4))]))
        paper = {
            "_id": f"Owls:{number}",
            "title": "A paper",
            "text": text,
            "review": "Owls",
            "duplicate_of": None,
        }
        lines.append(json.dumps(paper))
        rows.append(f"Owls\tOwls:{number}\t{int(belongs)}")
    for odd in ({"text": " "}, {"duplicate_of": "Owls:1"}):
        lines.append(json.dumps({**paper, "_id": f"Owls:{len(lines)}", **odd}))
        rows.append(f"Owls\tOwls:{len(lines) - 1}\t1")
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "qrels" / "all.tsv").write_text("\n".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def libraries(data):
    return Libraries.read(data)


@pytest.mark.parametrize("protocol", ["warm", "cold papers", "cold readers"])
def test_nothing_that_is_asked_for_was_shown(libraries, protocol):
    asked = libraries.ask(protocol)
    learned, known, wanted = dense(asked.learned), dense(asked.asked), dense(asked.wanted)
    assert len(known) > 5
    assert (known * wanted).sum() == 0
    assert wanted[:, np.setdiff1d(np.arange(PAPERS), asked.candidates)].sum() == 0
    if protocol == "cold papers":
        assert learned[:, asked.candidates].sum() == 0
        assert known[:, asked.candidates].sum() == 0
    if protocol == "cold readers":
        assert (known.sum(axis=1) == KNOWN).all()
        assert learned.sum() == len(libraries.pairs) - known.sum() - wanted.sum()
        assert not np.array_equal(dense(libraries.ask(protocol, seed=1).asked), known)
    if protocol == "warm":
        assert learned.sum() == (libraries.pair_fold != 0).sum()


def test_judging_is_its_formula(libraries):
    asked = libraries.ask("warm").of(np.arange(6))
    scores = np.random.default_rng(3).standard_normal((6, PAPERS)).astype(np.float32)
    found = readers.judge(asked, scores.copy())
    known, wanted, x = dense(asked.asked), dense(asked.wanted), dense(asked.terms)
    for reader in range(6):
        row = np.where(known[reader] > 0, -np.inf, scores[reader])
        order = np.argsort(-row)
        right = set(np.flatnonzero(wanted[reader]))
        assert found["R@100"][reader] == pytest.approx(len(right & set(order[:100])) / len(right))
        gain = sum(1 / np.log2(place + 2) for place, paper in enumerate(order[:20]) if paper in right)
        best = sum(1 / np.log2(place + 2) for place in range(min(20, len(right))))
        assert found["nDCG@20"][reader] == pytest.approx(gain / best)
        page = order[:20]
        cosines = [x[a] @ x[b] for a in page for b in page if a != b]
        assert found["variety"][reader] == pytest.approx(1 - np.mean(cosines), abs=1e-5)
        mine = np.flatnonzero(known[reader])
        nearest = {int(np.argmax(x[mine] @ x[paper])) for paper in page}
        assert found["coverage"][reader] == pytest.approx(len(nearest) / min(20, len(mine)))


def test_every_system_finds_the_field_and_tells_its_cost(libraries):
    lines = readers.evaluate(libraries, reader_systems.SYSTEMS, readers=30, seeds=1)
    assert {line.protocol for line in lines} == {"warm", "cold papers", "cold readers"}
    for line in lines:
        if line.system != "popularity":
            assert line.mean("R@100") > 0.6, (line.protocol, line.system)
    told = {(line.protocol, line.system): line for line in lines}
    assert ("cold papers", "ease") not in told
    assert 0 < told["warm", "taste"].cost.bytes <= 4096
    assert told["warm", "ease"].cost.learning > 0


def test_several_draws_are_kept_apart_and_put_together(libraries):
    systems = reader_systems.named("taste")
    lines = readers.evaluate(libraries, systems, readers=12, seeds=3, protocols=["cold readers"])
    assert [line.system for line in lines] == ["tfidf", "taste", "taste page"]
    for line in lines:
        assert len(line.seeds) == 3
        assert len(line.figures["R@100"]) == 12
        assert np.mean(line.seeds) == pytest.approx(line.mean("R@100"))


def test_a_page_that_is_laid_out_has_the_same_papers_below_it(libraries):
    bench = Bench(libraries.ask("warm").of(np.arange(5)))
    plain, laid = (
        readers._line(bench, reader_systems.named("taste")[1]),
        readers._laid_out(bench, reader_systems.named("taste")[1]),
    )
    assert laid.figures["R@300"] == plain.figures["R@300"]
    assert laid.mean("variety") > plain.mean("variety")


def test_screening_drops_what_has_no_abstract_and_finds_the_subject(data, tmp_path, encoder):
    reviews = screening.read(data, encoder, tmp_path, lambda *_: None)
    assert len(reviews[0].belongs) == 120
    assert reviews[0].belongs.sum() == 12
    again = screening.read(data, encoder, tmp_path, lambda *_: None)
    assert np.array_equal(again[0].papers.vectors, reviews[0].papers.vectors)
    found = screening.as_json(screening.screen(reviews, starts=2))
    assert [each["system"] for each in found] == ["bayes", "tfidf", "taste words", "taste"]
    for each in found:
        assert each["rrf"] > 80
        assert each["wss"] > 70
    words = screening.screen(screening.read(data, None, tmp_path, lambda *_: None), starts=1, vectors=False)
    assert [each.system for each in words] == ["bayes", "tfidf", "taste words"]


def test_a_course_is_counted_as_the_folder_says(data, tmp_path):
    review = screening.read(data, None, tmp_path, lambda *_: None)[0]

    def knowing(review, judged, liked):
        return review.belongs.astype(np.float32)

    def mistaken(review, judged, liked):
        return -review.belongs.astype(np.float32)

    best, worst = screening.course(review, knowing, 0), screening.course(review, mistaken, 0)
    assert best.wss == pytest.approx(100 * (0.95 - 13 / 120))  # twelve that belong, and the one excluded
    assert best.rrf == pytest.approx(100 * 11 / 12)  # the first twelve papers hold the excluded one, too
    assert worst.wss == pytest.approx(100 * (0.95 - 1))
    assert worst.rrf == pytest.approx(100 / 12)


def test_what_follows_is_foretold(data):
    told = {row["system"]: row for row in next_item.foretell(data)}
    assert told["followers"]["HR@10"] == 1.0
    assert told["followers"]["nDCG@10"] > told["popularity"]["nDCG@10"]


def test_the_command_prints_what_it_writes(data, tmp_path):
    out = tmp_path / "out"
    given = ["eval", "readers", "--data", str(data), "--readers", "20", "--starts", "1", "--words"]
    done = CliRunner().invoke(app, [*given, "--systems", "taste,ease", "--out", str(out)])
    assert done.exit_code == 0, done.output
    content = json.loads((out / "readers.json").read_text(encoding="utf-8"))
    assert (out / "readers.md").read_text(encoding="utf-8") == reader_results.markdown(content)
    assert (out / "quality-readers.svg").stat().st_size > 1000
    for heading, head, rows in reader_results.tables(content):
        assert heading.split(" (")[0] in done.output
        assert all(len(row) == len(head) for row in rows)


def test_what_is_not_there_is_told(data, tmp_path):
    with pytest.raises(ConfigError, match="there are popularity"):
        reader_systems.named("alchemy")
    with pytest.raises(ConfigError, match="no part 'alchemy'"):
        reader_run.run(data, reader_systems.SYSTEMS, encoder=None, cache=tmp_path, parts=["alchemy"])
    for part in ("warm", "screening", "sequences"):
        with pytest.raises(NotFoundError):
            reader_run.run(tmp_path, reader_systems.SYSTEMS, encoder=None, cache=tmp_path, parts=[part])


def test_the_tables_of_the_page_are_those_of_the_run():
    docs = Path(__file__).parents[2] / "docs"
    content = json.loads((docs / "for-you-quality" / "readers.json").read_text(encoding="utf-8"))
    page = (docs / "for-you-quality.md").read_text(encoding="utf-8")
    shown = page.split("<!-- table -->\n")[1].split("<!-- /table -->")[0]
    assert shown == reader_results.markdown(content), (
        "run: broadsheet eval readers, and put readers.md into the page"
    )
    measured = {line["system"] for line in content["lines"]}
    assert measured == {system.name for system in reader_systems.SYSTEMS} | {"taste page"}
    assert "(for-you-quality/quality-readers.svg)" in page
