import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.find.rows import BLOCK, Rows, in_steps


def test_half_precision_is_widened_without_loss():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)].reshape(-1, 2)
    (_, first), *rest = Rows("float16", (halves,)).blocks()
    wide = np.concatenate([first, *(block for _, block in rest)])
    np.testing.assert_array_equal(wide.view(np.uint32), halves.astype(np.float32).view(np.uint32))


def test_steps_are_directions():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 24)).astype(np.float32)
    x[3] = 0
    x[4] *= 1e-30
    rows = Rows("int8").added(x)
    assert rows.joined().dtype == np.int8
    assert np.abs(rows.joined()).max(axis=1).tolist() == [127 * (n != 3) for n in range(50)]
    read = rows.take(np.arange(50))
    for steps, own in zip(rows.joined().tolist(), read, strict=True):
        length = sum(step * step for step in steps) ** 0.5
        assert own.tolist() == pytest.approx([step / (length or 1) for step in steps], abs=1e-6)
    some = np.delete(np.arange(50), 3)
    unit = x[some] / np.linalg.norm(x[some].astype(np.float64), axis=1, keepdims=True)
    assert (read[some] * unit).sum(axis=1).min() > 0.9998
    np.testing.assert_array_equal(in_steps(read), rows.joined())


@given(st.lists(st.integers(0, 3000), max_size=5), st.data())
def test_rows_are_found_in_any_segment(sizes, data):
    x = np.arange(2 * sum(sizes), dtype=np.float32).reshape(-1, 2)
    rows, start = Rows("float32"), 0
    for size in sizes:
        rows = rows.added(x[start : start + size])
        start += size
    assert len(rows) == len(x)
    if len(x):
        ids = np.array(data.draw(st.lists(st.integers(0, len(x) - 1), max_size=20)), np.int64)
        np.testing.assert_array_equal(rows.take(ids), x[ids])
        np.testing.assert_array_equal(rows.joined(), x)
    start = data.draw(st.integers(0, len(x)))
    seen = np.concatenate([np.empty(0, np.int64), *(ids for ids, _ in rows.blocks(start))])
    np.testing.assert_array_equal(seen, np.arange(start, len(x)))


def test_small_additions_are_joined():
    rows = Rows("float16")
    for _ in range(3 * BLOCK // 8):
        rows = rows.added(np.ones((8, 2)))
    assert [len(segment) for segment in rows.segments] == [BLOCK] * 3


def test_adding_leaves_the_old_rows_as_they_were():
    old = Rows("float32").added(np.ones((3, 2)))
    new = old.added(np.zeros((2, 2)))
    assert (len(old), len(new)) == (3, 5)
    assert old.joined().tolist() == [[1.0, 1.0]] * 3


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_what_is_added_is_copied(dtype):
    x = np.ones((3, 2), dtype)
    rows = Rows(dtype).added(x)
    x[:] = 0
    assert rows.joined().tolist() == [[1.0, 1.0]] * 3
