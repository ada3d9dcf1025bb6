from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadsheet.exceptions import NotFoundError, PaperNotFoundError, StoreError
from broadsheet.papers import Version
from broadsheet.store import Store

TITLE = "On the Weaving of Tall Looms"


def test_a_record_of_another_source_is_merged_with_its_evidence(store: Store, record: Any) -> None:
    store.ingest([record(title=TITLE, authors=["Ada Weaver", "Bo Li"])])
    (outcome,) = store.ingest([record("p1", source="hf", identifiers=["arxiv:2401.00001"], votes=5)])
    assert (outcome.kind, outcome.key, outcome.reason) == ("merged", "2401.00001", "same arXiv id 2401.00001")
    (outcome,) = store.ingest([record("b1", source="bibtex", title=TITLE, authors=["A. Weaver"])])
    assert (outcome.kind, outcome.reason) == ("merged", "same title, 1 of 2 authors")
    paper = store.paper("2401.00001")
    assert [m.source for m in paper.manifestations] == ["arxiv", "hf", "bibtex"]
    merges = store.merges("2401.00001")
    assert [(m.kept, m.gone, m.reason) for m in merges] == [
        ("2401.00001", "bibtex:b1", "title"),
        ("2401.00001", "hf:p1", "identifier"),
    ]
    assert store.merges() == merges
    assert store.counts().merges == 2


def test_a_bridge_merges_the_works_it_joins(store: Store, record: Any) -> None:
    store.ingest([record("10.1/x", source="crossref", identifiers=["doi:10.1/x"], title="Looms, in print")])
    store.ingest([record(title="Looms, a preprint", submitted=date(2024, 1, 2))])
    assert store.counts().papers == 2
    gone = store.paper("10.1/x").id
    store.ingest(
        [record("s", source="semanticscholar", identifiers=["doi:10.1/x", "arxiv:2401.00001"], title="")]
    )
    paper = store.paper("10.1/x")
    assert paper == store.paper("2401.00001")
    assert (paper.key, paper.title) == ("2401.00001", "Looms, in print")
    assert {(m.kept, m.gone) for m in store.merges("2401.00001")} == {
        ("2401.00001", "10.1/x"),
        ("2401.00001", "semanticscholar:s"),
    }
    assert store.papers([gone]) == []
    assert {c.paper_id: c.gone for c in store.changes(0)} == {paper.id: False, gone: True}
    assert store.days() == [("2024-01-02", 1)]
    assert store.verify() == []


def test_a_bridge_within_one_batch_joins_three(store: Store, record: Any) -> None:
    outcomes = store.ingest(
        [
            record("10.1/x", source="crossref", identifiers=["doi:10.1/x"]),
            record(),
            record("s", source="semanticscholar", identifiers=["doi:10.1/x", "arxiv:2401.00001"]),
        ]
    )
    assert {outcome.key for outcome in outcomes} == {"2401.00001"}
    assert store.counts().papers == 1
    assert store.verify() == []


def test_what_a_source_adds_later_can_join_two(store: Store, record: Any) -> None:
    store.ingest(
        [record("10.1/x", source="crossref", identifiers=["doi:10.1/x"]), record(versions=(Version(1),))]
    )
    assert store.counts().papers == 2
    store.ingest([record(versions=(Version(2),), identifiers=["arxiv:2401.00001", "doi:10.1/x"])])
    assert store.counts().papers == 1
    assert store.merges()[0].evidence == "same DOI 10.1/x"


def test_a_page_of_text_joins_the_paper_that_comes_later(store: Store, record: Any) -> None:
    store.ingest(
        [record("t", source="hf", format="hf-text", title=TITLE, listings=[("hf", "2024-01-05", 1)])]
    )
    slug = store.edition("2024-01-05", "2024-01-05")[0][0].key
    assert [o.kind for o in store.ingest([record(title=TITLE)])] == ["merged"]
    assert store.paper(slug).key == "2401.00001"
    assert store.paper("2401.00001").days == ("2024-01-05",)


def test_two_preprints_that_give_one_doi_stay_two(store: Store, record: Any) -> None:
    for number in ("2401.00001", "2401.00002"):
        store.ingest([record(number, identifiers=[f"arxiv:{number}", "doi:10.1234/volume"])])
    assert store.counts().papers == 2
    assert store.paper("10.1234/volume").key == "2401.00001"


def two(store: Store, record: Any) -> None:
    store.ingest(
        [
            record(
                "10.1/x",
                source="crossref",
                identifiers=["doi:10.1/x"],
                title="Looms, in print",
                published="2024-02-01",
            ),
            record("t", source="hf", identifiers=["doi:10.1/x"], listings=[("hf", "2024-01-05", 1)], votes=3),
        ]
    )
    store.ingest([record(title="Looms, a preprint", submitted=date(2024, 1, 2))])


