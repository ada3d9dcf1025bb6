"""Rows of few numbers: checked, multiplied and added up with NumPy alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids, SparseRows, Texts

Weights = npt.NDArray[np.float64]


def sparse(rows: SparseRows, name: str, *, width: int | None = None) -> SparseRows:
    """Return rows if they are what `SparseRows` says, and W is the width wanted; ShapeError otherwise."""
    indptr = integers(rows.indptr, f"{name}.indptr", np.size(rows.indptr))
    held = np.size(rows.data)
    if indptr.ndim != 1 or not len(indptr) or indptr[0] or indptr[-1] != held or (np.diff(indptr) < 0).any():
        raise ShapeError(f"{name}.indptr must rise from 0 to the {held} numbers there are")
    indices = integers(rows.indices, f"{name}.indices", held)
    if rows.width < 1 or (width is not None and rows.width != width):
        raise ShapeError(f"{name} must have {width or 'some'} columns, got {rows.width}")
    if held and not 0 <= indices.min() <= indices.max() < rows.width:
        raise ShapeError(f"{name}.indices must be columns below {rows.width}, got {indices.max()}")
    data = np.asarray(rows.data)
    if not np.issubdtype(data.dtype, np.floating) or not np.isfinite(data).all():
        raise ShapeError(f"{name}.data must hold finite floating-point numbers, got {data.dtype}")
    return SparseRows(indptr, indices, data.astype(np.float32, copy=False), rows.width)


def texts(papers: Texts, name: str, *, dim: int | None = None, width: int | None = None) -> Texts:
    """Return papers if both halves are sound and speak of as many; ShapeError otherwise."""
    vectors = matrix(papers.vectors, f"{name}.vectors", dim=dim)
    terms = sparse(papers.terms, f"{name}.terms", width=width)
    if len(vectors) != len(terms):
        raise ShapeError(f"{name} must have as many terms as vectors, got {len(terms)} and {len(vectors)}")
    return Texts(vectors, terms)


def judgements(liked: Ids, weights: Array | None, rows: int) -> Weights:
    """Return (rows,) signed weights: how much each judgement counts, below zero for a dislike.

    Raises ShapeError unless there is at least one judgement, and each is 1 or -1 with a weight above zero.
    """
    given = integers(liked, "liked", rows)
    if not rows:
        raise ShapeError("liked must hold at least one judgement, got none")
    if not np.isin(given, (-1, 1)).all():
        raise ShapeError("liked must be 1 or -1 everywhere")
    if weights is None:
        return given.astype(np.float64)
    trust = np.asarray(weights)
    if trust.shape != (rows,) or not np.issubdtype(trust.dtype, np.floating):
        raise ShapeError(f"weights must be ({rows},) floating-point numbers, got {trust.shape} {trust.dtype}")
    if not (np.isfinite(trust) & (trust > 0)).all():
        raise ShapeError("weights must be finite and above zero")
    return given.astype(np.float64) * trust.astype(np.float64)


def row_of(rows: SparseRows) -> Ids:
    """Return for each number the row it stands in."""
    return np.repeat(np.arange(len(rows)), np.diff(rows.indptr))


def dot(rows: SparseRows, w: Weights) -> Weights:
    """Return (N,): each row of (N, W) times w (W,). A row's product does not depend on the other rows."""
    return np.asarray(np.bincount(row_of(rows), rows.data * w[rows.indices], minlength=len(rows)), np.float64)


def added(rows: SparseRows, shares: Weights) -> Weights:
    """Return (W,): the sum of rows, each times its share (N,)."""
    sums = np.bincount(rows.indices, rows.data * shares[row_of(rows)], minlength=rows.width)
    return np.asarray(sums, np.float64)


def taken(rows: SparseRows, which: Ids) -> SparseRows:
    """Return some rows, in the order asked for."""
    lengths = np.diff(rows.indptr)[which]
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - rows.indptr[which], lengths)
    return SparseRows(indptr, rows.indices[places], rows.data[places], rows.width)


def some(papers: Texts, which: Ids) -> Texts:
    """Return some papers, in the order asked for."""
    return Texts(papers.vectors[which], taken(papers.terms, which))


def dense(rows: SparseRows) -> Array:
    """Return (N, W) with the zeros written out."""
    full = np.zeros((len(rows), rows.width), np.float32)
    full[row_of(rows), rows.indices] = rows.data
    return full


def from_dense(full: Array) -> SparseRows:
    """Return the numbers of (N, W) that are not zero."""
    row, column = np.nonzero(full)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(full)))]).astype(np.int64)
    return SparseRows(indptr, column.astype(np.int64), full[row, column].astype(np.float32), full.shape[1])


def unit_rows(rows: SparseRows) -> SparseRows:
    """Return the rows at unit length; an empty one stays."""
    squares = np.bincount(row_of(rows), rows.data.astype(np.float64) ** 2, minlength=len(rows))
    lengths = np.sqrt(np.where(squares > 0, squares, 1))
    scaled = (rows.data / lengths[row_of(rows)]).astype(np.float32)
    return SparseRows(rows.indptr, rows.indices, scaled, rows.width)


def products(left: SparseRows, right: SparseRows) -> Array:
    """Return (N, M): every row of the left times every row of the right."""
    used, places = np.unique(left.indices, return_inverse=True)
    column = np.full(left.width, -1, np.int64)
    column[used] = np.arange(len(used))
    shared = column[right.indices] >= 0
    narrow = np.zeros((len(right), max(len(used), 1)), np.float32)
    narrow[row_of(right)[shared], column[right.indices[shared]]] = right.data[shared]
    mine = np.zeros((len(left), max(len(used), 1)), np.float32)
    mine[row_of(left), places] = left.data
    return np.asarray(mine @ narrow.T, np.float32)
