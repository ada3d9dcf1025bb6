"""Keeping the meaning index up to date with the store: which papers want a vector, and giving it to them.

The store's outbox says which papers changed. They are put in a list, newest first, that is kept beside the
vectors; then they are encoded, a batch at a time, and every few seconds what was done is made to count. A
killed process loses those seconds and nothing else: the next one cuts off what does not count and goes on at
the same place in the same list. A text that did not change is not encoded again.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import filelock
import numpy as np
import numpy.typing as npt

from broadsheet.exceptions import ConfigError, DerivedIndexError
from broadsheet.papers import Paper
from broadsheet.search import vectors
from broadsheet.search.documents import is_indexed, sort_day
from broadsheet.search.meaning import EXACT_BELOW, MeaningIndex
from broadsheet.search.token_codes import codec_of
from broadsheet.search.vectors import Manifest, Writer
from broadsheet.search.words import Progress, Source
from octavo.find.quantised import QuantisedIndex
from octavo.protocols import Array, Encoder, Ids, TokenEncoder

BATCH: Final = 64
GATHER: Final = 1000
COMMIT_SECONDS: Final = 4.0

_DEAD_SHARE: Final = 0.25
_DEAD_LEAST: Final = 1000
_TAIL: Final = 4096
"""Fewer vectors than this without codes are scanned in less time than new codes are worth."""

_log = logging.getLogger(__name__)


def text_of(paper: Paper) -> str:
    """What of a paper is encoded."""
    return f"{paper.title}\n{paper.abstract}" if paper.abstract else paper.title


def text_hash(text: str) -> int:
    """The name of a text in 64 bits."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def encoder_name(encoder: Encoder) -> str:
    """The name under which an encoder's vectors are kept; another name means other vectors."""
    return str(getattr(encoder, "name", type(encoder).__qualname__))


@dataclass(frozen=True, slots=True)
class Read:
    """What an encoder makes of M texts: vectors (M, D), and codes (M, B) of tokens, where it tells any."""

    vectors: Array
    tokens: npt.NDArray[np.uint8] | None = None


def read_by(encoder: Encoder, texts: Sequence[str]) -> Read:
    """Read papers' texts. Raises ConfigError for what are no vectors."""
    codec = codec_of(encoder)
    if codec is None or not isinstance(encoder, TokenEncoder):
        return Read(_sound(encoder, encoder.encode_documents(texts), len(texts)))
    whole = encoder.encode_whole(texts)
    return Read(_sound(encoder, whole.vectors, len(texts)), codec.encode(whole))


def _sound(encoder: Encoder, vectors: Array, many: int) -> Array:
    made: Array = np.asarray(vectors, dtype=np.float32)
    if made.shape != (many, encoder.dim) or not np.isfinite(made).all():
        raise ConfigError(
            f"BROADSHEET_ENCODER: {encoder_name(encoder)} made {made.shape} numbers, which must be "
            f"({many}, {encoder.dim}) and finite"
        )
    return made


