"""CLHE: a shelf is completed from what is on it, papers that nobody keeps yet among the candidates.

Leveraging Multimodal Features and Item-level User Feedback for Bundle Construction
(Ma, Liu, Wei, Tao, Wang and Chua, 2023), arXiv:2310.18770. A paper is seen in up to three ways: its
words, its readers, and a vector of its own. One layer of attention mixes what there is into v_i, another,
over the papers of a shelf S, into s; a second view w_j, made in the same way, is what s is compared with:

    L = - 1/|S| Σ_{j ∈ S} log softmax_j ⟨s, w_j⟩  +  a InfoNCE(v, v')  +  b InfoNCE(s, s'),

where v' is the same papers with some views left out, and s' the same shelves with some papers left out.

Differs from the paper: the softmax goes over the papers of the batch and a drawn share of the others.
Pictures and sounds there are none. Views are left out whole for v', the paper's "modality dropout", and also
for w while learning, so that a paper with words alone is found; its noise is not here. Everything begins as
the mean of what is given, and learns from there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.arrays import integers
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids
from octavo.tensors import tensor


class View(nn.Module):
    """(M, inputs) → (M, D): in the beginning the first D inputs as they are, and what is learned beside
    them."""

    def __init__(self, inputs: int, dim: int) -> None:
        super().__init__()
        self.straight = nn.Linear(inputs, dim, bias=False)
        last = nn.Linear(dim, dim)
        nn.init.eye_(self.straight.weight)
        nn.init.zeros_(last.weight)
        self.bent = nn.Sequential(nn.Linear(inputs, dim), nn.GELU(), last)

    def forward(self, x: Tensor) -> Tensor:
        """Return (M, D)."""
        made: Tensor = self.straight(x) + self.bent(x)
        return made


class Views(nn.Module):
    """Words, readers and a vector of its own, mixed into one vector a paper."""

    def __init__(self, papers: int, words: int, readers: int, dim: int) -> None:
        super().__init__()
        self.words, self.readers = View(words, dim), View(readers, dim)
        self.own = nn.Embedding(papers, dim)
        nn.init.normal_(self.own.weight, std=0.01)
        self.asking, self.asked = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, numbers: Tensor, words: Tensor, readers: Tensor, there: Tensor) -> Tensor:
        """Return (M, D) for papers by number (M,), their words and readers, and which views are there (M,
        3)."""
        seen = torch.stack([self.words(words), self.readers(readers), self.own(numbers)], dim=1)
        scores = self.asking(seen) @ self.asked(seen).transpose(1, 2) / seen.shape[2] ** 0.5
        weights = scores.masked_fill(~there[:, None], -torch.inf).softmax(dim=2)
        mixed = weights @ seen
        shares = there / there.sum(dim=1, keepdim=True)
        return functional.normalize((mixed * shares[..., None]).sum(dim=1), dim=1)


class ShelfCompletion(nn.Module):
    """Learns from whole shelves, and completes a part of one.

    words: (N, D), of the papers' text. readers: (N, D'), what readers say of them; a row of zeros is a paper
    that nobody keeps yet: only its words count. dim: of what is learned. temperature: of the comparison of
    shelf and papers. alone, together: a and b, the weights of the contrasts of papers and of shelves. drawn:
    how many papers of the others the softmax of a step goes over.
    """

    def __init__(
        self,
        words: npt.ArrayLike,
        readers: npt.ArrayLike,
        *,
        dim: int = 64,
        temperature: float = 0.1,
        alone: float = 0.1,
        together: float = 0.1,
        drawn: int = 1000,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if dim < 1 or drawn < 1 or temperature <= 0 or min(alone, together) < 0:
            raise ValueError(
                "want a dim and a number drawn of at least 1, a temperature above 0 and weights of at least "
                f"0, got {dim}, {drawn}, {temperature}, {alone} and {together}"
            )
        self.given_words, self.given_readers = tensor(words, "words"), tensor(readers, "readers")
        if len(self.given_words) != len(self.given_readers):
            raise ShapeError(
                f"words and readers must be of as many papers, got {len(self.given_words)} "
                f"and {len(self.given_readers)}"
            )
        self.warm = self.given_readers.abs().sum(dim=1) > 0
        self.papers = len(self.given_words)
        self.temperature, self.alone, self.together, self.drawn = temperature, alone, together, drawn
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            sizes = (self.papers, self.given_words.shape[1], self.given_readers.shape[1], dim)
            self.shown, self.sought = Views(*sizes), Views(*sizes)
            self.gather = nn.TransformerEncoderLayer(
                dim, 1, 2 * dim, 0.1, "gelu", batch_first=True, norm_first=True
            )
        with torch.no_grad():
            # A shelf begins as the mean of its papers, and a paper as its words and readers: the baseline.
            for last in (self.gather.self_attn.out_proj, self.gather.linear2):
                last.weight.zero_()
        self._chance = torch.Generator().manual_seed(seed)

    def loss(self, shelves: Sequence[npt.ArrayLike]) -> Tensor:
        """Return the loss of a batch of shelves, of at least two papers each."""
        given = [self._shelf(each) for each in shelves]
        if min(map(len, given)) < 2:
            raise ShapeError("a shelf to learn from must hold at least two papers, got one of 1")
        held = torch.from_numpy(np.unique(np.concatenate(given)))
        # Papers without readers stand on no shelf, and would only learn that they belong nowhere.
        kept = torch.nonzero(self.warm)[:, 0]
        others = kept[torch.randint(len(kept), (self.drawn if len(kept) else 0,), generator=self._chance)]
        among = torch.unique(torch.cat([held, others]))
        wanted = torch.zeros(len(given), len(among))
        for row, each in zip(wanted, given, strict=True):
            row[torch.searchsorted(among, torch.from_numpy(each))] = 1 / len(each)
        part = [self._part(each) for each in given]
        shelf = self._shelves(part, self._seen(self.shown, held), held)
        logits = shelf @ self._seen(self.sought, among, leave_out=True).T / self.temperature
        loss = functional.cross_entropy(logits, wanted)
        if self.alone or self.together:
            again = self._seen(self.shown, held, leave_out=True)
            if self.alone:
                some = torch.randperm(len(held), generator=self._chance)[:512]
                loss = loss + self.alone * contrast(self._seen(self.shown, held[some]), again[some])
            if self.together:
                other = self._shelves([self._part(each) for each in given], again, held)
                loss = loss + self.together * contrast(shelf, other)
        return loss

    @torch.no_grad()
    def scores(self, shelves: Sequence[npt.ArrayLike]) -> Array:
        """Return (S, N): how well each paper would stand on each shelf. Raises ShapeError."""
        was = self.training
        self.eval()
        given = [self._shelf(each) for each in shelves]
        every = torch.arange(self.papers)
        shelf = self._shelves(given, self._seen(self.shown, every), every)
        made: Array = (shelf @ self._seen(self.sought, every).T).numpy()
        self.train(was)
        return made

    def _shelf(self, shelf: npt.ArrayLike) -> Ids:
        given = np.asarray(shelf)
        if given.ndim != 1 or not given.size:
            raise ShapeError(f"a shelf must have the shape (T,) with T ≥ 1, got {given.shape}")
        given = np.unique(integers(given, "a shelf", len(given)))
        if given[0] < 0 or given[-1] >= self.papers:
            raise ShapeError(
                f"a shelf must hold papers from 0 to {self.papers - 1}, got {given[0]} to {given[-1]}"
            )
        return given

    def _part(self, shelf: Ids) -> Ids:
        """A random part of a shelf: at least one paper, and never all."""
        order = torch.randperm(len(shelf), generator=self._chance).numpy()
        most = int(torch.randint(1, len(shelf), (1,), generator=self._chance))
        part: Ids = shelf[order[: min(most, 50)]]
        return part

    def _seen(self, views: Views, numbers: Tensor, *, leave_out: bool = False) -> Tensor:
        there = torch.stack([torch.ones_like(numbers, dtype=torch.bool), *(self.warm[numbers],) * 2], dim=1)
        if leave_out:
            # Of a paper with readers, sometimes the words alone stay, sometimes what readers say alone.
            drawn = torch.rand(len(numbers), generator=self._chance)
            there[:, 1:] &= (drawn > 0.3)[:, None]
            there[:, 0] &= (drawn < 0.7) | ~self.warm[numbers]
        made: Tensor = views(numbers, self.given_words[numbers], self.given_readers[numbers], there)
        return made

    def _shelves(self, shelves: Sequence[Ids], seen: Tensor, numbers: Tensor) -> Tensor:
        """(S, D), of papers of these numbers, ascending, as they are seen."""
        width = max(map(len, shelves))
        rows = torch.zeros(len(shelves), width, dtype=torch.int64)
        empty = torch.ones(len(shelves), width, dtype=torch.bool)
        for row, free, each in zip(rows, empty, shelves, strict=True):
            row[: len(each)] = torch.searchsorted(numbers, torch.from_numpy(each))
            free[: len(each)] = False
        read = self.gather(seen[rows], src_key_padding_mask=empty)
        mean = read.masked_fill(empty[..., None], 0).sum(dim=1) / (~empty).sum(dim=1, keepdim=True)
        return functional.normalize(mean, dim=1)


def contrast(x: Tensor, y: Tensor, temperature: float = 0.2) -> Tensor:
    """InfoNCE of two views (N, D) of unit length: each row's partner among all rows."""
    return functional.cross_entropy(x @ y.T / temperature, torch.arange(len(x)))
