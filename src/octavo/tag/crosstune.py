"""CrossTune: the description of a label looks at the words of a text, and what it sees says whether they fit.

CrossTune: Black-Box Few-Shot Classification with Label Enhancement (Luo, Zhang, Zhang and Li, 2024),
arXiv:2403.12468. The encoder stays; of a text it gives token vectors H (T, D), of each label's description
one vector l_c. With h heads,

    z_c = MultiHead(query = l_c W_q, keys = H W_k, values = H W_v),    P(c | x) ∝ exp(w · [z_c ; l_c ⊙ z_c])

and only the heads and w are learned, from a few examples of each label.

Differs from the paper: nothing is generated, so that there is no switch that drops bad examples; W_q, W_k
and W_v begin as the identity, so that before any example a label attends to the words nearest to its
description.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.arrays import integers, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Kept
from octavo.tensors import learned, put


class LabelAttention(nn.Module):
    """The layer. width: D. heads: that divide it. sharpness: of the attention before anything is learned."""

    def __init__(self, width: int, heads: int = 4, sharpness: float = 8.0) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"heads must divide the width, got {heads} and {width}")
        self.heads, self.sharpness = heads, sharpness
        self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        for each in (self.query, self.key, self.value):
            nn.init.eye_(each.weight)
        self.out = nn.Linear(2 * width, 1)
        with torch.no_grad():  # it begins as the likeness of the label and what it looked at
            self.out.weight.copy_(torch.cat([torch.zeros(1, width), torch.ones(1, width)], dim=1))
            self.out.bias.zero_()

    def forward(self, labels: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return (B, C) logits of labels (C, D) and tokens (B, T, D), mask (B, T) true where there is one."""
        batch, length, width = tokens.shape
        split = width // self.heads
        q = self.query(labels).reshape(-1, self.heads, split)
        k = self.key(tokens).reshape(batch, length, self.heads, split)
        v = self.value(tokens).reshape(batch, length, self.heads, split)
        fit = self.sharpness * torch.einsum("chd,bthd->bcht", q, k)
        weight = fit.masked_fill(~mask[:, None, None], -torch.inf).softmax(dim=-1)
        seen = torch.einsum("bcht,bthd->bchd", weight, v).reshape(batch, len(labels), width)
        seen = nn.functional.normalize(seen, dim=-1)
        told = labels[None].expand_as(seen)
        logits: Tensor = self.out(torch.cat([seen, told * seen], dim=-1)).squeeze(-1)
        return logits


class CrossTune(Kept):
    """Tells texts, as bags of token vectors (T, D), by labels that are described.

    heads: of the attention. steps: of all examples. learning: the rate.
    """

    _kind = "octavo.tag.crosstune"
    _asked = ("heads", "steps", "learning", "seed")

    def __init__(self, *, heads: int = 4, steps: int = 60, learning: float = 1e-3, seed: int = 0) -> None:
        if heads < 1 or steps < 0:
            raise ValueError(f"heads must be at least 1 and steps not negative, got {heads} and {steps}")
        self.heads, self.steps, self.learning, self.seed = heads, steps, learning, seed

    def fit(self, texts: Sequence[Array], labels: Ids, descriptions: Array) -> Self:
        """Learn from N bags (T, D), labels (N,) below C and C descriptions (C, D). Raises ShapeError.

        Without examples the descriptions alone decide.
        """
        said = matrix(descriptions, "descriptions", least=1)
        known = integers(labels, "labels", len(texts))
        if len(known) and (known.min() < 0 or known.max() >= len(said)):
            raise ShapeError(f"labels must be below {len(said)}, got {known.min()} .. {known.max()}")
        self._labels = torch.from_numpy(unit(said))
        self._layer = self._fresh(said.shape[1])
        if not len(texts):
            return self
        tokens, mask = padded(texts, said.shape[1])
        truth = torch.from_numpy(known)
        optimiser = torch.optim.AdamW(self._layer.parameters(), lr=self.learning, weight_decay=1e-2)
        for _ in range(self.steps):
            logits = 10 * self._layer(self._labels, tokens, mask)
            loss = nn.functional.cross_entropy(logits, truth)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return self

    def _fresh(self, width: int) -> LabelAttention:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return LabelAttention(width, self.heads)

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        self._fitted()
        return {"labels": self._labels.numpy(), "layer": learned(self._layer)}

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._labels = torch.from_numpy(arrays["labels"])
        self._layer = self._fresh(self._labels.shape[1])
        put(self._layer, arrays["layer"])

    def _fitted(self) -> None:
        if not hasattr(self, "_layer"):
            raise NotFittedError("the tagger has no labels yet; call fit first")

    def scores(self, texts: Sequence[Array]) -> Array:
        """Return (M, C) of M bags (T, D). Raises ShapeError, NotFittedError."""
        self._fitted()
        made = [np.empty((0, len(self._labels)), np.float32)]
        for low in range(0, len(texts), 256):
            tokens, mask = padded(texts[low : low + 256], self._labels.shape[1])
            with torch.no_grad():
                made.append(self._layer(self._labels, tokens, mask).numpy())
        return np.concatenate(made)


def padded(texts: Sequence[Array], width: int) -> tuple[Tensor, Tensor]:
    """Return (B, T, D) of unit length and the mask (B, T) of bags, none empty. Raises ShapeError."""
    bags = [unit(matrix(bag, f"texts[{i}]", dim=width, least=1)) for i, bag in enumerate(texts)]
    longest = max(map(len, bags))
    tokens = np.zeros((len(bags), longest, width), np.float32)
    mask = np.zeros((len(bags), longest), bool)
    for place, bag in enumerate(bags):
        tokens[place, : len(bag)], mask[place, : len(bag)] = bag, True
    return torch.from_numpy(tokens), torch.from_numpy(mask)
