"""The word index: tantivy, fed from the store's outbox.

How far which outbox has been applied is written into the index by the same commit, in the one document that
is no paper; so a killed process resumes exactly where its last commit stood. One process writes at a time (a
file lock that ends with its process); readers in every process see a commit at their next question. An index
that cannot be read, or follows another outbox (a store that was restored), is made anew by the next writer.
"""

from __future__ import annotations

import contextlib
import logging
import math
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import filelock
import numpy as np
import tantivy

from broadsheet.exceptions import BroadsheetError, DerivedIndexError, DiskFullError
from broadsheet.papers import Paper
from broadsheet.search import analysis, documents
from broadsheet.search.unlocked import unlocked
from octavo.protocols import Ids

Progress = Callable[[int, int], None]

BATCH: Final = 1000
COMMIT_EVERY: Final = 20_000
"""Papers between two commits of a long run; a commit costs a quarter of a second."""

_SMALL_HEAP: Final = 16 << 20
_LARGE_HEAP: Final = 128 << 20
_STATE: Final = "state"
_REMEMBERED: Final = 1 << 15
"""Words whose rarity is kept in mind: most of those looked up are those of every abstract."""
_FULL: Final = re.compile(r"No space left|File too large|quota", re.IGNORECASE)

_log = logging.getLogger(__name__)


class Change(Protocol):
    """A row of the store's outbox."""

    @property
    def seq(self) -> int:
        """Its number."""

    @property
    def paper_id(self) -> int:
        """The paper it is about."""

    @property
    def gone(self) -> bool:
        """Whether the paper is no more."""


class Source(Protocol):
    """What an index needs of the store."""

    def papers(self, ids: Sequence[int]) -> list[Paper]:
        """The papers of those ids, missing ones skipped."""

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        """The outbox after a number, in order."""

    def last_change(self) -> int:
        """The outbox's last number."""

    def epoch(self) -> int:
        """Names the outbox; numbers of another one mean nothing."""


