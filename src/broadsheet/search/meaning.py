"""The meaning index: the papers nearest to a vector. Reading; `encoding` writes.

Every process that asks sees a commit at its next question. Loading maps the vectors and reads the codes made
by the writer: nothing is trained, whatever has no codes yet is scanned exactly.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from broadsheet.exceptions import DerivedIndexError
from broadsheet.search import vectors
from broadsheet.search.vectors import Manifest, Stored
from octavo.exceptions import SavedFileError
from octavo.find.quantised import QuantisedIndex
from octavo.protocols import Array, Ids

EXACT_BELOW: Final = 20_000
"""Fewer vectors than this are scanned exactly, as is what was added since the codes were made."""

OVERSAMPLE: Final = 4
"""Candidates that the codes propose for each paper wanted. Of the 200 nearest among 27,000 abstracts .999 are
found with 4 and .977 with 2, and 8 take twice the time."""

_BROAD: Final = 0.2
"""A condition that more than this share of the papers meets is cheaper to check afterwards."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The codes of some papers' tokens.

    codec: the name of what reads them, '' where there are none. has: (N,) which of the N papers asked for
    have any. codes: (M, B), of these.
    """

    codec: str
    has: npt.NDArray[np.bool_]
    codes: npt.NDArray[np.uint8]

    @classmethod
    def none(cls, many: int) -> Tokens:
        """No tokens of any of so many papers."""
        return cls("", np.zeros(many, np.bool_), np.empty((0, 0), np.uint8))


class Near(Protocol):
    """What is searched by meaning: one encoder's vectors, or two encoders' during an upgrade.

    encoder, dim: whose vectors it is asked with. problem: what is out of order, '' if nothing is.
    """

    @property
    def encoder(self) -> str:
        """The encoder's name."""

    @property
    def dim(self) -> int:
        """D."""

    @property
    def problem(self) -> str:
        """A sentence, or ''."""

    @property
    def generation(self) -> tuple[int, ...]:
        """Changes with every commit."""

    @property
    def known(self) -> Ids:
        """The papers that have a vector, ascending."""

    def __len__(self) -> int:
        """How many papers have a vector."""

    def has(self, paper_ids: Sequence[int] | Ids) -> npt.NDArray[np.bool_]:
        """Which of the papers have a vector."""

    def vectors_of(self, paper_ids: Sequence[int]) -> Array:
        """The vectors of those papers that have one: (M, D), in the order given."""

    def tokens_of(self, paper_ids: Ids) -> Tokens:
        """The codes of the papers' tokens, in the order given."""

    def nearest(self, query: Array, k: int, *, among: Ids | None = None) -> list[tuple[int, float]]:
        """The k papers nearest to a (D,) vector, best first; `among`: ascending ids to search among."""


