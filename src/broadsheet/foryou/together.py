"""What the readers of a house teach each other: a likeness of papers, learned seldom and with noise.

Nobody's feed may tell what another reads. So a reader changes what is learned by a bounded amount, and
noise of that order is added before anything is made of it (`octavo.rank.read_together`): what is kept and
served tells next to nothing of any single reader, even to somebody who knows all the others. Each learning
tells a little, so it is done once a season at most; and where few readers are, the noise would be all there
is, so there each feed learns alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from broadsheet.foryou.said import Said
from octavo.exceptions import SavedFileError
from octavo.protocols import Array, SparseRows
from octavo.rank.read_together import FEWEST, ReadTogether, epsilon

if TYPE_CHECKING:
    from broadsheet.foryou.foryou import ForYou
    from broadsheet.foryou.pool import Pool

LIKED: Final = 3
"""So many papers a reader must like to be one of those who teach."""
EVERY: Final = timedelta(days=90)
KEPT: Final = timedelta(days=120)
"""Older than this it is not used."""
PAPERS: Final = 10_000
"""So many of the newest papers are learned from, whoever reads them."""
LIKING: Final = ("vote", "up", "save", "shelved", "library")
AGAINST: Final = ("down", "hide", "ignore")


class Likeness(ReadTogether):
    """What was learned in a house.

    encoder: whose vectors; at: when, in ISO form; readers: how many taught it, in whole hundreds.
    """

    _kind: ClassVar[str] = "likeness of a house"
    _asked: ClassVar[tuple[str, ...]] = (*ReadTogether._asked, "encoder", "at", "readers")

    def __init__(
        self, *, encoder: str, at: str, readers: int, noise: float, regularisation: float, dim: int
    ) -> None:
        super().__init__(noise=noise, regularisation=regularisation, dim=dim)
        self.encoder, self.at, self.readers = encoder, at, readers
        self._on: tuple[object, Array] | None = None

    @property
    def moment(self) -> datetime:
        """When it was learned."""
        return datetime.fromisoformat(self.at).astimezone(UTC)

    def on(self, pool: Pool) -> Array:
        """Where the newest papers lie (N, D); zeros for those that have no vector."""
        if self._on is None or self._on[0] != pool.name:
            known = pool.texts.vectors.any(axis=1, keepdims=True)
            self._on = pool.name, np.where(known, self.placed(pool.texts.vectors), 0).astype(np.float32)
        return self._on[1]


class Together:
    """Learns and keeps the likeness of a house. Safe to share between threads."""

    def __init__(self, for_you: ForYou) -> None:
        self._for_you = for_you
        self._folder = for_you.house.folder / "together"
        self._mutex = threading.Lock()
        self._read: tuple[int, Likeness | None] = (-1, None)

    def likeness(self) -> Likeness | None:
        """What feeds may use now: None where nothing was learned, it is too old, of another encoder, or the
        house does not want it."""
        kept = self.kept()
        near = self._for_you.house.index.neighbourhood()
        if kept is None or near is None or not len(near) or not self._for_you.house.settings.for_you_together:
            return None
        return kept if kept.encoder == near.encoder and not self.stale(kept) else None

    def kept(self) -> Likeness | None:
        """What was learned last, of whatever age; None where nothing was, or it cannot be read."""
        try:
            changed = (self._folder / "saved.json").stat().st_mtime_ns
        except OSError:
            return None
        with self._mutex:
            if self._read[0] != changed:
                try:
                    self._read = changed, Likeness.load(self._folder)
                except SavedFileError:  # damaged, or just being written: the next season's takes its place
                    self._read = changed, None
            return self._read[1]

    def stale(self, kept: Likeness) -> bool:
        """Whether it is too old to be used."""
        return self._now() - kept.moment > KEPT

    def learn(self, stop: Callable[[], bool] = lambda: False) -> str:
        """Learn, if it is time; tells what was done, '' where there was nothing to do."""
        house = self._for_you.house
        near, kept = house.index.neighbourhood(), self.kept()
        if house.read_only or not house.settings.for_you_together or near is None or not len(near) or stop():
            return ""
        if kept is not None and kept.encoder == near.encoder and self._now() - kept.moment < EVERY:
            return ""
        started = time.perf_counter()
        newest = [row.id for row in house.store.columns.newest(PAPERS, house.today().isoformat())]
        papers = [number for number, there in zip(newest, near.has(newest), strict=True) if there]
        histories = self._histories(papers)
        if len(histories) < FEWEST:
            return ""
        plain = ReadTogether.of(len(histories))
        made = Likeness(
            encoder=near.encoder,
            at=self._now().isoformat(),
            readers=len(histories) // 100 * 100,
            noise=plain.noise,
            regularisation=plain.regularisation,
            dim=plain.dim,
        ).fit(histories, near.vectors_of(papers))
        made.save(self._folder)
        took = time.perf_counter() - started
        return f"what {made.readers:,} readers and more read together learned in {took:.1f} s"

    def told(self) -> str:
        """Its state in words; '' in a house that has none."""
        kept = self.kept()
        if kept is None:
            return ""
        what = f"taught by {kept.readers:,} readers on {kept.moment:%Y-%m-%d}, ε {epsilon(kept.noise):.1f}"
        return what if self.likeness() is not None else f"{what}: not used, too old or of another encoder"

    def _histories(self, papers: list[int]) -> SparseRows:
        """Who likes which of some papers: the readers who teach, each with the papers that they like."""
        tastes = self._for_you.tastes
        said = {number: Said.of(tastes.of(number).said) for number in tastes.readers()}
        column = {number: at for at, number in enumerate(papers)}
        likes: dict[int, set[int]] = {}
        not_liked: set[tuple[int, int]] = set()
        for reader, kind, paper, since in tastes.everybodys((*LIKING, *AGAINST)):
            wish = said.get(reader, Said())
            if paper not in column or wish.off or wish.alone or (wish.since and since < wish.since):
                continue
            if kind in AGAINST:
                not_liked.add((reader, paper))
            else:
                likes.setdefault(reader, set()).add(column[paper])
        for reader, paper in not_liked:
            likes.get(reader, set()).discard(column[paper])
        rows = [sorted(liked) for liked in likes.values() if len(liked) >= LIKED]
        indptr = np.cumsum([0, *map(len, rows)])
        indices = np.array([at for row in rows for at in row], np.int64)
        return SparseRows(indptr.astype(np.int64), indices, np.ones(len(indices), np.float32), len(papers))

    def _now(self) -> datetime:
        return self._for_you.store.events.clock().astimezone(UTC)
