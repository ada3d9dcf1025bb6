"""Readers who say much, little, or the opposite; papers that say nothing; others who wish one ill."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.foryou.laying import lay
from broadsheet.foryou.said import MOST_BYTES, Said, Shown
from broadsheet.foryou.saying import pattern_of
from broadsheet.foryou.signals import MOST, TRUST, Signal, judged


def keys(page):
    return [paper.key for paper in page.papers]


def test_a_reader_who_says_the_opposite_of_everything(house, ada, key_of):
    for number in range(10):
        house.community.vote(ada, key_of("bees", number))
        house.for_you.judge(ada, key_of("bees", number), "down")
        house.community.hide(ada, key_of("bees", number))
        house.community.save(ada, key_of("bees", number))
    page = house.for_you.page(ada)
    assert len(page.choices) == 20
    assert all(abs(choice.score) < 20 for choice in page.choices)


DAYS = st.dates(date(2020, 1, 1), date(2090, 1, 1))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_ten_thousand_signals_are_a_thousand_judgements():
    chance = random.Random(1)
    signals = [
        Signal(chance.choice(list(TRUST)), number % 6000, NOW - timedelta(hours=chance.randrange(9000)))
        for number in range(10_000)
    ]
    found = judged(signals, NOW, 90)
    assert len(found) == MOST
    assert len({one.paper for one in found}) == MOST
    assert sum(one.liked < 0 for one in found) >= MOST // 3
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)


def test_of_many_signals_the_same_are_kept_as_of_each_paper_alone(monkeypatch):
    """Every paper judged by itself, then sorted and cut, in plain loops."""
    monkeypatch.setattr("broadsheet.foryou.signals.MOST", 12)
    chance = random.Random(2)
    for _ in range(30):
        said = [
            Signal(
                chance.choice(list(TRUST)),
                chance.randrange(60),
                NOW - timedelta(hours=chance.randrange(3000)),
            )
            for _ in range(80)
        ]
        alone = [one for paper in range(60) for one in judged([s for s in said if s.paper == paper], NOW, 90)]
        alone.sort(key=lambda one: (-one.weight, -one.at.timestamp(), one.paper))
        against, for_ = ([one for one in alone if one.liked == side] for side in (-1, 1))
        room = 12 - min(len(against), 4)
        kept = for_[:room] + against[: 12 - min(len(for_), room)]
        assert judged(said, NOW, 90) == sorted(kept, key=alone.index)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(TRUST)), st.integers(0, 5), st.integers(0, 4000)), max_size=40)
)
def test_every_paper_is_judged_once_and_by_its_latest_explicit_word(said):
    signals = [Signal(kind, paper, NOW - timedelta(hours=age)) for kind, paper, age in said]
    found = {one.paper: one for one in judged(signals, NOW, 1000)}
    for paper in {signal.paper for signal in signals}:
        mine = [signal for signal in signals if signal.paper == paper]
        explicit = [signal for signal in mine if signal.kind not in ("read", "open")] or mine
        newest = max(signal.at for signal in explicit)
        signs = {signal.trust > 0 for signal in explicit if signal.at == newest}
        if paper in found:
            assert (found[paper].liked > 0) in signs
            assert found[paper].weight > 0


def test_papers_without_abstracts_in_other_tongues_and_unsigned(make_house, make_record):
    odd = [
        make_record("tides", 0, abstract=""),
        make_record("tides", 1, title="潮汐与月亮", abstract="港口的海平面由月亮决定。"),
        make_record("tides", 2, title="المد والجزر", abstract="", authors=()),
        make_record("bees", 0, title="—", abstract="$$x^2$$", authors=()),
    ]
    house = make_house([*odd, *(make_record("kites", number) for number in range(20))])
    ada = house.people.create("ada")
    for record in odd:
        house.for_you.judge(ada, record.key, "up")
    page = house.for_you.page(ada)
    assert len(page.choices) == 20
    house.for_you.say(ada, Said().with_word("muted", "月亮"))
    house.for_you.judge(ada, odd[1].key, "up", False)
    assert odd[1].key not in keys(house.for_you.page(ada, limit=50))
    house.for_you.say(ada, Said())
    assert odd[1].key in keys(house.for_you.page(ada, limit=50))


def test_a_library_of_another_field_does_not_empty_the_page(house, ada):
    bib = "".join(
        f"@book{{b{n}, title={{Medieval charters of the abbey, volume {n}}}, author={{Abbot {n}}}}}\n"
        for n in range(40)
    )
    brought = house.for_you.bring(ada, "history.bib", BytesIO(bib.encode()))
    assert (brought.here, brought.elsewhere) == (0, 40)
    page = house.for_you.page(ada)
    assert len(page.choices) == 20
    assert page.knows


def test_a_house_without_papers_has_an_empty_page(make_house):
    house = make_house([])
    ada = house.people.create("ada")
    page = house.for_you.page(ada, note=True)
    assert (page.choices, page.pool) == ((), 0)
    assert house.for_you.to_rate(ada) == []
    assert house.for_you.known(ada).interests == ()


def test_what_others_do_does_not_move_my_page(house, ada, key_of):
    house.community.vote(ada, key_of("bees", 0))
    shelf = house.community.make_shelf(ada, "Public", access="public")
    house.community.shelve(ada, shelf.number, key_of("tides", 0))
    before = house.for_you.page(ada)
    for crowd in range(8):
        other = house.people.create(f"crowd-{crowd}")
        for number in range(12):
            house.community.vote(other, key_of("kites", number))
            house.community.hide(other, key_of("bees", number))
            house.for_you.judge(other, key_of("bees", number), "down")
        house.for_you.say(other, Said().with_word("muted", "honey"))
    after = house.for_you.page(ada)
    assert keys(after) == keys(before)
    assert [choice.why for choice in after.choices] == [choice.why for choice in before.choices]


def test_a_paper_that_is_gone_or_merged_takes_its_signal_along(house, ada, key_of, topic_of):
    house.community.vote(ada, key_of("bees", 0))
    house.merge(key_of("bees", 1), key_of("bees", 0))
    page = house.for_you.page(ada)
    assert page.knows
    assert not {key_of("bees", 0), key_of("bees", 1)} & set(keys(page))


@pytest.mark.parametrize("limit", [1, 2, 7, 100, 500])
def test_any_number_of_papers_can_be_asked_for(house, ada, key_of, limit):
    house.community.vote(ada, key_of("bees", 0))
    found = keys(house.for_you.page(ada, limit=limit))
    assert len(found) == len(set(found)) == min(limit, 149)


@given(st.text(max_size=60), st.sampled_from(["less", "muted"]))
def test_whatever_is_muted_can_be_kept_and_taken_back(word, name):
    from broadsheet.exceptions import TasteError

    try:
        said = Said().with_word(name, word)
    except TasteError:
        return
    kept = Said.of(said.kept())
    assert kept == said
    (written,) = getattr(said, name)
    assert pattern_of(written).search(f"so {written} it is")
    assert kept.with_word(name, word, False) == Said()


@given(st.dictionaries(st.integers(0, 2**32 - 1), st.tuples(DAYS, st.integers(1, 300)), max_size=300))
def test_what_was_shown_is_small_and_survives_bytes(days):
    packed = Shown(days).packed()
    assert len(packed) <= 980
    assert Shown.of(packed).packed() == packed
    assert Shown.of(packed + b"x").days == {}


def test_the_quotas_hold_for_any_scores(house, ada, key_of):
    """On random scores: each row once, no interest beyond its share while others are left."""
    import numpy as np

    for number in range(3):
        house.community.vote(ada, key_of("bees", number))
        house.community.vote(ada, key_of("kites", number))
    pool = house.for_you.pool()
    model, _ = house.for_you.model(ada)
    scored = model.scored(pool, Said())
    chance = np.random.default_rng(3)
    for _ in range(20):
        scored.total[:] = chance.standard_normal(len(pool))
        places = lay(pool, scored, size=20, explore=0.0)
        rows = [place.row for place in places]
        assert len(set(rows)) == 20
        interests = [int(scored.interest[row]) for row in rows]
        assert all(interests.count(number) <= 8 for number in set(interests) if number >= 0)
    assert MOST_BYTES < 4096
