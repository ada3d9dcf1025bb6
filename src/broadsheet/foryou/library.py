"""A library that a reader brings along: a .bib, a Zotero export, anything the house can read.

Papers that are kept here become signals. Those that are not, which may be most of a library of another field,
are read by title once and kept as a few anchors: the middles of what lies together, a byte a dimension, with
the title of the paper nearest to it. Nothing of a private library comes into the store that others see.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from octavo.arrays import unit
from octavo.protocols import Array

if TYPE_CHECKING:
    from broadsheet.foryou.pool import Pool

MOST_BYTES: Final = 1300
MOST_TITLES: Final = 200
"""So many titles of papers not kept here are read; of a larger library, evenly spread."""
MOST_INPUT: Final = 64 << 20
LONGEST_NAME: Final = 60
_LONGEST_TITLE: Final = 90
_ROUNDS: Final = 8
_HEAD: Final = struct.Struct("<HH")  # bytes of the facts, dimensions


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a library: how many of its papers are kept here, how many are not, and how many of those
    were read by title."""

    name: str
    here: int
    elsewhere: int
    read: int


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """Where a part of a library lies that is not kept here.

    library: its name. title: of the paper nearest to the middle; papers: how many it stands for. vector: (D,)
    at unit length, of the encoder of that name.
    """

    library: str
    title: str
    papers: int
    vector: Array
    encoder: str

    @property
    def group(self) -> str:
        """The id of the interest it belongs to."""
        return f"library:{self.library}"

    @property
    def name(self) -> str:
        """What that interest is called."""
        return self.library

    def fits(self, pool: Pool) -> bool:
        """Whether it lies in the space of the pool's vectors."""
        return bool(len(self.vector) == pool.texts.vectors.shape[1])

    def packed(self) -> bytes:
        """As bytes: the facts as JSON, the vector in eighths of a byte's range."""
        facts = json.dumps([self.library, self.title, self.papers, self.encoder], ensure_ascii=False).encode()
        scale = max(float(np.abs(self.vector).max()), 1e-9)
        codes = np.round(self.vector / scale * 127).astype(np.int8)
        return _HEAD.pack(len(facts), len(codes)) + facts + codes.tobytes()

    @classmethod
    def read(cls, packed: bytes) -> tuple[Self, bytes]:
        """The first anchor of some bytes, and the rest."""
        size, dim = _HEAD.unpack_from(packed)
        start = _HEAD.size + size
        library, title, papers, encoder = json.loads(packed[_HEAD.size : start])
        codes = np.frombuffer(packed[start : start + dim], np.int8)
        if len(codes) != dim:
            raise ValueError("the bytes of an anchor end too early")
        vector: Array = unit(codes.astype(np.float32)[None])[0]
        return cls(str(library), str(title), int(papers), vector, str(encoder)), packed[start + dim :]


def pack(anchors: Sequence[Anchor]) -> bytes:
    """Anchors as bytes, as many as there is room for."""
    kept = b""
    for anchor in anchors:
        more = anchor.packed()
        if len(kept) + len(more) <= MOST_BYTES:
            kept += more
    return kept


def unpack(packed: bytes) -> tuple[Anchor, ...]:
    """What `pack` gave; what cannot be read is left out."""
    found: list[Anchor] = []
    while packed:
        try:
            anchor, packed = Anchor.read(packed)
        except (ValueError, struct.error, TypeError):
            break
        found.append(anchor)
    return tuple(found)


def spread_out(titles: Sequence[str]) -> list[str]:
    """At most MOST_TITLES of some titles, evenly spread."""
    step = max(1.0, len(titles) / MOST_TITLES)
    return [titles[int(at * step)] for at in range(min(len(titles), MOST_TITLES))]


def anchored(library: str, titles: Sequence[str], x: Array, encoder: str, *, total: int) -> list[Anchor]:
    """The anchors of a library's titles, whose vectors are x (N, D), the largest first.

    total: how many papers the titles stand for.
    """
    most = max(1, MOST_BYTES // (x.shape[1] + 160)) if len(x) else 0
    count = min(most, 1 + len(x) // 5)
    if not count:
        return []
    # Means, begun at titles far from each other: few rounds do for few groups.
    middles = unit(x.mean(axis=0, keepdims=True))
    while len(middles) < count:
        far = int((x @ middles.T).max(axis=1).argmin())
        middles = np.concatenate([middles, x[far : far + 1]])
    nearest = (x @ middles.T).argmax(axis=1)
    for _ in range(_ROUNDS):
        groups = [x[nearest == at] for at in range(len(middles))]
        middles = unit(np.stack([g.mean(axis=0) if len(g) else middles[at] for at, g in enumerate(groups)]))
        nearest = (x @ middles.T).argmax(axis=1)
    found = []
    for at, middle in enumerate(middles):
        mine = np.flatnonzero(nearest == at)
        if len(mine):
            title = titles[int(mine[int((x[mine] @ middle).argmax())])][:_LONGEST_TITLE]
            stands_for = max(1, round(len(mine) * total / len(x)))
            found.append(Anchor(library, title, stands_for, middle.astype(np.float32), encoder))
    return sorted(found, key=lambda anchor: (-anchor.papers, anchor.title))
