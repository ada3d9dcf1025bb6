from __future__ import annotations

import pytest

from broadsheet.exceptions import NameTakenError, PaperNotFoundError, TagNotFoundError


@pytest.fixture
def kept(store, record):
    store.ingest([record(f"2401.0000{number}") for number in range(1, 5)])
    return store


def test_a_name_is_the_same_in_any_letter_case(kept):
    kept.tags.make(1, "Graph Nets", ["networks over graphs"])
    assert kept.tags.named(1, "graph nets").said == ("networks over graphs",)
    with pytest.raises(NameTakenError):
        kept.tags.make(1, "GRAPH NETS")
    with pytest.raises(TagNotFoundError, match="no such tag: 'graph'"):
        kept.tags.named(1, "graph")


def test_marks_are_said_changed_and_taken_back(kept):
    tag = kept.tags.make(1, "tides")
    for key, fits in (("2401.00001", True), ("2401.00002", False), ("2401.00003", True)):
        assert kept.tags.mark(1, "tides", f"arXiv:{key}v2", fits) == key
    ids = {paper.key: paper.id for paper in kept.iterate()}
    expected = {ids["2401.00001"]: True, ids["2401.00002"]: False, ids["2401.00003"]: True}
    assert dict(kept.tags.marks(tag)) == expected
    assert next(number for number, _ in kept.tags.marks(tag)) == ids["2401.00003"]
    kept.tags.mark(1, "tides", "2401.00002", True)
    kept.tags.mark(1, "tides", "2401.00001", None)
    found = kept.tags.named(1, "tides")
    assert (found.fits, found.refused) == (2, 0)
    with pytest.raises(PaperNotFoundError):
        kept.tags.mark(1, "tides", "2499.99999", True)


def test_what_was_said_of_a_paper_is_kept_through_a_merge_and_its_undoing(kept):
    tag = kept.tags.make(1, "tides")
    kept.tags.mark(1, "tides", "2401.00002", True)
    merge = kept.merge("2401.00001", "2401.00002", "the same")
    whole = kept.paper("2401.00001").id
    assert kept.tags.marks(tag) == [(whole, True)]
    kept.tags.mark(1, "tides", "2401.00001", False)
    assert kept.tags.marks(tag) == [(whole, False)]
    kept.split(merge.id)
    assert kept.tags.marks(tag) == [(whole, False)]


def test_the_stamp_grows_so_that_pages_are_made_anew(kept):
    stamps = [kept.stamp()]
    for change in (
        lambda: kept.tags.make(1, "tides"),
        lambda: kept.tags.mark(1, "tides", "2401.00001", True),
        lambda: kept.tags.describe(1, "tides", ["the sea rises"]),
        lambda: kept.tags.remove(1, "tides"),
    ):
        change()
        stamps.append(kept.stamp())
    assert stamps == sorted(set(stamps))
    assert kept.tags.of_reader(1) == []


def test_a_backup_brings_tags_along(kept, tmp_path, store_url):
    kept.tags.make(1, "tides", ["the sea"])
    kept.tags.mark(1, "tides", "2401.00001", True)
    kept.backup(tmp_path / "kept.backup")
    kept.tags.forget(1)
    assert kept.tags.of_reader(1) == []
    kept.close()
    type(kept).restore(tmp_path / "kept.backup", store_url, overwrite=True)
    with type(kept).open(store_url) as restored:
        (tag,) = restored.tags.of_reader(1)
        assert (tag.name, tag.said, tag.fits) == ("tides", ("the sea",), 1)
