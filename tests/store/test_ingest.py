from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broadsheet.exceptions import PaperNotFoundError
from broadsheet.papers import Status, Version
from broadsheet.store import Store


def kinds(outcomes: Any) -> list[str]:
    return [outcome.kind for outcome in outcomes]


def test_a_new_record_is_a_paper(store: Store, record: Any) -> None:
    (outcome,) = store.ingest(
        [
            record(
                title="Weaving Looms",
                authors=["Ada Weaver"],
                abstract="We weave.",
                submitted=date(2024, 1, 2),
                categories=("cs.LG", "cs.AI"),
                extra={"note": ["ä", None, 1.5]},
                place="entry 1",
            )
        ]
    )
    assert (outcome.kind, outcome.key, outcome.place) == ("imported", "2401.00001", "entry 1")
    paper = store.paper("2401.00001")
    assert (paper.title, paper.abstract, paper.submitted) == ("Weaving Looms", "We weave.", date(2024, 1, 2))
    assert [author.name for author in paper.authors] == ["Ada Weaver"]
    assert paper.days == ("2024-01-02",)
    assert paper.provenance["title"] == "arxiv:2401.00001"
    (manifestation,) = paper.manifestations
    assert manifestation.extra == {"note": ["ä", None, 1.5]}
    assert manifestation.url == "https://arxiv.org/abs/2401.00001"
    assert store.raw(manifestation.raw_hash)[0] == "arxiv-atom"
    assert paper.added == paper.updated


def test_the_raw_bytes_are_kept(store: Store, record: Any) -> None:
    store.ingest([record(raw=b"\x00\xff as sent")])
    assert store.raw(store.paper("2401.00001").manifestations[0].raw_hash) == (
        "arxiv-atom",
        b"\x00\xff as sent",
    )


@pytest.mark.parametrize(
    "reference",
    [
        "2401.00001",
        "arXiv:2401.00001v3",
        "https://arxiv.org/abs/2401.00001",
        "10.1234/abc",
        "https://doi.org/10.1234/ABC",
    ],
)
def test_a_paper_answers_to_every_spelling(store: Store, record: Any, reference: str) -> None:
    store.ingest([record(identifiers=["arxiv:2401.00001", "doi:10.1234/abc"])])
    assert store.paper(reference).key == "2401.00001"


@pytest.mark.parametrize("reference", ["2401.99999", "no such thing", "", "10.1/x"])
def test_an_unknown_paper_is_said_to_be_unknown(store: Store, reference: str) -> None:
    with pytest.raises(PaperNotFoundError, match="no such paper"):
        store.paper(reference)


def test_the_second_time_writes_nothing(store: Store, record: Any) -> None:
    records = [record(f"2401.{n:05}", votes=n) for n in range(20)]
    assert set(kinds(store.ingest(records))) == {"imported"}
    stamp, last, counts = store.stamp(), store.last_change(), store.counts()
    again = store.ingest(records)
    assert set(kinds(again)) == {"unchanged"}
    assert again[3].key == "2401.00003"
    assert (store.stamp(), store.last_change(), store.counts()) == (stamp, last, counts)


def test_a_record_twice_in_a_batch_is_one_paper(store: Store, record: Any) -> None:
    assert kinds(store.ingest([record(), record()])) == ["imported", "unchanged"]
    assert store.counts().papers == 1


def test_what_a_source_says_anew_updates(store: Store, record: Any) -> None:
    store.ingest([record(source="hf", identifiers=["arxiv:2401.00001"], votes=3)])
    first = store.paper("2401.00001")
    assert kinds(store.ingest([record(source="hf", identifiers=["arxiv:2401.00001"], votes=8)])) == [
        "updated"
    ]
    paper = store.paper("2401.00001")
    assert paper.upvotes == 8
    assert paper.updated == first.updated, "votes make no new version of a paper"
    assert paper.manifestations[0].last_seen > first.manifestations[0].last_seen
    assert (
        store.ingest([record(source="hf", identifiers=["arxiv:2401.00001"], votes=3)])[0].kind == "unchanged"
    )


def test_a_new_version_updates(store: Store, record: Any) -> None:
    store.ingest([record(versions=(Version(1),), title="A First Attempt at Things")])
    first = store.paper("2401.00001")
    store.ingest([record(versions=(Version(1), Version(2)), title="A Second Attempt at Things")])
    paper = store.paper("2401.00001")
    assert (paper.title, [v.number for v in paper.versions]) == ("A Second Attempt at Things", [1, 2])
    assert paper.updated > first.updated
    assert paper.added == first.added


