"""Search over the papers of a store: by words and by meaning, each able to go without the other."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from broadsheet.exceptions import DerivedIndexError
from broadsheet.papers import Paper
from broadsheet.search import encoding, highlight, upgrade, words
from broadsheet.search.answer import Answer, Ranked
from broadsheet.search.lazy_encoder import LazyEncoder
from broadsheet.search.meaning import MeaningIndex, Near
from broadsheet.search.plan import AFTERWARDS, Budget, Costs
from broadsheet.search.planner import Planner, Sort
from broadsheet.search.query import Clause, ParsedQuery, parse
from broadsheet.search.reasons import reasons
from broadsheet.search.results import Hit, Results
from broadsheet.search.spaces import Spaces
from broadsheet.search.words import Progress, Snapshot, WordIndex
from octavo.protocols import Array, Encoder

MAX_LIMIT: Final = 1000
HURRIED: Final = "There was no time to search by meaning as well; these papers were found by their words."
_REMEMBERED: Final = 256

_log = logging.getLogger(__name__)


class Store(words.Source, Protocol):
    """What search needs of the store."""

    def paper(self, reference: str) -> Paper:
        """The paper that answers to a key or identifier; PaperNotFoundError."""


@dataclass(frozen=True, slots=True)
class _Asked:
    query: ParsedQuery
    sort: Sort
    whole: bool
    budget: Budget


@dataclass(frozen=True, slots=True)
class SearchHealth:
    """The state of the indexes.

    words, vectors: papers in each. pending_words: changes not yet applied; pending_vectors: papers (or
    changes of them) that wait to be encoded. bytes: on disk. encoder: its name, '' without one. writing:
    whether some process is applying changes to the words now. problems: what is out of order, and its cure.
    """

    words: int
    vectors: int
    pending_words: int
    pending_vectors: int
    bytes: int
    encoder: str
    writing: bool
    problems: tuple[str, ...]


class Search:
    """Finds papers. Any number of threads and processes may ask; one at a time writes.

    store: the source of truth. folder: of the indexes. encoder: makes the encoder when it is first needed;
    None searches by words alone. setting: that encoder's name; named: makes another, for upgrades. budget_ms:
    the time for an answer to a question that brings none; by default all it takes.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        encoder: Callable[[], Encoder] | None = None,
        *,
        setting: str = "",
        named: Callable[[str], Encoder] | None = None,
        budget_ms: float = math.inf,
    ) -> None:
        self.store = store
        self.budget_ms = budget_ms
        self._costs = Costs()
        self.words = WordIndex(folder)
        self.spaces = Spaces(folder, setting, encoder, named)
        self._mutex = threading.Lock()
        self._planner: Planner | None = None
        self._answers: OrderedDict[tuple[str, Sort], Answer] = OrderedDict()

    @property
    def meaning(self) -> MeaningIndex:
        """The vectors of the encoder in use."""
        return self.spaces.meaning(self.spaces.state().serving)

    @property
    def _encoder(self) -> LazyEncoder:
        return self.spaces.encoder(self.spaces.state().serving)

    def close(self) -> None:
        """Let go of the indexes."""
        with self._mutex:
            self._planner = None
            self._answers.clear()

    # Writing

    def sync(self, progress: Progress | None = None) -> int:
        """Apply the store's changes to the words; returns how many. Cheap when there are none.

        0 also when another process is at it. A broken index is made anew.
        """
        return self.words.sync(self.store, progress)

    def encode(self, progress: Progress | None = None, stop: Callable[[], bool] | None = None) -> int:
        """Give a vector to every paper without one, newest first; returns how many were encoded.

        Can be stopped or killed and goes on where it was. 0 also without an encoder, or when another process
        is at it. Vectors that are damaged are made anew.
        """
        return upgrade.fill(self.store, self.spaces, progress, stop)

    def rebuild(self, progress: Callable[[str, int, int], None] | None = None) -> None:
        """Make the index of words anew, throw away damaged vectors and encode what lacks one.

        Vectors that are sound stay: no text is encoded twice.
        """
        self.words.rebuild(self.store, _told(progress, "words"))
        encoding.mend(self.meaning)
        self.encode(_told(progress, "vectors"))

    # Asking

    def find(
        self,
        query: str,
        *,
        limit: int = 20,
        offset: int = 0,
        sort: Sort | str = "relevance",
        bare: bool = False,
        budget_ms: float | None = None,
        waited_ms: float = 0.0,
    ) -> Results:
        """Search. There is no text for which it raises; what is out of order is said in the notes.

        bare: the papers and their places alone, in half the time: nothing is counted, nothing is marked.
        budget_ms: the time for the answer, by default that of the house. waited_ms: how much of it passed
        before the question had its turn; a second look is taken only in what is left.
        """
        budget = Budget(self.budget_ms if budget_ms is None else max(budget_ms, 0.0), max(waited_ms, 0.0))
        return self._results(parse(query), limit, offset, sort, bare, budget)

    def _results(
        self, parsed: ParsedQuery, limit: int, offset: int, sort: str, bare: bool, budget: Budget
    ) -> Results:
        began = time.perf_counter()
        notes = list(parsed.notes)
        order: Sort = "date" if sort == "date" else "votes" if sort == "votes" else "relevance"
        if sort != order:
            notes.append(f"There is no order {str(sort)[:40]!r}; sorted by relevance.")
        limit, offset = min(max(int(limit), 0), MAX_LIMIT), max(int(offset), 0)
        answer, page = self._asked(_Asked(parsed, order, not bare, budget), offset, limit, notes)
        if self._encoder.problem:
            notes.append(self._encoder.problem)
        since = time.perf_counter()
        hits, papers = self._shown(answer, page, marked=not bare, like=bool(parsed.likes))
        self._costs.learn(AFTERWARDS, (time.perf_counter() - since) * 1000)
        took = {step.name: step.ms for step in answer.steps if not step.skipped}
        took |= {AFTERWARDS: _since(since), "total": _since(began)}
        notes += [note for note in answer.notes if note not in notes]
        skipped = {step.name: step.skipped for step in answer.steps if step.skipped}
        notes += [HURRIED] if skipped.keys() & {"encode", "meaning"} else []
        return Results(parsed, hits, papers, answer.total, answer.facets, tuple(notes), took, skipped)

    def similar(
        self, paper_ids: Sequence[int], *, unlike: Sequence[int] = (), limit: int = 10, bare: bool = True
    ) -> Results:
        """Papers like those given, and unlike others; all of these are left out."""
        keys = {paper.id: paper.key for paper in self.store.papers([*paper_ids, *unlike])}
        likes = [Clause(keys[i], "like") for i in dict.fromkeys(paper_ids) if i in keys]
        unlikes = [Clause(keys[i], "like", negated=True) for i in dict.fromkeys(unlike) if i in keys]
        clauses = (*likes, *unlikes)
        query = ParsedQuery(" ".join(map(str, clauses)), clauses)
        if not likes:
            return Results(query)
        return self._results(query, limit, 0, "relevance", bare, Budget(self.budget_ms))

    def warm(self) -> None:
        """Open the indexes and the encoder, so that the first question need not wait for them."""
        if self._current([]).near is not None:
            self._encoder.open()

    def neighbourhood(self) -> Near | None:
        """The vectors of the present encoder; None while there are none that can be read."""
        return self._current([]).near

    def vector(self, text: str) -> Array | None:
        """The (D,) vector of a question; None without an encoder, or while it is out of order."""
        return self._encoder.query(text)

    def encoder(self) -> Encoder | None:
        """The encoder; None if there is none, or it cannot be made now."""
        return self._encoder.get()

    def stamp(self) -> str:
        """Changes whenever results may have changed."""
        try:
            generation = self.words.generation() or ()
        except DerivedIndexError:
            generation = ()
        parts = (*generation[1:], *self.meaning.generation()[1:])
        return "-".join(f"{part:x}" for part in parts)

    def health(self) -> SearchHealth:
        """Look at everything, the bytes of the vectors included."""
        problems: list[str] = []
        snapshot = near = manifest = None
        pending_words = pending_vectors = self._behind(0)
        try:
            snapshot = self.words.snapshot()
            follows = snapshot is not None and snapshot.follows(self.store)
            pending_words = self._behind(snapshot.position if snapshot and follows else 0)
        except DerivedIndexError as error:
            problems.append(f"{_sentence(error)} Search goes on by meaning alone; rebuild the index.")
        try:
            if damage := self.meaning.check():
                problems.append(f"{_sentence(damage)} Search goes on without tokens; rebuild the index.")
            near, manifest = self.spaces.near(), self.meaning.manifest()
            if manifest:
                follows = encoding.follows(manifest, self.store)
                waiting = manifest.pending_total - manifest.pending_done if follows else 0
                pending_vectors = waiting + self._behind(manifest.position if follows else 0)
            if near and near.problem and not damage:
                problems.append(_sentence(near.problem))
        except DerivedIndexError as error:
            problems.append(f"{_sentence(error)} Search goes on by words alone; rebuild the index.")
        encoder = self._encoder.get()
        if self._encoder.problem:
            problems.append(self._encoder.problem)
        return SearchHealth(
            words=snapshot.size if snapshot else 0,
            vectors=len(near) if near else 0,
            pending_words=pending_words,
            pending_vectors=pending_vectors if encoder else 0,
            bytes=self.words.bytes() + self.meaning.bytes(),
            encoder=encoding.encoder_name(encoder) if encoder else "",
            writing=self.words.busy(),
            problems=tuple(problems),
        )

    def _behind(self, position: int) -> int:
        """How many changes the store has behind a position; counted up to ten thousand, then estimated."""
        last = self.store.last_change()
        if last <= position:
            return 0
        changes = self.store.changes(position, 10_000)
        return len(changes) if len(changes) < 10_000 else max(10_000, last - position)

    # Steps of a question

    def _asked(self, asked: _Asked, offset: int, limit: int, notes: list[str]) -> tuple[Answer, list[Ranked]]:
        planner = self._current(notes)
        try:
            answer = self._answer(planner, asked, paging=offset > 0)
            return answer, answer.page(offset, limit)
        except DerivedIndexError as error:
            _log.warning("%s", error)
            self.words.distrust()
            notes.append("Search by words is out of order; these results are by meaning alone.")
        without_words = Planner(None, planner.near, self._encoder.query, self.store)
        answer = without_words.answer(asked.query, asked.sort, budget=asked.budget)
        return answer, answer.page(offset, limit)

    def _current(self, notes: list[str]) -> Planner:
        """A planner over the newest commits; the same one until there are newer."""
        snapshot: Snapshot | None = None
        near: Near | None = None
        try:
            snapshot = self.words.snapshot()
        except DerivedIndexError as error:
            _log.warning("%s", error)
            notes.append("Search by words is out of order; these results are by meaning alone.")
        lazy = self._encoder
        if lazy.offered:
            try:
                near = self.spaces.near()
            except DerivedIndexError as error:
                _log.warning("%s", error)
                notes.append("Search by meaning is out of order; these results are by words alone.")
        encoder = lazy.get() if near is not None else None
        wanted = (encoding.encoder_name(encoder), encoder.dim) if encoder else None
        if near is not None and wanted and (near.encoder, near.dim) != wanted:
            notes.append("The vectors are another encoder's; by words alone until papers are encoded again.")
            near = None
        with self._mutex:
            planner = self._planner
            current = planner is not None and planner.words is snapshot and planner.near is near
            if planner is None or not current or planner.encode != lazy.query:
                planner = self._planner = Planner(
                    snapshot, near, lazy.query, self.store, tokens=lazy.tokens, costs=self._costs
                )
                self._answers.clear()
            return planner

    def _answer(self, planner: Planner, asked: _Asked, *, paging: bool) -> Answer:
        # Days like 7d move with the calendar, titles are compared with the text: both belong to the name.
        query = asked.query
        name = f"{query.text}\n{[(c.low, c.high) for c in query.clauses]}", asked.sort
        with self._mutex:
            known = self._answers.get(name) if planner is self._planner else None
            # The next page is one of the same order, also where that was found in little time.
            if known is not None and (known.whole or not asked.whole) and (known.complete or paging):
                self._answers.move_to_end(name)
                return known
        if planner.near is not None and query.about:
            self._encoder.open()
        answer = planner.answer(query, asked.sort, whole=asked.whole, budget=asked.budget)
        with self._mutex:
            named = query.likes or query.unlikes or query.identifiers
            if planner is self._planner and not (named or self._encoder.problem):
                self._answers[name] = replace(answer, read={})
                if len(self._answers) > _REMEMBERED:
                    self._answers.popitem(last=False)
        return answer

    def _shown(
        self, answer: Answer, page: Sequence[Ranked], *, marked: bool, like: bool
    ) -> tuple[tuple[Hit, ...], tuple[Paper, ...]]:
        unread = [hit.paper_id for hit in page if hit.paper_id not in answer.read]
        read = answer.read | {paper.id: paper for paper in self.store.papers(unread)}
        papers = tuple(read[hit.paper_id] for hit in page if hit.paper_id in read)
        ranked = {hit.paper_id: hit for hit in page}
        return tuple(_hit(answer, paper, ranked[paper.id], marked, like) for paper in papers), papers


def _hit(answer: Answer, paper: Paper, ranked: Ranked, marked: bool, like: bool) -> Hit:
    hit = Hit(paper.id, ranked.score, ranked.legs, shares=ranked.shares)
    if not marked:
        return hit
    return replace(
        hit,
        title_html=highlight.mark(paper.title, answer.stems),
        snippet_html=highlight.snippet(paper.abstract, answer.stems, answer.telling),
        why=reasons(paper, ranked, answer.stems, answer.telling, like=like),
    )


def _told(progress: Callable[[str, int, int], None] | None, name: str) -> Progress | None:
    return (lambda done, total: progress(name, done, total)) if progress else None


def _since(moment: float) -> float:
    return round((time.perf_counter() - moment) * 1000, 2)


def _sentence(problem: object) -> str:
    text = str(problem) or type(problem).__name__
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
