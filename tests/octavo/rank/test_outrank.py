"""Which fields tell: the score by hand, noise of any width, and fields that say the same."""

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import ShapeError
from octavo.rank.outrank import picked, plain_information, ranked, surplus


def entropy(values):
    shares = [values.count(v) / len(values) for v in set(values)]
    return -sum(share * log(share) for share in shares)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=40))
def test_the_score_by_hand(pairs):
    order = np.random.default_rng(0).permutation(len(pairs)).tolist()
    x, y = ([pairs[i][side] for i in order] for side in (0, 1))
    total = len(x)
    wanted = plain = 0.0
    for value in set(x):
        rows = [i for i in range(total) if x[i] == value]
        own = entropy([y[i] for i in rows])
        plain += len(rows) / total * own
        if len(rows) > 1:
            noise = entropy([y[(i + len(rows)) % total] for i in rows])
            wanted += len(rows) / total * (noise - own)
    fields = np.array(pairs)
    assert surplus(fields[:, 0], fields[:, 1]) == pytest.approx(wanted, abs=1e-6)
    assert plain_information(fields[:, 0], fields[:, 1]) == pytest.approx(entropy(y) - plain, abs=1e-6)


def test_noise_of_many_values_does_not_come_before_what_tells():
    rng = np.random.default_rng(0)
    lines = np.column_stack([rng.integers(0, width, 6000) for width in (3, 2, 50, 1000, 3000)])
    target = (lines[:, 0] == 1) ^ (rng.random(6000) < 0.2)
    order, scores = ranked(lines, target.astype(int))
    assert order[0] == 0
    assert np.all(np.abs(scores[1:]) < 0.02)
    wide = [plain_information(column, target.astype(int)) for column in lines.T]
    assert np.argmax(wide) == 4


def test_values_have_no_order_and_no_names():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, 300), rng.integers(0, 2, 300)
    assert surplus(x, y) == pytest.approx(surplus(x * -7 + 3, 5 - y), abs=1e-9)


def test_the_second_is_not_the_first_again_and_crosses_count():
    rng = np.random.default_rng(1)
    one, other, third = (rng.integers(0, 2, 4000) for _ in range(3))
    lines = np.column_stack([one, one, other, third, rng.integers(0, 40, 4000)])
    target = one * 2 + (other ^ third)
    chosen = picked(lines, target, 3)
    assert chosen[0] in (0, 1)
    assert len({0, 1} & set(chosen.tolist())) == 1
    assert set(chosen[1:].tolist()) <= {2, 3, 4}
    assert {2, 3} <= set(picked(lines, one * 2 + (other ^ third), 4, redundancy=1).tolist())


def test_nothing_to_tell():
    assert surplus(np.arange(20), np.arange(20) % 2) == 0
    assert surplus(np.zeros(20, int), np.arange(20) % 2) == pytest.approx(0)
    assert surplus([1], [0]) == 0


@pytest.mark.parametrize(
    ("use", "complaint"),
    [
        (lambda: surplus([0, 1], [0]), r"target must have the shape \(2,\)"),
        (lambda: surplus([0.5, 1.0], [0, 1]), "integers"),
        (lambda: surplus([], []), "at least one row"),
        (lambda: ranked([0, 1], [0, 1]), r"\(N, F\)"),
        (lambda: ranked([[0.5]], [0]), "integers"),
        (lambda: picked([[0, 1], [1, 1]], [0, 1], 3), "between 1 and the 2 fields"),
    ],
)
def test_what_is_no_log_is_refused(use, complaint):
    with pytest.raises(ShapeError, match=complaint):
        use()