@pytest.mark.parametrize("form", ["arxiv-atom", "arxiv-oai", "arxiv-feed"])
def test_an_older_version_does_not_overwrite(store: Store, record: Any, form: str) -> None:
    store.ingest([record(versions=(Version(3),), title="The Third Version of This", votes=9)])
    store.ingest([record(versions=(Version(1),), title="The First Version of This", format=form)])
    paper = store.paper("2401.00001")
    assert paper.title == "The Third Version of This"
    assert paper.upvotes == 9


def test_an_older_revision_of_the_same_format_is_told_so(store: Store, record: Any) -> None:
    store.ingest([record(revised=date(2024, 3, 1), title="The Later State of This")])
    (outcome,) = store.ingest([record(revised=date(2024, 2, 1), title="The Earlier State of This")])
    assert (outcome.kind, outcome.reason) == ("unchanged", "a newer version is held")
    assert store.paper("2401.00001").title == "The Later State of This"


def test_a_paper_stands_in_every_list_it_was_listed_in(store: Store, record: Any) -> None:
    first = record("k", source="hf", listings=[("hf", "2024-01-02", 4)])
    second = record("k", source="hf", listings=[("hf", "2024-01-05", 1)])
    assert first.raw == second.raw
    assert kinds(store.ingest([first])) == ["imported"]
    assert kinds(store.ingest([second])) == ["updated"]
    assert kinds(store.ingest([first, second])) == ["unchanged", "unchanged"]
    (paper,) = store.iterate()
    assert paper.days == ("2024-01-02", "2024-01-05")
    assert store.counts().listings == 2


def test_listings_outlast_an_update(store: Store, record: Any) -> None:
    store.ingest([record("k", source="hf", listings=[("hf", "2024-01-02", 4)], votes=1)])
    store.ingest([record("k", source="hf", listings=[("hf", "2024-01-03", 2)], votes=2)])
    store.ingest([record("k", source="hf", votes=3)])
    (paper,) = store.iterate()
    assert (paper.days, paper.upvotes) == (("2024-01-02", "2024-01-03"), 3)


def test_a_year_that_becomes_known_replaces_the_day_without(store: Store, record: Any) -> None:
    undated, dated = (
        record("k", source="hf", listings=[("hf", day, 1)]) for day in ("--07-29", "2024-07-29")
    )
    store.ingest([undated])
    assert store.days() == [("--07-29", 1)]
    assert kinds(store.ingest([dated])) == ["updated"]
    assert store.days() == [("2024-07-29", 1)]
    assert kinds(store.ingest([undated, dated])) == ["unchanged", "unchanged"]


def test_a_mere_change_makes_no_edition_entry(store: Store, record: Any) -> None:
    new = record(format="arxiv-feed", announced=date(2024, 1, 3))
    change = record(
        format="arxiv-feed", announced=date(2024, 2, 9), title="A Better Title for This", update_only=True
    )
    store.ingest([new])
    assert kinds(store.ingest([change])) == ["updated"]
    paper = store.paper("2401.00001")
    assert (paper.title, paper.announced, paper.days) == (
        "A Better Title for This",
        date(2024, 1, 3),
        ("2024-01-03",),
    )


def test_a_change_to_a_paper_that_is_not_here_makes_none(store: Store, record: Any) -> None:
    (outcome,) = store.ingest([record(update_only=True)])
    assert (outcome.kind, outcome.key) == ("unchanged", "")
    assert store.counts().papers == 0
    assert store.stamp() == 0


def test_a_cross_list_does_not_move_the_announcement(store: Store, record: Any) -> None:
    for day in (date(2024, 1, 3), date(2024, 1, 8)):
        store.ingest([record(format="arxiv-feed", announced=day)])
    assert store.paper("2401.00001").days == ("2024-01-03",)


def test_a_source_that_takes_a_paper_away_flags_it(store: Store, record: Any) -> None:
    gone = record(
        title="", format="arxiv-oai", status=Status.WITHDRAWN, update_only=True, extra={"deleted": True}
    )
    assert kinds(store.ingest([gone])) == ["unchanged"]
    assert store.counts().papers == 0
    store.ingest([record(versions=(Version(1),), title="A Paper to Be Taken Away")])
    assert kinds(store.ingest([gone])) == ["updated"]
    paper = store.paper("2401.00001")
    assert (paper.title, paper.status) == ("A Paper to Be Taken Away", Status.WITHDRAWN)
    assert store.counts().withdrawn == 1
    # The same version told again by another format lifts nothing; a newer one does.
    store.ingest([record(versions=(Version(1),), format="arxiv-snapshot", title="A Paper to Be Taken Away")])
    assert store.paper("2401.00001").status is Status.WITHDRAWN
    store.ingest([record(versions=(Version(2),), title="A Paper That Came Back")])
    assert store.paper("2401.00001").status is Status.STANDING


