"""Nested ordering: numbers of a vector in an order such that any first few of them find alike.

Learning Ordered Representations with Nested Dropout (Rippel, Gelbart and Adams, 2014), arXiv:1402.0915. In
every step all numbers behind a random one are dropped, so that a number can only count on those before it,

    z = A x,    z ← z ⊙ 1[1 .. k],    p(k) ∝ exp(-(k/σ)²),  k = 1 .. D,

with σ and the draw as in Compressing Features for Learning with Noisy Labels. For a linear map whose loss is
the squared error of x, they prove that the answer is the principal components, one by one. Search does not
need x back but who is near whom, so the loss here is

    L = KL( softmax(⟨x_i, x_j⟩ / τ)  ‖  softmax(⟨z_i, z_j⟩ / τ) ),    z_i of unit length, j ≠ i of a batch.

Compressing Features for Learning with Noisy Labels (Chen, Hu, Shen, Ai and Suykens, 2022), arXiv:2206.13140,
orders features against wrong labels, which is `octavo.denoise.nested_dropout`.

Differs from the paper: a linear map instead of an autoencoder, begun as the principal components; neighbours
are kept instead of the vectors themselves; k is drawn once for a batch, and no part of A is ever frozen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.arrays import matrix, unit
from octavo.exceptions import NotFittedError, SavedFileError
from octavo.protocols import Array, Ids
from octavo.saving import Saved, load, save
from octavo.tensors import tensor
from octavo.training import batches, train

_KIND: Final = "octavo.shrink.nested_ordering"
_VERSION: Final = 1


class NestedOrdering:
    """A transform learned from vectors alone, after which every prefix can be searched with.

    sigma: σ, how many numbers are kept as a rule. least: how many are kept always. temperature: τ.
    steps, size (of a batch), rate: of the training, in which chance is `seed`'s. The defaults were chosen
    among five by how titles of arXiv find their abstracts, the same that the evidence judges by.
    """

    def __init__(
        self,
        sigma: float = 64.0,
        *,
        least: int = 1,
        temperature: float = 0.05,
        steps: int = 600,
        size: int = 256,
        rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        for name, value in (("sigma", sigma), ("temperature", temperature), ("rate", rate)):
            if not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")
        if steps < 1 or size < 3 or least < 1:
            raise ValueError(
                "want at least one step, three vectors in a batch and one number kept, "
                f"got {steps}, {size} and {least}"
            )
        self.sigma, self.least, self.temperature, self.steps = sigma, least, temperature, steps
        self.size, self.rate, self.seed = size, rate, seed
        self.map_: Array | None = None

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike | None = None) -> Self:
        """Learn from (N, D); y is not looked at. Raises ShapeError."""
        given = tensor(x, "x")
        whole = functional.normalize(given, dim=1)
        mapped = nn.Linear(given.shape[1], given.shape[1], bias=False)
        with torch.no_grad():
            _, directions = torch.linalg.eigh(whole.T.double() @ whole.double())
            mapped.weight.copy_(directions.flip(1).T)
        kept = torch.exp(-((torch.arange(1, given.shape[1] + 1) / self.sigma) ** 2)).clamp_min(1e-30)
        chance = torch.Generator().manual_seed(self.seed)

        def loss(rows: Ids) -> Tensor:
            k = max(int(torch.multinomial(kept, 1, generator=chance)) + 1, self.least)
            own = whole[rows]
            # Only the part of the map that is kept is multiplied: short prefixes cost little.
            short = functional.normalize(own @ mapped.weight[:k].T, dim=1)
            return neighbours_lost(own, short, self.temperature)

        if len(given) > 2:  # of two, each has but one neighbour, and nothing can be lost
            chosen = batches(len(given), self.size, steps=self.steps, seed=self.seed)
            for _ in train(mapped, loss, chosen, rate=self.rate):
                pass
        self.map_ = mapped.weight.detach().numpy().T.copy()
        return self

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return (N, D), of unit length. Raises NotFittedError, ShapeError."""
        learned = self._learned()
        return unit(matrix(x, "x", dim=len(learned)) @ learned)

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        facts = {
            "sigma": self.sigma,
            "least": self.least,
            "temperature": self.temperature,
            "steps": self.steps,
            "size": self.size,
            "rate": self.rate,
            "seed": self.seed,
        }
        save(folder, _KIND, _VERSION, Saved(facts, {"map": self._learned()}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        try:
            ordering = cls(**saved.facts)
        except (TypeError, ValueError) as error:
            raise SavedFileError(f"{str(folder)!r} holds no nested ordering: {error}") from error
        ordering.map_ = saved.arrays["map"]
        return ordering

    def _learned(self) -> Array:
        if self.map_ is None:
            raise NotFittedError("NestedOrdering must be fitted before it transforms; call fit(x)")
        return self.map_


def neighbours_lost(whole: Tensor, short: Tensor, temperature: float) -> Tensor:
    """Return how much is lost of who is near whom, when (N, D) become (N, k), both of unit length; N ≥ 2."""
    itself = torch.eye(len(whole), dtype=torch.bool)
    near, kept = (
        functional.log_softmax((x @ x.T / temperature).masked_fill(itself, -1e4), dim=1)
        for x in (whole, short)
    )
    return functional.kl_div(kept, near, reduction="batchmean", log_target=True)
