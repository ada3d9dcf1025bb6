from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.feed.trending import FOREVER, LIMITS, PRESETS, Formula, Signals, rank, trust

NOW = 20_000.0


def firsts(voter, cast):
    """Second derivation: the first vote of a voter on a day, in the order of casting."""
    seen = set()
    found = []
    for who, when in zip(voter, cast, strict=True):
        day = (who, math.floor(when))
        found.append(day not in seen)
        seen.add(day)
    return np.array(found, dtype=bool)


def signals(born, votes=(), *, sources=None, comments=None, known=None, given=None):
    """votes: (paper, voter, cast[, withdrawn]) in the order of casting."""
    votes = sorted(votes, key=lambda vote: vote[2])
    paper, voter, cast = (
        np.array([vote[i] for vote in votes], dtype=t) for i, t in enumerate((int, int, float))
    )
    voters = int(voter.max()) + 1 if len(voter) else 0
    return Signals(
        born=np.array(born, dtype=float),
        source_votes=np.array(sources if sources is not None else [0.0] * len(born), dtype=float),
        comments=np.array(comments if comments is not None else [0.0] * len(born), dtype=float),
        paper=paper,
        voter=voter,
        cast=cast,
        withdrawn=np.array([vote[3] if len(vote) > 3 else FOREVER for vote in votes], dtype=float),
        first=firsts(voter, cast),
        known=np.array(known if known is not None else [0.0] * voters, dtype=float),
        given=np.array(given if given is not None else [1.0] * voters, dtype=float),
    )


def in_plain_loops(s, formula, at):
    """The docstring's formula, term by term."""
    weights = {}
    for who in range(len(s.known)):
        if not math.isnan(s.given[who]):
            weights[who] = s.given[who]
            continue
        age = at - s.known[who]
        days = {math.floor(c) for v, c in zip(s.voter, s.cast, strict=True) if v == who and c <= at}
        if age < formula.probation:
            weights[who] = 0.0
        else:
            by_age = min(1.0, age / formula.seniority) if formula.seniority else 1.0
            by_days = min(1.0, len(days) / formula.active_days) if formula.active_days else 1.0
            weights[who] = by_age * by_days
    scores = []
    for paper in range(len(s.born)):
        fading = 2.0 ** (-(at - s.born[paper]) / formula.half_life)
        heat = (formula.prior + formula.source_weight * math.log2(1 + s.source_votes[paper])) * fading
        for p, v, cast, gone in zip(s.paper, s.voter, s.cast, s.withdrawn, strict=True):
            if p == paper and cast <= at < gone:
                heat += weights[v] * 2.0 ** (-(at - cast) / formula.half_life)
        scores.append(math.log2(heat) if heat > 0 else -math.inf)
    return np.array(scores)


votes = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.floats(0, 9), st.floats(0, 9)), max_size=25
).map(lambda some: [(p, v, NOW - 9 + c, NOW - 9 + c + d) for p, v, c, d in some])


@given(
    votes,
    st.lists(st.floats(0, 12), min_size=5, max_size=5),
    st.lists(st.integers(0, 500), min_size=5, max_size=5),
    st.lists(st.one_of(st.just(math.nan), st.floats(0, 1)), min_size=4, max_size=4),
    st.floats(0.25, 40),
)
def test_the_score_is_the_formula_of_the_docstring(some, ages, sources, given, half_life):
    s = signals(
        [NOW - age for age in ages],
        [*some, (0, 3, NOW - 0.5)],
        sources=sources,
        known=[NOW - 1, NOW - 5, NOW - 30, NOW - 400],
        given=given,
    )
    formula = Formula(half_life=half_life)
    np.testing.assert_allclose(
        rank(s, formula, NOW).scores, in_plain_loops(s, formula, NOW), rtol=1e-9, atol=1e-9
    )


def test_the_breakdown_adds_up_to_the_score():
    s = signals(
        [NOW - 2, NOW - 1],
        [(0, 0, NOW - 1), (0, 1, NOW - 1.5), (1, 0, NOW - 0.2, NOW - 0.1)],
        sources=[30, 0],
    )
    formula = Formula(half_life=2)
    ranking = rank(s, formula, NOW)
    first, second = ranking.breakdowns(np.array([0, 1]))
    assert first == ranking.breakdown(0)
    assert (first.votes, first.source_votes, second.votes) == (2, 30, 0)
    assert first.readers == pytest.approx(2**-0.5 + 2**-0.75)
    assert first.sources == pytest.approx(0.5 * math.log2(31) / 2)
    assert first.prior == pytest.approx(0.5)
    assert first.heat == pytest.approx(first.readers + first.sources + first.prior)
    assert first.score == pytest.approx(math.log2(first.heat))
    assert sum(first.shares) == pytest.approx(1)


@given(votes, st.floats(0, 3000))
def test_nobody_overtakes_by_waiting(some, later):
    s = signals([NOW - age for age in (0.5, 3, 1, 8, 2)], some, sources=[3, 80, 0, 9, 1])
    standing = s.standing(NOW)
    s = signals(
        s.born,
        [(p, v, c) for p, v, c, kept in zip(s.paper, s.voter, s.cast, standing, strict=True) if kept],
        sources=s.source_votes,
    )
    now, then = rank(s, Formula(), NOW), rank(s, Formula(), NOW + later)
    np.testing.assert_allclose(now.scores - then.scores, later / 3.0, atol=1e-6)
    gaps = -np.diff(now.scores[now.order])
    if (gaps > 1e-6).all():
        assert now.order.tolist() == then.order.tolist()


def test_a_very_old_paper_has_a_score_and_not_minus_infinity():
    s = signals([0.0, 1.0], [(0, 0, 5.0)])
    scores = rank(s, Formula(half_life=0.25), NOW).scores
    assert np.isfinite(scores).all()
    assert scores[1] == pytest.approx(-(NOW - 1.0) / 0.25)


