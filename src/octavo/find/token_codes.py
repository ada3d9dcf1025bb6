"""Token vectors as small integers, one byte or half a byte a dimension, and one scale a token:

    x ≈ s · c,    c = round(x / s) cut to -m .. m,    m = 127 or 7.

The scale s of a token is, of a few shares of max|x| / m, the one that leaves the least squared error: with
few steps it pays to cut off the largest numbers and have the steps finer.
"""

from __future__ import annotations

from typing import Any, Final, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.find.bags import Bags
from octavo.protocols import Array, Ids

Bits: TypeAlias = Literal[4, 8]

_SHARES: Final = {8: (1.0,), 4: (1.0, 0.85, 0.7, 0.6, 0.5, 0.4)}
_BLOCK: Final = 4096  # tokens encoded at once


class TokenCodes:
    """The codes of N documents' tokens, immutable: adding returns new codes."""

    def __init__(self, bits: Bits, dim: int, codes: npt.NDArray[Any], scales: Array, lengths: Ids) -> None:
        self.bits: Bits = bits
        self.dim = dim
        self.codes = codes
        self.scales = scales
        self.lengths = lengths
        self._starts = np.cumsum(lengths) - lengths

    @classmethod
    def empty(cls, bits: Bits) -> Self:
        """Return the codes of no documents; the first that are added tell D."""
        return cls(bits, 0, np.empty((0, 0), np.int8), np.empty(0, np.float32), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def nbytes(self) -> int:
        """Bytes of all codes and scales."""
        return self.codes.nbytes + self.scales.nbytes

    def added(self, bags: Bags) -> Self:
        """Return these codes and those of more documents, of the same D."""
        dim = bags.x.shape[1]
        coded = [_coded(bags.x[low : low + _BLOCK], self.bits) for low in range(0, len(bags.x), _BLOCK)]
        if not coded:
            return type(self)(
                self.bits, self.dim, self.codes, self.scales, np.concatenate([self.lengths, bags.lengths])
            )
        before = [self.codes] if len(self.codes) else []
        codes = np.concatenate([*before, *(codes for codes, _ in coded)])
        scales = np.concatenate([self.scales, *(scales for _, scales in coded)])
        return type(self)(self.bits, dim, codes, scales, np.concatenate([self.lengths, bags.lengths]))

    def take(self, ids: Ids) -> Bags:
        """Return the documents of these ids, decoded."""
        lengths = self.lengths[ids]
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        rows = np.repeat(self._starts[ids] - (ends - lengths), lengths) + np.arange(total)
        codes = self.codes[rows]
        if self.bits == 4:
            codes = np.concatenate([(codes & 15).view(np.int8) - 8, (codes >> 4).view(np.int8) - 8], axis=1)
        x: Array = codes[:, : self.dim] * self.scales[rows, None]
        return Bags(x, lengths)


def _coded(x: Array, bits: Bits) -> tuple[npt.NDArray[Any], Array]:
    """Return codes (M, D), or (M, D/2) with two in a byte, and scales (M,)."""
    most = 2 ** (bits - 1) - 1
    largest = np.abs(x).max(axis=1, keepdims=True)
    if not np.isfinite(largest).all():
        raise ShapeError("documents must be finite")
    codes = np.zeros(x.shape, np.int8)
    scales = np.ones((len(x), 1), np.float32)
    least = np.full((len(x), 1), np.inf, np.float32)
    for share in _SHARES[bits]:
        scale = np.where(largest > 0, largest * np.float32(share / most), np.float32(1))
        rounded = np.clip(np.rint(x / scale), -most, most)
        error = np.square((x - rounded * scale) / np.where(largest > 0, largest, 1)).sum(
            axis=1, keepdims=True
        )
        better = error < least
        codes = np.where(better, rounded, codes).astype(np.int8)
        scales = np.where(better, scale, scales)
        least = np.minimum(error, least)
    if bits == 8:
        return codes, scales[:, 0]
    nibbles = np.pad(codes, ((0, 0), (0, x.shape[1] % 2))).view(np.uint8) + np.uint8(8)
    half = nibbles.shape[1] // 2
    return nibbles[:, :half] | nibbles[:, half:] << 4, scales[:, 0]