def encode(
    index: MeaningIndex,
    store: Source,
    encoder: Encoder,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Give a vector to every paper without one, newest first; returns how many were encoded.

    Returns 0 at once when another process is at it. `stop` is asked between batches. What is damaged on the
    disk is made anew. Raises ConfigError for an encoder that makes no vectors.
    """
    run = _Run(index, store, encoder, progress, stop)
    try:
        with _alone(index, 0):
            try:
                return run.run()
            except DerivedIndexError as error:
                _log.warning("the vectors are mended: %s", error)
                _mend(index)
                return run.run()
    except filelock.Timeout:
        return 0


def follows(manifest: Manifest, store: Source) -> bool:
    """Whether the vectors are of that store's outbox, and not ahead of it."""
    return manifest.epoch == store.epoch() and manifest.position <= store.last_change()


def mend(index: MeaningIndex) -> None:
    """Throw the vectors away if any is damaged; those that are sound are compared with every text again."""
    with _alone(index, -1):
        _mend(index)


def _mend(index: MeaningIndex) -> None:
    try:
        if manifest := index.manifest():
            vectors.check_vectors(index.folder, manifest)
            vectors.read(index.folder, manifest)
            manifest = _with_sound_tokens(index.folder, manifest)
            vectors.write_manifest(index.folder, _from_the_beginning(manifest))
    except DerivedIndexError:
        shutil.rmtree(index.folder, ignore_errors=True)


def _with_sound_tokens(folder: Path, manifest: Manifest) -> Manifest:
    """The manifest, without its tokens if these are damaged: the vectors are sound for all that."""
    try:
        vectors.check_tokens(folder, manifest)
    except DerivedIndexError:
        return vectors.without_tokens(manifest)
    return manifest


def begun(encoder: Encoder, epoch: int, generation: int = 1) -> Manifest:
    """The manifest of an encoder's vectors before the first."""
    codec = codec_of(encoder)
    name, size = (codec.name, codec.pooled.nbytes) if codec else ("", 0)
    return Manifest(
        encoder_name(encoder), encoder.dim, generation, epoch=epoch, tokens=name, token_bytes=size
    )


def _from_the_beginning(manifest: Manifest) -> Manifest:
    return replace(manifest, position=0, pending="", pending_total=0, pending_done=0)


@contextmanager
def _alone(index: MeaningIndex, timeout: float) -> Iterator[None]:
    index.lock.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(index.lock, timeout=timeout):
        yield


class _Run:
    """One run of `encode`, which holds the lock."""

    def __init__(
        self,
        index: MeaningIndex,
        store: Source,
        encoder: Encoder,
        progress: Progress | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self.folder: Path = index.folder
        self.store, self.encoder = store, encoder
        self.progress, self.stop = progress, stop or (lambda: False)
        self.rows_of: dict[int, int] = {}
        self.hash_of: dict[int, int] = {}

    def run(self) -> int:
        self.rows_of.clear()
        self.hash_of.clear()
        self.folder.mkdir(parents=True, exist_ok=True)
        manifest = self._begin()
        if manifest.version != vectors.VERSION:
            manifest = self._compact(manifest)
            self._sweep(manifest)
        caught_up = not manifest.pending and self.store.last_change() == manifest.position
        if caught_up and (manifest.position or not manifest.rows):
            return 0
        stored = vectors.read(self.folder, manifest)
        for row in np.flatnonzero(stored.alive).tolist():
            paper_id = int(stored.ids[row])
            self.rows_of[paper_id], self.hash_of[paper_id] = row, int(stored.hashes[row])
        del stored
        with Writer(self.folder, manifest) as writer:
            encoded = self._encode_all(writer)
            manifest = writer.manifest
        if manifest.dead >= max(_DEAD_LEAST, _DEAD_SHARE * manifest.rows):
            manifest = self._compact(manifest)
        self._sweep(manifest)
        return encoded

    def _sweep(self, manifest: Manifest) -> None:
        for path in vectors.leftovers(self.folder, manifest):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _begin(self) -> Manifest:
        """The manifest to go on from: a new generation if there is none or it is another encoder's."""
        name, before = encoder_name(self.encoder), vectors.read_manifest(self.folder)
        if before and (before.encoder, before.dim) == (name, self.encoder.dim):
            before = self._tokened(before)
            if follows(before, self.store):
                return before
            # A store that was restored, as a rule: most texts are the same, and keep their vectors.
            return replace(_from_the_beginning(before), epoch=self.store.epoch())
        fresh = begun(self.encoder, self.store.epoch(), before.generation + 1 if before else 1)
        for kind in fresh.kinds:
            (self.folder / fresh.name(kind)).unlink(missing_ok=True)
        vectors.write_manifest(self.folder, fresh)
        return fresh

    def _tokened(self, before: Manifest) -> Manifest:
        """The manifest with tokens from the next row on, where the encoder has others than were kept.

        The texts are gone through again, so that those who have none yet get theirs.
        """
        wanted = begun(self.encoder, before.epoch, before.generation)
        if before.tokens == wanted.tokens:
            return before
        # Not cut to nothing: who searches by what was there before has it open.
        if wanted.tokens:
            (self.folder / wanted.name("tokens")).unlink(missing_ok=True)
        return replace(
            _from_the_beginning(vectors.without_tokens(before)),
            tokens=wanted.tokens,
            token_bytes=wanted.token_bytes,
            tokenless=before.rows if wanted.tokens else 0,
        )

    def _is_bare(self, manifest: Manifest, paper_id: int) -> bool:
        """Whether a paper has a vector and none of the tokens that are kept now."""
        return self.rows_of.get(paper_id, manifest.tokenless) < manifest.tokenless

    # What is to be done

    def _gather(self, writer: Writer) -> Ids:
        """Read the outbox on and drop the vectors of papers that are gone; returns what to encode.

        Where it is read from the beginning, papers that lack tokens are encoded again.
        """
        position = writer.manifest.position
        begins = position == 0
        unseen = set(self.rows_of) if position == 0 else set[int]()
        old = vectors.read_pending(self.folder, writer.manifest)
        wanted: dict[int, int] = {}
        dropped: list[int] = []
        while changes := self.store.changes(position, GATHER):
            position = changes[-1].seq
            latest = {change.paper_id: change.gone for change in changes}
            papers = {p.id: p for p in self.store.papers([i for i, gone in latest.items() if not gone])}
            unseen.difference_update(latest)
            for paper_id in latest:
                paper = papers.get(paper_id)
                wanted.pop(paper_id, None)
                if paper is None or not is_indexed(paper):
                    if paper_id in self.rows_of:
                        dropped.append(self.rows_of.pop(paper_id))
                        del self.hash_of[paper_id]
                elif (begins and self._is_bare(writer.manifest, paper_id)) or (
                    self.hash_of.get(paper_id) != text_hash(text_of(paper))
                ):
                    wanted[paper_id] = sort_day(paper)
        for paper_id in unseen:  # of another store
            dropped.append(self.rows_of.pop(paper_id))
            del self.hash_of[paper_id]
        if dropped:
            writer.drop(dropped)
        if position == writer.manifest.position:
            return old
        if not wanted:
            writer.commit(position=position)
            return old
        # What waited and what is new are put in one order; the waiting papers' days are asked for again.
        days: dict[int, int] = {}
        for start in range(0, len(old), GATHER):
            some = self.store.papers(old[start : start + GATHER].tolist())
            days.update((paper.id, sort_day(paper)) for paper in some)
        days.update(wanted)
        pending = np.array(sorted(days, key=lambda i: (-days[i], -i)), dtype=np.int64)
        writer.commit(position=position, **writer.write_pending(pending))
        return pending

    # Doing it

    def _encode_all(self, writer: Writer) -> int:
        pending = self._gather(writer)
        done = encoded = 0
        base = writer.manifest.pending_done
        committed = time.monotonic()
        try:
            while done < len(pending) and not self.stop():
                batch = pending[done : done + BATCH].tolist()
                encoded += self._encode_batch(writer, batch)
                done += len(batch)
                if self.progress:
                    self.progress(encoded, encoded + len(pending) - done)
                if time.monotonic() - committed >= COMMIT_SECONDS:
                    self._commit(writer, base + done)
                    committed = time.monotonic()
                    if self.store.last_change() != writer.manifest.position:
                        pending, done = self._gather(writer), 0
                        base = writer.manifest.pending_done
        finally:
            if writer.whole:
                self._commit(writer, base + done)
        return encoded

    def _encode_batch(self, writer: Writer, batch: list[int]) -> int:
        texts = {paper.id: text_of(paper) for paper in self.store.papers(batch) if is_indexed(paper)}
        hashes = {paper_id: text_hash(text) for paper_id, text in texts.items()}
        ids = [
            paper_id
            for paper_id in texts
            if self.hash_of.get(paper_id) != hashes[paper_id] or self._is_bare(writer.manifest, paper_id)
        ]
        if not ids:
            return 0
        made = read_by(self.encoder, [texts[i] for i in ids])
        writer.drop([self.rows_of[i] for i in ids if i in self.rows_of])
        first = writer.rows
        writer.append(ids, [hashes[i] for i in ids], made.vectors, made.tokens)
        for row, paper_id in enumerate(ids, first):
            self.rows_of[paper_id], self.hash_of[paper_id] = row, hashes[paper_id]
        return len(ids)

    def _commit(self, writer: Writer, done: int) -> None:
        manifest = writer.manifest
        if done >= manifest.pending_total:
            manifest = writer.commit(pending="", pending_total=0, pending_done=0)
        else:
            manifest = writer.commit(pending_done=done)
        codes = self._codes(manifest)
        if codes != manifest.codes:
            writer.commit(codes=codes)

    def _codes(self, manifest: Manifest) -> str:
        """Make the quantised index when it is due; returns the folder to search with."""
        coded = int(manifest.codes.rpartition("-")[2] or 0) if manifest.codes else 0
        # While much waits to be encoded, codes would soon be old; after that, a short tail searches fast.
        share = manifest.rows // (4 if manifest.pending_total else 16)
        if manifest.rows - coded < (max(_TAIL, share) if coded else EXACT_BELOW):
            return manifest.codes
        stored = vectors.read(self.folder, manifest)
        name = f"codes-{manifest.generation}-{manifest.rows}"
        index = QuantisedIndex(exact_below=EXACT_BELOW, dtype=manifest.dtype).attach(stored.vectors)
        index.save(self.folder / name, vectors=False)
        return name

    def _compact(self, before: Manifest) -> Manifest:
        """Write the living rows to new files, of this version, and leave the gone ones behind."""
        stored = vectors.read(self.folder, before)
        if stored.problem:
            raise DerivedIndexError(stored.problem)
        live = np.flatnonzero(stored.alive)
        # Rows without tokens stand before all others, and still do.
        bare = int((live < before.tokenless).sum())
        fresh = replace(
            before,
            version=vectors.VERSION,
            generation=before.generation + 1,
            rows=0,
            dead=0,
            codes="",
            tokenless=bare,
            sums={},
        )
        kept = stored.rows
        for kind in fresh.kinds:
            (self.folder / fresh.name(kind)).unlink(missing_ok=True)
        with Writer(self.folder, fresh) as writer:
            for rows in (*_blocks(live[:bare]), *_blocks(live[bare:])):
                tokens = None
                if stored.tokens is not None and rows[0] >= before.tokenless:
                    tokens = np.asarray(stored.tokens[rows - before.tokenless])
                writer.append(stored.ids[rows], stored.hashes[rows], kept.take(rows), tokens)
            manifest = writer.commit()
            codes = self._codes(manifest)
            return writer.commit(codes=codes) if codes else manifest


def _blocks(rows: Ids) -> Iterator[Ids]:
    return (rows[start : start + 4096] for start in range(0, len(rows), 4096))
