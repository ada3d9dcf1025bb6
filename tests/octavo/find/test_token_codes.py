import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import ShapeError
from octavo.find.bags import stacked
from octavo.find.token_codes import TokenCodes


def random_texts(seed, lengths):
    """Tokens of very different sizes, zeros among them."""
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.integers(-3, 4, (sum(lengths), 1)) * rng.integers(0, 2, (sum(lengths), 5))
    tokens = (sizes * rng.standard_normal((sum(lengths), 5))).astype(np.float32)
    return np.split(tokens, np.cumsum(lengths)[:-1]) if lengths else []


seeds, lengths = st.integers(0, 10**6), st.lists(st.integers(0, 4), max_size=6)


@settings(max_examples=50)
@given(seeds, lengths, st.sampled_from([4, 8]))
def test_a_token_is_off_by_no_more_than_half_a_step_in_each_dimension(seed, lengths, bits):
    whole = stacked(random_texts(seed, lengths), "texts", 5)
    found = TokenCodes.empty(bits).added(whole).take(np.arange(len(lengths)))
    assert found.lengths.tolist() == lengths
    half_step = np.abs(wide(whole.x)).max(axis=1) / (2 ** (bits - 1) - 1) / 2
    # Where largest numbers are cut off, that pays: altogether the error is no more than without cutting.
    assert (np.linalg.norm(wide(found.x) - wide(whole.x), axis=1) <= half_step * 5**0.5 * 1.001).all()


def wide(x):
    """x, (M, 5) even where nothing was ever added."""
    return x.reshape(-1, 5)


@settings(max_examples=50)
@given(seeds, lengths, lengths)
def test_adding_in_two_is_adding_at_once(seed, some, more):
    first, second = random_texts(seed, some), random_texts(seed + 1, more)
    once = TokenCodes.empty(4).added(stacked(first + second, "texts", 5))
    twice = TokenCodes.empty(4).added(stacked(first, "texts", 5)).added(stacked(second, "texts", 5))
    everything = np.arange(len(once))
    np.testing.assert_array_equal(once.take(everything).x, twice.take(everything).x)
    assert once.nbytes == twice.nbytes


def test_documents_are_taken_in_any_order_and_repeated():
    texts = [np.full((n, 3), n, np.float32) for n in (2, 0, 1)]
    taken = TokenCodes.empty(8).added(stacked(texts, "texts", None)).take(np.array([2, 1, 0, 2]))
    assert taken.lengths.tolist() == [1, 0, 2, 1]
    np.testing.assert_allclose(taken.x[:, 0], [1, 2, 2, 1], rtol=1e-6)


def test_half_the_bits_are_half_the_bytes():
    text = [np.random.default_rng(0).standard_normal((100, 64)).astype(np.float32)]
    sizes = [TokenCodes.empty(bits).added(stacked(text, "texts", None)).nbytes for bits in (8, 4)]
    assert sizes == [100 * (64 + 4), 100 * (32 + 4)]


@pytest.mark.parametrize(
    "wrong", [np.ones((2, 3)), [np.ones(3)], [np.ones((2, 3)), np.ones((2, 4))], [np.full((1, 2), np.nan)]]
)
def test_what_is_no_list_of_bags_is_refused(wrong):
    with pytest.raises(ShapeError, match="texts"):
        stacked(wrong, "texts", None)
