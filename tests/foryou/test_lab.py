"""The living lab: fair drafts, an honest test, and credit where it is due."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.exceptions import ConfigError
from broadsheet.foryou.drafting import ALPHA, PRIOR, course, drafted, evidence
from broadsheet.store.tastes import Session

SIDES = ("octavo.rank.centroid:Centroid", f"{__name__}:Backwards")


class Backwards:
    """The same, turned around: everything a reader does not want."""

    def __new__(cls):
        from octavo.rank.centroid import Centroid

        class Turned(Centroid):
            def scores(self, papers):
                return -super().scores(papers)

        return Turned()


@given(
    st.lists(st.integers(0, 30), unique=True, max_size=20),
    st.lists(st.integers(0, 30), unique=True, max_size=20),
    st.integers(1, 15),
    st.integers(),
)
def test_a_draft_is_of_both_and_each_in_its_order(first, second, size, seed):
    picks = drafted(first, second, size, seed)
    assert len(picks) == min(size, len({*first, *second}))
    assert len({pick.what for pick in picks}) == len(picks)
    for team, ranking in enumerate((first, second)):
        mine = [pick.what for pick in picks if pick.team == team]
        assert [what for what in ranking if what in mine] == mine
    assert drafted(first, second, size, seed) == picks


def test_no_ranking_is_favoured():
    """Identical rankings put each place half of the time."""
    firsts = [drafted(range(10), range(10), 10, seed)[0].team for seed in range(400)]
    assert 150 < sum(firsts) < 250
    teams = [pick.team for seed in range(50) for pick in drafted(range(10), range(10), 10, seed)]
    assert teams.count(0) == teams.count(1)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 1), (10, 30), (200, 190)])
def test_the_evidence_is_a_fair_bet_and_what_the_formula_says(wins, losses):
    now = evidence(wins, losses)
    after = (evidence(wins + 1, losses) + evidence(wins, losses + 1)) / 2
    assert after == pytest.approx(now, rel=1e-9)  # a martingale: without a difference it does not grow
    by_hand = 1.0
    for day in range(wins):
        by_hand *= 2 * (PRIOR + day) / (2 * PRIOR + day)
    for day in range(losses):
        by_hand *= 2 * (PRIOR + day) / (2 * PRIOR + wins + day)
    assert now == pytest.approx(by_hand, rel=1e-9)


def test_who_looks_every_day_is_seldom_wrong_and_a_difference_is_found():
    chance = np.random.default_rng(5)

    def ever(share, days, runs):
        said = 0
        for _ in range(runs):
            won = np.cumsum(chance.random(days) < share)
            said += max(evidence(int(w), day + 1 - int(w)) for day, w in enumerate(won)) >= 1 / ALPHA
        return said / runs

    assert ever(0.5, 150, 200) <= ALPHA
    assert ever(0.7, 150, 40) >= 0.9


def test_a_course_counts_days_and_keeps_the_best_evidence():
    found = course([(1, 0)] * 12 + [(2, 2)] * 3 + [(0, 1)] * 2)
    assert (found.wins, found.losses, found.draws) == (12, 2, 3)
    assert found.p == pytest.approx(1 / evidence(12, 0))
    assert course([]).p == 1.0
    assert math.isfinite(course([(1, 0)] * 3000).evidence[-1])


@pytest.fixture
def experimenting(make_house, key_of):
    house = make_house(lab_rankers=SIDES)
    ada = house.people.create("ada")
    for number in range(3):
        house.community.vote(ada, key_of("bees", number))
    return house, ada


def test_a_page_is_drafted_and_stays_until_something_is_said(experimenting, topic_of, key_of):
    house, ada = experimenting
    page = house.for_you.page(ada, note=True)
    draft = house.store.tastes.of(ada.id).draft
    assert [paper.id for paper in page.papers] == draft["papers"]
    assert sorted(draft["teams"]) == [0] * 10 + [1] * 10
    by_team = [[], []]
    for paper, team in zip(page.papers, draft["teams"], strict=True):
        by_team[team].append(topic_of(paper.key))
    assert by_team[0].count("bees") > by_team[1].count("bees")
    assert house.for_you.page(ada, note=True).papers == page.papers
    house.for_you.judge(ada, key_of("kites", 0), "up")
    assert house.for_you.page(ada, note=True).papers != page.papers
    assert house.store.tastes.of(ada.id).nbytes <= 4096


def test_what_is_opened_is_credit_of_who_put_it_there(experimenting):
    house, ada = experimenting
    for _ in range(3):
        today = house.today() + timedelta(days=1)
        house.today = lambda today=today: today
        page = house.for_you.page(ada, note=True)
        teams = house.store.tastes.of(ada.id).draft["teams"]
        mine = [paper for paper, team in zip(page.papers, teams, strict=True) if team == 0]
        house.for_you.opened(ada, mine[0].key)
        house.community.save(ada, mine[1].key)
    house.today = lambda today=today: today + timedelta(days=1)
    assert "1 days of the lab counted" in house.for_you.train()
    (verdict,) = house.for_you.lab.verdicts()
    assert (verdict.course.wins, verdict.course.losses, verdict.readers) == (3, 0, 1)
    assert verdict.running
    assert verdict.winner == ""
    sessions = house.store.tastes.sessions(reader_id=ada.id)
    assert [session.first for session in sessions] == [2.0, 2.0, 2.0]


def test_a_clear_difference_names_a_winner(house, ada):
    days = [Session("a / b", ada.id, f"2026-01-{day:02}", 1.0, 0.0) for day in range(1, 29)]
    house.store.tastes.settle(days)
    (verdict,) = house.for_you.lab.verdicts()
    assert verdict.winner == "a"
    assert not verdict.running
    assert verdict.told()["p"] < 0.001


def test_an_experiment_has_two_rankers(make_house):
    with pytest.raises(ConfigError, match="two different rankers"):
        make_house(lab_rankers=("a:B",))
