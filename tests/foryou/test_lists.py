"""What completes a list, the order to read it in, and what to read next to a paper."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.foryou.lists import FEWEST_SHELVES, walked


def test_a_shelf_is_completed_with_its_own_kind(house, key_of, topic_of):
    shelf = [house.paper(key_of("bees", number)) for number in range(3)]
    found = house.for_you.lists.completing(shelf)
    assert [topic_of(paper.key) for paper in found] == ["bees"] * 5
    assert not {paper.id for paper in found} & {paper.id for paper in shelf}
    assert house.for_you.lists.completing(shelf[:1]) == []
    assert house.for_you.lists.completing([]) == []


def test_public_shelves_complete_a_shelf_with_what_they_hold_and_private_ones_do_not(house, ada, bo, key_of):
    """Many who have two papers on bees have one on kites beside them; in private they have one on violins."""
    mine = [house.paper(key_of("bees", number)) for number in (0, 1)]
    beside = {"public": key_of("kites", 7), "private": key_of("violins", 7)}
    for access, paper in beside.items():
        for number in range(6):
            shelf = house.community.make_shelf(ada, f"{access} {number}", access=access)
            for key in (*(each.key for each in mine), paper, key_of("tides", number)):
                house.community.shelve(ada, shelf.number, key)
            found = {each.key for each in house.for_you.lists.completing(mine)}
            assert (beside["public"] in found) == (access == "private" or number + 1 >= FEWEST_SHELVES)
            assert beside["private"] not in found


def test_a_list_is_read_topic_by_topic_and_is_the_same_papers(house, key_of, topic_of):
    mixed = [
        house.paper(key_of(topic, number)) for number in range(3) for topic in ("bees", "tides", "kites")
    ]
    ordered = house.for_you.lists.in_order(mixed)
    assert sorted(paper.id for paper in ordered) == sorted(paper.id for paper in mixed)
    topics = [topic_of(paper.key) for paper in ordered]
    changes = sum(before != after for before, after in itertools.pairwise(topics))
    assert changes == 2
    assert house.for_you.lists.in_order(mixed[:2]) == mixed[:2]


@given(st.integers(1, 12), st.integers(0, 99))
def test_a_walk_visits_each_once_and_goes_to_what_is_near(count, seed):
    chance = np.random.default_rng(seed)
    x = chance.standard_normal((count, 5))
    near = (x @ x.T / np.outer(np.linalg.norm(x, axis=1), np.linalg.norm(x, axis=1))).astype(np.float32)
    rows = walked(near, chance.integers(1990, 2026, count).tolist())
    assert sorted(rows) == list(range(count))
    for at in range(1, count):
        left = [row for row in range(count) if row not in rows[:at]]
        best = max(round(float(near[row, rows[:at]].max()), 1) for row in left)
        assert round(float(near[rows[at], rows[:at]].max()), 1) == best


def test_next_to_a_paper_stands_what_public_shelves_hold_with_it_and_no_private_one(house, ada, bo, key_of):
    one, public, private = (house.paper(key_of(*name)) for name in (("bees", 0), ("tides", 0), ("kites", 0)))
    for access, other in (("public", public), ("private", private)):
        shelf = house.community.make_shelf(ada, access, access=access)
        house.community.shelve(ada, shelf.number, one.key)
        house.community.shelve(ada, shelf.number, other.key)
    found = {each.paper.key: each.why for each in house.for_you.lists.beside(one)}
    assert found[public.key] == "on 1 public shelf with it"
    assert private.key not in found
    assert one.key not in found


def test_next_to_a_paper_stands_what_is_near_and_of_another_field(make_house, make_record):
    near = [
        make_record("bees", number, primary_category="q-bio.PE", categories=("q-bio.PE",))
        for number in range(1, 4)
    ]
    house = make_house(
        [make_record("bees", 0), *near, *(make_record("bees", number) for number in range(4, 9))]
    )
    found = house.for_you.lists.beside(house.paper(make_record("bees", 0).key))
    assert {each.paper.key for each in found} == {record.key for record in near}
    assert all(each.why.startswith("near it, from") for each in found)
