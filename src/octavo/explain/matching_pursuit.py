"""Matching-pursuit sparse autoencoder: one direction after another, each explaining what the last ones left.

From Flat to Hierarchical: Extracting Sparse Representations with Matching Pursuit (Costa, Fel, Lubana,
Tolooshams and Ba, 2025), arXiv:2506.03093. The residual r begins as the vector, and each step takes away its
part along the direction nearest to it:

    j = argmax_j ⟨d_j, r⟩,    a = max(⟨d_j, r⟩, 0),    r ← r - a d_j,    x̂ = b + Σ a d_j,    ‖d_j‖ = 1.

The residual never grows, so one dictionary serves for any number of steps; what comes later is right-angled
to what came before, so a general direction is followed by a finer one within it. The order of the steps is
the reason to show.

Differs from the paper: NumPy throughout. The dictionary follows the gradient of ‖r‖² with the choices and the
amounts held; it does not go through the unrolled steps. Directions that no vector has chosen for an epoch are
replaced by residuals that are large.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from octavo.arrays import unit
from octavo.explain.codes import Adam, Codes
from octavo.explain.dictionary import LearnedDictionary, first_directions
from octavo.protocols import Array

_BATCH: Final = 256


def pursue(x: Array, dictionary: Array, steps: int) -> tuple[Codes, Array]:
    """Return the codes (N, steps) of vectors (N, D) in the order chosen, and the residuals (N, D).

    dictionary: (M, D), rows of unit length.
    """
    rows = np.arange(len(x))
    residual = x.astype(np.float32, copy=True)
    likeness, between = residual @ dictionary.T, dictionary @ dictionary.T
    places = np.zeros((len(x), steps), np.int64)
    amounts = np.zeros((len(x), steps), np.float32)
    for step in range(steps):
        best = likeness.argmax(axis=1)
        amount = np.maximum(likeness[rows, best], 0)
        places[:, step], amounts[:, step] = best, amount
        residual -= amount[:, None] * dictionary[best]
        likeness -= amount[:, None] * between[best]
    return Codes(places, amounts), residual


class MatchingPursuit(LearnedDictionary):
    """A dictionary for k steps of pursuit; codes are in the order in which they were chosen."""

    _kind = "matching-pursuit sparse autoencoder"

    def _learn(self, centred: Array, rng: np.random.Generator) -> Array:
        dictionary = first_directions(centred, self.latents, rng)
        adam = Adam({"dictionary": dictionary}, self.rate)
        for _ in range(self.epochs):
            used = np.zeros(self.latents, bool)
            residual = centred
            for rows in np.array_split(rng.permutation(len(centred)), max(1, len(centred) // _BATCH)):
                codes, residual = pursue(centred[rows], dictionary, self.k)
                used[codes.places[codes.amounts > 0]] = True
                z = codes.dense(self.latents)
                adam.step({"dictionary": (-2 / len(rows)) * (z.T @ residual)})
                dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
            silent = np.flatnonzero(~used)
            large = np.argsort(-(residual**2).sum(axis=1), kind="stable")[: len(silent)]
            if len(silent) and residual[large].any():
                dictionary[silent[: len(large)]] = unit(residual[large])
        return dictionary

    def _codes(self, centred: Array, dictionary: Array, k: int) -> Codes:
        return pursue(centred, dictionary, k)[0]
