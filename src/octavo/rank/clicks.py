"""Clicks in a table: every line is told in F fields, and was opened or not.

What the models of clicks share. A line is (F,) numbers, the values of its fields from 0: which reader, which
paper, which topic. A model is a table of embeddings, of any kind, with a network on top:

>>> import numpy as np
>>> from octavo.rank.autoint import AutoInt
>>> lines = np.random.default_rng(0).integers(0, 4, (200, 3))
>>> model = learn(AutoInt(Embeddings([4, 4, 4], 8)), lines, lines[:, 0] == lines[:, 1], epochs=30, rate=0.02)
>>> odds(model, np.array([[1, 1, 0], [1, 2, 0]])).round() > 0
array([ True, False])

A value that was never there, or -1 for none, counts as nothing: its embedding is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids
from octavo.training import Step, batches, train

_BLOCK: Final = 4096
_EQUAL: Final = 1e-12


class Table(Protocol):
    """Embeddings of lines: of `width` fields, (N, F) → (N, F, D), D being `dim`."""

    width: int
    dim: int

    def __call__(self, lines: Tensor) -> Tensor:
        """Return (N, F, D)."""


class ClickModel(Protocol):
    """A network that takes lines of `width` fields: (N, F) → (N,), log-odds of being opened."""

    width: int

    def __call__(self, lines: Tensor) -> Tensor:
        """Return (N,)."""


Model = TypeVar("Model", bound=nn.Module)


class Embeddings(nn.Module):
    """A vector for every value of every field: (N, F) → (N, F, D).

    sizes: how many values each of the F fields has. dim: D. spread: of the numbers it begins with.
    """

    def __init__(self, sizes: Sequence[int], dim: int, *, spread: float = 0.1, seed: int = 0) -> None:
        super().__init__()
        if not len(sizes) or min(sizes) < 1 or dim < 1:
            raise ValueError(f"want fields of at least one value, and dim ≥ 1, got {list(sizes)} and {dim}")
        self.width, self.dim = len(sizes), dim
        self.register_buffer("sizes", torch.tensor(list(sizes)))
        self.register_buffer("starts", torch.tensor([0, *np.cumsum(sizes)[:-1].tolist()]))
        chance = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(spread * torch.randn(int(sum(sizes)), dim, generator=chance))

    sizes: Tensor
    starts: Tensor

    def rows(self, lines: Tensor) -> tuple[Tensor, Tensor]:
        """Return which row of the table each value has (N, F), and whether it has one."""
        known = (lines >= 0) & (lines < self.sizes)
        return torch.where(known, lines, 0) + self.starts, known

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N, F, D)."""
        rows, known = self.rows(lines)
        return functional.embedding(rows, self.weight) * known[..., None]


def lines_of(lines: npt.ArrayLike, name: str = "lines", *, width: int | None = None, least: int = 0) -> Ids:
    """Return lines as int64 if they are (N, F) integers from -1; ShapeError otherwise.

    width: the F wanted. least: the fewest that will do.
    """
    given = np.asarray(lines)
    if given.ndim != 2 or not given.shape[1] or (width and given.shape[1] != width):
        raise ShapeError(f"{name} must have the shape (N, {width or 'F'}), got {given.shape}")
    if not np.issubdtype(given.dtype, np.integer):
        raise ShapeError(f"{name} must hold integers, got {given.dtype}")
    if len(given) < least:
        raise ShapeError(f"{name} must have at least {least} rows, got {given.shape}")
    if given.size and given.min() < -1:
        raise ShapeError(f"{name} must be -1 or a value from 0, got {given.min()}")
    return given.astype(np.int64)


def opened_of(opened: npt.ArrayLike, rows: int) -> Array:
    """Return what was opened as float32 if it is (rows,) of both 0 and 1, or true and false.

    Raises ShapeError.
    """
    given = np.asarray(opened)
    if given.shape != (rows,):
        raise ShapeError(f"opened must have the shape ({rows},), got {given.shape}")
    values = set(np.unique(given).tolist()) if given.dtype.kind in "biuf" else set()
    if values != {0, 1}:
        raise ShapeError(
            f"opened must hold both 0 and 1 and nothing else, got {sorted(values)[:4] or given.dtype}"
        )
    return given.astype(np.float32)


