"""Who has what: the histories of many readers as a matrix, and what is common to those who learn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from octavo.exceptions import MissingPackageError, ShapeError
from octavo.protocols import Array, SparseRows
from octavo.rank.sparse import sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def matrix_of(rows: SparseRows, name: str, *, width: int | None = None) -> csr_matrix:
    """Return rows as SciPy's, or ShapeError; MissingPackageError where SciPy is not installed."""
    try:
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise MissingPackageError(
            "learning from many readers takes SciPy: pip install 'broadsheet[learn]'"
        ) from error
    given = sparse(rows, name, width=width)
    return csr_matrix((given.data, given.indices, given.indptr), shape=(len(given), given.width))


def histories_of(rows: SparseRows, name: str, *, width: int | None = None) -> csr_matrix:
    """Return (U, N) histories, all ones, as SciPy's. Raises ShapeError, MissingPackageError."""
    given = matrix_of(rows, name, width=width)
    if given.nnz and (given.data != 1).any():
        raise ShapeError(f"{name}.data must be 1 wherever a reader has a paper")
    return given


def histories_and_words(histories: SparseRows, terms: SparseRows) -> tuple[csr_matrix, csr_matrix]:
    """Return (U, N) histories and the papers' words (N, W). Raises ShapeError, MissingPackageError."""
    have, words = histories_of(histories, "histories"), matrix_of(terms, "terms")
    if have.shape[1] != words.shape[0]:
        raise ShapeError(
            f"terms must be of the {have.shape[1]} papers of the histories, got {words.shape[0]}"
        )
    return have, words


def standard(scores: Array) -> Array:
    """Return (U, N) scores with each reader's mean 0 and spread 1, so that several can be added."""
    middle = scores.mean(axis=1, keepdims=True)
    spread = scores.std(axis=1, keepdims=True)
    scaled: Array = ((scores - middle) / np.where(spread > 0, spread, 1)).astype(np.float32)
    return scaled


def full(product: Any) -> Array:
    """Return a product of SciPy's as an array of float32."""
    written = product.toarray() if hasattr(product, "toarray") else product
    return np.asarray(written, np.float32)


def unit_matrix(rows: csr_matrix) -> csr_matrix:
    """Return SciPy's rows at unit length; an empty one stays."""
    from scipy.sparse import diags

    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (diags(1 / np.where(lengths > 0, lengths, 1)) @ rows).tocsr().astype(np.float32)


def directions_of(rows: csr_matrix, dim: int) -> Array:
    """Return the first directions (W, k) of SciPy's rows (N, W), by power iteration from a fixed draw."""
    rng = np.random.default_rng(0)
    found = rng.standard_normal((rows.shape[1], min(dim + 10, *rows.shape))).astype(np.float32)
    for _ in range(3):
        found, _ = np.linalg.qr(full(rows.T @ full(rows @ found)))
    small = full(rows @ found)
    _, _, turn = np.linalg.svd(small.T @ small)
    return np.asarray((found @ turn.T)[:, :dim], np.float32)
