"""A reader's own feed, on planted papers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from io import BytesIO

import pytest

from broadsheet.exceptions import TasteError, UnknownFormatError
from broadsheet.foryou.said import Said


@pytest.fixture
def topics(topic_of):
    """Of what the papers of a page are; what comes from beyond is not counted."""

    def count(page):
        return Counter(topic_of(choice.paper.key) for choice in page.choices if not choice.beyond)

    return count


def keys(page):
    return [paper.key for paper in page.papers]


def whys(page, kind):
    return [why for choice in page.choices for why in choice.why if why.kind == kind]


def test_without_a_signal_the_page_is_by_votes_and_says_so(house, ada):
    page = house.for_you.page(ada)
    assert not page.knows
    assert [paper.upvotes for paper in page.papers][:3] == [13, 13, 13]
    assert {why.kind for choice in page.choices for why in choice.why} <= {"votes", "new", "beyond"}


@pytest.mark.parametrize("without", [False, True])
def test_it_works_from_the_first_signal(make_house, key_of, topics, without):
    house = make_house(**({"encoder": "none"} if without else {}))
    ada = house.people.create("ada")
    house.community.vote(ada, key_of("bees", 0))
    page = house.for_you.page(ada)
    assert page.knows
    assert topics(page)["bees"] >= 10
    assert key_of("bees", 0) not in keys(page)
    like = next(why for why in page.choices[0].why if why.kind == "like")
    assert (like.key, like.said) == (key_of("bees", 0), "you voted for it")
    assert any(word in whys(page, "words")[0].text for word in ("bee", "hive", "honey", "flower", "pollen"))


def test_a_dislike_takes_its_kind_away(house, ada, key_of, topics):
    house.community.vote(ada, key_of("bees", 0))
    assert topics(house.for_you.page(ada))["bees"] >= 10
    for number in range(1, 4):
        house.for_you.judge(ada, key_of("bees", number), "down")
    page = house.for_you.page(ada)
    assert topics(page)["bees"] <= 7
    assert {why.key for why in whys(page, "unlike")} <= {key_of("bees", number) for number in range(1, 4)}


def test_only_negatives_push_and_nothing_pulls(house, ada, key_of, topics):
    for number in range(4):
        house.for_you.judge(ada, key_of("kites", number), "down")
    page = house.for_you.page(ada)
    assert topics(page)["kites"] == 0
    assert page.knows
    assert not whys(page, "like")


def test_no_interest_floods_the_page(house, ada, key_of, topics):
    for number in range(12):
        house.community.vote(ada, key_of("bees", number))
    house.community.vote(ada, key_of("violins", 0))
    found = topics(house.for_you.page(ada))
    assert found["bees"] == 8  # two fifths of twenty
    assert found["violins"] >= 4


def test_a_share_comes_from_beyond_and_says_so(house, ada, key_of):
    house.community.vote(ada, key_of("bees", 0))
    page = house.for_you.page(ada)
    beyond = [place for place, choice in enumerate(page.choices, 1) if choice.beyond]
    assert beyond == [10, 20]
    assert len(whys(page, "beyond")) == 2
    house.for_you.say(ada, Said(explore=0.0))
    assert not any(choice.beyond for choice in house.for_you.page(ada).choices)


def test_tags_shelves_and_authors_are_interests_with_names(house, ada, key_of, topics):
    house.subjects.tagging.make(ada, "sea", [key_of("tides", number) for number in range(2)])
    shelf = house.community.make_shelf(ada, "Wood and tone")
    house.community.shelve(ada, shelf.number, key_of("violins", 0))
    house.community.follow(ada, "author:Di Instance")
    house.community.vote(ada, key_of("bees", 0))
    page = house.for_you.page(ada)
    names = {interest.id: interest.name for interest in page.model.interests}
    assert names["tag:sea"] == "sea"
    assert names[f"shelf:{shelf.number}"] == "Wood and tone"
    assert names["author:Di Instance"] == "Di Instance"
    assert len(names) == 4
    assert set(topics(page)) >= {"tides", "violins", "glaciers", "bees"}
    assert whys(page, "author")[0].text == "Di Instance"
    assert "your tag “sea”" in {why.said for why in whys(page, "like")}


def test_unnamed_interests_are_parted_and_named_by_their_words(house, ada, key_of):
    for number in range(3):
        house.community.vote(ada, key_of("bees", number))
        house.community.save(ada, key_of("glaciers", number))
    interests = house.for_you.page(ada).model.interests
    assert len(interests) == 2
    words = {word for interest in interests for term in interest.words for word in term.split()}
    assert words & {"bee", "hive", "honey", "dance", "flower", "pollen"}
    assert words & {"glacier", "ice", "valley", "moraine", "melt", "crevasse"}


def test_a_signal_fades_and_the_newer_one_decides(house, ada, key_of, topics):
    clock = house.store.events.clock
    house.store.events.clock = lambda: clock() - timedelta(days=900)
    for number in range(3):
        house.community.vote(ada, key_of("bees", number))
    house.store.events.clock = clock
    house.community.vote(ada, key_of("kites", 0))
    found = topics(house.for_you.page(ada))
    assert found["kites"] > found["bees"]


def test_of_two_words_about_a_paper_the_later_counts(house, ada, key_of, topics):
    house.for_you.judge(ada, key_of("bees", 0), "up")
    house.for_you.judge(ada, key_of("bees", 0), "down")
    assert topics(house.for_you.page(ada))["bees"] <= 2
    house.for_you.judge(ada, key_of("bees", 0), "up")
    assert topics(house.for_you.page(ada))["bees"] >= 10


def test_what_was_judged_or_shown_for_days_is_not_shown_again(house, ada, key_of):
    house.community.vote(ada, key_of("bees", 0))
    today = house.today()
    first = keys(house.for_you.page(ada, note=True))
    assert keys(house.for_you.page(ada, note=True)) == first  # the same day counts once
    for days in (1, 2):
        house.today = lambda days=days: today + timedelta(days=days)
        house.for_you.page(ada, note=True)
    house.today = lambda: today + timedelta(days=3)
    assert not set(first[:5]) & set(keys(house.for_you.page(ada)))
    house.community.mark_read(ada, keys(house.for_you.page(ada))[0])
    assert keys(house.for_you.page(ada)) != first


def test_muted_words_and_authors_are_never_shown(house, ada, key_of):
    house.community.vote(ada, key_of("bees", 0))
    house.for_you.say(ada, house.for_you.said(ada).with_word("muted", "Honey"))
    page = house.for_you.page(ada)
    assert page.choices
    assert not any("honey" in paper.abstract for paper in page.papers)
    assert page.muted > 0
    house.for_you.say(ada, house.for_you.said(ada).with_author("bo sample"))
    assert not any(
        author.name == "Bo Sample" for paper in house.for_you.page(ada).papers for author in paper.authors
    )


def test_a_page_may_be_muted_whole(house, ada):
    said = house.for_you.said(ada)
    for word in ("of the",):
        said = said.with_word("muted", word)
    house.for_you.say(ada, said)
    page = house.for_you.page(ada)
    assert page.choices == ()
    assert page.muted == page.pool == 150


def test_less_of_a_word_lowers_and_says_so(house, ada, key_of):
    house.community.vote(ada, key_of("bees", 0))
    before = house.for_you.page(ada)
    with_it = [paper.key for paper in before.papers if "pollen" in f"{paper.title} {paper.abstract}"]
    assert with_it
    house.for_you.say(ada, Said().with_word("less", "pollen"))
    after = house.for_you.page(ada)
    assert (
        keys(after).index(with_it[0]) > keys(before).index(with_it[0]) if with_it[0] in keys(after) else True
    )
    for choice in after.choices:
        says = "pollen" in f"{choice.paper.title} {choice.paper.abstract}".casefold().split()
        assert not says or any(why.kind == "less" for why in choice.why)


def test_a_correction_changes_the_order(house, ada, key_of, topics):
    house.community.vote(ada, key_of("bees", 0))
    house.community.vote(ada, key_of("kites", 0))
    before = house.for_you.page(ada)
    house.for_you.judge(ada, key_of("bees", 0), "ignore")
    after = house.for_you.page(ada)
    assert topics(after)["bees"] < topics(before)["bees"]
    assert key_of("bees", 0) not in {why.key for why in whys(after, "like")}
    house.for_you.judge(ada, key_of("bees", 0), "ignore", False)
    assert keys(house.for_you.page(ada)) == keys(before)


def test_an_interest_can_be_left_out(house, ada, key_of, topics):
    house.subjects.tagging.make(ada, "sea", [key_of("tides", number) for number in range(3)])
    house.community.vote(ada, key_of("bees", 0))
    assert topics(house.for_you.page(ada))["tides"] >= 5
    house.for_you.say(ada, Said().with_dropped("tag:sea"))
    page = house.for_you.page(ada)
    assert topics(page)["tides"] <= 2
    assert "tag:sea" not in {interest.id for interest in page.model.interests}


def test_forgetting_begins_anew_and_off_is_off(house, ada, key_of):
    house.community.vote(ada, key_of("bees", 0))
    house.for_you.reset(ada)
    assert not house.for_you.page(ada).knows
    assert house.community.beside(ada, [key_of("bees", 0)])[key_of("bees", 0)].voted
    house.community.vote(ada, key_of("kites", 0))
    assert house.for_you.page(ada).knows
    house.for_you.say(ada, Said(off=True))
    house.for_you.opened(ada, key_of("tides", 0))
    page = house.for_you.page(ada, note=True)
    assert page.choices == ()
    assert page.model is None
    assert not house.store.events.marks("open", reader_id=ada.id)


BIB = """
@article{{a, title={{{here}}}, eprint={{{key}}}, archivePrefix={{arXiv}}, author={{Bo Sample}}}}
@article{{b, title={{The honey of the hive and the dance of the bee}}, author={{Zed Elsewhere}}}}
@article{{c, title={{Pollen on every flower a bee can dance about}}, author={{Zed Elsewhere}}}}
"""


def test_a_library_teaches_what_is_here_and_where_the_rest_lies(house, ada, key_of, topics, make_record):
    paper = make_record("tides", 0)
    brought = house.for_you.bring(
        ada, "thesis.bib", BytesIO(BIB.format(here=paper.title, key=paper.key).encode())
    )
    assert (brought.name, brought.here, brought.elsewhere, brought.read) == ("thesis.bib", 1, 2, 2)
    page = house.for_you.page(ada)
    assert set(topics(page)) >= {"tides", "bees"}
    assert any(why.said.startswith("one of") and not why.key for why in whys(page, "like"))
    assert house.counts().papers == 150  # nothing of it came into the store
    assert house.store.titled("Pollen on every flower a bee can dance about") == ""
    house.for_you.take_out(ada, "thesis.bib")
    assert not house.for_you.page(ada).knows
    with pytest.raises(UnknownFormatError):
        house.for_you.bring(ada, "noise", BytesIO(b"\\0\\1\\2 nothing of the kind"))


def test_a_library_without_an_encoder_teaches_what_is_here(make_house, key_of, make_record):
    house = make_house(encoder="none")
    ada = house.people.create("ada")
    paper = make_record("tides", 0)
    brought = house.for_you.bring(ada, "x.bib", BytesIO(BIB.format(here=paper.title, key=paper.key).encode()))
    assert (brought.here, brought.elsewhere, brought.read) == (1, 2, 0)
    assert house.for_you.page(ada).knows


def test_ten_papers_to_rate_are_of_every_kind_and_not_judged_yet(house, ada, key_of, topic_of):
    asked = house.for_you.to_rate(ada)
    assert len(asked) == 10
    assert {topic_of(paper.key) for paper in asked} == {"tides", "bees", "violins", "glaciers", "kites"}
    house.for_you.judge(ada, asked[0].key, "up")
    assert asked[0].key not in [paper.key for paper in house.for_you.to_rate(ada)]


def test_a_reader_takes_little_room_whatever_was_said(house, ada, key_of):
    said = Said()
    for number in range(36):
        said = said.with_word("muted", f"a rather long phrase number {number}")
    with pytest.raises(TasteError, match="more than can be kept"):
        said.with_author("and a name of many parts " * 2).with_author("and another " * 4)
    house.for_you.say(ada, said)
    house.for_you.bring(ada, "x" * 80, BytesIO(BIB.format(here="x", key="1999.00001").encode()))
    house.community.vote(ada, key_of("bees", 0))
    today = house.today()
    for days in range(40):
        house.today = lambda days=days: today + timedelta(days=days)
        house.for_you.page(ada, limit=50, note=True)
    taste = house.store.tastes.of(ada.id)
    assert len(taste.shown) > 500
    assert taste.nbytes <= 4096 - 500  # a draft of the lab has room beside it


def test_what_is_kept_is_taken_along_and_forgotten(house, ada, key_of):
    house.for_you.judge(ada, key_of("bees", 0), "up")
    house.for_you.say(ada, Said().with_word("muted", "zyxmark"))
    house.for_you.page(ada, note=True)
    taken = house.people.export(ada)
    assert taken["for_you"]["said"] == {"muted": ["zyxmark"]}
    assert len(taken["for_you"]["shown"]) == 20
    assert any(line["kind"] == "up" for line in taken["community"]["events"])
    house.people.delete(ada)
    assert house.store.tastes.of(ada.id).said == {}
    assert all(event.work_key == "" for event in house.store.events.after(kind="up"))
