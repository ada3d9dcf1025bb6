"""One table: its look-ups by hand, how values meet, and that it stands in the place of any other table."""

import hashlib

import numpy as np
import pytest
import torch

from octavo.rank.arm_net import ARMNet
from octavo.rank.clicks import learn, odds
from octavo.rank.unified_embedding import UnifiedEmbedding, number_of

MASK = (1 << 64) - 1


def splitmix(x):
    """As its authors write it, in numbers without a sign."""
    x = ((x & MASK) + 1) * 0x9E3779B97F4A7C15 & MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


def test_look_ups_by_hand():
    table = UnifiedEmbedding(3, 50, 4, lookups=2)
    lines = torch.tensor([[0, 7, 2**61], [5, 5, 5]])
    made = table(lines)
    assert made.shape == (2, 3, 8)
    for n in range(2):
        for f in range(3):
            for c in range(2):
                salt = splitmix(1 + 2 * f + c)
                row = (splitmix(int(lines[n, f]) ^ salt) & (1 << 31) - 1) % 50
                torch.testing.assert_close(made[n, f, 4 * c : 4 * c + 4], table.weight[row])


def test_what_is_missing_is_nothing():
    assert not UnifiedEmbedding(2, 8, 4)(torch.tensor([[-1, -1]])).any()


def test_fields_share_rows_unless_they_are_kept_apart():
    lines = torch.arange(400)[:, None].expand(-1, 4)
    shared = UnifiedEmbedding(4, 100, 2, lookups=3).rows(lines)
    own = UnifiedEmbedding(4, 100, 2, lookups=3, apart=True).rows(lines)
    for f in range(4):
        assert len(shared[:, f].unique()) == 100
        assert set(own[:, f].unique().tolist()) == set(range(25 * f, 25 * f + 25))


def test_two_values_that_meet_once_rarely_meet_twice():
    """Two hashes of one field are as good as independent: of pairs that meet in one, a B-th meets in the other."""
    rows = UnifiedEmbedding(1, 20, 2, lookups=2).rows(torch.arange(600)[:, None])[:, 0].numpy()
    one, other = ((rows[:, c, None] == rows[:, c]) & ~np.eye(600, dtype=bool) for c in range(2))
    assert (one & other).sum() / one.sum() == pytest.approx(1 / 20, rel=0.15)
    assert one.mean() == pytest.approx(1 / 20, rel=0.1)


def test_it_stands_in_the_place_of_another_table_and_takes_any_number():
    rng = np.random.default_rng(0)
    names = [number_of(f"reader {place}") for place in range(6)]
    lines = rng.choice(names, (600, 3))
    opened = lines[:, 0] == lines[:, 2]
    model = ARMNet(UnifiedEmbedding(3, 64, 8, spread=0.5))
    learn(model, lines[:500], opened[:500], epochs=30, size=100, rate=0.01)
    assert ((odds(model, lines[500:]) > 0) == opened[500:]).mean() > 0.95
    assert np.isfinite(odds(model, [[number_of("somebody new"), -1, 3]])).all()


def test_names_have_the_same_number_everywhere():
    assert (
        number_of("Emmy Noether") == int(hashlib.blake2b(b"Emmy Noether", digest_size=8).hexdigest(), 16) >> 2
    )
    assert len({number_of(name) for name in ("", "a", "A", "ä", "a ")}) == 5
    assert 0 <= number_of("x") < 1 << 62


@pytest.mark.parametrize("wrong", [(0, 8, 4), (3, 0, 4), (3, 8, 0)])
def test_what_has_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="≥ 1"):
        UnifiedEmbedding(*wrong)
    with pytest.raises(ValueError, match="a bucket for each field"):
        UnifiedEmbedding(5, 4, 2, apart=True)
