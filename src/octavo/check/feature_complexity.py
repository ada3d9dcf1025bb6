"""Feature complexity: how much computing a feature needs, from how early it can be read off linearly.

Understanding Visual Feature Reliance through the Lens of Complexity (Fel, Bethune, Lampinen, Serre and
Hermann, 2024), arXiv:2407.06076. Of a feature z and the layers f_1 .. f_n that lead to it,

    K(z) = 1 - (1/n) Σ_l I_V(f_l → z) / H_V(z),

where the V-information is what decoders of the family V can say: for linear ones with Gaussian noise, each
term is the R² of a ridge regression from the layer, 0 where it is below. A feature that is in the input has K
= 0, one that only the last layer makes has K near 1.

Differs from the paper: R² is of rows that the regression has not seen, by two halves each predicted from the
other, where the paper fits and scores on the same; on as few rows as we have, the latter calls every feature
simple.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array


def feature_complexity(
    layers: Sequence[npt.ArrayLike], features: npt.ArrayLike, *, ridge: float = 1.0
) -> Array:
    """Return the complexity (M,) of M features, 0 .. 1, from the layers that lead to them.

    layers: (N, D_l) each, from the input on. features: (N, M). ridge: the penalty, of columns scaled to unit
    variance. Raises ShapeError, also for a feature that does not vary.
    """
    z = matrix(features, "features", least=4).astype(np.float64)
    if not len(layers):
        raise ShapeError("layers must be at least one, got none")
    if (still := np.flatnonzero(z.std(axis=0) == 0)).size:
        raise ShapeError(f"features must vary, got the same number everywhere in column {still[0]}")
    given = [matrix(layer, f"layers[{place}]", rows=len(z)) for place, layer in enumerate(layers)]
    readable = np.mean([readability(layer, z, ridge=ridge) for layer in given], axis=0)
    complexity: Array = (1 - readable).astype(np.float32)
    return complexity


def readability(
    layer: Array, features: npt.NDArray[np.float64], *, ridge: float = 1.0
) -> npt.NDArray[np.float64]:
    """Return R² (M,), at least 0, of a ridge regression from a layer (N, D) to each of M features (N, M)."""
    left = np.zeros(features.shape[1])
    total = np.zeros(features.shape[1])
    halves = np.arange(len(layer)) % 2 == 0
    for learn in (halves, ~halves):
        x, z = layer[learn].astype(np.float64), features[learn]
        middle, scale = x.mean(axis=0), x.std(axis=0)
        scale[scale == 0] = 1
        x = (x - middle) / scale
        weights = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ (z - z.mean(axis=0)))
        made = (layer[~learn] - middle) / scale @ weights + z.mean(axis=0)
        left += ((features[~learn] - made) ** 2).sum(axis=0)
        total += ((features[~learn] - features[~learn].mean(axis=0)) ** 2).sum(axis=0)
    readable: npt.NDArray[np.float64] = np.clip(1 - left / np.maximum(total, 1e-300), 0, 1)
    return readable
