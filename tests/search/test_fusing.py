"""Several rankings become one: against plain loops and octavo's own convex combination."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.search.answer import Leg
from broadsheet.search.fusing import fused
from octavo.find.convex import convex

SCORES = st.dictionaries(st.integers(1, 60), st.integers(-50, 50).map(float), min_size=2, max_size=20)


def leg(name: str, scores: dict[int, float], low: float | None = None) -> Leg:
    return Leg.of(name, sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])), low)


@given(SCORES, SCORES)
def test_it_is_the_convex_combination(words: dict[int, float], meaning: dict[int, float]) -> None:
    if len(set(words.values())) == 1 or len(set(meaning.values())) == 1:
        return  # there octavo has no opinion, and we are sure of all
    found = fused([leg("words", words), leg("meaning", meaning)], {"words": 0.7, "meaning": 0.3}, None)
    expected = dict(convex([words, meaning], weights=[0.7, 0.3]))
    assert set(found.ids.tolist()) == set(expected)
    for paper_id, score in zip(found.ids.tolist(), found.scores.tolist(), strict=True):
        assert score == pytest.approx(expected[paper_id], abs=1e-5)
    assert np.allclose(sum(found.parts.values()), found.scores, atol=1e-5)
    assert (np.diff(found.scores) <= 0).all()


def test_legs_of_one_name_share_its_weight() -> None:
    one = fused([leg("words", {1: 2, 2: 1}), leg("meaning", {3: 2, 2: 1})], {}, None)
    two = fused(
        [leg("words", {1: 2, 2: 1}), leg("words", {1: 2, 2: 1}), leg("meaning", {3: 2, 2: 1})], {}, None
    )
    assert dict(zip(one.ids.tolist(), one.scores.tolist(), strict=True)) == pytest.approx(
        dict(zip(two.ids.tolist(), two.scores.tolist(), strict=True))
    )


def test_what_a_leg_would_give_is_known_or_its_lowest() -> None:
    known = fused([leg("words", {1: 8.0, 2: 4.0}, low=0.0)], {}, None)
    assert known.scores.tolist() == [1.0, 0.5]
    assert fused([leg("words", {1: 8.0, 2: 4.0})], {}, None).scores.tolist() == [1.0, 0.0]
    assert fused([leg("words", {1: 8.0})], {}, None).scores.tolist() == [1.0]
    assert len(fused([], {}, None).ids) == 0


def test_a_paper_without_a_vector_has_by_meaning_what_it_has_by_words() -> None:
    class Near:
        def has(self, ids: np.ndarray) -> np.ndarray:
            return ids != 7

    legs = [leg("words", {7: 9.0, 1: 6.0, 2: 0.0}), leg("meaning", {1: 0.9, 2: 0.1})]
    found = fused(legs, {"words": 0.5, "meaning": 0.5}, Near())  # type: ignore[arg-type]
    assert dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))[7] == pytest.approx(1.0)
