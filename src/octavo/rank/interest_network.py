"""Deep Interest Network: of all that a reader has read, only what is like the paper in hand speaks.

Deep Interest Network for Click-Through Rate Prediction (Zhou, Song, Zhu, Fan, Zhu, Ma, Yan, Jin, Li and Gai,
2017), arXiv:1706.06978. A reader is not one vector but a different one for every candidate v: the sum of what
they have read, e_1 .. e_H, each by its local activation,

    u(v) = Σ_j a(e_j, v) e_j,    a(e, v) = MLP([v, e, v - e, v ⊙ e]),   not brought to sum to one,

which goes with v through a network whose activation, Dice, adapts to what it sees,

    f(s) = p(s) s + (1 - p(s)) α s,    p(s) = σ((s - E[s]) / √(Var[s] + ε)),

and the penalty of the embeddings is taken over the values in the batch alone, rare ones more than frequent:
λ/2 Σ_{j in batch} ‖w_j‖² / n_j, n_j being how often j is in the whole table.

Differs from the paper: a line holds the candidate and what was read, no profile of the reader besides. Papers
may have further fields (a topic, an author), which are added up, and vectors, of which a projection is
learned. u is the weighted sum over √H' for the H' papers that a reader has, so that long histories do not
shout; ⟨u, v⟩ is added to the log-odds, and a begins near 1.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.arrays import matrix
from octavo.protocols import Array, Ids
from octavo.rank.clicks import Embeddings, lines_of

_STEADY: Final = 1e-8


class Dice(nn.Module):
    """(N, D) → (N, D): a rectifier whose bend is where the batch's mean is, and as soft as it is spread.

    Outside of training it goes by the mean and variance seen so far.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(dim, eps=_STEADY, affine=False)
        self.slope = nn.Parameter(torch.zeros(dim))

    def forward(self, s: Tensor) -> Tensor:
        """Return (N, D)."""
        # A batch of one has no variance; it goes by those before.
        sure = torch.sigmoid(self.norm(s) if len(s) > 1 or not self.training else s)
        return sure * s + (1 - sure) * self.slope * s


class Spoke(NamedTuple):
    """A paper of the history, by its number, and what it added: a(e, v) ⟨e, v⟩."""

    paper: int
    weight: float


