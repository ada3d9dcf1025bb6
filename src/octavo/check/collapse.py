"""Neural collapse: whether classes have shrunk to points, and whether these stand as far apart as can be.

Neural Collapse in Deep Linear Networks: From Balanced to Imbalanced Data (Dang, Tran, Osher, Tran-The, Ho
and Nguyen, 2023), arXiv:2301.00437, proves for deep linear networks what Prevalence of Neural Collapse
during the terminal phase of deep learning training (Papyan, Han and Donoho, 2020),
doi:10.1073/pnas.2015509117, saw happen when training goes on after the last error. It also says what
becomes of it when classes are of unequal size: without bias and with squared error class means become
orthogonal, and the smaller a class, the shorter its classifier, until it vanishes, and the longer its mean.
With M the means of C classes, less the mean of all (for the orthogonal frame, as they are), Σ_W the
covariance about the class means, Σ_B that of the means, W the classifier:

    NC1 = tr(Σ_W Σ_B⁺) / C
    NC2 = | M Mᵀ / |M Mᵀ| - (1 - 11ᵀ/C) / √(C - 1) |     simplex; orthogonal: 1 / √C
    NC3 = | W / |W| - M / |M| |
    NC4 = the share of rows where argmax of W h + b is not the class of the nearest mean

all 0 at the end. Norms are Frobenius'.

Differs from the paper: networks that are not linear are looked at as well, and the numbers are Papyan's, the
second without his centring where the frame is orthogonal.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids

_CUT: Final = 1e-6

Frame = Literal["simplex", "orthogonal"]
_Floats = npt.NDArray[np.float64]


def within(x: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return NC1 of (N, D) with labels (N,), 0 .. C-1 or -1 for none. Raises ShapeError."""
    h, y, means = _classes(x, labels)
    about = h - means[y]
    apart = means - h.mean(axis=0)
    spread, between = about.T @ about / len(h), apart.T @ apart / len(means)
    return float(np.trace(spread @ np.linalg.pinv(between, rcond=_CUT)) / len(means))


def frame(x: npt.ArrayLike, labels: npt.ArrayLike, *, kind: Frame = "simplex") -> float:
    """Return NC2: how far the class means are from a simplex or orthogonal frame. Raises ShapeError."""
    h, _, means = _classes(x, labels)
    classes = len(means)
    if kind == "simplex":
        means = means - h.mean(axis=0)
        wanted = (np.eye(classes) - 1 / classes) / np.sqrt(classes - 1)
    else:
        wanted = np.eye(classes) / np.sqrt(classes)
    gram = means @ means.T
    return float(np.linalg.norm(gram / np.linalg.norm(gram) - wanted))


def duality(
    x: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike, *, kind: Frame = "simplex"
) -> float:
    """Return NC3: how far the classifier's weights (C, D) are from the class means. Raises ShapeError."""
    h, _, means = _classes(x, labels)
    w = matrix(weights, "weights", rows=len(means), dim=h.shape[1]).astype(np.float64)
    if kind == "simplex":
        means = means - h.mean(axis=0)
    return float(np.linalg.norm(w / np.linalg.norm(w) - means / np.linalg.norm(means)))


def disagreement(x: npt.ArrayLike, labels: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Return NC4: where the best of scores (N, C) is not the nearest mean's class. Raises ShapeError."""
    h, _, means = _classes(x, labels)
    given = matrix(scores, "scores", rows=len(np.asarray(x)), dim=len(means))
    given = given[np.asarray(labels) >= 0]
    distances = (means**2).sum(axis=1) - 2 * h @ means.T
    return float((given.argmax(axis=1) != distances.argmin(axis=1)).mean())


def lengths(x: npt.ArrayLike, labels: npt.ArrayLike) -> Array:
    """Return (C,), the length of every class mean; of classes of equal size they come to be the same.

    Raises ShapeError.
    """
    _, _, means = _classes(x, labels)
    found: Array = np.linalg.norm(means, axis=1).astype(np.float32)
    return found


def _classes(x: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[_Floats, Ids, _Floats]:
    given = matrix(x, "x", least=2)
    y, classes = labels_of(labels, "labels", len(given))
    if classes < 2:
        raise ShapeError(f"labels must be of at least 2 classes, got {classes}")
    if not (given != given[0]).any():
        raise ShapeError(f"x must hold vectors that differ, got {given.shape}, all rows equal")
    h, y = given[y >= 0].astype(np.float64), y[y >= 0]
    means = np.stack([h[y == c].mean(axis=0) for c in range(classes)])
    return h, y, means
