"""Top-k sparse autoencoder: every vector as a sum of a few directions out of many, found in one step.

Scaling and evaluating sparse autoencoders (Gao, la Tour, Tillman, Goh, Troll, Radford, Sutskever, Leike and
Wu, 2024), arXiv:2406.04093. Of a vector x, as many latents as are asked for stay, those with the largest
activations:

    z = TopK(W_enc (x - b)),    x̂ = b + Σ_j z_j d_j,    loss = ‖x - x̂‖²,    ‖d_j‖ = 1.

Differs from the paper: NumPy throughout, with the gradient written out, so that a house without torch can
explain itself. A latent that has been silent for an epoch is given the direction of a vector that was
reconstructed badly, in the place of the auxiliary loss. There is no bias in the encoder; activations below
zero are set to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from octavo.arrays import unit
from octavo.explain.codes import Adam, Codes
from octavo.explain.dictionary import LearnedDictionary, first_directions
from octavo.protocols import Array

_BATCH: Final = 256


class TopKAutoencoder(LearnedDictionary):
    """A dictionary, and an encoder whose k strongest activations are the codes, the strongest first.

    encoder_: (M, D).
    """

    _kind = "top-k sparse autoencoder"
    _kept: ClassVar[Mapping[str, str]] = {**LearnedDictionary._kept, "encoder": "encoder_"}

    encoder_: Array

    def __init__(
        self, latents: int = 256, k: int = 8, *, epochs: int = 30, rate: float = 3e-3, seed: int = 0
    ) -> None:
        if not 1 <= k <= latents:
            raise ValueError(f"k must be 1 .. latents, got k={k} and latents={latents}")
        super().__init__(latents, k, epochs=epochs, rate=rate, seed=seed)

    def _learn(self, centred: Array, rng: np.random.Generator) -> Array:
        dictionary = first_directions(centred, self.latents, rng)
        arrays = {"encoder": dictionary.copy(), "dictionary": dictionary}
        adam = Adam(arrays, self.rate)
        for _ in range(self.epochs):
            used = np.zeros(self.latents, bool)
            for rows in np.array_split(rng.permutation(len(centred)), max(1, len(centred) // _BATCH)):
                batch = centred[rows]
                codes = _highest(batch @ arrays["encoder"].T, self.k)
                used[codes.places[codes.amounts > 0]] = True
                adam.step(self._gradients(arrays["dictionary"], batch, codes))
                arrays["dictionary"] /= np.linalg.norm(arrays["dictionary"], axis=1, keepdims=True)
            self._revive(arrays, centred, used, rng)
        self.encoder_ = arrays["encoder"]
        return arrays["dictionary"]

    def _codes(self, centred: Array, dictionary: Array, k: int) -> Codes:
        return _highest(centred @ self.encoder_.T, k)

    def _gradients(self, dictionary: Array, batch: Array, codes: Codes) -> dict[str, Array]:
        """Return the gradients of the mean squared error; only latents that are there have one."""
        z = codes.dense(self.latents)
        error = (z @ dictionary - batch) * (2 / len(batch))
        through = (error @ dictionary.T) * (z > 0)
        return {"dictionary": z.T @ error, "encoder": through.T @ batch}

    def _revive(
        self, arrays: dict[str, Array], centred: Array, used: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        silent = np.flatnonzero(~used)
        if not len(silent):
            return
        some = centred[rng.permutation(len(centred))[: 4 * _BATCH]]
        codes = _highest(some @ arrays["encoder"].T, self.k)
        error = some - codes.dense(self.latents) @ arrays["dictionary"]
        worst = np.argsort(-(error**2).sum(axis=1), kind="stable")[: len(silent)]
        fresh = unit(error[worst])
        arrays["dictionary"][silent[: len(fresh)]] = fresh
        arrays["encoder"][silent[: len(fresh)]] = fresh


def _highest(activations: Array, k: int) -> Codes:
    k = min(k, activations.shape[1])
    some = np.argpartition(-activations, k - 1, axis=1)[:, :k]
    amounts = np.take_along_axis(activations, some, axis=1)
    order = np.argsort(-amounts, axis=1, kind="stable")
    places = np.take_along_axis(some, order, axis=1).astype(np.int64)
    return Codes(places, np.maximum(np.take_along_axis(amounts, order, axis=1), 0))
