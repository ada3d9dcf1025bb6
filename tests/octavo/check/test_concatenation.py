"""Concatenation: the cosine of the whole is the weighted mean of the parts' cosines, and an encoder like any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.concatenation import ConcatenatedEncoder, concatenated
from octavo.exceptions import ShapeError
from octavo.lab.latent import LatentSemantic
from octavo.testing import check_encoder, planted_corpus


@given(st.lists(st.floats(0.1, 5), min_size=2, max_size=4), st.integers(0, 1000))
def test_its_cosine_is_the_mean_of_the_cosines(weights, seed):
    rng = np.random.default_rng(seed)
    parts = [rng.standard_normal((6, 2 + i)).astype(np.float32) * 3 for i in range(len(weights))]
    z = concatenated(parts, weights)
    assert z.shape == (6, sum(part.shape[1] for part in parts))
    total = np.zeros((6, 6))
    for part, weight in zip(parts, weights, strict=True):
        unit = part / np.linalg.norm(part, axis=1, keepdims=True)
        total += weight**2 * unit @ unit.T
    np.testing.assert_allclose(z @ z.T, total / sum(w**2 for w in weights), atol=1e-4)


def encoders():
    documents, queries = planted_corpus()
    both = [*documents, *queries]
    return [LatentSemantic(dim, least=1).fit(both) for dim in (16, 20)]


def test_it_keeps_the_promises_of_an_encoder():
    check_encoder(ConcatenatedEncoder(encoders()))


def test_its_name_tells_of_what_it_is_made():
    one, other = encoders()
    name = ConcatenatedEncoder([one, other]).name
    assert name == f"{one.name}+{other.name}"
    assert ConcatenatedEncoder([one, other], [1, 2]).name == f"{name}:1,2"
    assert ConcatenatedEncoder([one, other]).dim == 36


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0], [np.nan, 1.0]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ShapeError, match="weights must be 2 numbers"):
        concatenated([np.eye(2), np.eye(2)], weights)


def test_parts_that_do_not_match_are_refused():
    with pytest.raises(ShapeError, match=r"parts\[1\] must have the shape \(2, D\), got \(3, 3\)"):
        concatenated([np.eye(2), np.eye(3)])
    with pytest.raises(ShapeError, match="got none"):
        concatenated([])
    with pytest.raises(ValueError, match="got none"):
        ConcatenatedEncoder([])
