"""Source selection by L1: whose examples to borrow for a task that has few, and from how few sources.

Improved Active Multi-Task Representation Learning via Lasso (Wang, Chen, Jamieson and Du, 2023),
arXiv:2306.02556. Tasks share a representation B and differ in their heads w_t. When the head of the target is
a combination of those of the sources, its sparsest one says how many examples to ask each of:

    ν = argmin ‖ν‖₁  such that  W ν = w_target,    n_t ∝ |ν_t|,

where earlier work took the least squares, which spread over all sources.

Differs from the paper: the representation is there already (frozen vectors), so one round of estimating does.
The constraint is softened to a penalty, since estimated heads are never met exactly.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids


def relevance(
    sources: npt.ArrayLike, target: npt.ArrayLike, *, norm: Literal["l1", "l2"] = "l1", penalty: float = 0.01
) -> Array:
    """Return ν (S,): how much of each source's head (S, D) there is in the target's (D,).

    penalty: what a ν away from 0 costs, on the scale of heads of unit length. Raises ShapeError.
    """
    from sklearn.linear_model import Lasso, Ridge  # of the learn extra, and slow to load

    heads, wanted = np.asarray(sources, np.float64), np.asarray(target, np.float64)
    if heads.ndim != 2 or not len(heads) or wanted.shape != heads.shape[1:]:
        raise ShapeError(
            f"sources must be of shape (S, D) and target (D,), got {heads.shape} and {wanted.shape}"
        )
    if not (np.isfinite(heads).all() and np.isfinite(wanted).all()):
        raise ShapeError("sources and target must be finite, got NaN or an infinity")
    if penalty <= 0:
        raise ValueError(f"penalty must be above 0, got {penalty}")
    heads = heads / np.maximum(np.linalg.norm(heads, axis=1, keepdims=True), 1e-12)
    wanted = wanted / max(float(np.linalg.norm(wanted)), 1e-12)
    if norm == "l1":
        # scikit-learn halves the mean square, over D numbers.
        model = Lasso(alpha=penalty / len(wanted), fit_intercept=False, max_iter=20_000)
    else:
        model = Ridge(alpha=penalty, fit_intercept=False)
    found: Array = model.fit(heads.T, wanted).coef_.astype(np.float32)
    return found


def shares(relevances: npt.ArrayLike, budget: int) -> Ids:
    """Return (S,), how many of `budget` examples to ask of each source: by |ν|, whole, and adding up.

    Evenly where every ν is 0.
    """
    weight = np.abs(np.asarray(relevances, np.float64))
    if weight.ndim != 1 or not len(weight) or budget < 0:
        raise ValueError(
            f"want relevances of shape (S,) and a budget of at least 0, got {weight.shape}, {budget}"
        )
    if not weight.sum():
        weight = np.ones_like(weight)
    exact = weight / weight.sum() * budget
    whole: Ids = np.floor(exact).astype(np.int64)
    # What rounding left over goes to the largest remainders.
    rest = np.argsort(-(exact - whole), kind="stable")[: budget - int(whole.sum())]
    whole[rest] += 1
    return whole