@contextmanager
def guarded(doing: str) -> Iterator[None]:
    """Turn whatever a broken index raises, a panic of the engine included, into DerivedIndexError."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, BroadsheetError):
        raise
    except Exception as error:
        if _FULL.search(str(error)):
            raise DiskFullError(f"no space left for the word index while {doing}: {error}") from error
        raise DerivedIndexError(f"the word index failed while {doing}: {error}") from error
    except BaseException as error:
        # A panic inside the engine arrives as a direct child of BaseException.
        if type(error).__name__ != "PanicException":
            raise
        raise DerivedIndexError(f"the word index failed while {doing}: {error}") from error


class Snapshot:
    """The word index as of one commit; what it answers stays the same while it is held."""

    def __init__(self, index: Any, generation: tuple[int, ...]) -> None:
        self.schema = index.schema
        self.searcher = index.searcher()
        self.generation = generation
        self._rarities: dict[str, float] = {}
        self.position, self.top, self.epoch = self._state()
        self.size = int(self.searcher.num_docs) - (1 if self.position or self.top else 0)

    def _state(self) -> tuple[int, int, int]:
        query = tantivy.Query.term_query(self.schema, "marker", _STATE, "basic")
        hits = self.searcher.search(query, 1, count=False).hits
        if not hits:
            return 0, 0, 0
        document = self.searcher.doc(hits[0][1])
        position, top, epoch = map(document.get_first, ("position", "top", "epoch"))
        return int(position), int(top), int(epoch)

    def follows(self, store: Source) -> bool:
        """Whether it is of that store's outbox, and not ahead of it."""
        empty = not self.position and not self.top
        return empty or (self.epoch == store.epoch() and self.position <= store.last_change())

    def count(self, query: Any) -> int:
        """How many papers match."""
        with guarded("counting"):
            return int(self.searcher.search(query, 1, count=True).count)

    def best(self, query: Any, limit: int, offset: int = 0) -> list[tuple[int, float]]:
        """The best matches by score: (paper id, score)."""
        with guarded("ranking"):
            hits = self.searcher.search(query, limit, count=False, offset=offset).hits
            ids = self.searcher.fast_field_values("id", [address for _, address in hits])
        return [(int(paper_id), float(score)) for paper_id, (score, _) in zip(ids, hits, strict=True)]

    def ordered(self, query: Any, key: str, limit: int, offset: int = 0) -> list[int]:
        """The matches by a sort key (`by_date`, `by_votes`), highest first: paper ids."""
        with guarded("sorting"):
            hits = self.searcher.search(query, limit, count=False, order_by_field=key, offset=offset).hits
        mask = (1 << documents.ID_BITS) - 1
        return [int(value) & mask for value, _ in hits]

    def ids(self, query: Any) -> Ids:
        """The ids of all matches, ascending."""
        with guarded("listing"):
            hits = self.searcher.search(query, max(1, int(self.searcher.num_docs)), count=False).hits
            values = self.searcher.fast_field_values("id", [address for _, address in hits])
        return np.sort(np.asarray(values, dtype=np.int64))

    def aggregate(self, query: Any, terms: dict[str, tuple[str, int]]) -> dict[str, list[tuple[str, int]]]:
        """Count the values of fields over the matches; `terms` is name → (field, how many)."""
        wanted = {name: {"terms": {"field": field, "size": size}} for name, (field, size) in terms.items()}
        with guarded("counting facets"):
            found = self.searcher.aggregate(query, wanted)
        return {
            name: [(_label(bucket["key"]), int(bucket["doc_count"])) for bucket in found[name]["buckets"]]
            for name in terms
        }

    def beginning(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """The terms that begin so, and in how many papers each stands."""
        with guarded("looking up words"):
            found = self.searcher.terms_with_prefix(field, prefix)
        return [(str(term), int(papers)) for term, papers in found]

    def frequency(self, field: str, term: str) -> int:
        """In how many papers a term stands."""
        with guarded("looking up a word"):
            return int(self.searcher.doc_freq(field, term))

    def rarity(self, stem: str) -> float:
        """How much it tells that a paper has a stem: BM25's idf; 0 for one that none has."""
        known = self._rarities.get(stem)
        if known is None:
            holding, size = self.frequency("text", stem), self.size
            known = math.log1p((size - holding + 0.5) / (holding + 0.5)) if 0 < holding <= size else 0.0
            if len(self._rarities) >= _REMEMBERED:
                self._rarities.clear()
            self._rarities[stem] = known
        return known


def _label(key: object) -> str:
    return str(int(key)) if isinstance(key, float) else str(key)


class WordIndex:
    """The word index in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = folder / "words.lock"
        self.path = folder / f"words-{documents.SCHEMA_VERSION}"
        self._reading: tuple[tuple[int, ...], Any, Snapshot] | None = None
        self._mutex = threading.Lock()
        self._distrusted = 0  # the inode of the folder that failed; only the first, so no question loops

    # Reading

    def snapshot(self) -> Snapshot | None:
        """The index as of its last commit, by whichever process; None if there is none yet.

        Raises DerivedIndexError when it cannot be read.
        """
        generation = self.generation()
        if generation is None:
            return None
        with self._mutex:
            if self._reading and self._reading[0] == generation:
                return self._reading[2]
            with guarded("opening"), unlocked(self.path) as folder:
                same_folder = self._reading is not None and self._reading[0][0] == generation[0]
                index = (
                    self._reading[1]
                    if self._reading and same_folder and folder == self.path
                    else _prepared(tantivy.Index.open(str(folder)))
                )
                index.reload()
                snapshot = Snapshot(index, generation)
            self._reading = (generation, index, snapshot)
            return snapshot

    def generation(self) -> tuple[int, ...] | None:
        """Changes with every commit; None while there is nothing. Raises DerivedIndexError."""
        try:
            folder, meta = self.path.stat(), (self.path / "meta.json").stat()
        except OSError:
            if self.path.is_dir() and any(self.path.iterdir()):
                raise DerivedIndexError(f"the word index in {self.path} has no meta.json.") from None
            return None
        return folder.st_ino, meta.st_ino, meta.st_mtime_ns, meta.st_size

    def bytes(self) -> int:
        """The space it takes."""
        return sum(file.stat().st_size for file in self.path.glob("*")) if self.path.is_dir() else 0

    def busy(self) -> bool:
        """Whether somebody is writing."""
        if not self.lock.exists():
            return False
        lock = filelock.FileLock(self.lock, timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            return True
        except OSError:  # a folder that can only be read has no writer of ours
            return False
        lock.release()
        return False

    # Writing

    def distrust(self) -> None:
        """The index failed while it was asked: the next writer of this process makes it anew, once."""
        self._distrusted = self._distrusted or self._inode()

    def sync(self, store: Source, progress: Progress | None = None) -> int:
        """Apply the outbox since the index's own position; returns how many changes were applied.

        An index that is broken or of another outbox is made anew. Returns 0 at once when another process is
        at it: it will apply the same changes.
        """
        with contextlib.suppress(DerivedIndexError):
            snapshot = self.snapshot()
            current = snapshot and snapshot.position == store.last_change() and snapshot.follows(store)
            if current and not self._is_distrusted():
                return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with filelock.FileLock(self.lock, timeout=0):
                return self._written(store, progress)
        except filelock.Timeout:
            return 0

    def rebuild(self, store: Source, progress: Progress | None = None) -> int:
        """Make the index anew beside the old one, which answers until the new one takes its place."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(self.lock):
            return self._replaced(store, progress)

    def _is_distrusted(self) -> bool:
        return self._distrusted != 0 and self._distrusted == self._inode()

    def _inode(self) -> int:
        return self.path.stat().st_ino if self.path.exists() else 0

    def _written(self, store: Source, progress: Progress | None) -> int:
        reason = "it failed while it was asked"
        if not self._is_distrusted():
            try:
                applied = self._write(self.path, store, progress)
            except DerivedIndexError as error:
                reason = str(error)
            else:
                for older in self.folder.glob("words-*"):  # of a release before
                    if older != self.path:
                        shutil.rmtree(older, ignore_errors=True)
                return applied
        _log.warning("the word index is made anew: %s", reason)
        return self._replaced(store, progress)

    def _replaced(self, store: Source, progress: Progress | None) -> int:
        fresh, old = self.path.with_suffix(".new"), self.path.with_suffix(".old")
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            applied = self._write(fresh, store, progress)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        with self._mutex:
            if self.path.exists():
                self.path.rename(old)
            fresh.rename(self.path)
            self._reading = None
        shutil.rmtree(old, ignore_errors=True)
        return applied

    def _write(self, path: Path, store: Source, progress: Progress | None) -> int:
        path.mkdir(parents=True, exist_ok=True)
        with guarded("writing"):
            index = _open(path)
            state = Snapshot(index, ())
            if not state.follows(store):
                raise DerivedIndexError("the word index is of another store, or of a restored one.")
            pending = store.last_change() - state.position
            large = pending > 5 * BATCH
            writer = index.writer(_LARGE_HEAP if large else _SMALL_HEAP, 2 if large else 1)
            try:
                return self._apply(index.schema, writer, store, state, pending, progress)
            finally:
                writer.wait_merging_threads()

    def _apply(
        self,
        schema: Any,
        writer: Any,
        store: Source,
        state: Snapshot,
        pending: int,
        progress: Progress | None,
    ) -> int:
        position, top, epoch = state.position, state.top, store.epoch()
        applied = uncommitted = 0
        while changes := store.changes(position, BATCH):
            position = changes[-1].seq
            latest = {change.paper_id: change.gone for change in changes}
            # A paper above every id seen before cannot be in the index: nothing to delete, which is dear.
            for paper_id in latest:
                if paper_id <= top:
                    writer.delete_documents_by_term("id", paper_id)
            wanted = [paper_id for paper_id, gone in latest.items() if not gone]
            for paper in store.papers(wanted):
                if documents.is_indexed(paper):
                    writer.add_document(tantivy.Document.from_dict(documents.document(paper), schema))
            top = max(top, *latest)
            applied += len(changes)
            uncommitted += len(changes)
            if uncommitted >= COMMIT_EVERY:
                _commit(writer, position, top, epoch)
                uncommitted = 0
            if progress:
                progress(applied, max(pending, applied))
        if uncommitted:
            _commit(writer, position, top, epoch)
        return applied


def _commit(writer: Any, position: int, top: int, epoch: int) -> None:
    writer.delete_documents_by_term("marker", _STATE)
    state = tantivy.Document()
    state.add_text("marker", _STATE)
    state.add_integer("position", position)
    state.add_integer("top", top)
    state.add_integer("epoch", epoch)
    writer.add_document(state)
    writer.commit()


def _open(path: Path) -> Any:
    return _prepared(tantivy.Index(documents.schema(), str(path), reuse=True))


def _prepared(index: Any) -> Any:
    for name, analyzer in analysis.analyzers().items():
        index.register_tokenizer(name, analyzer)
    index.config_reader("manual")
    return index
