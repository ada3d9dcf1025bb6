"""Diffusion spectral entropy: how many directions a cloud of vectors has, and how much a label tells of them.

Assessing Neural Network Representations During Training Using Noise-Resilient Diffusion Spectral Entropy
(Liao, Liu, Christensen, Tong, Huguet, Wolf, Nickel, Adelstein and Krishnaswamy, 2023), arXiv:2312.04823. A
random walk over N vectors steps to near ones; the eigenvalues λ of its matrix, of which few are large where
the vectors lie on few directions, make a distribution, and its entropy is in bits:

    G_ij = exp(-‖x_i - x_j‖² / 2σ²),    K = D^(-1/2) G D^(-1/2),    D_ii = Σ_j G_ij,

    S_t(X) = - Σ_i p_i log2 p_i,    p_i = |λ_i|^t / Σ_j |λ_j|^t,

    I_t(X; Y) = Σ_y p(y) [S_t(as many rows of X, drawn at random) - S_t(X given Y = y)].

A larger t forgets the small eigenvalues, which are noise.

Differs from the paper: σ is taken from the data unless it is given, as the median distance to the fifteenth
neighbour. The authors' default, σ = 10, is made for features of large norm: among vectors of unit length
every step is equally likely at that width, and the entropy is zero whatever the vectors are. For the
information all entropies have the σ of the whole cloud.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array

LARGEST: Final = 4096
"""Rows that can be measured at once: the walk's matrix has N² numbers, and its eigenvalues cost N³."""
_NEIGHBOUR: Final = 15


def bandwidth(x: npt.ArrayLike, *, neighbour: int = _NEIGHBOUR) -> float:
    """Return σ for vectors (N, D): the median distance to that neighbour, or to the last there is.

    Raises ShapeError.
    """
    squared = _squared_distances(_given(x))
    place = min(neighbour, len(squared) - 1)
    return float(np.sqrt(np.median(np.partition(squared, place, axis=1)[:, place])))


def diffusion_spectral_entropy(x: npt.ArrayLike, *, sigma: float | None = None, t: int = 1) -> float:
    """Return the entropy of vectors (N, D) in bits: 0 where all are the same, at most log2 N.

    sigma: the width of a step, from the data by default. t: how many steps. Raises ShapeError; ValueError for
    a sigma or t that is not positive.
    """
    squared = _squared_distances(_given(x))
    return _entropy(squared, bandwidth(x) if sigma is None else sigma, t)


def diffusion_spectral_information(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    sigma: float | None = None,
    t: int = 1,
    draws: int = 5,
    seed: int = 0,
) -> float:
    """Return what labels (N,), 0 .. C-1, tell of vectors (N, D), in bits: about 0 if nothing.

    draws: how many random sets a label's rows are compared with. Raises as the entropy does.
    """
    given = _given(x)
    labels, count = labels_of(y, "y", len(given))
    if (labels < 0).any():
        raise ShapeError("y must label every row, got -1")
    squared = _squared_distances(given)
    width = bandwidth(given) if sigma is None else sigma
    rng = np.random.default_rng(seed)
    total = 0.0
    for label in range(count):
        rows = np.flatnonzero(labels == label)
        some = [rng.choice(len(given), len(rows), replace=False) for _ in range(draws)]
        of_any = np.mean([_entropy(squared[np.ix_(each, each)], width, t) for each in some])
        of_label = _entropy(squared[np.ix_(rows, rows)], width, t)
        total += len(rows) / len(given) * (float(of_any) - of_label)
    return total


def _given(x: npt.ArrayLike) -> Array:
    given = matrix(x, "x", least=2)
    if len(given) > LARGEST:
        raise ShapeError(f"x must have at most {LARGEST} rows, got {given.shape}; give a sample")
    return given


def _squared_distances(x: Array) -> npt.NDArray[np.float64]:
    wide = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    norms = (wide**2).sum(axis=1)
    squared: npt.NDArray[np.float64] = norms[:, None] + norms - 2 * wide @ wide.T
    squared[squared < 1e-12 * norms.max()] = 0.0  # what is left of equal rows by rounding
    return squared


def _entropy(squared: npt.NDArray[np.float64], sigma: float, t: int) -> float:
    if sigma < 0 or t < 1:
        raise ValueError(f"sigma must be positive and t at least 1, got {sigma} and {t}")
    # No width at all (most rows have fifteen equals): one steps to equal rows alone.
    walk = np.exp(-squared / (2 * sigma**2)) if sigma > 0 else (squared == 0).astype(np.float64)
    root = np.sqrt(walk.sum(axis=1))
    eigenvalues = np.abs(np.linalg.eigvalsh(walk / root[:, None] / root)) ** t
    shares = eigenvalues / eigenvalues.sum()
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())
