"""Sparse codes: of each vector the few latents that make it up, and how well they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from octavo.protocols import Array, Ids


@dataclass(frozen=True, slots=True)
class Codes:
    """Of N vectors: places (N, K), which latents, in the order in which they count; amounts (N, K), how much.

    An amount of 0 is a latent that was not needed.
    """

    places: Ids
    amounts: Array

    def dense(self, latents: int) -> Array:
        """Return (N, latents), zeros where a latent is not used; a latent that came twice counts twice."""
        spread = np.zeros((len(self.places), latents), np.float32)
        np.add.at(spread, (np.arange(len(self.places))[:, None], self.places), self.amounts)
        return spread


def explained(x: Array, made: Array) -> float:
    """Return R²: the share of the variance of vectors (N, D) that their reconstructions have.

    1 for perfect ones, 0 for the mean vector in the place of each.
    """
    wide = x.astype(np.float64)
    left = float(((wide - made) ** 2).sum())
    return 1 - left / float(((wide - wide.mean(axis=0)) ** 2).sum())


class Adam:
    """The steps of Adam (Kingma and Ba, 2015) for arrays that are changed in place."""

    def __init__(self, arrays: dict[str, npt.NDArray[np.float32]], rate: float) -> None:
        self.arrays, self.rate, self.steps = arrays, rate, 0
        self._mean = {name: np.zeros_like(array) for name, array in arrays.items()}
        self._square = {name: np.zeros_like(array) for name, array in arrays.items()}

    def step(self, gradients: dict[str, npt.NDArray[np.float32]]) -> None:
        """Go one step against the gradients."""
        self.steps += 1
        for name, gradient in gradients.items():
            mean, square = self._mean[name], self._square[name]
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            away = mean / (1 - 0.9**self.steps)
            self.arrays[name] -= self.rate * away / (np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8)