class Neighbourhood:
    """The meaning index as of one commit."""

    def __init__(self, folder: Path, stored: Stored, generation: tuple[int, ...]) -> None:
        self.manifest = stored.manifest
        self.generation: tuple[int, ...] = generation
        self.ids = stored.ids
        self.problem = stored.problem
        self._vectors = stored.rows
        self._tokens = stored.tokens
        self._alive = stored.alive
        live = np.flatnonzero(stored.alive)
        order = np.argsort(stored.ids[live], kind="stable")
        self._sorted_ids = stored.ids[live][order]
        self._rows = live[order]
        self._index = self._loaded(folder, stored)

    def _loaded(self, folder: Path, stored: Stored) -> QuantisedIndex | None:
        if not stored.manifest.rows:
            return None
        if stored.manifest.codes:
            try:
                index = QuantisedIndex.load(folder / stored.manifest.codes, vectors=stored.vectors)
                index.oversample = OVERSAMPLE
                return index
            except (SavedFileError, OSError) as error:
                self.problem = f"the codes of the vectors cannot be read, searching without them: {error}"
        few = max(EXACT_BELOW, stored.manifest.rows + 1)
        return QuantisedIndex(exact_below=few, dtype=stored.manifest.dtype).attach(stored.vectors)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def encoder(self) -> str:
        """The name of the encoder that made the vectors."""
        return self.manifest.encoder

    @property
    def dim(self) -> int:
        """D."""
        return self.manifest.dim

    @property
    def known(self) -> Ids:
        """The papers that have a vector, ascending."""
        return self._sorted_ids

    def has(self, paper_ids: Sequence[int] | Ids) -> npt.NDArray[np.bool_]:
        """Which of the papers have a vector."""
        return self._positions(np.asarray(paper_ids, dtype=np.int64))[1]

    def vectors_of(self, paper_ids: Sequence[int]) -> Array:
        """The vectors of those papers that have one: (M, D), in the order given."""
        rows, known = self._positions(np.asarray(paper_ids, dtype=np.int64))
        return self._vectors.take(rows[known]).reshape(-1, self.manifest.dim)

    @property
    def tokenless(self) -> int:
        """How many papers have a vector and no tokens."""
        if self._tokens is None:
            return len(self._rows)
        return int((self._rows < self.manifest.tokenless).sum())

    def tokens_of(self, paper_ids: Ids) -> Tokens:
        """The codes of the papers' tokens, in the order given."""
        if self._tokens is None:
            return Tokens.none(len(paper_ids))
        rows, has = self._positions(paper_ids)
        has = has & (rows >= self.manifest.tokenless)
        codes = np.asarray(self._tokens[rows[has] - self.manifest.tokenless])
        return Tokens(self.manifest.tokens, has, codes)

    def _positions(self, paper_ids: Ids) -> tuple[Ids, npt.NDArray[np.bool_]]:
        if not len(self._rows):
            return np.zeros(len(paper_ids), np.int64), np.zeros(len(paper_ids), np.bool_)
        places = np.minimum(np.searchsorted(self._sorted_ids, paper_ids), len(self._rows) - 1)
        return self._rows[places], self._sorted_ids[places] == paper_ids

    def nearest(self, query: Array, k: int, *, among: Ids | None = None) -> list[tuple[int, float]]:
        """The k papers nearest to a (D,) vector, best first: (paper id, cosine).

        among: ids of papers, ascending, to which the search is restricted.
        """
        if self._index is None or not len(self._rows) or (among is not None and not len(among)):
            return []
        if among is None:
            return self._scan(query, k, self._alive)
        rows, known = self._positions(among)
        rows = rows[known]
        if len(rows) > _BROAD * len(self._alive):
            allowed = np.zeros(len(self._alive), np.bool_)
            allowed[rows] = True
            return self._scan(query, k, allowed)
        if not len(rows):
            return []
        hits = self._index.search(query[None, :], min(k, len(rows)), among=rows)
        return self._pairs(hits.ids[0], hits.scores[0])

    def _scan(self, query: Array, k: int, allowed: npt.NDArray[np.bool_]) -> list[tuple[int, float]]:
        """Search everything and keep what is allowed, reaching further until k are found."""
        assert self._index is not None
        share = float(allowed.mean())
        reach = k if share == 1 else int(k / max(share, 1e-3) * 1.2) + 8
        while True:
            hits = self._index.search(query[None, :], min(reach, len(allowed)))
            ids, scores = hits.ids[0], hits.scores[0]
            kept = (ids >= 0) & allowed[ids]
            if int(kept.sum()) >= k or reach >= len(allowed):
                return self._pairs(ids[kept][:k], scores[kept][:k])
            reach *= 4

    def _pairs(self, rows: Ids, scores: Array) -> list[tuple[int, float]]:
        kept = rows >= 0
        return list(zip(self.ids[rows[kept]].tolist(), scores[kept].tolist(), strict=True))


class MeaningIndex:
    """The meaning index in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "vectors"
        self.lock = folder / "vectors.lock"
        self._mutex = threading.Lock()
        self._loaded: Neighbourhood | None = None
        self._sound: tuple[tuple[int, ...], str] = (), ""

    def manifest(self) -> Manifest | None:
        """What is on the disk, None if nothing is. Raises DerivedIndexError."""
        return vectors.read_manifest(self.folder)

    def snapshot(self) -> Neighbourhood | None:
        """The index as of its last commit; None if there is none yet. Raises DerivedIndexError."""
        generation = self.generation()
        if not generation:
            self.manifest()
            return None
        with self._mutex:
            if self._loaded is None or self._loaded.generation != generation:
                self._loaded = self._load(generation)
            return self._loaded

    def _load(self, generation: tuple[int, ...]) -> Neighbourhood | None:
        # A writer may begin a new generation, and remove the old files, between two of our reads.
        for attempt in range(3):
            manifest = self.manifest()
            if manifest is None:
                return None
            try:
                return Neighbourhood(self.folder, vectors.read(self.folder, manifest), generation)
            except DerivedIndexError:
                if attempt == 2 or self.manifest() == manifest:
                    raise
        return None

    def generation(self) -> tuple[int, ...]:
        """Changes with every commit; empty while there is nothing."""
        try:
            status = (self.folder / "manifest.json").stat()
        except OSError:
            return ()
        return status.st_ino, status.st_mtime_ns, status.st_size

    def check(self) -> str:
        """Read every vector and token, once a commit. Raises DerivedIndexError for damaged vectors.

        Returns what is wrong with the tokens, without which search goes on; '' if nothing is.
        """
        generation = self.generation()
        manifest = self.manifest()
        if manifest is None:
            return ""
        if generation != self._sound[0]:
            vectors.check_vectors(self.folder, manifest)
            try:
                vectors.check_tokens(self.folder, manifest)
                self._sound = generation, ""
            except DerivedIndexError as error:
                self._sound = generation, str(error)
        return self._sound[1]

    def bytes(self) -> int:
        """The space it takes."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
