"""Recformer: the next paper of a reader, from the texts of what they read, so that new papers compete at
once.

Text Is All You Need: Learning Language Representations for Sequential Recommendation
(Li, Wang, Li, Fu, Shen, Shang and McAuley, 2023), arXiv:2305.13731. A history is a sequence of texts, latest
first; a sequence model reads it into one vector, and a paper alone is read into one in the same way. With r
of histories and e of papers, at unit length,

    p(next = j) = softmax_j(⟨r, e_j⟩ / τ),    L = - log p(the paper read next),

first against the other papers of a batch, while both sides learn; then, with the e_j of all papers computed
once and kept still, against all of them.

Differs from the paper: texts come as vectors of a frozen encoder in the place of their words, and the model
begins as the mean of what was read, later papers counting more: so there is no masked language model to learn
along, and no Longformer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.arrays import integers, matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array
from octavo.tensors import tensor


class Recformer(nn.Module):
    """Histories of papers to scores of papers, all known by the vectors of their texts only.

    texts: (N, D), of unit length. layers, heads: of attention. length: of a history, the last ones are read.
    fading: how much less every older paper counts in the beginning. temperature: τ.
    """

    def __init__(
        self,
        texts: npt.ArrayLike,
        *,
        layers: int = 1,
        heads: int = 2,
        length: int = 20,
        fading: float = 0.8,
        dropout: float = 0.1,
        temperature: float = 0.05,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.texts = functional.normalize(tensor(texts, "texts"), dim=1)
        dim = self.texts.shape[1]
        if min(layers, heads, length) < 1 or dim % heads or not 0 < fading <= 1 or temperature <= 0:
            raise ValueError(
                "want a layer, heads that divide D, a length of 1, 0 < fading ≤ 1 and a temperature above 0, "
                f"got {layers}, {heads}, {length}, {fading} and {temperature}"
            )
        self.length, self.temperature = length, temperature
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            layer = nn.TransformerEncoderLayer(
                dim, heads, 2 * dim, dropout, "gelu", batch_first=True, norm_first=True
            )
            self.reader = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
            self.places = nn.Embedding(length, dim)
            self.straight = nn.Linear(dim, dim, bias=False)
        with torch.no_grad():
            # What is learned begins at nothing: a history is the fading mean of its texts, a paper its text.
            for each in self.reader.layers:
                for last in (each.self_attn.out_proj, each.linear2):
                    last.weight.zero_()
                    last.bias.zero_()
            self.places.weight.zero_()
            self.straight.weight.copy_(torch.eye(dim))
        self.weight = nn.Parameter(torch.arange(length) * float(np.log(fading)))
        """How much the latest, the one before, and so on count, as logarithms."""

    def papers(self, rows: Tensor | None = None) -> Tensor:
        """Return e (M, D) of papers by number, by default of all."""
        texts = self.texts if rows is None else self.texts[rows]
        return functional.normalize(self.straight(texts), dim=1)

    def readers(self, histories: Sequence[npt.ArrayLike]) -> Tensor:
        """Return r (R, D) of histories, the last paper last. Raises ShapeError."""
        given = [self._history(each)[::-1][: self.length] for each in histories]
        width = max(map(len, given), default=1)
        rows = torch.zeros(len(given), width, dtype=torch.int64)
        empty = torch.ones(len(given), width, dtype=torch.bool)
        for row, free, each in zip(rows, empty, given, strict=True):
            row[: len(each)] = torch.from_numpy(each.copy())
            free[: len(each)] = False
        x = self.straight(self.texts[rows]) + self.places.weight[:width]
        read = self.reader(x, src_key_padding_mask=empty)
        counts = self.weight[:width].expand(len(given), -1).masked_fill(empty, -torch.inf).softmax(dim=1)
        return functional.normalize((counts[..., None] * read).sum(dim=1), dim=1)

    def loss(
        self,
        histories: Sequence[npt.ArrayLike],
        following: npt.ArrayLike,
        *,
        still: npt.ArrayLike | None = None,
        among: npt.ArrayLike | None = None,
    ) -> Tensor:
        """Return the loss of papers (R,) that follow histories, against each other.

        still: (N, D), what `vectors` gave, for the second stage: against all papers, which do not learn.
        among: then, the papers known at the time, ascending; the others do not compete. Raises ShapeError.
        """
        wanted = integers(following, "following", len(histories))
        read = self.readers(histories)
        if still is None:
            some, place = np.unique(wanted, return_inverse=True)
            e = self.papers(torch.from_numpy(some))
        else:
            known = np.arange(len(self.texts)) if among is None else np.asarray(among)
            place = np.searchsorted(known, wanted)
            if not np.isin(wanted, known).all():
                raise ShapeError("following must hold papers that are among those known, got others")
            e = torch.from_numpy(matrix(still, "still", rows=len(self.texts))[known])
        return functional.cross_entropy(read @ e.T / self.temperature, torch.from_numpy(np.asarray(place)))

    @torch.no_grad()
    def vectors(self) -> Array:
        """Return e (N, D) of all papers."""
        made: Array = self.papers().numpy()
        return made

    @torch.no_grad()
    def scores(self, histories: Sequence[npt.ArrayLike], *, still: npt.ArrayLike | None = None) -> Array:
        """Return (R, N): how well each paper would follow; `still` as while learning. Raises ShapeError."""
        was = self.training
        self.eval()
        e = self.papers() if still is None else tensor(still, "still", self.texts.shape[1])
        made: Array = (self.readers(histories) @ e.T).numpy()
        self.train(was)
        return made

    def _history(self, history: npt.ArrayLike) -> npt.NDArray[np.int64]:
        given = np.asarray(history)
        if given.ndim != 1 or not given.size:
            raise ShapeError(f"a history must have the shape (T,) with T ≥ 1, got {given.shape}")
        given = integers(given, "a history", given.size)
        if given.min() < 0 or given.max() >= len(self.texts):
            raise ShapeError(
                f"a history must hold papers from 0 to {len(self.texts) - 1}, got {given.min()} to "
                f"{given.max()}"
            )
        return given
