from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.feed.tally import Tally, repeated
from broadsheet.feed.trending import PRESETS, Formula

KEYS = [f"2603.{number:05}" for number in range(1, 7)]


def order(house, **asked):
    return [paper.key for paper in house.community.trending(**asked).papers]


def columns(tally, at):
    s = tally.signals(at)
    return {
        name: getattr(s, name).tolist()
        for name in ("born", "source_votes", "paper", "voter", "cast", "withdrawn", "first", "known")
    }


def by_paper(tally, at):
    """The same with papers by their numbers: a row stays where a paper was merged into another."""
    s = tally.signals(at)
    papers = {
        number: parts
        for number, *parts in zip(
            tally.numbers, s.born.tolist(), s.source_votes.tolist(), s.comments.tolist(), strict=True
        )
        if parts[0] != np.inf
    }
    votes = [s.voter, s.cast, s.withdrawn, s.first]
    cast = list(zip([tally.numbers[row] for row in s.paper], *(each.tolist() for each in votes), strict=True))
    return papers, cast, s.known.tolist(), np.nan_to_num(s.given, nan=-1).tolist()


def test_votes_move_papers_up(house, people, clock):
    clock.forward(hours=3)
    for name in ("ada", "bo"):
        house.community.vote(people[name], KEYS[4])
    house.community.vote(people["ada"], KEYS[2])
    shown = house.community.trending()
    assert [paper.key for paper in shown.papers[:2]] == [KEYS[4], KEYS[2]]
    assert shown.total == 6
    assert (shown.breakdowns[0].votes, shown.breakdowns[0].trusted) == (2, 2.0)
    assert house.community.explain(house.paper(KEYS[2]))[0] == 2
    house.community.vote(people["bo"], KEYS[4], up=False)
    house.community.vote(people["ada"], KEYS[4], up=False)
    assert order(house)[0] == KEYS[2]


def test_what_is_followed_is_what_is_read_anew(house, people, clock, record):
    """Votes, vouching, comments, new papers and a merge, one after another: a tally that followed is equal to
    one that begins."""
    followed, rng, readers = house.community.tally, np.random.default_rng(5), list(people.values())
    for step in range(40):
        clock.forward(hours=int(rng.integers(1, 30)))
        reader, key = readers[rng.integers(4)], KEYS[rng.integers(6)]
        match step % 8:
            case 3:
                house.community.comment(reader, key, f"Remark {step}")
            case 5:
                fresh = house.people.create(f"fresh-{step}")
                house.community.vote(fresh, key)
                if step > 20:
                    house.community.vouch(people["cy"], fresh)
            case 6:
                house.store.ingest([record(20 + step)])
            case 7 if step == 23:
                house.merge(KEYS[0], KEYS[1])
            case _:
                house.community.mark(reader, key, "vote", bool(rng.integers(4)))
        anew = Tally(house.store)
        assert by_paper(followed, clock()) == by_paper(anew, clock()), step


def test_fresh_accounts_are_seen_and_do_not_count(house, people, clock):
    house.community.vote(people["ada"], KEYS[0])
    before = order(house)
    for number in range(12):
        fresh = house.people.create(f"fresh-{number}")
        house.community.vote(fresh, KEYS[5])
    assert order(house) == before
    shown = house.community.trending()
    of = dict(zip([p.key for p in shown.papers], shown.breakdowns, strict=True))
    assert (of[KEYS[5]].votes, of[KEYS[5]].trusted) == (12, 0.0)


def test_every_list_can_be_had_as_of_any_moment(house, people, clock, record):
    """What was served then is what is served now for then."""
    served = []
    rng = np.random.default_rng(3)
    readers = list(people.values())
    for step in range(30):
        clock.forward(hours=float(rng.integers(1, 20)))
        reader, key = readers[rng.integers(4)], KEYS[rng.integers(6)]
        house.community.vote(reader, key, up=bool(rng.random() < 0.7))
        if step == 10:
            with house.store.events.writing() as log:
                log.put(1, "vouch", thing=f"reader:{people['bo'].id}", trust=0.0)
        if step % 3 == 0:
            served += [(preset, house.community.trending(preset=preset)) for preset in PRESETS]
    house.community.tally = Tally(house.store)  # another process, which begins anew
    for preset, then in served:
        again = house.community.trending(as_of=then.at, preset=preset)
        assert [p.key for p in again.papers] == [p.key for p in then.papers]
        assert again.breakdowns == then.breakdowns
        assert again.total == then.total


