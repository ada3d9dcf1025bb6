"""Unified embedding: one table of a fixed size for the values of all fields.

Unified Embedding: Battle-Tested Feature Representations for Web-Scale ML Systems
(Coleman, Kang, Fahrbach, Wang, Hong, Chi and Cheng, 2023), arXiv:2305.12102. There is one table E of B
vectors. A field f looks its value v up c_f times, each time under another hash, and puts what it finds side
by side:

    e_f(v) = E[ h_{f,1}(v) mod B ] ‖ … ‖ E[ h_{f,c_f}(v) mod B ].

Values of different fields that meet in a row do little harm, since the weights behind are each field's own;
those of the same field that meet in one look-up differ in the next. The table needs no list of values and
never grows: a name that nobody has seen is looked up as any other.

Differs from the paper: every field looks up as often, so that any model of clicks takes the table in the
place of its own. A value that is missing (-1) is 0.
"""

from __future__ import annotations

import hashlib
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

# Of the finaliser of splitmix64 (Steele, Lea and Flood, 2014), as signed numbers.
_STEPS: Final = ((30, -4658895280553007687), (27, -7723592293110705685))
_STRIDE: Final = -7046029254386353131
_MASK: Final = (1 << 31) - 1


def number_of(name: str) -> int:
    """Return the number of a name, such as an author's: the same on every machine, from 0 below 2⁶².

    >>> number_of("Ada Lovelace")
    2811829473607600681
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 2


class UnifiedEmbedding(nn.Module):
    """(N, F) → (N, F, c D) from a table of B vectors of D numbers; any numbers from 0 are values.

    fields: F. buckets: B. dim: D. lookups: c. apart: give every field B / F rows of its own, which is what
    the paper improves on. spread: of the numbers it begins with.
    """

    salts: Tensor

    def __init__(
        self,
        fields: int,
        buckets: int,
        dim: int,
        *,
        lookups: int = 2,
        apart: bool = False,
        spread: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(fields, buckets, dim, lookups) < 1 or (apart and buckets < fields):
            raise ValueError(
                "want fields, buckets, dim and lookups ≥ 1, and a bucket for each field, got "
                f"{fields}, {buckets}, {dim} and {lookups}"
            )
        self.width, self.buckets, self.lookups, self.apart = fields, buckets, lookups, apart
        self.dim = lookups * dim
        self.register_buffer("salts", _mixed(torch.arange(1, fields * lookups + 1)).view(fields, lookups))
        chance = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(spread * torch.randn(buckets, dim, generator=chance))

    def rows(self, lines: Tensor) -> Tensor:
        """Return (N, F, c): which rows of the table the values of lines (N, F) are looked up in."""
        mixed = _mixed(lines[..., None] ^ self.salts) & _MASK
        if not self.apart:
            return mixed % self.buckets
        own = self.buckets // self.width
        return mixed % own + own * torch.arange(self.width)[:, None]

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N, F, c D)."""
        found = functional.embedding(self.rows(lines), self.weight).flatten(-2)
        return found * (lines >= 0)[..., None]


def _mixed(x: Tensor) -> Tensor:
    """Return numbers that look drawn by chance, one for each of x (...), int64."""
    x = (x + 1) * _STRIDE
    for shift, factor in _STEPS:
        # A shift that brings in zeros, not the sign.
        x = (x ^ ((x >> shift) & ((1 << (64 - shift)) - 1))) * factor
    return x ^ ((x >> 31) & ((1 << 33) - 1))
