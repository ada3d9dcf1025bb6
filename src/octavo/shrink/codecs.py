"""Codecs: vectors in fewer bytes, by the curve of bytes against what is still found.

Feature Coding in the Era of Large Models: Dataset, Test Conditions, and Benchmark
(Gao, Ma, Chen, Xu, Liu and Lin, 2024), arXiv:2412.04307: features are cut to a range, quantised in equal
steps and judged by what the task still achieves with them, not by their error. A dimension becomes b bits,

    c = ⌊(x - μ) / (Δ_b σ)⌋ + 2^(b-1) cut to 0 .. 2^b - 1,    x ≈ μ + (c - 2^(b-1) + ½) Δ_b σ,

with mean μ and deviation σ of that dimension, and the step Δ_b that loses the least of a normal distribution.

Quantizing for Minimum Distortion (Max, 1960), doi:10.1109/TIT.1960.1057548, for the steps.

Product Quantization for Nearest Neighbor Search (Jégou, Douze and Schmid, 2011),
doi:10.1109/TPAMI.2010.57, for `ProductCodec`: some dimensions together become the nearest of 256 points.

Differs from the paper: the range follows from the steps instead of being set by hand; codes are packed and
not given to a video codec, so that any one vector can be read by itself; and the task is search.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array
from octavo.saving import Saved, load, save

Codes = npt.NDArray[np.uint8]

_KIND: Final = "octavo.shrink.codecs"
_VERSION: Final = 1
_STEPS: Final = {1: 1.5956, 2: 0.9957, 4: 0.3352, 8: 0.0308}
_POINTS: Final = 256
_SAMPLE: Final = 8192  # vectors that points are learned from
_ROUNDS: Final = 12


@runtime_checkable
class Codec(Protocol):
    """Vectors to codes of so many bytes, and back to nearly the same vectors."""

    def fit(self, x: Array) -> Self:
        """Learn from (N, D); forgets the last fit."""

    def encode(self, x: Array) -> Codes:
        """Return (N, B), B bytes a vector."""

    def decode(self, codes: Codes) -> Array:
        """Return (N, D) from (N, B)."""


class ScalarCodec:
    """Every dimension by itself in 1, 2, 4 or 8 bits; 16 is float16, which learns nothing.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100, 16)).astype(np.float32)
    >>> codec = ScalarCodec(4).fit(x)
    >>> codec.encode(x).shape, bool(np.abs(codec.decode(codec.encode(x)) - x).mean() < 0.1)
    ((100, 8), True)
    """

    def __init__(self, bits: int = 8) -> None:
        if bits not in (*_STEPS, 16):
            raise ValueError(f"bits must be 1, 2, 4, 8 or 16, got {bits}")
        self.bits = bits
        self.mean_: Array | None = None
        self.step_: Array | None = None

    def fit(self, x: Array) -> Self:
        """Learn mean and deviation of each dimension of (N, D). Raises ShapeError."""
        given = matrix(x, "x", least=1)
        self.mean_ = given.mean(axis=0, dtype=np.float64).astype(np.float32)
        deviation = given.std(axis=0, dtype=np.float64).astype(np.float32)
        # A dimension that never changes has no steps: all its codes are the same, and so is what they mean.
        self.step_ = deviation * np.float32(_STEPS.get(self.bits, 1.0))
        return self

    def encode(self, x: Array) -> Codes:
        """Return (N, ⌈D · bits / 8⌉). Raises ShapeError, and NotFittedError before `fit`."""
        mean, step = self._learned()
        given = matrix(x, "x", dim=len(mean))
        if self.bits == 16:
            return np.clip(given, -65504, 65504).astype(np.float16).view(np.uint8)
        half = 2 ** (self.bits - 1)
        steps = np.floor((given - mean) / np.where(step > 0, step, 1))
        return _packed((np.clip(steps, -half, half - 1) + half).astype(np.uint8), self.bits)

    def decode(self, codes: Codes) -> Array:
        """Return (N, D). Raises ShapeError where codes have another width."""
        mean, step = self._learned()
        width = -(-len(mean) * self.bits // 8)
        given = _checked(codes, width)
        if self.bits == 16:
            return np.ascontiguousarray(given).view(np.float16).astype(np.float32)
        half = 2 ** (self.bits - 1)
        units = _unpacked(given, self.bits, len(mean)).astype(np.float32) - half + np.float32(0.5)
        decoded: Array = mean + units * step
        return decoded

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        mean, step = self._learned()
        facts = {"codec": "scalar", "bits": self.bits}
        save(folder, _KIND, _VERSION, Saved(facts, {"mean": mean, "step": step}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        codec = cls(saved.facts["bits"])
        codec.mean_, codec.step_ = saved.arrays["mean"], saved.arrays["step"]
        return codec

    def _learned(self) -> tuple[Array, Array]:
        if self.mean_ is None or self.step_ is None:
            raise NotFittedError("fit the codec before it encodes or decodes")
        return self.mean_, self.step_


class ProductCodec:
    """Every `together` dimensions in one byte: the number of the nearest of 256 learned points.

    seed: of the learning.
    """

    def __init__(self, together: int = 4, *, seed: int = 0) -> None:
        if together < 1:
            raise ValueError(f"together must be at least 1, got {together}")
        self.together, self.seed = together, seed
        self.points_: Array | None = None
        self.dim_ = 0

    def fit(self, x: Array) -> Self:
        """Learn the points from (N, D), which is padded with zeros to whole parts. Raises ShapeError."""
        given = matrix(x, "x", least=1)
        rng = np.random.default_rng(self.seed)
        parts = self._parts(given[rng.permutation(len(given))[:_SAMPLE]])
        self.points_ = np.stack([_lloyd(part, rng) for part in parts])
        self.dim_ = given.shape[1]
        return self

    def encode(self, x: Array) -> Codes:
        """Return (N, ⌈D / together⌉). Raises ShapeError, and NotFittedError before `fit`."""
        points = self._learned()
        given = matrix(x, "x", dim=self.dim_)
        parts = zip(self._parts(given), points, strict=True)
        return np.stack([_nearest(part, own) for part, own in parts], axis=1).astype(np.uint8)

    def decode(self, codes: Codes) -> Array:
        """Return (N, D). Raises ShapeError where codes have another width."""
        points = self._learned()
        given = _checked(codes, len(points))
        decoded = np.concatenate([own[given[:, part]] for part, own in enumerate(points)], axis=1)
        return decoded[:, : self.dim_]

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        facts = {"codec": "product", "together": self.together, "seed": self.seed, "dim": self.dim_}
        save(folder, _KIND, _VERSION, Saved(facts, {"points": self._learned()}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        codec = cls(saved.facts["together"], seed=saved.facts["seed"])
        codec.points_, codec.dim_ = saved.arrays["points"], saved.facts["dim"]
        return codec

    def _parts(self, x: Array) -> Array:
        padded = np.pad(x, ((0, 0), (0, -x.shape[1] % self.together)))
        return padded.reshape(len(x), padded.shape[1] // self.together, self.together).transpose(1, 0, 2)

    def _learned(self) -> Array:
        if self.points_ is None:
            raise NotFittedError("fit the codec before it encodes or decodes")
        return self.points_


def _lloyd(x: Array, rng: np.random.Generator) -> Array:
    """Return (256, D), points that x (N, D) is near to; a point that nobody is nearest to stays."""
    points = x[rng.integers(0, len(x), _POINTS)].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(x, points)
        counts = np.bincount(nearest, minlength=_POINTS)
        sums = np.stack([np.bincount(nearest, weights=column, minlength=_POINTS) for column in x.T], axis=1)
        some = counts > 0
        points[some] = sums[some] / counts[some, None]
    return points


def _nearest(x: Array, points: Array) -> npt.NDArray[np.intp]:
    distances = (points**2).sum(axis=1) - 2 * (x @ points.T)
    nearest: npt.NDArray[np.intp] = distances.argmin(axis=1)
    return nearest


def _packed(codes: Codes, bits: int) -> Codes:
    """Return (N, ⌈D · bits / 8⌉) bytes from (N, D) numbers below 2^bits."""
    each = 8 // bits
    padded = np.pad(codes, ((0, 0), (0, -codes.shape[1] % each)))
    shifts = (np.arange(each) * bits).astype(np.uint8)
    spread = padded.reshape(len(codes), padded.shape[1] // each, each) << shifts
    packed: Codes = np.bitwise_or.reduce(spread, axis=2).astype(np.uint8)
    return packed


def _unpacked(codes: Codes, bits: int, dim: int) -> Codes:
    shifts = (np.arange(8 // bits) * bits).astype(np.uint8)
    spread = codes[:, :, None] >> shifts & np.uint8(2**bits - 1)
    return spread.reshape(len(codes), spread.shape[1] * spread.shape[2])[:, :dim]


def _checked(codes: Codes, width: int) -> Codes:
    given = np.asarray(codes)
    if given.ndim != 2 or given.shape[1] != width:
        raise ShapeError(f"codes must have the shape (N, {width}), got {given.shape}")
    if given.dtype != np.uint8:
        raise ShapeError(f"codes must hold bytes, got {given.dtype}")
    return given
