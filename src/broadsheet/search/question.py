"""One question on its way to an answer: what it asks for, what was found so far, and the first look."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from broadsheet.exceptions import PaperNotFoundError
from broadsheet.identifiers import title_key
from broadsheet.papers import Paper
from broadsheet.search import facets, fusing, matching, spelling
from broadsheet.search.answer import Answer, Fused, Leg
from broadsheet.search.query import Clause, ParsedQuery
from octavo.find.feedback import moved
from octavo.protocols import Array, Ids

if TYPE_CHECKING:
    from broadsheet.search.meaning import Near
    from broadsheet.search.planner import Planner, Sort

DEPTH: Final = 200
"""Papers that each leg finds."""
RANKED: Final = 300
"""Papers that are ranked by all legs together; what has the words and is not among them follows by words."""
WEIGHTS: Final = {"words": 0.5, "meaning": 0.5, "tokens": 0.5, "all words": 0.4}
CLOSE: Final = 100
CLOSE_SHARE: Final = 0.8
"""Sorted by date, meaning counts for the nearest `CLOSE` papers with this share of the best cosine."""
FEW_WORDS: Final = 4
FEW_PAPERS: Final = 20
"""Where so few words bring all of them only so few papers, these are meant, and stand higher for it."""
MAX_LIKES: Final = 20
ASKED_EACH: Final = 6
"""Of more liked papers than this, the neighbours of their centre are asked for instead of everybody's."""
AWAY: Final = 0.5
"""How much of the cosine to a paper that results should be unlike is taken off."""
NOTHING: Final = "There is nothing to search for in this query."

_FACETS: Final = {
    "category": ("category", 40),
    "year": ("year", 200),
    "source": ("source", 40),
    "code": ("code", 2),
    "status": ("status", 3),
}


