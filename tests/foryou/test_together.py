"""What readers teach each other: of use where there are many, nothing where there are few, and no secrets."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from broadsheet.doctor import examine
from broadsheet.foryou import together
from broadsheet.foryou.together import EVERY, KEPT, Likeness

PAIRED = {"bees": "violins", "tides": "glaciers"}


@pytest.fixture
def many(house, key_of, monkeypatch):
    """Forty readers who like bees and violins, or tides and glaciers; few as they are, they are enough here."""
    monkeypatch.setattr(together, "FEWEST", 40)
    chance = random.Random(1)
    everybody = []
    for number in range(40):
        reader = house.people.create(f"reader-{number}")
        one = list(PAIRED)[number % 2]
        for topic in (one, PAIRED[one]):
            for paper in chance.sample(range(30), 4):
                house.community.vote(reader, key_of(topic, paper))
        everybody.append(reader)
    return everybody


@pytest.fixture
def still(monkeypatch):
    """Without noise, so that what is learned can be looked at."""
    plain = Likeness.fit
    monkeypatch.setattr(
        Likeness, "fit", lambda self, *given: setattr(self, "noise", 0.0) or plain(self, *given)
    )


@pytest.fixture(autouse=True)
def stopped(house, monkeypatch):
    """The clock stands still, so that nothing fades while a test looks twice."""
    now = house.store.events.clock()
    monkeypatch.setattr(house.store.events, "clock", lambda: now)


def order(house, reader):
    return [(choice.paper.key, choice.score, choice.why) for choice in house.for_you.page(reader).choices]


def test_a_newcomer_is_shown_what_others_read_with_it_and_told_so(house, ada, key_of, topic_of, many, still):
    for number in range(3):
        house.community.vote(ada, key_of("bees", number))

    def standing(topic):
        scored = house.for_you.model(ada)[0].scored(house.for_you.pool(), house.for_you.said(ada))
        parts = ("own", "together", "votes", "followed", "new", "less", "unlike")
        np.testing.assert_allclose(scored.total, sum(getattr(scored, part) for part in parts), atol=1e-5)
        mine = [topic_of(paper.key) == topic for paper in house.for_you.pool().papers]
        return float(scored.total[mine].mean())

    before = {topic: standing(topic) for topic in ("violins", "glaciers", "kites")}
    assert "read together learned" in house.for_you.train()
    after = {topic: standing(topic) for topic in before}
    assert after["violins"] > before["violins"] + 0.3
    assert max(after["glaciers"], after["kites"]) < after["violins"] - 0.3
    page = house.for_you.page(ada, limit=60).choices
    violins = [why for choice in page if topic_of(choice.paper.key) == "violins" for why in choice.why]
    told = [why for why in violins if why.kind == "together"]
    assert told
    assert all(topic_of(why.key) == "bees" and why.worth >= 0.5 for why in told)
    assert house.for_you.known(ada).told()["together"].startswith("taught by 0 readers on ")


def test_a_house_of_few_readers_is_as_if_there_were_none(house, ada, bo, key_of):
    for number in range(4):
        house.community.vote(ada, key_of("bees", number))
    before = order(house, ada)
    for number in range(9):
        house.community.vote(bo, key_of("bees", number))
        house.community.save(bo, key_of("kites", number))
    house.for_you.train()
    assert house.for_you.together.kept() is None
    assert not (house.folder / "together").exists()
    house.for_you._models.clear()
    assert order(house, ada) == before
    assert house.for_you.together.told() == ""


def test_it_is_learned_once_a_season_whatever_is_read_since(house, ada, bo, key_of, many, monkeypatch):
    """What a reader does between two learnings shows in no other feed at all."""
    house.for_you.train()
    for number in range(3):
        house.community.vote(ada, key_of("bees", number))
    before = order(house, ada)
    bytes_before = sorted(path.name for path in (house.folder / "together").iterdir())
    for number in range(20):
        house.community.vote(bo, key_of("bees", number))
        house.community.save(bo, key_of("kites", number))
    house.for_you.train()
    house.for_you._models.clear()
    assert order(house, ada) == before
    assert sorted(path.name for path in (house.folder / "together").iterdir()) == bytes_before
    clock = house.store.events.clock
    monkeypatch.setattr(house.store.events, "clock", lambda: clock() + EVERY + timedelta(hours=1))
    assert "read together learned" in house.for_you.train()
    assert sorted(path.name for path in (house.folder / "together").iterdir()) != bytes_before


def test_nothing_old_or_foreign_is_used_and_the_doctor_says_so(house, ada, key_of, many, still, monkeypatch):
    house.community.vote(ada, key_of("bees", 0))
    alone = order(house, ada)
    house.for_you.train()
    assert house.for_you.together.likeness() is not None
    assert order(house, ada) != alone

    def detail():
        return next(each for each in examine(house) if each.what == "for you").detail

    assert "taught by" in detail()
    assert "not used" not in detail()
    kept = house.for_you.together.kept()
    kept.encoder = "another"
    assert house.for_you.together.likeness() is None
    assert order(house, ada) == alone
    assert "not used" in detail()
    kept.encoder = house.index.neighbourhood().encoder
    kept.at = (kept.moment - KEPT - timedelta(days=1)).isoformat()
    assert house.for_you.together.likeness() is None
    assert "not used" in detail()


def test_who_wants_to_be_left_out_is_and_nobody_teaches_with_what_they_took_back(house, key_of, many):
    papers = [row.id for row in house.store.columns.newest(1000, house.today().isoformat())]

    def taught():
        return len(house.for_you.together._histories(papers))

    assert taught() == 40
    said = house.for_you.said(many[0])
    house.for_you.say(many[0], replace(said, alone=True))
    assert taught() == 39
    house.for_you.say(many[1], replace(said, off=True))
    assert taught() == 38
    later = house.store.events.clock() + timedelta(seconds=1)
    house.for_you.say(many[2], replace(said, since=later))
    assert taught() == 37
    liked = [mark.work_key for mark in house.store.events.marks("vote", reader_id=many[3].id)]
    for key in liked[:-2]:
        house.for_you.judge(many[3], key, "ignore")
    assert taught() == 36


def test_a_damaged_likeness_is_none(house, many):
    house.for_you.train()
    (house.folder / "together" / "saved.json").write_text("{")
    assert house.for_you.together.kept() is None
    assert house.for_you.together.likeness() is None


def test_a_house_that_does_not_want_it_does_not_learn(make_house, monkeypatch):
    monkeypatch.setattr(together, "FEWEST", 0)
    house = make_house(for_you_together=False)
    house.for_you.train()
    assert house.for_you.together.kept() is None