def test_a_source_that_takes_away_what_others_told_of_flags_it(store: Store, record: Any) -> None:
    store.ingest([record("k", source="hf", identifiers=["arxiv:2401.00001"])])
    gone = record(
        title="", format="arxiv-oai", status=Status.WITHDRAWN, update_only=True, extra={"deleted": True}
    )
    assert kinds(store.ingest([gone])) == ["merged"]
    assert store.paper("2401.00001").status is Status.WITHDRAWN


def test_a_withdrawal_is_lifted_by_a_newer_version_only(store: Store, record: Any) -> None:
    store.ingest([record(versions=(Version(2),), status=Status.WITHDRAWN)])
    store.ingest([record(versions=(Version(1),))])
    assert store.paper("2401.00001").status is Status.WITHDRAWN
    store.ingest([record(versions=(Version(2),), comment="as before")])
    assert store.paper("2401.00001").status is Status.WITHDRAWN
    store.ingest([record(versions=(Version(3),))])
    assert store.paper("2401.00001").status is Status.STANDING


def test_a_retraction_stays(store: Store, record: Any) -> None:
    store.ingest([record("10.1/x", source="crossref", identifiers=["doi:10.1/x"], status=Status.RETRACTED)])
    store.ingest([record("10.1/x", source="crossref", identifiers=["doi:10.1/x"], revised=date(2025, 1, 1))])
    assert store.paper("10.1/x").status is Status.RETRACTED
    assert store.counts().retracted == 1


@pytest.mark.parametrize("first", ["paper", "notice"])
def test_a_notice_flags_the_paper_it_is_about(store: Store, record: Any, first: str) -> None:
    paper = record("10.1/x", source="crossref", identifiers=["doi:10.1/x"])
    verdict = record(
        "10.1/notice#10.1/x", title="doi:10.1/x", source="crossref",
        identifiers=["doi:10.1/x"], status=Status.RETRACTED, extra={"unresolved": True},
    )  # fmt: skip
    both = [paper, verdict] if first == "paper" else [verdict, paper]
    for said in both:
        store.ingest([said])
    held = store.paper("10.1/x")
    assert (held.title, held.status) == (paper.title, Status.RETRACTED)
    assert held.provenance["status"] == "crossref:10.1/notice#10.1/x"
    counts = store.counts()
    assert (counts.papers, counts.retracted, counts.unresolved) == (1, 1, 0)
    stamp = store.stamp()
    assert kinds(store.ingest(both)) == ["unchanged", "unchanged"]
    assert store.stamp() == stamp


def unresolved(record: Any, key: str = "arxiv:2401.00001") -> Any:
    return record(
        key, source="list", format="id-list", title=key, identifiers=[key], extra={"unresolved": True}
    )


def test_a_bare_identifier_waits_unseen(store: Store, record: Any) -> None:
    assert kinds(store.ingest([unresolved(record)])) == ["imported"]
    counts = store.counts()
    assert (counts.papers, counts.unresolved) == (0, 1)
    assert store.days() == []
    assert store.ids() == []
    assert list(store.iterate()) == []
    assert [change.gone for change in store.changes(0)] == [True]
    assert store.paper("2401.00001").title == "arxiv:2401.00001"
    assert kinds(store.ingest([unresolved(record)])) == ["unchanged"]


def test_a_bare_identifier_becomes_a_paper(store: Store, record: Any) -> None:
    store.ingest([unresolved(record)])
    number = store.paper("2401.00001").id
    real = record(title="What the Identifier Stood For", submitted=date(2024, 1, 2))
    assert kinds(store.ingest([real])) == ["imported"]
    paper = store.paper("2401.00001")
    assert (paper.id, paper.title, paper.days) == (number, "What the Identifier Stood For", ("2024-01-02",))
    assert store.ids() == [number]
    assert [(c.paper_id, c.gone) for c in store.changes(0)] == [(number, False)]
    counts = store.counts()
    assert (counts.papers, counts.unresolved) == (1, 0)