class Question:
    """A parsed query, asked of the planner's state of the indexes.

    text: what is asked for in prose; a mended spelling of the query's own. more: what it is also called.
    facets: in what of a paper results should be like it, by the paper. opinions: the legs to be joined.
    fused: what was found so far, ranked.
    """

    def __init__(self, planner: Planner, query: ParsedQuery, sort: Sort, whole: bool) -> None:
        self.planner, self.query, self.sort, self.whole = planner, query, sort, whole
        self.words, self.near = planner.words, planner.near
        self.matcher = matching.Matcher(self.words) if self.words else None
        self.out = Answer(self.words, whole=whole)
        self.text = query.about
        self._stemmed: tuple[str, dict[str, int]] = "", {}
        self.more = ""
        self.facets: dict[int, str] = {}
        self.liked = self._found(query.likes, "to be like")
        self.unlike = self._found(query.unlikes, "to be unlike")
        self.besides = {paper.id for paper in (*self.liked, *self.unlike)}
        self.vector: Array | None = None
        self.opinions: list[Leg] = []
        self.fused = Fused()
        self.pinned: list[int] = []

    def _found(self, clauses: Sequence[Clause], purpose: str) -> list[Paper]:
        papers: dict[int, Paper] = {}
        for clause in clauses[:MAX_LIKES]:
            reference, _, facet = clause.value.partition("#")
            try:
                paper = self.planner.store.paper(reference)
            except PaperNotFoundError:
                self.out.notes.append(f"There is no paper {reference} here {purpose}.")
            else:
                papers[paper.id] = paper
                if facet in facets.FACETS:
                    self.facets[paper.id] = facet
                elif facet:
                    self.out.notes.append(f"A paper has {', '.join(facets.FACETS)}; {facet!r} was ignored.")
        return list(papers.values())

    @cached_property
    def must(self) -> Any:
        """The conditions as a query of the word index; None where there are none."""
        conditions = self.query.conditions
        return self.matcher.conditions(conditions) if self.matcher and conditions else None

    @property
    def stems(self) -> dict[str, int]:
        """The stems that rank, and how often each is asked for."""
        if self._stemmed[0] != self.text:
            self._stemmed = self.text, dict(matching.stems_of(self.text))
        return self._stemmed[1]

    @property
    def ranks(self) -> bool:
        """Whether anything is asked for that papers can be ranked by."""
        return bool(self.stems or self.liked)

    @property
    def by_relevance(self) -> bool:
        """Whether the order is that of relevance."""
        return self.sort == "relevance"

    def papers(self, ids: Sequence[int]) -> list[Paper]:
        """Papers by their numbers, each read once."""
        read = self.out.read
        unread = [i for i in ids if i not in read]
        if unread:
            read.update((paper.id, paper) for paper in self.planner.store.papers(unread))
        return [read[i] for i in ids if i in read]

    def mend(self) -> None:
        """Read a phrase that no paper has as its words, and a word that no paper has as the word nearby.

        In order of relevance alone: who wants what is new about a phrase waits for it.
        """
        assert self.matcher is not None
        for phrase in self.query.phrases if self.by_relevance else ():
            if self.words is not None and not self.words.count(self.matcher.conditions([phrase])):
                self.query = self.query.loosened(phrase)
                self.out.notes.append(f"No paper has {phrase}; its words were searched instead.")
        self.text, notes = spelling.mended(self.text, self.matcher, self.papers)
        self.out.notes += notes

    # The legs

    def by_words(self) -> None:
        """Papers by their words."""
        if self.matcher is None:
            return
        if self.stems:
            self.add(self.worded(self.matcher.ranking(self.stems)))
        self.out.telling = self.matcher.most_telling(f"{p.title} {p.abstract}" for p in self.liked)
        for paper in self.liked[:ASKED_EACH]:
            self.add(self.worded(self.matcher.alike([f"{paper.title}\n{paper.abstract}"])))

    def worded(self, ranked: Any) -> Leg:
        """The best papers by a query of the word index that meet the conditions."""
        assert self.words is not None
        query = ranked if self.must is None else matching.both(self.must, ranked)
        wanted = DEPTH + len(self.besides)
        found = self.words.best(query, wanted + 1)
        # Of equals that are not all among the best none is taken: which of them come first is chance.
        whole = len(found) <= wanted
        best = found if whole else [pair for pair in found if pair[1] > found[-1][1]] or found
        best = sorted(best, key=lambda pair: (-pair[1], -pair[0]))
        kept = [pair for pair in best if pair[0] not in self.besides][:DEPTH]
        return Leg.of("words", kept, low=0.0 if whole else None)

    def encode(self) -> None:
        """The vector of what is asked for."""
        self.vector = self.planner.encode(self.text)

    def by_meaning(self) -> None:
        """Papers by what they are about."""
        assert self.near is not None
        asked = [] if self.vector is None else [self.vector]
        wanted = self.liked_vectors(self.near)
        asked += list(wanted[:ASKED_EACH])
        if len(wanted) > ASKED_EACH:
            asked.append(_unit(wanted.mean(axis=0)))
        if not asked:
            return
        found = {i: cosine for vector in asked for i, cosine in self.neighbours(vector)}
        found = {i: cosine for i, cosine in found.items() if i not in self.besides}
        if self.liked or self.unlike:
            leg = self.close(np.array(sorted(found), np.int64), self.vector, wanted)
        else:
            leg = Leg.of("meaning", list(found.items()))
        # What only the words have found is not measured too: the cosines of what is near would be stretched
        # over those of what is not, and on SciFact and CSFCube less is found.
        self.add(leg.first(DEPTH))

    def liked_vectors(self, near: Near) -> Array:
        """The vectors (M, D) of the papers to be like, moved towards the facet that is asked for."""
        liked = [
            paper for paper, has in zip(self.liked, near.has([p.id for p in self.liked]), strict=True) if has
        ]
        found = near.vectors_of([paper.id for paper in liked])
        for row, paper in enumerate(liked):
            told = facets.facet(paper.abstract, self.facets.get(paper.id, ""))
            own = self.planner.encode(told) if told else None
            if own is not None:
                found[row] = moved(found[row], own[None], share=facets.SHARE)
        return found

    def close(self, ids: Ids, vector: Array | None, liked: Array) -> Leg:
        """How near papers are to a vector and to the papers liked, and away from those not liked."""
        assert self.near is not None
        scores = np.zeros(len(ids), np.float32)
        if not len(ids):
            return Leg("meaning", ids, scores)
        own = self.near.vectors_of(ids.tolist())
        if vector is not None:
            scores += own @ vector
        if len(liked):
            cosines = own @ liked.T
            scores += (cosines.max(axis=1) + cosines.mean(axis=1)) / 2
        if len(away := self.near.vectors_of([paper.id for paper in self.unlike])):
            scores -= AWAY * np.maximum((own @ away.T).max(axis=1), 0)
        order = np.lexsort((ids, -scores))
        return Leg("meaning", ids[order], scores[order])

    def neighbours(self, vector: Array) -> list[tuple[int, float]]:
        """The nearest papers that meet the conditions, with some to spare for those to leave out."""
        assert self.near is not None
        wanted = DEPTH + len(self.besides)
        if self.must is None or self.words is None or self.matcher is None:
            return self.near.nearest(vector, wanted)
        if self.planner.is_broad(self.must):
            hits = self.near.nearest(vector, 3 * wanted)
            checked = matching.both(self.must, self.matcher.papers(i for i, _ in hits))
            met = set(self.words.ids(checked).tolist())
            hits = [hit for hit in hits if hit[0] in met]
            if len(hits) >= wanted:
                return hits[:wanted]
        among = self.planner.allowed(" ".join(map(str, self.query.conditions)), self.must)
        return self.near.nearest(vector, wanted, among=among)

    def add(self, leg: Leg) -> None:
        """Note what a leg found."""
        self.out.legs.append(leg)
        self.opinions.append(leg)

    # Together

    def join(self) -> None:
        """One ranking of all legs, and the papers whose title was typed before all others."""
        self.pinned = self.titled()
        self.rank(self.opinions)

    def rank(self, opinions: Sequence[Leg]) -> None:
        """Rank by these legs."""
        self.fused = fusing.fused([*opinions, *self.exact()], WEIGHTS, self.near).first(RANKED)

    def exact(self) -> list[Leg]:
        """The few papers that have all of a few words."""
        having = self._having_all
        if having is None or not self.opinions:
            return []
        known = np.concatenate([leg.ids for leg in self.opinions])
        return [having] if np.isin(having.ids, known).all() else []

    @cached_property
    def _having_all(self) -> Leg | None:
        sure = self.sure
        if self.words is None or sure is None or len(self.free) > FEW_WORDS:
            return None
        found = self.words.best(sure, FEW_PAPERS + 1)
        few = 0 < len(found) <= FEW_PAPERS
        return Leg.of("all words", [(i, 1.0) for i, _ in found], low=0.0) if few else None

    def titled(self) -> list[int]:
        """The papers whose title was pasted into the search box.

        One whose title has the very signs that make conditions of its words need not meet these.
        """
        key = title_key(self.query.text)
        if self.words is None or self.matcher is None or not key:
            return []
        wanted = self.matcher.titled(key)
        found = [i for i, _ in self.words.best(wanted, 5) if i not in self.besides]
        if self.must is None or not found:
            return found
        typed = self.query.text.casefold().split()
        met = {i for i, _ in self.words.best(matching.both(self.must, wanted), 5)}
        met.update(p.id for p in self.papers(found) if p.title.casefold().split() == typed)
        return [i for i in found if i in met]

    # The results

    @cached_property
    def free(self) -> dict[str, int]:
        """The stems of the free words alone, of which results have all or most."""
        return dict(matching.free_stems(self.query) if self.text == self.query.about else self.stems)

    @cached_property
    def sure(self) -> Any:
        """What belongs to the results whatever its rank, as a query of the word index; None where nothing."""
        if self.matcher is None:
            return None
        if not self.free:
            return self.must if self.stems else None
        sure = self.matcher.sure(self.free)
        if self.must is not None:
            sure = matching.both(self.must, sure)
        return matching.but_not(sure, self.matcher.papers(self.besides)) if self.besides else sure

    def belonging(self) -> None:
        """Settle the order, and count what belongs to the results."""
        rarity = self.words.rarity if self.words else lambda stem: 1.0
        self.out.stems = {stem: rarity(stem) for stem in self.stems}
        if self.matcher is None or self.words is None:
            self.settle()
            self.out.total = len(self.out.top.ids)
        elif self.by_relevance:
            self.settle()
            top = self.out.top.ids.tolist()
            if self.whole:
                self.count(self.any_of(self.sure, top), least=len(top))
            if self.sure is not None and (not self.whole or self.out.total > len(top)):
                self.out.rest = self.behind
        else:
            close = [i for leg in self.out.legs if leg.name == "meaning" for i in _nearest(leg)]
            belongs = self.any_of(self.sure, list(dict.fromkeys([*self.pinned, *close])))
            found = list(dict.fromkeys(i for leg in self.out.legs for i in leg.ids.tolist()))
            if found and not self.words.count(belongs):
                belongs = self.matcher.papers(found)
            self.count(belongs)
            self.out.listed, self.out.key = belongs, f"by_{self.sort}"
            self.out.notes.append(f"Sorted by {self.sort}, only papers that match well are listed.")

    def behind(self) -> Any:
        """What belongs to the results and is not ranked by all legs, by its words."""
        assert self.matcher is not None
        scored = matching.both(self.sure, self.matcher.ranking(self.stems))
        return matching.but_not(scored, self.matcher.papers(self.out.top.ids.tolist()))

    def settle(self) -> None:
        """The ranking with the pinned papers before all others."""
        top = self.fused
        missing = [i for i in self.pinned if i not in top.ids]
        if missing:
            nothing = np.zeros(len(missing), np.float32)
            parts = {name: np.concatenate([part, nothing]) for name, part in top.parts.items()}
            top = Fused(np.append(top.ids, missing), np.concatenate([top.scores, nothing]), parts)
        first = np.isin(top.ids, self.pinned)
        top.scores = top.scores + first
        self.out.top = top.ordered()
        self.out.first, self.out.first_leg = int(first.sum()), "title"

    def any_of(self, sure: Any, ids: Sequence[int]) -> Any:
        """What is sure to belong, and these papers."""
        assert self.matcher is not None
        papers = self.matcher.papers(ids)
        return papers if sure is None else matching.either(sure, papers)

    def listing(self) -> None:
        """Conditions alone: everything that meets them."""
        assert self.matcher is not None
        belongs = self.must if self.must is not None else self.matcher.conditions(())
        self.count(belongs)
        self.out.listed = belongs
        self.out.key = "by_votes" if self.sort == "votes" else "by_date"

    def named(self) -> None:
        """The papers that the query names, and nothing else."""
        found: dict[int, None] = {}
        for identifier in self.query.identifiers:
            try:
                found[self.planner.store.paper(str(identifier)).id] = None
            except PaperNotFoundError:
                self.out.notes.append(f"There is no paper {identifier} here.")
        ids = np.array(list(found), np.int64)
        self.out.top = Fused(ids, np.linspace(1, 0.5, len(ids), dtype=np.float32))
        self.out.first, self.out.first_leg, self.out.total = len(ids), "identifier", len(ids)
        if self.matcher and len(ids):
            self.count(self.matcher.papers(ids.tolist()), least=len(ids))

    def count(self, query: Any, least: int = 0) -> None:
        """The number of results, which is the sum over the statuses, and what they are."""
        if not self.whole:
            return
        assert self.words is not None
        facets = self.words.aggregate(query, _FACETS)
        facets["year"].sort(key=lambda pair: -int(pair[0]))
        self.out.facets = facets
        # A paper may have a vector before it has its words.
        self.out.total = max(least, sum(number for _, number in facets["status"]))


def _nearest(leg: Leg) -> list[int]:
    if not len(leg.ids):
        return []
    floor = CLOSE_SHARE * leg.scores[0]
    return [int(i) for i, score in zip(leg.ids[:CLOSE], leg.scores, strict=False) if score >= floor]


def _unit(x: Array) -> Array:
    length = float(np.linalg.norm(x))
    return x / length if length else x
