"""Another encoder in the place of the one in use, without a day on which papers are not found by meaning.

    upgrade    a few thousand papers are read by the new encoder, and the way between the two is learned from
               them; from then on the new one answers, and asks the old one's vectors through the bridge
    fill       in the background, papers are encoded anew, newest first; each is searched in the new space
               from then on
    settled    when all are, the bridge is no longer asked; the old vectors are kept to go back to
    rollback   the encoder before answers again, at once, with the vectors it has

Every step can be killed: what was encoded counts, and the state is one file that is replaced as a whole. How
many papers are found when asked for by their own title is measured before, during and after.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import filelock
import numpy as np

from broadsheet.exceptions import ConfigError, DerivedIndexError, NotFoundError
from broadsheet.papers import Paper
from broadsheet.search import crossing, encoding, vectors
from broadsheet.search.documents import is_indexed
from broadsheet.search.meaning import MeaningIndex, Near, Neighbourhood
from broadsheet.search.spaces import Recall, Space, Spaces, State
from broadsheet.search.vectors import Writer
from broadsheet.search.words import Progress, Source
from octavo.exceptions import SavedFileError
from octavo.protocols import Array, Encoder

ANCHORS: Final = 2000
"""Papers that both encoders read, title and abstract together and the title alone."""

PROBES: Final = 300
"""Papers asked for by their title, and not among the anchors."""

FEWEST: Final = 50
"""With fewer anchors nothing can be learned: so few papers are encoded anew in a moment."""

_SEED: Final = 0  # killed and begun again, the same papers are drawn
_NEAREST: Final = 10
_MARKS: Final = (0.25, 0.5, 0.75)

_log = logging.getLogger(__name__)

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Move:
    """From one encoder's space into another's, for whoever keeps vectors: readers' models above all.

    old, new: names of the encoders. lead: (N, D_old) → (N, D_new). A carrier may be called again after it was
    killed: it must leave alone what is not of `old`.
    """

    old: str
    new: str
    lead: Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Status:
    """encoder, dim: in use, as a setting names it. before: what one could go back to, or ''.

    crossing: whether papers are still encoded anew; read: how many are, of `papers`. way: how the bridge is
    made, '' without one; found: of anchors it had not seen, how many it led to their own place. recalls: what
    was measured.
    """

    encoder: str
    dim: int
    papers: int
    read: int
    before: str
    crossing: bool
    way: str
    found: float
    recalls: tuple[Recall, ...]


class Encoders:
    """The encoders of a house: which is in use, and how another takes its place.

    carriers: called with every `Move`, to bring over what is kept in the old space.
    """

    def __init__(self, store: Source, spaces: Spaces) -> None:
        self.store, self.spaces = store, spaces
        self.carriers: list[Callable[[Move], None]] = []

    def status(self) -> Status:
        """How things stand. Raises DerivedIndexError where the vectors are damaged."""
        state = self.spaces.state()
        near, fresh = self.spaces.near(), self.spaces.meaning(state.serving).snapshot()
        way, found = "", 0.0
        if state.crossing and isinstance(near, crossing.Crossed):
            to_old = near.crossing.to_old
            way, found = type(to_old).__name__, to_old.report().found
        return Status(
            encoder=state.serving.encoder,
            dim=near.dim if near else 0,
            papers=len(near) if near else 0,
            read=len(fresh) if fresh else 0,
            before=state.before.encoder if state.before else "",
            crossing=state.crossing,
            way=way,
            found=found,
            recalls=state.recalls,
        )

    def upgrade(self, name: str, told: Told | None = None) -> State:
        """Put the encoder of that name (module:Class) in the place of the one in use.

        Returns when it answers; papers are encoded anew by `fill`, in this process or any other. Asked again
        for the same one, does nothing. Raises ConfigError for a name of nothing that can be made, for the
        encoder in use, while another upgrade is under way, or where search is by words alone.
        """
        with self.spaces.alone():
            state = self.spaces.state()
            if state.crossing and state.serving.encoder != name:
                raise ConfigError(
                    f"an upgrade to {state.serving.encoder} is under way; let it end, or roll back first"
                )
            if not state.crossing:
                state = self._begin(name, state, told)
        self._carry(state)
        return state

    def rollback(self) -> State:
        """Let the encoder before answer again. Raises NotFoundError where there is none."""
        with self.spaces.alone():
            state = self.spaces.state()
            if state.before is None:
                raise NotFoundError("there is no encoder to go back to")
            back = State(self.spaces.setting, state.before)
            self.spaces.write(back)
        self._carry(state, back=True)
        return back

    def _begin(self, name: str, state: State, told: Told | None) -> State:
        if self.spaces.setting == "none":
            raise ConfigError(
                "BROADSHEET_ENCODER is none: there is no encoder to put another in the place of"
            )
        lazy = self.spaces.encoder(Space(name))
        new = lazy.get()
        if new is None:
            raise ConfigError(lazy.problem or f"{name} cannot be made")
        title = encoding.encoder_name(new)
        old = self.spaces.meaning(state.serving).snapshot()
        if old is not None and old.encoder == title:
            raise ConfigError(f"{name} is the encoder in use: its vectors are those that are there")
        space = Space(name, f"space-{encoding.text_hash(title) & 0xFFFFFFFFFF:010x}")
        anchors, probes = self._drawn(old) if old else ([], [])
        after = State(self.spaces.setting, space, state.serving, crossing=True)
        if old and len(anchors) >= FEWEST:
            after = self._bridged(after, old, (anchors, probes), new, told)
        self.spaces.write(after)
        self.spaces.sweep(after)
        return after

    def _drawn(self, old: Neighbourhood) -> tuple[list[Paper], list[Paper]]:
        """Anchors and probes: papers whose vector is of the text they have now, by chance."""
        order = old.known[np.random.default_rng(_SEED).permutation(len(old.known))]
        sound: list[Paper] = []
        for start in range(0, len(order), encoding.GATHER):
            some = {p.id: p for p in self.store.papers(order[start : start + encoding.GATHER].tolist())}
            ids = [i for i in order[start : start + encoding.GATHER].tolist() if i in some]
            sound += [some[i] for i in ids if is_indexed(some[i])]
            if len(sound) >= ANCHORS + PROBES:
                break
        probes = min(PROBES, len(sound) // 5)
        return sound[probes : probes + ANCHORS], sound[:probes]

    def _bridged(
        self,
        state: State,
        old: Neighbourhood,
        drawn: tuple[list[Paper], list[Paper]],
        new: Encoder,
        told: Told | None,
    ) -> State:
        """Learn the crossing, keep it, and measure what it finds."""
        anchors, probes = drawn
        assert state.before is not None
        ids = [paper.id for paper in anchors]
        index = self.spaces.meaning(state.serving)
        here = _seeded(index, self.store, new, anchors, told)
        titles = [paper.title for paper in [*anchors, *probes]]
        asked = _asked(new, titles, told)
        before = self.spaces.encoder(state.before).get()
        asked_before = _asked(before, titles, told) if before else None
        both = (asked_before[: len(ids)], asked[: len(ids)]) if asked_before is not None else None
        learned = crossing.crossing(encoding.encoder_name(new), (old.vectors_of(ids), here), both)
        learned = replace(learned, ids=np.array([p.id for p in probes]), asked=asked[len(ids) :])
        learned.save(self.spaces.folder / state.serving.folder / "crossing")
        if asked_before is not None:
            state = _measured(state, "before", old, asked_before[len(ids) :], learned.ids, 0.0)
        bridged = crossing.Crossed(learned, old, index.snapshot(), None)
        return _measured(state, "crossing", bridged, learned.asked, learned.ids, len(ids) / len(old))

    def _carry(self, state: State, *, back: bool = False) -> None:
        try:
            over = self.spaces.crossing(state)
            old = self.spaces.meaning(state.before).manifest() if state.before else None
        except (SavedFileError, DerivedIndexError) as error:
            _log.info("there is no way over for what readers have: %s", error)
            return
        if old is None:
            return
        lead = over.to_old.to_old if back else over.to_new.to_old
        names = (over.encoder, old.encoder) if back else (old.encoder, over.encoder)
        for carry in self.carriers:
            carry(Move(*names, lead))


def fill(
    store: Source, spaces: Spaces, progress: Progress | None = None, stop: Callable[[], bool] | None = None
) -> int:
    """Give a vector of the encoder in use to every paper without one; see `encoding.encode`.

    During an upgrade, measures what is found on the way, and ends the upgrade when all have one.
    """
    state = spaces.state()
    encoder = spaces.encoder(state.serving).get()
    if encoder is None:
        return 0
    index = spaces.meaning(state.serving)
    if not state.crossing:
        return encoding.encode(index, store, encoder, progress, stop)

    marks = _marks_left(state)

    def tell(done: int, total: int) -> None:
        if progress:
            progress(done, total)
        read = index.manifest()
        share = (read.rows - read.dead) / max(1, read.rows - read.dead + total - done) if read else 0.0
        while marks and share >= marks[0]:
            marks.pop(0)
            if not marks or share < marks[0]:
                _note(spaces, state.serving, "filling", share)

    encoded = encoding.encode(index, store, encoder, tell, stop)
    read = index.manifest()
    caught_up = (
        read and not read.pending and (read.epoch, read.position) == (store.epoch(), store.last_change())
    )
    if caught_up:
        _note(spaces, state.serving, "after", 1.0)
    return encoded


def _marks_left(state: State) -> list[float]:
    seen = max((recall.share for recall in state.recalls if recall.stage == "filling"), default=0.0)
    return [mark for mark in _MARKS if mark > seen]


def _note(spaces: Spaces, serving: Space, stage: str, share: float) -> None:
    """Measure and write it down, if the upgrade is still the same; after it, the bridge is asked no more."""
    with spaces.alone():
        state = spaces.state()
        if not state.crossing or state.serving != serving:
            return
        try:
            probes = spaces.crossing(state)
            near = spaces.near() if stage == "filling" else spaces.meaning(serving).snapshot()
            if near:
                state = _measured(state, stage, near, probes.asked, probes.ids, share)
        except (SavedFileError, DerivedIndexError) as error:
            _log.info("recall is not measured: %s", error)
        spaces.write(replace(state, crossing=stage != "after"))


def _measured(
    state: State, stage: str, near: Near, questions: Array, ids: Sequence[int] | np.ndarray, share: float
) -> State:
    if not len(ids):
        return state
    hits = [
        int(paper_id) in {found for found, _ in near.nearest(question, _NEAREST)}
        for question, paper_id in zip(questions, ids, strict=True)
    ]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    recall = Recall(stage, now, round(share, 3), round(float(np.mean(hits)), 4), len(hits))
    return replace(state, recalls=(*state.recalls, recall))


def _asked(encoder: Encoder, titles: list[str], told: Told | None) -> Array:
    """What an encoder makes of titles, as questions: (N, D)."""
    made = []
    for start in range(0, len(titles), encoding.BATCH):
        batch = titles[start : start + encoding.BATCH]
        made.append(np.asarray(encoder.encode_queries(batch), dtype=np.float32))
        if told:
            told("titles", start + len(batch), len(titles))
    return np.concatenate(made)


def _seeded(
    index: MeaningIndex, store: Source, encoder: Encoder, papers: list[Paper], told: Told | None
) -> Array:
    """Encode papers into a space that is still empty, or go on where that was left off; returns (N, D).

    What is made here counts: whoever fills the space finds it done.
    """
    name = encoding.encoder_name(encoder)
    index.folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(index.lock, timeout=60):
        try:
            manifest = vectors.read_manifest(index.folder)
            known = index.snapshot() if manifest else None
        except DerivedIndexError:
            manifest = known = None
        if manifest is None or (manifest.encoder, manifest.dim) != (name, encoder.dim):
            for path in index.folder.iterdir():
                path.unlink() if path.is_file() else None
            manifest, known = encoding.begun(encoder, store.epoch()), None
            vectors.write_manifest(index.folder, manifest)
        wanted = [paper for paper in papers if known is None or not known.has([paper.id])[0]]
        with Writer(index.folder, manifest) as writer:
            committed = time.monotonic()
            for done, batch in _batches(wanted):
                texts = [encoding.text_of(paper) for paper in batch]
                made, hashes = encoding.read_by(encoder, texts), [encoding.text_hash(text) for text in texts]
                writer.append([p.id for p in batch], hashes, made.vectors, made.tokens)
                if told:
                    told("anchors", len(papers) - len(wanted) + done, len(papers))
                if time.monotonic() - committed >= encoding.COMMIT_SECONDS:
                    writer.commit()
                    committed = time.monotonic()
            writer.commit()
    found = index.snapshot()
    assert found is not None
    return found.vectors_of([paper.id for paper in papers])


def _batches(papers: list[Paper]) -> Iterator[tuple[int, list[Paper]]]:
    for start in range(0, len(papers), encoding.BATCH):
        batch = papers[start : start + encoding.BATCH]
        yield start + len(batch), batch