def learn(
    model: Model,
    lines: npt.ArrayLike,
    opened: npt.ArrayLike,
    *,
    epochs: int = 3,
    size: int = 256,
    rate: float = 3e-3,
    decay: float = 0.0,
    blanked: float = 0.0,
    penalty: Callable[[Tensor], Tensor] | None = None,
    seed: int = 0,
) -> Model:
    """Teach a click model lines (N, F) that were opened (N,) or not, by the log-loss, and return it.

    size: of a batch. rate, decay: as in `octavo.training`. blanked: the share of values that are taken away
    in every step, so that the model can do without any. penalty: of the lines of a batch, added to their
    loss. Raises ShapeError.
    """
    steps = lessons(
        model,
        lines,
        opened,
        epochs=epochs,
        size=size,
        rate=rate,
        decay=decay,
        blanked=blanked,
        penalty=penalty,
        seed=seed,
    )
    for _ in steps:
        pass
    return model


def lessons(
    model: nn.Module,
    lines: npt.ArrayLike,
    opened: npt.ArrayLike,
    *,
    epochs: int = 3,
    size: int = 256,
    rate: float = 3e-3,
    decay: float = 0.0,
    blanked: float = 0.0,
    penalty: Callable[[Tensor], Tensor] | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """Do as `learn` does, and yield after every step. Raises ShapeError."""
    given = torch.from_numpy(lines_of(lines, width=_width(model), least=2))
    wanted = torch.from_numpy(opened_of(opened, len(given)))

    chance = torch.Generator().manual_seed(seed)

    def loss(rows: Ids) -> Tensor:
        batch = given[rows]
        if blanked:
            batch = torch.where(torch.rand(batch.shape, generator=chance) < blanked, -1, batch)
        value = functional.binary_cross_entropy_with_logits(model(batch), wanted[rows])
        return value if penalty is None else value + penalty(batch)

    steps = max(1, epochs * (len(given) // min(size, len(given))))
    chosen = batches(len(given), size, steps=steps, seed=seed)
    yield from train(model, loss, chosen, rate=rate, decay=decay)


@torch.no_grad()
def odds(model: nn.Module, lines: npt.ArrayLike) -> Array:
    """Return the log-odds (N,) that lines (N, F) are opened. Raises ShapeError."""
    given = torch.from_numpy(lines_of(lines, width=_width(model)))
    if not len(given):
        return np.empty(0, np.float32)
    model.eval()
    said: Array = (
        torch.cat([model(given[low : low + _BLOCK]) for low in range(0, len(given), _BLOCK)])
        .numpy()
        .astype(np.float32)
    )
    return said


def moved_by(model: nn.Module, lines: npt.ArrayLike) -> Array:
    """Return (N, F): by how much the log-odds of each line change when one of its fields is blanked, without
    the sign. Raises ShapeError."""
    given = lines_of(lines, width=_width(model))
    whole, change = odds(model, given), np.zeros(given.shape, np.float32)
    for field in range(given.shape[1]):
        blanked = given.copy()
        blanked[:, field] = -1
        change[:, field] = np.abs(whole - odds(model, blanked))
    return change


def fidelity(weights: npt.ArrayLike, moved: npt.ArrayLike) -> float:
    """Return how far reasons name what moves the score: the mean rank correlation, over lines, between what a
    reason weighs (N, F) and what blanking the field does (N, F). 1: the same order; 0: none.

    Lines that tell nothing, all weights or all changes being equal, are left out; nan where all are. A weight
    of nan is one that no reason was asked for. Raises ShapeError.

    >>> fidelity([[0.7, 0.2, 0.1]], [[3.0, 2.0, 0.0]]), fidelity([[0.1, 0.2, 0.7]], [[3.0, 2.0, 0.0]])
    (1.0, -1.0)
    """
    said, did = np.asarray(weights, np.float64), np.asarray(moved, np.float64)
    if said.ndim != 2 or said.shape != did.shape:
        raise ShapeError(f"weights and moved must be both (N, F), got {said.shape} and {did.shape}")
    found = []
    for one, other in zip(said, did, strict=True):
        asked = np.isfinite(one)
        ranks = [_ranks(part[asked]) for part in (one, other)]
        spread = [float(rank.std()) if len(rank) else 0.0 for rank in ranks]
        if min(spread) > _EQUAL:
            centred = [rank - rank.mean() for rank in ranks]
            found.append(float((centred[0] * centred[1]).mean()) / (spread[0] * spread[1]))
    return round(float(np.mean(found)), 6) if found else float("nan")


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks from 0, equals sharing theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: npt.NDArray[np.float64] = (np.cumsum(counts) - (counts + 1) / 2)[inverse]
    return ranks


def _width(model: nn.Module) -> int:
    return int(model.width)  # type: ignore[arg-type]
