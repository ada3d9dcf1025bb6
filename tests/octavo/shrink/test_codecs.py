import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.shrink.codecs import Codec, ProductCodec, ScalarCodec

BITS = (1, 2, 4, 8, 16)


def normal(count=300, dim=10, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((count, dim)) * rng.uniform(0.5, 3, dim) + rng.uniform(-2, 2, dim)).astype(
        np.float32
    )


@given(st.sampled_from([1, 2, 4, 8]), st.integers(1, 13), st.integers(0, 99))
def test_every_number_is_coded_as_the_equation_says(bits, dim, seed):
    x = normal(30, dim, seed)
    codec = ScalarCodec(bits).fit(x)
    step = {1: 1.5956, 2: 0.9957, 4: 0.3352, 8: 0.0308}[bits]
    decoded = codec.decode(codec.encode(x))
    for d in range(dim):
        column = x[:, d].astype(np.float64)
        width = float(np.float32(column.std())) * step
        for n in range(len(x)):
            at = (column[n] - column.mean()) / width
            if abs(at - round(at)) < 1e-3:  # rounding may put it on either side of a border
                continue
            code = min(max(int(np.floor(at)) + 2 ** (bits - 1), 0), 2**bits - 1)
            expected = column.mean() + (code - 2 ** (bits - 1) + 0.5) * width
            assert decoded[n, d] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("bits", BITS)
def test_bytes_are_what_was_promised(bits):
    for dim in (1, 3, 8, 13):
        codes = ScalarCodec(bits).fit(normal(20, dim)).encode(normal(20, dim))
        assert codes.shape == (20, -(-dim * bits // 8))
        assert codes.dtype == np.uint8


def test_the_steps_lose_the_least_of_a_normal_distribution():
    """Max's table, found again: another step is worse."""
    x = np.random.default_rng(0).standard_normal((100_000, 1)).astype(np.float32)
    for bits in (1, 2, 4):
        codec = ScalarCodec(bits).fit(x)
        best = np.square(codec.decode(codec.encode(x)) - x).mean()
        step = codec.step_.copy()
        for factor in (0.8, 1.25):
            codec.step_ = step * np.float32(factor)
            assert np.square(codec.decode(codec.encode(x)) - x).mean() > best
    assert best < 0.0125


def test_more_bits_lose_less():
    x = normal()
    lost = [np.abs(ScalarCodec(b).fit(x).decode(ScalarCodec(b).fit(x).encode(x)) - x).mean() for b in BITS]
    assert lost == sorted(lost, reverse=True)
    assert lost[-1] < 1e-2


def test_points_are_found_again_where_there_are_no_more_than_them():
    """Planted: 40 points, each part one of them; so nothing is lost."""
    rng = np.random.default_rng(0)
    points = rng.standard_normal((40, 3))
    x = points[rng.integers(0, 40, (2000, 4))].reshape(2000, 12).astype(np.float32)
    codec = ProductCodec(3).fit(x)
    assert codec.encode(x).shape == (2000, 4)
    assert np.abs(codec.decode(codec.encode(x)) - x).max() < 0.5
    assert np.abs(codec.decode(codec.encode(x)) - x).mean() < 0.01


def test_parts_that_do_not_come_out_even_are_padded():
    x = normal(100, 10)
    codec = ProductCodec(4).fit(x)
    assert codec.encode(x).shape == (100, 3)
    assert codec.decode(codec.encode(x)).shape == (100, 10)


@pytest.mark.parametrize("make", [*(lambda b=b: ScalarCodec(b) for b in BITS), lambda: ProductCodec(2)])
def test_a_codec_is_saved_and_keeps_its_promises(make, tmp_path):
    x = normal()
    codec = make().fit(x)
    assert isinstance(codec, Codec)
    codec.save(tmp_path)
    again = type(codec).load(tmp_path)
    np.testing.assert_array_equal(again.encode(x), codec.encode(x))
    np.testing.assert_array_equal(again.decode(codec.encode(x)), codec.decode(codec.encode(x)))
    one_by_one = np.concatenate([codec.encode(row[None]) for row in x[:20]])
    np.testing.assert_array_equal(one_by_one, codec.encode(x[:20]))
    other = normal(seed=5)
    np.testing.assert_array_equal(codec.fit(other).encode(other), make().fit(other).encode(other))
    (tmp_path / "saved.json").write_text("{}")
    with pytest.raises(SavedFileError):
        type(codec).load(tmp_path)


@pytest.mark.parametrize("make", [ScalarCodec, ProductCodec, lambda: ScalarCodec(1)])
def test_constant_single_and_empty_are_no_trouble(make):
    constant = np.full((5, 8), 3.0, np.float32)
    codec = make().fit(constant)
    np.testing.assert_allclose(codec.decode(codec.encode(constant)), constant, atol=1e-6)
    single = normal(1, 8)
    np.testing.assert_allclose(
        make().fit(single).decode(make().fit(single).encode(single)), single, atol=1e-6
    )
    assert codec.decode(codec.encode(np.empty((0, 8), np.float32))).shape == (0, 8)


def test_half_precision_keeps_the_largest_there_are():
    x = np.array([[1e30, -1e30, 1.0]], np.float32)
    assert np.isfinite(ScalarCodec(16).fit(x).decode(ScalarCodec(16).fit(x).encode(x))).all()


@pytest.mark.parametrize("make", [ScalarCodec, ProductCodec])
def test_bad_arrays(make):
    with pytest.raises(NotFittedError, match="fit the codec"):
        make().encode(normal())
    with pytest.raises(NotFittedError, match="fit the codec"):
        make().decode(np.zeros((1, 10), np.uint8))
    codec = make().fit(normal())
    for bad, message in (
        (normal(3, 9), r"\(N, 10\), got \(3, 9\)"),
        (np.full((2, 10), np.nan, np.float32), "finite"),
        (np.ones((2, 10), np.int64), "floating-point"),
        (np.ones(10, np.float32), r"\(N, 10\)"),
    ):
        with pytest.raises(ShapeError, match=message):
            codec.encode(bad)
    with pytest.raises(ShapeError, match="at least 1 rows"):
        make().fit(np.empty((0, 4), np.float32))
    with pytest.raises(ShapeError, match="codes must have the shape"):
        codec.decode(np.zeros((2, 99), np.uint8))
    with pytest.raises(ShapeError, match="codes must hold bytes"):
        codec.decode(codec.encode(normal()).astype(np.int64))


def test_bad_options():
    with pytest.raises(ValueError, match="bits must be 1, 2, 4, 8 or 16, got 3"):
        ScalarCodec(3)
    with pytest.raises(ValueError, match="together must be at least 1, got 0"):
        ProductCodec(0)
