from __future__ import annotations

import pytest

from broadsheet.exceptions import NameTakenError, PaperNotFoundError, TagError, TagNotFoundError


@pytest.fixture
def reader(house):
    return house.people.owner()


@pytest.fixture
def tagging(house):
    return house.subjects.tagging


def topic_of(paper):
    return ("tides", "bees", "violins", "glaciers")[int(paper.key.partition(".")[2][0])]


def test_three_examples_make_a_tag(tagging, reader, keys):
    tagging.make(reader, "By the sea", keys("tides", 0, 1))
    assert tagging.wanting(tagging.tag(reader, "by the sea")) == 1
    assert tagging.suggestions(reader, "By the sea") == []
    tagging.mark(reader, "By the sea", keys("tides", 2)[0], True)
    found = tagging.suggestions(reader, "By the sea")
    assert len(found) >= 5
    assert {topic_of(each.paper) for each in found} == {"tides"}
    assert not {each.paper.key for each in found} & set(keys("tides", 0, 1, 2))
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)


def test_sentences_are_examples_too_and_can_be_edited(tagging, reader):
    said = ["the tide in the harbour", "the moon and the level of the sea", "a gauge of the sea"]
    tagging.make(reader, "sea", said=said)
    found = tagging.suggestions(reader, "sea")
    assert {topic_of(each.paper) for each in found} == {"tides"}
    told = [reason for each in found for reason in each.reasons if reason.kind == "said"]
    assert {reason.text for reason in told} <= set(said)
    assert told
    tagging.describe(reader, "sea", ["a bee in the hive", "honey and pollen", "the dance of the bee"])
    assert {topic_of(each.paper) for each in tagging.suggestions(reader, "sea")} == {"bees"}


def test_reasons_name_the_nearest_example_and_words_they_share(tagging, reader, house, keys):
    examples = keys("bees", 0, 1, 2)
    tagging.make(reader, "hives", examples)
    for suggestion in tagging.suggestions(reader, "hives", limit=5):
        reasons = {reason.kind: reason for reason in suggestion.reasons}
        like = reasons["like"]
        assert like.key in examples
        assert house.paper(like.key).title == like.text
        space = house.subjects.space()
        ids, rows = space.rows_of([suggestion.paper.id, *(house.paper(key).id for key in examples)])
        by_hand = {i: float(row @ rows[0]) for i, row in zip(ids[1:], rows[1:], strict=True)}
        assert house.paper(like.key).id == max(by_hand, key=by_hand.get)
        assert like.weight == pytest.approx(max(by_hand.values()), abs=0.006)
        text = suggestion.paper.abstract.lower() + suggestion.paper.title.lower()
        assert all(term.split()[0] in text for term in reasons["words"].text.split(", "))


def test_what_is_refused_teaches(tagging, reader, keys):
    tagging.make(reader, "odd", [*keys("violins", 0, 1, 2), *keys("glaciers", 0)])
    before = [topic_of(each.paper) for each in tagging.suggestions(reader, "odd", limit=60)]
    for key in keys("glaciers", 3, 4, 5, 6):
        tagging.mark(reader, "odd", key, False)
    tagging.mark(reader, "odd", keys("glaciers", 0)[0], False)
    after = [topic_of(each.paper) for each in tagging.suggestions(reader, "odd", limit=60)]
    assert after
    assert set(after) == {"violins"}
    assert not set(keys("glaciers", 3, 4, 5, 6)) & {
        each.paper.key for each in tagging.suggestions(reader, "odd", limit=60)
    }
    assert after.count("glaciers") <= before.count("glaciers")


def test_a_paper_tells_its_tags_and_those_it_may_carry(tagging, reader, house, keys):
    tagging.make(reader, "hives", keys("bees", 0, 1, 2))
    tagging.make(reader, "sea", keys("tides", 0, 1, 2))
    ((tag, said, _),) = tagging.of_paper(reader, house.paper(keys("bees", 0)[0]))
    assert (tag.name, said) == ("hives", True)
    suggested = tagging.suggestions(reader, "sea", limit=1)[0]
    ((tag, said, score),) = tagging.of_paper(reader, suggested.paper)
    assert (tag.name, said, score) == ("sea", None, suggested.score)
    tagging.mark(reader, "sea", suggested.paper.key, False)
    assert tagging.of_paper(reader, suggested.paper) == []


def test_a_tag_belongs_to_its_reader(tagging, reader, house, keys):
    other = house.people.create("bo")
    tagging.make(reader, "sea", keys("tides", 0))
    assert tagging.tags(other) == []
    with pytest.raises(TagNotFoundError):
        tagging.papers(other, "sea")
    tagging.make(other, "sea", keys("bees", 0))
    assert [paper.key for paper in tagging.papers(reader, "sea")] == keys("tides", 0)
    told = house.people.export(other)["tags"]
    assert told["sea"]["fits"] == keys("bees", 0)
    tagging.forget(other.id)
    assert tagging.tags(other) == []
    assert len(tagging.tags(reader)) == 1


@pytest.mark.parametrize("name", ["", "  ", "a/b", "x" * 61, "..", "\u202e\x00"])
def test_what_cannot_be_a_name_is_refused(tagging, reader, name):
    with pytest.raises(TagError, match="a tag's name"):
        tagging.make(reader, name)


def test_nothing_is_left_of_a_tag_that_could_not_be_made(tagging, reader, keys):
    with pytest.raises(PaperNotFoundError):
        tagging.make(reader, "sea", [*keys("tides", 0), "2499.99999"])
    assert tagging.tags(reader) == []
    tagging.make(reader, "sea")
    with pytest.raises(NameTakenError):
        tagging.make(reader, "SEA")
    with pytest.raises(TagError, match="at most 8 sentences"):
        tagging.describe(reader, "sea", ["one"] * 9)


def test_without_vectors_tags_are_kept_and_suggest_nothing(tmp_path, keys, make_house):
    import broadsheet

    from .conftest import planted

    with broadsheet.open(tmp_path / "bare", encoder="none") as bare:
        bare.store.ingest([planted("tides", number) for number in range(5)])
        reader, tagging = bare.people.owner(), bare.subjects.tagging
        tagging.make(reader, "sea", keys("tides", 0, 1, 2))
        assert len(tagging.papers(reader, "sea")) == 3
        assert tagging.suggestions(reader, "sea") == []
        assert bare.subjects.guess(bare.paper(keys("tides", 0)[0])) is None
