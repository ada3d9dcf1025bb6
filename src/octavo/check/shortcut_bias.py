"""Shortcut bias: whether a model goes by what is easy to see where it should go by what is right.

On the Foundations of Shortcut Learning (Hermann, Mobahi, Fel and Mozer, 2023), arXiv:2310.16228. A label y is
told by two latents, the core with the larger predictivity ρ_c and the shortcut with the smaller ρ_s, which
are laid into the inputs along directions e_c, e_s with availabilities α_c, α_s:

    x = α_c z_c e_c + α_s z_s e_s,    P(sign z = y) = ρ.

Where the latents disagree a model h decides by one of them. With the share R(h) of such points in which it
decides as the shortcut says,

    bias = R(h) - R(the decision that is best given the latents).

Differs from the paper: latents are Gaussians of unit variance about ±μ with Φ(μ) = ρ, so the best decision is
known in closed form: y = sign(μ_c z_c + μ_s z_s). The points are a grid in which both latents are as strong
as among the data, and every disagreeing one counts the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids

_GRID: Final = 24
_REACH: Final = 2.5


@dataclass(frozen=True, slots=True)
class TwoLatents:
    """A task of two latents. core, shortcut: their predictivities, 0.5 .. 1. availability: of the shortcut,
    that of the core being 1. dim: D of the inputs, at least 2."""

    core: float = 0.9
    shortcut: float = 0.8
    availability: float = 1.0
    dim: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0.5 < self.shortcut < 1 and 0.5 < self.core < 1):
            raise ValueError(
                f"predictivities must lie between 0.5 and 1, got {self.core} and {self.shortcut}"
            )
        if self.dim < 2 or self.availability <= 0:
            raise ValueError(
                f"dim must be 2 or more and availability positive, got {self.dim}, {self.availability}"
            )

    def sample(self, n: int, *, draw: int = 0) -> tuple[Array, Ids]:
        """Return inputs (n, D) and labels (n,), 0 or 1; another draw brings other rows of the same task."""
        rng = np.random.default_rng([self.seed, draw])
        y = rng.integers(0, 2, n)
        means = np.array([_shift(self.core), _shift(self.shortcut)])
        latents = rng.standard_normal((n, 2)) + (2 * y - 1)[:, None] * means
        return self.inputs(latents), y.astype(np.int64)

    def inputs(self, latents: npt.NDArray[np.float64]) -> Array:
        """Return the inputs (N, D) that have these latents (N, 2), the core's and the shortcut's."""
        rng = np.random.default_rng([self.seed, 99])
        directions = np.linalg.qr(rng.standard_normal((self.dim, 2)))[0].T
        made: Array = (latents * [1.0, self.availability] @ directions).astype(np.float32)
        return made

    def best(self, latents: npt.NDArray[np.float64]) -> Ids:
        """Return the decisions (N,) that are right most often, given latents (N, 2)."""
        evidence = latents @ [_shift(self.core), _shift(self.shortcut)]
        return (evidence > 0).astype(np.int64)


def shortcut_bias(predict: Callable[[Array], npt.ArrayLike], task: TwoLatents) -> float:
    """Return how much more often than is best a model decides as the shortcut says: -1 .. 1, 0 for none.

    predict: inputs (N, D) to labels (N,), 0 or 1. Raises ShapeError for another answer.
    """
    at = np.linspace(-_REACH, _REACH, _GRID)
    latents = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
    latents = latents[latents[:, 0] * latents[:, 1] < 0]
    said = np.asarray(predict(task.inputs(latents)))
    if said.shape != (len(latents),) or not np.isin(said, (0, 1)).all():
        raise ShapeError(f"predict must return ({len(latents)},) labels of 0 and 1, got {said.shape}")
    as_shortcut = (latents[:, 1] > 0).astype(np.int64)
    return float((said == as_shortcut).mean() - (task.best(latents) == as_shortcut).mean())


def _shift(predictivity: float) -> float:
    return NormalDist().inv_cdf(predictivity)