def test_the_columns_kept_are_those_read_anew(house, people, clock, record):
    tally = Tally(house.store)
    for step in range(12):
        clock.forward(hours=5)
        house.community.vote(people["ada" if step % 2 else "bo"], KEYS[step % 5], up=step % 4 != 3)
        if step == 3:
            house.store.ingest([record(9, votes=12), record(1, raw=b"{1}", votes=3)])
        if step == 5:
            merge = house.merge(KEYS[0], KEYS[1])
        if step == 9:
            house.split(merge.id)
        tally.signals(clock.now)
    kept, anew = tally.signals(clock.now), Tally(house.store).signals(clock.now)
    assert columns(tally, clock.now)["cast"] == columns(Tally(house.store), clock.now)["cast"]

    def told(s, numbers):
        return sorted(
            (numbers[p], float(c), float(w), bool(f))
            for p, c, w, f in zip(s.paper, s.cast, s.withdrawn, s.first, strict=True)
        )

    new = Tally(house.store)
    new.signals(clock.now)
    assert told(kept, tally.numbers) == told(anew, new.numbers)
    alive = {
        n: (b, v)
        for n, b, v in zip(tally.numbers, kept.born, kept.source_votes, strict=True)
        if np.isfinite(b)
    }
    assert alive == dict(zip(new.numbers, zip(anew.born, anew.source_votes, strict=True), strict=True))


def test_a_list_is_kept_until_something_happens(house, people, clock):
    first = house.community.trending()
    clock.forward(seconds=30)
    assert house.community.trending().at == first.at
    house.community.vote(people["ada"], KEYS[0])
    assert house.community.trending().at == clock.now
    clock.forward(seconds=90)
    assert house.community.trending().at == clock.now


def test_what_if(house, people, clock):
    house.community.vote(people["ada"], KEYS[3])
    clock.forward(days=2)
    shown = house.community.trending(formula=Formula(half_life=1, prior=0))
    of = dict(zip([p.key for p in shown.papers], shown.breakdowns, strict=True))
    assert of[KEYS[3]].readers == pytest.approx(0.25)
    assert of[KEYS[3]].prior == 0


def test_the_formula_is_that_of_the_settings(tmp_path):
    import broadsheet

    with broadsheet.open(tmp_path, encoder="none", trending_half_life=9, trending_prior=0) as house:
        assert house.community.formula == Formula(half_life=9, prior=0)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 9), st.integers(1, 9)), max_size=12
    )
)
def test_repeated_votes_in_plain_loops(some):
    votes = [(p, v, float(i) + c / 100, float(i) + c / 100 + d) for i, (p, v, c, d) in enumerate(some)]
    arrays = [np.array([vote[i] for vote in votes], dtype=t) for i, t in enumerate((int, int, float, float))]
    expected = []
    for at, (paper, voter, cast, _) in enumerate(votes):
        before = [v for v in votes[:at] if v[:2] == (paper, voter)]
        expected.append(bool(before) and cast < before[-1][3])
    assert repeated(*arrays).tolist() == expected


def test_a_moment_before_the_house_is_an_empty_list(house, clock):
    assert house.community.trending(as_of=clock.now - timedelta(days=4000)).papers == ()


def test_who_was_invited_counts_at_once(house, people, clock):
    token, _ = house.people.links.invite(people["owner"])
    guest = house.people.links.accept(token, "guest", "nine green bottles of ink")
    clock.forward(minutes=1)
    house.community.vote(guest, KEYS[0])
    place, why = house.community.explain(house.paper(KEYS[0]))
    assert (place, why.votes, why.trusted) == (1, 1, 1.0)
