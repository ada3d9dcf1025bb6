"""OptFS: every value of every field has a gate, and those that close are left out.

Optimizing Feature Set for Click-Through Rate Prediction
(Lyu, Tang, Liu, Chen, He and Liu, 2023), arXiv:2301.10909. The embedding of value i is scaled by a gate that
is learned along with the model and becomes harder from epoch to epoch,

    e'_i = e_i · σ(τ m_i) / σ(m⁰),    L = BCE + λ Σ_i σ(τ m_i),    τ: 1 → T in equal ratios,

and in the end is open, m_i > 0, or shut. Then all else goes back to what it was after the first epoch and is
learned once more with the gates as they are. A pair of values counts only where both gates are open.

Differs from the paper: the penalty is on the mean of the gates, so that λ does not depend on how many there
are. Gates decay with the other weights, and their rate falls with that of the others. The second learning has
as many epochs as the first, without stopping early.
"""

from __future__ import annotations

from functools import partial
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.exceptions import NotFittedError, ShapeError
from octavo.rank.clicks import Embeddings, lessons, lines_of

_FIRST: Final = 0.5  # m⁰
Model = TypeVar("Model", bound=nn.Module)


class GatedEmbeddings(nn.Module):
    """Embeddings with a gate for each value: (N, F) → (N, F, D). table: those without gates.

    temperature: τ. hard: whether gates are open or shut, and nothing between.
    """

    def __init__(self, table: Embeddings) -> None:
        super().__init__()
        self.width, self.dim, self.table = table.width, table.dim, table
        self.gates = nn.Parameter(torch.full((len(table.weight),), _FIRST))
        self.temperature, self.hard = 1.0, False

    def openness(self) -> Tensor:
        """Return (V,), from 0 to 1, how far the gate of each value is open."""
        if self.hard:
            return (self.gates > 0).float()
        return torch.sigmoid(self.temperature * self.gates)

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N, F, D)."""
        rows, _ = self.table.rows(lines)
        scale = self.openness()[rows]
        # At the beginning embeddings are as they would be without gates.
        scale = scale if self.hard else scale / torch.sigmoid(torch.tensor(_FIRST))
        scaled: Tensor = self.table(lines) * scale[..., None]
        return scaled

    def kept(self) -> list[npt.NDArray[np.bool_]]:
        """Return for each field which of its values are kept. Raises NotFittedError before gates are hard."""
        if not self.hard:
            raise NotFittedError("gates are still soft; call select first")
        open_gates = (self.gates.detach() > 0).numpy()
        return np.split(open_gates, np.cumsum(self.table.sizes.numpy())[:-1])


def select(
    model: Model,
    table: GatedEmbeddings,
    lines: npt.ArrayLike,
    opened: npt.ArrayLike,
    *,
    strength: float = 0.1,
    hardest: float = 200.0,
    epochs: int = 5,
    size: int = 256,
    rate: float = 0.01,
    decay: float = 0.0,
    seed: int = 0,
) -> Model:
    """Find which values of lines (N, F) a click model on a gated table needs, teach it with these, return it.

    strength: λ. hardest: T. Raises ShapeError.
    """
    if strength < 0 or hardest < 1 or epochs < 1:
        raise ValueError(
            f"want strength ≥ 0, hardest ≥ 1 and epochs ≥ 1, got {strength}, {hardest} and {epochs}"
        )
    given = lines_of(lines, width=table.width, least=2)
    table.hard, table.temperature = False, 1.0
    nn.init.constant_(table.gates, _FIRST)
    whole = max(1, len(given) // min(size, len(given)))
    ratio = hardest ** (1 / max(epochs - 1, 1))
    early: dict[str, Tensor] = {}

    def penalty(_: Tensor) -> Tensor:
        return strength * table.openness().mean()

    taught = partial(
        lessons, model, given, opened, epochs=epochs, size=size, rate=rate, decay=decay, seed=seed
    )
    for step in taught(penalty=penalty):
        if (step.number + 1) % whole == 0:
            table.temperature *= ratio
            early = early or {name: value.clone() for name, value in model.state_dict().items()}
    gates = table.gates.detach().clone()
    if not (gates > 0).any():
        raise ShapeError("every gate is shut; choose a smaller strength")
    model.load_state_dict(early)
    with torch.no_grad():
        table.gates.copy_(gates)
    table.hard = True
    table.gates.requires_grad_(False)
    for _ in taught():
        pass
    table.gates.requires_grad_(True)
    return model
