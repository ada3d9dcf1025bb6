"""Flat regions for several tasks: steps that lead where every task's loss stays low all around.

Improving Multi-task Learning via Seeking Task-based Flat Regions
(Phan, Tran, Tran, Ho, Phung and Le, 2022), arXiv:2211.13723. Each task i climbs a little way up its own loss
and looks at the gradient there; what it adds to the gradient here points away from sharp places. Both are
aggregated over the tasks on their own:

    g_i = ∇L_i(θ),    h_i = ∇L_i(θ + ρ g_i/‖g_i‖) - g_i,    step along Agg(g_1 .. g_m) + Agg(h_1 .. h_m).

Agg is PCGrad here: of two gradients that disagree, each loses its part along the other.

Differs from the paper: of its aggregators there is PCGrad and the plain mean; the climb is not scaled by the
size of the weights. Heads of one task only climb with theirs and step along the gradient found there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from octavo.exceptions import ShapeError

Loss = Callable[[], Tensor]


def flat_gradients(
    shared: Sequence[nn.Parameter], losses: Iterable[Loss], rho: float
) -> tuple[Tensor, Tensor]:
    """Return g and h, each (M, P), of M tasks over the P shared numbers.

    The weights are as before afterwards. losses: one a task, each computing its loss anew. rho: ρ.
    """
    flat, sharp = [], []
    for loss in losses:
        here = _gradient(loss(), shared)
        with torch.no_grad():
            climb = rho * here / here.norm().clamp(min=1e-12)
            _move(shared, climb)
        there = _gradient(loss(), shared)
        with torch.no_grad():
            _move(shared, -climb)
        flat.append(here)
        sharp.append(there - here)
    return torch.stack(flat), torch.stack(sharp)


def pcgrad(gradients: Tensor, *, seed: int = 0) -> Tensor:
    """Return (P,), the mean of (M, P) gradients after each lost its part against any other.

    The order in which the others are met is drawn by `seed`.
    """
    if gradients.ndim != 2:
        raise ShapeError(f"gradients must be of shape (M, P), got {tuple(gradients.shape)}")
    chance = torch.Generator().manual_seed(seed)
    mended = gradients.clone()
    for i in range(len(gradients)):
        for j in torch.randperm(len(gradients), generator=chance).tolist():
            against = torch.dot(mended[i], gradients[j])
            if i != j and against < 0:
                mended[i] -= against / gradients[j].square().sum().clamp(min=1e-12) * gradients[j]
    return mended.mean(dim=0)


def flat_step(shared: Sequence[nn.Parameter], losses: Sequence[Loss], rho: float, *, seed: int = 0) -> None:
    """Put into `shared`'s gradients what leads to a flat region of all tasks; an optimiser then steps."""
    flat, sharp = flat_gradients(shared, losses, rho)
    whole = pcgrad(flat, seed=seed)
    if rho:
        whole = whole + pcgrad(sharp, seed=seed)
    low = 0
    for parameter in shared:
        parameter.grad = whole[low : low + parameter.numel()].view_as(parameter).clone()
        low += parameter.numel()


def _gradient(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
    found = torch.autograd.grad(loss, list(parameters))
    return torch.cat([each.reshape(-1) for each in found])


def _move(parameters: Sequence[nn.Parameter], by: Tensor) -> None:
    low = 0
    for parameter in parameters:
        parameter.add_(by[low : low + parameter.numel()].view_as(parameter))
        low += parameter.numel()