def test_a_bare_identifier_of_a_known_paper_says_nothing(store: Store, record: Any) -> None:
    store.ingest([record()])
    stamp = store.stamp()
    (outcome,) = store.ingest([unresolved(record)])
    assert (outcome.kind, outcome.key, store.stamp()) == ("unchanged", "2401.00001", stamp)


def test_a_slug_is_given_up_for_a_better_key_and_goes_on_answering(store: Store, record: Any) -> None:
    store.ingest([record("k", source="bibtex", title="On the Weaving of Tall Looms")])
    (slug,) = (paper.key for paper in store.iterate())
    assert slug.startswith("on-the-weaving-of-tall-looms-")
    store.ingest(
        [record("k2", source="crossref", title="On the weaving of tall looms", identifiers=["doi:10.1/x"])]
    )
    assert store.paper(slug).key == "10.1/x"
    store.ingest(
        [record(identifiers=["arxiv:2401.00001", "doi:10.1/x"], title="On the weaving of tall looms")]
    )
    assert {store.paper(name).key for name in (slug, "10.1/x", "2401.00001")} == {"2401.00001"}
    assert store.counts().papers == 1


def test_two_works_of_one_title_have_two_keys(store: Store, record: Any) -> None:
    store.ingest([record(f"k{n}", source="bibtex", title="Looms", raw=bytes([n])) for n in range(3)])
    assert len({paper.key for paper in store.iterate()}) == 3


def test_text_no_database_takes_does_not_stop_an_import(store: Store, record: Any) -> None:
    store.ingest([record(title="Half \ud800 a pair", extra={"half": "\udfff"})])
    assert store.paper("2401.00001").title == "Half ? a pair"


UNSURE = {
    "source": "arxiv", "title": "Four Words Are Long", "authors": (), "version": 1, "day": "2024-01-02",
    "votes": None, "status": Status.STANDING,
}  # fmt: skip
"""What is left of a record to tell which of two papers it means: nothing but the order they came in."""

UNIVERSE = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["arxiv", "hf", "crossref", "bibtex"]),
        "key": st.sampled_from(["a", "b", "c"]),
        "names": st.sets(st.sampled_from(["arxiv:2401.00001", "arxiv:2401.00002", "doi:10.1/x", "doi:10.1/y"]), max_size=2),
        "title": st.sampled_from(["Four Words Are Long", "A Title of Another Work", "Looms"]),
        "authors": st.sampled_from([(), ("Ada Weaver",), ("Bo Spinner", "Ada Weaver"), ("Cy Dyer",)]),
        "version": st.integers(1, 3),
        "day": st.sampled_from(["2024-01-02", "2024-01-03", "--01-02"]),
        "votes": st.none() | st.integers(0, 5),
        "status": st.sampled_from(Status),
    }
)  # fmt: skip


@example([UNSURE | {"key": key, "names": names} for key, names in (
    ("a", {"arxiv:2401.00002"}),
    ("c", {"arxiv:2401.00001", "doi:10.1/x"}),
    ("a", {"arxiv:2401.00002", "doi:10.1/x"}),
    ("b", {"doi:10.1/x"}),
)], 1)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(UNIVERSE, max_size=9), st.integers(1, 4))
def test_batches_make_no_difference(
    record: Any, snapshot: Any, said: list[dict[str, Any]], size: int
) -> None:
    records = [
        record(
            each["key"], source=each["source"], identifiers=sorted(each["names"]), title=each["title"],
            authors=each["authors"], versions=(Version(each["version"]),), votes=each["votes"],
            status=each["status"], listings=[("hf", each["day"], 1)], raw=repr(sorted(each.items(), key=str)).encode(),
        )
        for each in said
    ]  # fmt: skip

    def taken_in(batches: list[list[Any]]) -> list[Any]:
        with Store.open("sqlite://") as store:
            for batch in batches:
                store.ingest(batch)
            assert store.verify() == []
            assert {kind for batch in batches for kind in kinds(store.ingest(batch))} <= {"unchanged"}
            assert store.counts().manifestations == len({(r.source, r.key) for r in records})
            seen = snapshot(store)
            days = store.days()
        for paper in seen:
            # A slug keeps the title of its first batch, and numbers follow from the batches.
            del paper["key"], paper["id"]
            paper["manifestations"] = sorted(m[1:] for m in paper["manifestations"])
        return [sorted(seen, key=lambda paper: paper["manifestations"]), days]

    apart = [records[i : i + size] for i in range(0, len(records), size)]
    assert taken_in([records]) == taken_in(apart)