def test_without_any_part_a_paper_is_last():
    s = signals([NOW - 1, NOW - 2, NOW - 3], [(2, 0, NOW - 1)])
    ranking = rank(s, Formula(prior=0, source_weight=0), NOW)
    assert ranking.order.tolist() == [2, 0, 1]
    assert ranking.scores[0] == -math.inf
    assert "score" not in ranking.breakdown(0).as_json()


def test_the_new_has_the_benefit_of_the_doubt_and_no_more():
    fresh, liked, old = NOW - 0.1, NOW - 0.5, NOW - 6
    s = signals([fresh, liked, old], [(1, 0, NOW - 0.3), (2, 0, NOW - 5.9)])
    assert rank(s, Formula(), NOW).order.tolist() == [1, 0, 2]


def test_what_is_yet_to_come_is_not_there():
    s = signals([NOW + 1, NOW - 1], [(1, 0, NOW + 0.5)])
    ranking = rank(s, Formula(), NOW)
    assert ranking.order.tolist() == [1]
    assert ranking.breakdown(1).votes == 0


def test_days_narrow_the_list():
    s = signals([NOW - 1, NOW - 8, NOW - 3])
    assert rank(s, Formula(), NOW, days=7).order.tolist() == [0, 2]


# Trust


def test_trust_grows_with_age_and_with_days_of_votes():
    formula = Formula(probation=2, seniority=10, active_days=4)
    voted = [(0, 0, NOW - d) for d in (1, 2, 3, 4)] + [(1, 0, NOW - 1.01)] + [(0, 1, NOW - 1)]
    s = signals([0, 0], [*voted, (0, 2, NOW - 1)], known=[NOW - 5, NOW - 20, NOW - 1], given=[math.nan] * 3)
    assert trust(s, formula, NOW).tolist() == [0.5, 0.25, 0.0]


def test_trust_given_by_hand_wins():
    s = signals([0], [(0, 0, NOW - 1), (0, 1, NOW - 1)], known=[NOW - 1, NOW - 900], given=[1.0, 0.0])
    assert trust(s, Formula(), NOW).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("accounts", [1, 100, 5000])
def test_fresh_accounts_move_nothing_however_many(accounts):
    settled = [
        (paper, voter, NOW - 0.01 * (paper + voter)) for paper in range(30) for voter in range(paper % 12)
    ]
    known, given = [NOW - 400] * 12, [1.0] * 12
    before = rank(
        signals([NOW - 1] * 40, settled, known=known[: max(v for _, v, _ in settled) + 1], given=given[:11]),
        Formula(),
        NOW,
    )
    # All of them vote for the paper that nobody wanted, and for three others, on one day.
    brigade = [(paper, 12 + n, NOW - 0.5 + 1e-6 * n) for n in range(accounts) for paper in (39, 38, 37, 36)]
    s = signals(
        [NOW - 1] * 40,
        [*settled, *brigade],
        known=known + [NOW - 1.5] * accounts,
        given=given + [math.nan] * accounts,
    )
    after = rank(s, Formula(), NOW)
    assert after.order.tolist() == before.order.tolist()
    assert after.breakdown(39).votes == accounts
    plain = rank(s, Formula(), NOW, preset="votes")
    if accounts > 12:
        assert plain.order[0] == 39  # without trust they would have


def test_sleepers_that_only_waited_move_little():
    settled = [(paper, voter, NOW - 1 + 0.01 * voter) for paper in range(12) for voter in range(14 - paper)]
    known = [NOW - 400] * 14 + [NOW - 30] * 5
    sleepers = [(20, 14 + n, NOW - 0.2) for n in range(5)]
    s = signals([NOW - 1] * 21, settled + sleepers, known=known, given=[1.0] * 14 + [math.nan] * 5)
    assert 20 not in rank(s, Formula(), NOW).order[:10]
    assert rank(s, Formula(), NOW).breakdown(20).trusted == pytest.approx(1.0)  # five at a fifth


# Presets


def test_presets_order_as_their_namesakes():
    born = [NOW - 10, NOW - 0.1, NOW - 1]
    cast = [(0, v, NOW - 9) for v in range(6)] + [(1, 6, NOW - 0.05)] + [(2, v, NOW - 0.5) for v in range(6)]
    s = signals(born, cast, comments=[4, 0, 0], sources=[1, 50, 7])
    order = {preset: rank(s, Formula(), NOW, preset=preset).order.tolist() for preset in PRESETS}
    assert order["votes"] == [2, 0, 1]  # a tie, broken by the sources
    assert order["scirate"] == [0, 2, 1]  # by comments
    assert order["hn"] == [1, 2, 0]
    assert order["sources"] == [1, 2, 0]
    hn = rank(s, Formula(), NOW, preset="hn")
    assert hn.scores[0] == pytest.approx(6 / 242**1.8)


def test_an_unknown_preset_is_refused():
    with pytest.raises(
        ValueError, match="a preset is one of broadsheet, votes, hn, scirate, sources, got 'best'"
    ):
        rank(signals([0]), Formula(), NOW, preset="best")


# The formula


def test_a_formula_keeps_within_its_limits():
    assert Formula().changed(half_life=1e9, prior=-3, source_weight=math.nan, probation=None) == Formula(
        half_life=LIMITS["half_life"].high, prior=0
    )
    with pytest.raises(ValueError, match=r"half_life is between 0\.25 and 365\.0, got 0"):
        Formula(half_life=0)


def test_no_papers_and_no_votes_is_an_empty_list():
    assert rank(signals([]), Formula(), NOW).order.tolist() == []
