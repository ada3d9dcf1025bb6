"""The one door: editions, neighbours, search and what an empty house says."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.exceptions import ConfigError, EditionNotFoundError, PaperNotFoundError, StoreError
from broadsheet.house import House
from broadsheet.jobs import Worker
from broadsheet.papers import Author, Identifier, Listing, Record
from broadsheet.store import Store


def record(number: int, day: str, *, votes: int | None = None, category: str = "cs.LG") -> Record:
    title = f"Paper {number} on the ordering of vectors"
    return Record(
        source="hf",
        format="hf-json",
        key=f"2601.{number:05}",
        place=f"entry {number}",
        raw=f"{number} {day} {votes}".encode(),
        title=title,
        abstract=f"We order vectors for the {number}th time and see what is gained.",
        authors=(Author(f"Ada Number{number}"),),
        identifiers=(Identifier("arxiv", f"2601.{number:05}"),),
        primary_category=category,
        categories=(category,),
        listings=(Listing("hf", day, number),),
        votes=votes,
    )


@pytest.fixture
def house(tmp_path: Path):
    with broadsheet.open(tmp_path, encoder="none", page_size=5) as house:
        days = ["2026-01-05", "2026-01-06", "2026-01-14", "2026-03-02"]
        house.store.ingest(
            [record(n, days[n % 4], votes=n, category=("cs.LG", "cs.CV")[n % 2]) for n in range(24)]
        )
        house.refresh()
        yield house


def test_an_empty_house_has_an_empty_edition_of_today_and_a_demo(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path, encoder="none") as house:
        edition = house.edition()
        assert edition.papers == ()
        assert edition.span is not None
        assert edition.span.name == house.today().isoformat()
        assert house.latest() is None
        assert len(house.demo().papers) >= 20
        assert house.search("anything").papers == ()
        assert house.trending().papers == ()


def test_the_latest_edition_leads_with_the_most_votes(house: House) -> None:
    edition = house.edition()
    assert edition.span is not None
    assert edition.span.name == "2026-03-02"
    assert edition.lead is not None
    assert edition.lead.upvotes == 23
    assert (edition.total, edition.pages, edition.number) == (6, 2, 4)


def test_pages_of_an_edition_hold_every_paper_once(house: House) -> None:
    keys = [paper.key for page in (1, 2) for paper in house.edition("2026-03-02", page=page).papers]
    assert len(keys) == len(set(keys)) == 6
    assert house.edition("2026-03-02", page=2).lead is None


@pytest.mark.parametrize(
    ("name", "previous", "following"),
    [
        ("2026-01-06", "2026-01-05", "2026-01-14"),
        ("2026-01-10", "2026-01-06", "2026-01-14"),
        ("2026-01-05", None, "2026-01-06"),
        ("2026-W02", None, "2026-W03"),
        ("2026-W03", "2026-W02", "2026-W10"),
        ("2026-01", None, "2026-03"),
        ("2026-03", "2026-01", None),
    ],
)
def test_neighbours_skip_what_is_empty(
    house: House, name: str, previous: str | None, following: str | None
) -> None:
    edition = house.edition(name)
    assert (edition.previous and edition.previous.name) == previous
    assert (edition.next and edition.next.name) == following


def test_an_edition_by_category(house: House) -> None:
    edition = house.edition("2026-01", category="cs.CV")
    assert edition.total == 6
    assert {paper.primary_category for paper in edition.papers} == {"cs.CV"}
    assert dict(edition.categories) == {"cs.LG": 12, "cs.CV": 6}


def test_trending_is_by_votes_and_can_be_narrowed(house: House) -> None:
    votes = [paper.upvotes for page in range(1, 6) for paper in house.trending(page=page).papers]
    assert votes == sorted(votes, key=lambda v: v or 0, reverse=True)
    assert len(votes) == 24
    assert house.trending(days=1).papers == ()


def test_what_is_not_there_says_so(house: House) -> None:
    with pytest.raises(EditionNotFoundError):
        house.edition("yesterday")
    with pytest.raises(PaperNotFoundError, match=r"2999\.99999"):
        house.paper("2999.99999")
    assert house.edition("1999-01-01").papers == ()


def test_a_paper_answers_to_every_spelling_of_its_name(house: House) -> None:
    paper = house.paper("2601.00007")
    for spelling in (
        "arXiv:2601.00007v3",
        "https://arxiv.org/abs/2601.00007",
        "https://huggingface.co/papers/2601.00007",
    ):
        assert house.paper(spelling) == paper


def test_results_come_with_their_papers(house: House) -> None:
    found = house.search("title:ordering votes", limit=5)
    assert [paper.id for paper in found.papers] == [hit.paper_id for hit in found.results.hits]
    for paper, hit in found:
        assert paper.id == hit.paper_id


def test_the_stamp_changes_with_the_store_and_stays_without(house: House) -> None:
    before = house.stamp()
    assert house.stamp() == before
    house.store.ingest([record(99, "2026-03-02")])
    assert house.stamp() != before


def test_a_wrong_encoder_is_named(tmp_path: Path) -> None:
    with (
        broadsheet.open(tmp_path, encoder="octavo.encode.minilm:Nobody") as house,
        pytest.raises(ConfigError, match="Nobody"),
    ):
        house.encoder()


def test_what_is_exported_can_be_imported_again(house: House, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    file.write_text("".join(house.export("jsonl")), encoding="utf-8")
    with broadsheet.open(tmp_path / "other", encoder="none") as other:
        assert other.import_files([file]).counts["rejected"] == 0
        mine, theirs = ({p.key: p for p in h.store.iterate()} for h in (house, other))
        assert mine.keys() == theirs.keys()
        for key, paper in mine.items():
            assert (paper.title, paper.abstract, paper.days, paper.upvotes) == (
                theirs[key].title,
                theirs[key].abstract,
                theirs[key].days,
                theirs[key].upvotes,
            )


def test_papers_to_be_fetched_are_in_the_complete_export_and_no_other(house: House, tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("arXiv:2602.00001\nhttps://doi.org/10.5555/lamp.1\n")
    house.import_files([wanted])
    assert house.counts().unresolved == 2
    file = tmp_path / "all.jsonl"
    file.write_text("".join(house.export("jsonl")), encoding="utf-8")
    with broadsheet.open(tmp_path / "other", encoder="none") as other:
        other.import_files([file])
        assert (other.counts().unresolved, other.counts().papers) == (2, house.counts().papers)
        assert other.paper("10.5555/lamp.1").key == "10.5555/lamp.1"
        assert all(said["unchanged"] for said in [other.import_files([wanted]).counts])
    assert "lamp.1" not in "".join(house.export("bibtex"))
    assert "lamp.1" not in "".join(house.export("jsonl", house.store.iterate()))


def test_backup_and_restore_bring_everything_back(house: House, tmp_path: Path) -> None:
    file = tmp_path / "paper.backup"
    house.backup(file)
    Store.restore(file, f"sqlite:///{tmp_path / 'restored.db'}")
    with Store.open(f"sqlite:///{tmp_path / 'restored.db'}") as restored:
        assert [p.key for p in restored.iterate()] == [p.key for p in house.store.iterate()]


def test_the_index_follows_a_restored_store_by_itself(house: House, tmp_path: Path) -> None:
    house.backup(tmp_path / "copy")
    other = tmp_path / "other"
    with broadsheet.open(other, encoder="none") as second:
        # As many changes as the store in the backup has, of other papers.
        second.store.ingest([record(n + 500, "2026-05-05") for n in range(24)])
        second.refresh()
        Store.restore(tmp_path / "copy", second.settings.store_url, overwrite=True)
        assert second.index.health().pending_words == 24
        assert second.refresh()[0] == 24
        assert {paper.key for paper in second.search("Number3").papers} == {"2601.00003"}
        assert second.search("Number503").papers == ()


def test_a_broken_index_heals_while_it_is_served(house: House) -> None:
    for path in house.index.words.path.glob("*.*"):
        path.write_bytes(path.read_bytes()[:7])
    with broadsheet.open(house.folder, encoder="none") as served:
        worker = Worker(served, every=0.01)
        worker.start()
        try:
            end = time.monotonic() + 20
            while not served.search("ordering").papers:
                assert time.monotonic() < end, "not healed"
        finally:
            worker.stop()
        assert served.search("ordering").results.notes == ()


def test_segments_damaged_under_an_open_index_heal(house: House) -> None:
    damaged = [p for p in house.index.words.path.glob("*.*") if p.suffix in (".term", ".idx", ".store")]
    for path in damaged:
        path.write_bytes(b"x" * path.stat().st_size)
    with broadsheet.open(house.folder, encoder="none") as other:
        assert other.search("ordering").papers == ()
        other.refresh()
        assert other.search("ordering").papers


def test_staleness_is_told(house: House) -> None:
    from datetime import UTC, datetime

    from broadsheet.store import Harvest

    now = datetime.now(UTC)
    house.store.save_harvest(Harvest(source="arxiv", query="cs.LG", last_success=now))
    house.store.save_harvest(Harvest(source="arxiv", query="cs.CV", last_success=now - timedelta(days=3)))
    house.store.save_harvest(Harvest(source="hf", query=""))
    assert {(h.source, h.query): stale for h, stale in house.harvests()} == {
        ("arxiv", "cs.LG"): False,
        ("arxiv", "cs.CV"): True,
        ("hf", ""): True,
    }


def test_a_store_that_was_emptied_is_not_taken_for_a_new_one(house: House) -> None:
    house.refresh()
    house.close()
    store = house.folder / "broadsheet.db"
    for file in house.folder.glob("broadsheet.db*"):
        file.unlink()
    store.touch()
    with pytest.raises(StoreError, match="has no bytes, though there are indexes"):
        broadsheet.open(house.folder, encoder="none")
    assert store.stat().st_size == 0
    store.unlink()
    with broadsheet.open(house.folder, encoder="none") as fresh:
        assert fresh.counts().papers == 0
