"""What may be given where vectors or labels are wanted, and what is said where it may not."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.arrays import integers, labels_of, matrix, unit
from octavo.exceptions import ShapeError


def test_a_matrix_becomes_float32_and_keeps_its_numbers():
    given = np.arange(6, dtype=np.float64).reshape(2, 3)
    taken = matrix(given, "x", rows=2, dim=3, least=1)
    assert taken.dtype == np.float32
    assert taken.tolist() == given.tolist()


@pytest.mark.parametrize(
    ("x", "wanted", "said"),
    [
        ([[1.0], [1.0, 2.0]], {}, "different lengths"),
        (np.ones(3), {}, r"\(N, D\), got \(3,\)"),
        (np.ones((2, 3)), {"dim": 4}, r"\(N, 4\), got \(2, 3\)"),
        (np.ones((2, 3)), {"rows": 5}, r"\(5, D\), got \(2, 3\)"),
        (np.ones((2, 0)), {}, r"got \(2, 0\)"),
        (np.ones((2, 3), np.int64), {}, "floating-point numbers, got int64"),
        (np.ones((1, 3)), {"least": 2}, r"at least 2 rows, got \(1, 3\)"),
        (np.array([[np.nan]]), {}, "NaN"),
        (np.array([[1e60]]), {}, "does not fit"),
    ],
)
def test_what_is_no_matrix_is_refused_by_name_and_shape(x, wanted, said):
    with pytest.raises(ShapeError, match=f"x must.*{said}"):
        matrix(x, "x", **wanted)


def test_labels_are_counted_and_gaps_refused():
    given, count = labels_of([0, 2, -1, 1], "labels", 4)
    assert (given.tolist(), count) == ([0, 2, -1, 1], 3)
    for wrong in ([0, 2, 2, 2], [-2, 0, 0, 0], [-1] * 4, [0, 1, 2], [0.5, 1, 0, 0]):
        with pytest.raises(ShapeError, match="labels must"):
            labels_of(wrong, "labels", 4)
    assert integers([3, 4], "ids", 2).dtype == np.int64


def test_a_row_of_zeros_stays_when_the_others_get_unit_length():
    assert unit(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)) == pytest.approx(
        np.array([[0.6, 0.8], [0, 0]])
    )