class InterestNetwork(nn.Module):
    """Scores a paper against what was read: lines (N, 1 + H), the paper and H that were read, -1 for none.

    described: (I, F), the values of every paper's fields; its own number is one more field. history: H.
    vectors: (I, V) of the papers, or None. dim: D. pooled: take the mean of the history instead, which is the
    network without its idea.
    """

    described: Tensor
    vectors: Tensor
    often: Tensor

    def __init__(
        self,
        described: npt.ArrayLike,
        history: int,
        *,
        vectors: npt.ArrayLike | None = None,
        dim: int = 16,
        hidden: int = 32,
        pooled: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        fields = lines_of(described, "described", least=1)
        if history < 1 or dim < 1 or hidden < 1:
            raise ValueError(f"want history, dim and hidden ≥ 1, got {history}, {dim} and {hidden}")
        self.width, self.papers, self.pooled = 1 + history, len(fields), pooled
        known = np.zeros((len(fields), dim)) if vectors is None else vectors
        given = matrix(np.asarray(known, np.float32), "vectors", rows=len(fields))
        whole = np.concatenate([np.arange(len(fields))[:, None], fields], axis=1)
        # One line more, of nothing at all, stands for a paper that is not there.
        self.register_buffer("described", _tensor(np.pad(whole, ((0, 1), (0, 0)), constant_values=-1)))
        self.register_buffer("vectors", _tensor(np.pad(given, ((0, 1), (0, 0)))))
        sizes = np.maximum(whole.max(axis=0) + 1, 1).tolist()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embed = Embeddings(sizes, dim, seed=seed)
            self.project = nn.Linear(given.shape[1], dim, bias=False)
            loudness = nn.Linear(hidden, 1)
            nn.init.ones_(loudness.bias)
            self.activation = nn.Sequential(nn.Linear(4 * dim, hidden), nn.Sigmoid(), loudness)
            self.inner, self.dice, self.outer = nn.Linear(3 * dim, hidden), Dice(hidden), nn.Linear(hidden, 1)
        nn.init.eye_(self.project.weight)
        self.register_buffer("often", torch.ones(sum(sizes)))

    def papers_of(self, lines: Tensor) -> Tensor:
        """Return (..., D) of paper numbers: their fields and their vector added up, 0 for none."""
        place = self._place(lines)
        found: Tensor = self.embed(self.described[place]).sum(dim=-2) + self.project(self.vectors[place])
        return found

    def _place(self, lines: Tensor) -> Tensor:
        return torch.where((lines >= 0) & (lines < self.papers), lines, self.papers)

    def _activations(self, v: Tensor, e: Tensor, there: Tensor) -> Tensor:
        if self.pooled:
            return there / there.sum(dim=1, keepdim=True).clamp(min=1).sqrt()
        beside = v[:, None].expand_as(e)
        said: Tensor = self.activation(torch.cat([beside, e, beside - e, beside * e], dim=-1))[..., 0]
        return said * there / there.sum(dim=1, keepdim=True).clamp(min=1).sqrt()

    def forward(self, lines: Tensor) -> Tensor:
        """Return log-odds (N,)."""
        v, e, there = self._seen(lines)
        u = (self._activations(v, e, there)[..., None] * e).sum(dim=1)
        deep: Tensor = self.outer(self.dice(self.inner(torch.cat([u, v, u * v], dim=1))))[:, 0]
        return deep + (u * v).sum(dim=1)

    def _seen(self, lines: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return v (N, D), e (N, H, D), and where there is a paper (N, H)."""
        embedded = self.papers_of(lines)
        return embedded[:, 0], embedded[:, 1:], (lines[:, 1:] >= 0) & (lines[:, 1:] < self.papers)

    def count(self, lines: npt.ArrayLike) -> None:
        """Note how often each value is in lines (N, 1 + H): n_j of the penalty."""
        given = _tensor(lines_of(lines, width=self.width))
        rows, known = self.embed.rows(self.described[self._place(given)])
        self.often = torch.bincount(rows[known], minlength=len(self.often)).clamp(min=1).float()

    def penalty(self, lines: Tensor, strength: float = 1.0) -> Tensor:
        """Return the mini-batch-aware penalty of the values in lines (N, 1 + H), λ being the strength."""
        rows, known = self.embed.rows(self.described[self._place(lines)])
        present = torch.unique(rows[known])
        squares = self.embed.weight[present].square().sum(dim=1)
        return strength / 2 * (squares / self.often[present]).sum()

    @torch.no_grad()
    def weights(self, lines: npt.ArrayLike) -> Array:
        """Return (N, H): what each paper of the history adds for that of the line, a ⟨e, v⟩.

        Below 0 it speaks against it; nan where there is none. Raises ShapeError.
        """
        v, e, there = self._seen(_tensor(lines_of(lines, width=self.width)))
        said = self._activations(v, e, there) * (e * v[:, None]).sum(dim=-1)
        weights: Array = torch.where(there, said, torch.nan).numpy().astype(np.float32)
        return weights

    def reasons(self, lines: npt.ArrayLike, most: int = 3) -> list[list[Spoke]]:
        """Return which papers of the history spoke loudest for or against each line (N, 1 + H).

        At most so many, the loudest first. Raises ShapeError.
        """
        if most < 1:
            raise ValueError(f"most must be at least 1, got {most}")
        given = lines_of(lines, width=self.width)
        return [_loudest(line[1:], row, most) for line, row in zip(given, self.weights(given), strict=True)]


def _tensor(x: npt.NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x))


def _loudest(papers: Ids, weights: Array, most: int) -> list[Spoke]:
    there = np.flatnonzero(np.isfinite(weights))
    order = there[np.argsort(-np.abs(weights[there]), kind="stable")][:most]
    return [Spoke(int(papers[place]), float(weights[place])) for place in order]
