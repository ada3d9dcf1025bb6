"""LIMIT-small, the questions that one short vector a paper cannot answer, asked of the house itself."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import broadsheet
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, recall
from octavo.find.exact import ExactIndex

ROOT = Path(__file__).parents[1]
EVERY = 10  # of the thousand questions, every tenth is asked


@pytest.fixture(scope="module")
def collection(shared):
    folder = shared / "data" / "search" / "limit_small"
    if not folder.is_dir():
        pytest.skip("no data/search/limit_small in the shared folder")
    whole = Collection.read(folder)
    some = list(whole.queries)[::EVERY]
    return Collection(
        whole.name, whole.documents, {q: whole.queries[q] for q in some}, {q: whole.qrels[q] for q in some}
    )


def served(collection, folder, **settings):
    """recall@2 of what the house answers."""
    entries = [
        f"@misc{{p{place}, title = {{{name}}}, abstract = {{{text}}}, year = {{2025}}}}"
        for place, (name, text) in enumerate(collection.documents.items())
    ]
    (folder / "people.bib").write_text("\n".join(entries), encoding="utf-8")
    with broadsheet.open(folder / "house", **settings) as house:
        house.import_files([folder / "people.bib"])
        house.refresh()
        run = {
            query: {paper.title: -float(rank) for rank, (paper, _) in enumerate(house.search(text, limit=2))}
            for query, text in collection.queries.items()
        }
    return mean(recall, collection.qrels, run, k=2)


def test_one_vector_of_eight_dimensions_cannot(collection):
    latent = runpy.run_path(str(ROOT / "examples" / "limit.py"))["latent"]
    x, queries = latent(list(collection.documents.values()), list(collection.queries.values()), 8)
    run = collection.run(ExactIndex().add(x).search(queries, 2).ids)
    assert mean(recall, collection.qrels, run, k=2) < 0.6


def test_the_words_of_the_house_nearly_can(collection, tmp_path):
    assert served(collection, tmp_path, encoder="none") >= 0.95


def test_the_search_of_the_house_can(collection, tmp_path):
    assert served(collection, tmp_path) >= 0.98