@pytest.mark.parametrize(("kept", "gone"), [("2401.00001", "10.1/x"), ("10.1/x", "2401.00001")])
def test_a_split_gives_both_back_exactly(
    store: Store, record: Any, snapshot: Any, kept: str, gone: str
) -> None:
    two(store, record)
    before, days = snapshot(store), store.days()
    added = {paper.key: paper.added for paper in store.iterate()}
    merge = store.merge(kept, gone, "the same to me")
    assert (merge.gone, merge.reason, merge.evidence) == (gone, "the same to me", "by hand")
    assert store.counts().papers == 1
    assert store.paper(kept) == store.paper(gone)
    assert store.verify() == []
    undone = store.split(merge.id)
    assert undone.undone_at is not None
    assert snapshot(store) == before
    assert store.days() == days
    assert {paper.key: paper.added for paper in store.iterate()} == added
    assert store.verify() == []
    assert store.counts().merges == 1, "that of hf:t stands"
    assert [c.gone for c in store.changes(0)] == [False, False]


def test_merges_in_a_row_are_undone_in_any_order(store: Store, record: Any, snapshot: Any) -> None:
    def three() -> list[int]:
        return [store.merge("b0", "a0", "").id, store.merge("c0", "b0", "").id]

    for n, letter in enumerate("abc"):
        store.ingest(
            [record(f"{letter}0", source="acl", identifiers=[f"acl:{letter}0"], title=f"Paper {n} of Three")]
        )
    before = snapshot(store)
    for order in ((0, 1), (1, 0)):
        made = three()
        assert store.counts().papers == 1
        assert len(store.merges("a0")) >= 2
        for which in order:
            store.split(made[which])
            assert store.verify() == []
        assert snapshot(store) == before


def test_what_came_after_a_merge_stays_with_the_kept(store: Store, record: Any) -> None:
    two(store, record)
    merge = store.merge("2401.00001", "10.1/x", "")
    store.ingest([record("b", source="bibtex", identifiers=["arxiv:2401.00001"])])
    store.split(merge.id)
    assert [m.source for m in store.paper("2401.00001").manifestations] == ["arxiv", "bibtex"]
    assert [m.source for m in store.paper("10.1/x").manifestations] == ["crossref", "hf"]


def test_what_was_split_is_not_merged_again(store: Store, record: Any) -> None:
    store.ingest([record(title=TITLE)])
    store.ingest([record("t", source="hf", title=TITLE, votes=1)])
    (merge,) = store.merges()
    store.split(merge.id)
    assert store.counts().papers == 2
    (apart,) = (paper.key for paper in store.iterate() if paper.key != "2401.00001")
    assert apart.startswith("on-the-weaving-of-tall-looms-")
    store.ingest([record("t", source="hf", title=TITLE, votes=2)])
    store.ingest([record(title=TITLE, comment="anew")])
    assert store.counts().papers == 2
    # A third that is like both joins one of them, and does not bridge them.
    store.ingest([record("b", source="bibtex", title=TITLE)])
    assert store.counts().papers == 2
    assert store.verify() == []


def test_one_manifestation_can_be_taken_out(store: Store, record: Any) -> None:
    store.ingest(
        [
            record(),
            record("p", source="hf", identifiers=["arxiv:2401.00001"], title="Another Work Altogether"),
        ]
    )
    paper = store.paper("2401.00001")
    key = store.detach(paper.manifestations[1].id)
    assert store.paper(key).title == "Another Work Altogether"
    assert store.paper("arXiv:2401.00001").key == "2401.00001"
    assert store.merges()[0].undone_at is not None
    with pytest.raises(StoreError, match="no other manifestations"):
        store.detach(paper.manifestations[0].id)
    with pytest.raises(StoreError):
        store.detach(999)
    assert store.verify() == []


def test_a_manifestation_of_a_merged_work_can_be_taken_out(store: Store, record: Any) -> None:
    two(store, record)
    store.merge("2401.00001", "10.1/x", "")
    last = store.paper("2401.00001").manifestations[-1]
    key = store.detach(last.id)
    assert [m.id for m in store.paper(key).manifestations] == [last.id]
    assert store.counts().papers == 2
    assert store.verify() == []


def test_merges_that_cannot_be_are_refused(store: Store, record: Any) -> None:
    store.ingest([record()])
    with pytest.raises(StoreError, match="one paper already"):
        store.merge("2401.00001", "arXiv:2401.00001", "")
    with pytest.raises(PaperNotFoundError):
        store.merge("2401.00001", "2401.00009", "")
    with pytest.raises(NotFoundError, match="no merge 7"):
        store.split(7)
    store.ingest([record("p", source="hf", identifiers=["arxiv:2401.00001"])])
    (merge,) = store.merges()
    store.split(merge.id)
    with pytest.raises(NotFoundError, match="no merge"):
        store.split(merge.id)
