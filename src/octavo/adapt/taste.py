"""What a reader liked and did not, given to what adapts to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.arrays import matrix
from octavo.exceptions import ShapeError


def judged(x: npt.ArrayLike, liked: npt.ArrayLike) -> tuple[Tensor, Tensor]:
    """Return papers (N, D) and what was said of them (N,), +1 or -1, as tensors; the latter as 1 or 0.

    One is enough, and all may be of one kind. Raises ShapeError.
    """
    papers, said = matrix(x, "x", least=1), np.asarray(liked)
    if said.shape != (len(papers),) or not np.isin(said, (-1, 1)).all():
        raise ShapeError(f"liked must be ({len(papers)},) of +1 and -1, got {said.shape} of {said.dtype}")
    return torch.from_numpy(papers), torch.from_numpy((said > 0).astype(np.float32))


def adapt(
    module: nn.Module,
    x: Tensor,
    wanted: Tensor,
    *,
    steps: int,
    rate: float,
    penalty: Callable[[], Tensor] | None = None,
) -> None:
    """Teach a module (N, D) → (N,) what was wanted (N,) by Adam on all papers at once, by the log-loss.

    Liked ones and others weigh the same, however many there are of each.
    """
    weight = torch.where(wanted > 0, 0.5 / wanted.sum().clamp(min=1), 0.5 / (1 - wanted).sum().clamp(min=1))
    optimiser = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=rate)
    for _ in range(steps):
        loss = functional.binary_cross_entropy_with_logits(module(x), wanted, weight, reduction="sum")
        loss = loss if penalty is None else loss + penalty()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
