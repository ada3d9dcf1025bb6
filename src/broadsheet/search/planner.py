"""How a question is answered: the legs that rank, their fusion, and what belongs to the results at all.

The results of a question about something are the papers that meet its conditions and

    contain its words (all of them; three quarters of them when there are more than four), or
    are among the `DEPTH` best by words, or among the `DEPTH` nearest by meaning.

Their number is exact. They stand in the order of reciprocal rank fusion over the two best lists, and behind
them the remaining papers by words. Sorted by date or votes, where a doubtful paper would stand as high as a
sure one, only those with the words and the closest in meaning belong. A question with conditions alone lists
what meets them, newest first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

import numpy as np

from broadsheet.exceptions import PaperNotFoundError
from broadsheet.identifiers import title_key
from broadsheet.papers import Paper
from broadsheet.search import matching
from broadsheet.search.answer import RRF, Answer, Leg
from broadsheet.search.meaning import Near
from broadsheet.search.query import ParsedQuery
from broadsheet.search.words import Snapshot
from octavo.find import fusion
from octavo.protocols import Array, Ids

Sort = Literal["relevance", "date", "votes"]

DEPTH: Final = 200
CLOSE: Final = 100
CLOSE_SHARE: Final = 0.8
"""Sorted by date, meaning counts for the nearest `CLOSE` papers with this share of the best cosine."""

MAX_LIKES: Final = 20
NOTHING: Final = "There is nothing to search for in this query."

_BROAD: Final = 0.3
_LISTED: Final = 5000

_FACETS: Final = {
    "category": ("category", 40),
    "year": ("year", 200),
    "source": ("source", 40),
    "code": ("code", 2),
    "status": ("status", 3),
}


class Papers(Protocol):
    """Where the planner looks papers up."""

    def paper(self, reference: str) -> Paper:
        """The paper that answers to a key or identifier; PaperNotFoundError."""

    def papers(self, ids: Sequence[int]) -> list[Paper]:
        """The papers of those ids, missing ones skipped."""


class Planner:
    """Answers questions against one state of the indexes; either may be missing.

    encode: the vector of a text, or None when there is no encoder to ask.
    """

    def __init__(
        self,
        words: Snapshot | None,
        near: Near | None,
        encode: Callable[[str], Array | None],
        store: Papers,
    ) -> None:
        self.words, self.near = words, near
        self.encode, self.find_paper, self.papers = encode, store.paper, store.papers
        self._allowed: dict[str, Ids] = {}

    def answer(self, query: ParsedQuery, sort: Sort, *, whole: bool = True) -> Answer:
        """Plan and rank. Raises DerivedIndexError when the words index breaks.

        whole: False ranks alone; the results are not counted, nor what they are.
        """
        return _Question(self, query, sort, whole).answer()

    def is_broad(self, conditions: Any) -> bool:
        """Whether so many papers meet conditions that listing them costs more than checking those found."""
        assert self.words is not None
        return self.words.count(conditions) > max(_LISTED, self.words.size * _BROAD)

    def allowed(self, name: str, conditions: Any) -> Ids:
        """The ids of the papers that meet some conditions, remembered under a name."""
        assert self.words is not None
        known = self._allowed.get(name)
        if known is None:
            known = self.words.ids(conditions)
            if len(self._allowed) >= 64:
                self._allowed.clear()
            self._allowed[name] = known
        return known


class _Question:
    def __init__(self, planner: Planner, query: ParsedQuery, sort: Sort, whole: bool) -> None:
        self.planner, self.query, self.sort, self.whole = planner, query, sort, whole
        self.words, self.near = planner.words, planner.near
        self.matcher = matching.Matcher(self.words) if self.words else None
        self.out = Answer(self.words, whole=whole)
        self.legs = self.out.legs
        self.cosines: list[tuple[int, float]] = []
        self.besides: set[int] = set()

    def timed(self, name: str, since: float) -> None:
        taken = (time.perf_counter() - since) * 1000
        self.out.took_ms[name] = round(self.out.took_ms.get(name, 0.0) + taken, 2)

    def answer(self) -> Answer:
        if self.query.identifier:
            self.named()
        elif self.query.clauses:
            self.search()
        elif self.query.text:
            self.out.notes.append(NOTHING)
        elif self.matcher:
            self.listing(self.matcher.conditions(()))
        if self.matcher:
            self.out.notes += self.matcher.notes
        return self.out

    def named(self) -> None:
        """The paper that the query names, and nothing else."""
        try:
            paper = self.planner.find_paper(str(self.query.identifier))
        except PaperNotFoundError:
            self.out.notes.append(f"There is no paper {self.query.identifier} here.")
            return
        self.out.top, self.out.scores = np.array([paper.id]), np.ones(1, np.float32)
        self.out.first, self.out.first_leg, self.out.total = 1, "identifier", 1
        if self.matcher:
            self.count(self.matcher.papers([paper.id]), least=1)

    def search(self) -> None:
        liked = self.liked()
        conditions = self.query.conditions
        if self.matcher is None and conditions:
            self.out.notes.append(
                "Without the index of words, conditions cannot be checked: nothing is shown."
            )
            return
        must = self.matcher.conditions(conditions) if self.matcher and conditions else None
        stems = matching.prose_stems(self.query)
        if not stems and not liked:
            if must is not None and not self.query.likes:
                self.listing(must)
            elif not self.out.notes:
                self.out.notes.append(NOTHING)
            return
        self.besides = {paper.id for paper in liked}
        if stems:
            self.by_words(must, self.matcher.ranking(stems) if self.matcher else None)
            self.by_meaning(self.query.about, must)
        for paper in liked:
            self.by_likeness(paper, must)
        self.put_together(must, stems)

    def liked(self) -> list[Paper]:
        papers: dict[int, Paper] = {}
        for clause in self.query.likes[:MAX_LIKES]:
            try:
                paper = self.planner.find_paper(clause.value)
            except PaperNotFoundError:
                self.out.notes.append(f"There is no paper {clause.value} here to be like.")
            else:
                papers[paper.id] = paper
        return list(papers.values())

    # The legs

    def by_words(self, must: Any, ranked: Any) -> None:
        if self.words is None:
            return
        since = time.perf_counter()
        query = ranked if must is None else matching.both(must, ranked)
        best = sorted(
            self.words.best(query, DEPTH + len(self.besides)), key=lambda pair: (-pair[1], -pair[0])
        )
        self.legs.append(Leg.of("words", [pair for pair in best if pair[0] not in self.besides][:DEPTH]))
        self.timed("words", since)

    def by_meaning(self, text: str, must: Any) -> None:
        if self.near is None or not len(self.near):
            return
        since = time.perf_counter()
        vector = self.planner.encode(text)
        self.timed("encode", since)
        if vector is not None:
            self.nearest(vector, must)

    def by_likeness(self, paper: Paper, must: Any) -> None:
        if self.matcher:
            self.by_words(must, self.matcher.alike([f"{paper.title}\n{paper.abstract}"]))
        if self.near is not None:
            for vector in self.near.vectors_of([paper.id]):
                self.nearest(vector, must)

    def nearest(self, vector: Array, must: Any) -> None:
        since = time.perf_counter()
        found = self.neighbours(vector, must)
        hits = [(paper_id, cosine) for paper_id, cosine in found if paper_id not in self.besides][:DEPTH]
        self.legs.append(Leg.of("meaning", hits))
        floor = CLOSE_SHARE * hits[0][1] if hits else 0.0
        self.cosines += [(i, cosine) for i, cosine in hits[:CLOSE] if cosine >= floor]
        self.timed("meaning", since)

    def neighbours(self, vector: Array, must: Any) -> list[tuple[int, float]]:
        """The nearest papers that meet the conditions, with some to spare for those to leave out."""
        assert self.near is not None
        wanted = DEPTH + len(self.besides)
        if must is None or self.words is None or self.matcher is None:
            return self.near.nearest(vector, wanted)
        if self.planner.is_broad(must):
            hits = self.near.nearest(vector, 3 * wanted)
            checked = matching.both(must, self.matcher.papers(i for i, _ in hits))
            met = set(self.words.ids(checked).tolist())
            hits = [hit for hit in hits if hit[0] in met]
            if len(hits) >= wanted:
                return hits[:wanted]
        among = self.planner.allowed(" ".join(map(str, self.query.conditions)), must)
        return self.near.nearest(vector, wanted, among=among)

    # The results

    def put_together(self, must: Any, stems: Mapping[str, int]) -> None:
        since = time.perf_counter()
        pinned = self.titled(must)
        if self.matcher is None or self.words is None:
            self.fuse(pinned)
            self.out.total = len(self.out.top)
            return
        free = matching.free_stems(self.query)
        sure = self.matcher.sure(free) if free else None
        if sure is not None and must is not None:
            sure = matching.both(must, sure)
        if sure is not None and self.besides:
            sure = matching.but_not(sure, self.matcher.papers(self.besides))
        elif sure is None and stems:
            sure = must
        if self.sort != "relevance":
            close = list(dict.fromkeys([*pinned, *(i for i, _ in self.cosines)]))
            belongs = self.any_of(sure, close)
            found = list(dict.fromkeys(i for leg in self.legs for i in leg.ids.tolist()))
            if found and not self.words.count(belongs):
                belongs = self.matcher.papers(found)
            self.count(belongs)
            self.out.listed, self.out.key = belongs, f"by_{self.sort}"
            self.out.notes.append(f"Sorted by {self.sort}, only papers that match well are listed.")
        else:
            self.fuse(pinned)
            top = self.out.top.tolist()
            self.count(self.any_of(sure, top), least=len(top))
            if sure is not None and (not self.whole or self.out.total > len(top)):
                scored = matching.both(sure, self.matcher.ranking(stems))
                self.out.rest = matching.but_not(scored, self.matcher.papers(top))
        self.timed("together", since)

    def titled(self, must: Any) -> list[int]:
        """The papers whose title was pasted into the search box.

        One whose title has the very signs that make conditions of its words need not meet these.
        """
        key = title_key(self.query.text)
        if self.words is None or self.matcher is None or not key:
            return []
        wanted = self.matcher.titled(key)
        found = [i for i, _ in self.words.best(wanted, 5)]
        if must is None or not found:
            return found
        typed = self.query.text.casefold().split()
        met = {i for i, _ in self.words.best(matching.both(must, wanted), 5)}
        met.update(p.id for p in self.planner.papers(found) if p.title.casefold().split() == typed)
        return [i for i in found if i in met]

    def any_of(self, sure: Any, ids: Sequence[int]) -> Any:
        assert self.matcher is not None
        papers = self.matcher.papers(ids)
        return papers if sure is None else matching.either(sure, papers)

    def fuse(self, pinned: Sequence[int]) -> None:
        """Rank every paper of the legs by reciprocal rank; those pinned first."""
        scores = dict.fromkeys(pinned, 0.0) | dict(fusion.reciprocal_rank(self.fair(), k=RRF))
        first = sorted(pinned, key=lambda i: (-scores[i], -i))
        order = [*first, *(i for i in scores if i not in pinned)]
        self.out.first, self.out.first_leg = len(first), "title"
        self.out.top = np.array(order, np.int64)
        self.out.scores = np.array([scores[i] for i in order], np.float32)
        self.out.scores[: len(first)] += 1.0

    def fair(self) -> list[Sequence[int]]:
        """The rankings to fuse.

        A paper without a vector yet is not worse for it: by meaning it is given the place it has by words.
        """
        fair: list[Sequence[int]] = []
        waiting: list[int | None] = []
        by_meaning = self.near is not None and any(leg.name == "meaning" for leg in self.legs)
        for leg in self.legs:
            ids = leg.ids.tolist()
            if leg.name == "words" and by_meaning:
                assert self.near is not None
                has = self.near.has(leg.ids)
                waiting = [] if has.all() else [None if h else i for i, h in zip(ids, has, strict=True)]
            elif waiting:
                ids = _interleaved(ids, waiting)
                waiting = []
            fair.append(ids)
        return fair

    def listing(self, must: Any) -> None:
        """Conditions alone: everything that meets them."""
        since = time.perf_counter()
        self.count(must)
        self.out.listed = must
        self.out.key = "by_votes" if self.sort == "votes" else "by_date"
        self.timed("together", since)

    def count(self, query: Any, least: int = 0) -> None:
        """The number of results, which is the sum over the statuses, and what they are."""
        assert self.words is not None
        if not self.whole:
            return
        facets = self.words.aggregate(query, _FACETS)
        facets["year"].sort(key=lambda pair: -int(pair[0]))
        self.out.facets = facets
        # A paper may have a vector before it has its words.
        self.out.total = max(least, sum(number for _, number in facets["status"]))


def _interleaved(ranking: Sequence[int], places: Iterable[int | None]) -> list[int]:
    """The ranking with further papers put in at given places, the others moving down."""
    merged: list[int] = []
    others = iter(ranking)
    for place in places:
        put = place if place is not None else next(others, None)
        if put is not None:
            merged.append(put)
    return [*merged, *others]
