"""The stages of a search, each measured by itself: what it finds, its processor time, the bytes it keeps.

A stage returns, for each query of a collection, the scores of the documents it found, by place in the corpus,
best first. It notes its price under its name: milliseconds of processor time for a query, and bytes for a
document. What a combination costs is the sum over the stages in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import numpy as np

from broadsheet.evaluation.desk import Desk
from broadsheet.evaluation.judged import Judged
from broadsheet.search import analysis
from broadsheet.search.matching import Matcher, both
from broadsheet.search.token_codes import codec_of
from octavo.find.convex import convex
from octavo.find.exact import ExactIndex
from octavo.find.feedback import moved, richer
from octavo.find.fusion import reciprocal_rank
from octavo.find.maxsim import MaxSim, Rarity
from octavo.find.muvera import FixedDimensional
from octavo.find.smoothing import smoothed
from octavo.protocols import Array, Hits, Ids, Index
from octavo.shrink.codecs import Codec

Scoring: TypeAlias = dict[int, float]
Scorings: TypeAlias = list[Scoring]

DEPTH: Final = 1000
"""Documents that words and vectors find for a query; the first `HEAD` of each are combined."""
HEAD: Final = 200
CANDIDATES: Final = 100
"""Documents whose tokens are compared."""
SERVED: Final = 20
"""Papers on a page: what the served search is timed for."""
TIMED: Final = 40
"""Queries that the encoder is timed for."""


@dataclass
class Price:
    """ms: processor time a query. bytes: a document, on disk or in memory, whichever is kept."""

    ms: float = 0.0
    bytes: float = 0.0


@dataclass
class Stages:
    """All stages over one collection. Each is made once, when it is first asked for."""

    judged: Judged
    desk: Desk
    prices: dict[str, Price] = field(default_factory=dict)
    _made: dict[str, Scorings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        collection = self.judged.collection
        self.texts, self.questions = list(collection.documents.values()), list(collection.queries.values())
        self.known = self.desk.encodings
        self.places = {document: place for place, document in enumerate(collection.documents)}
        self.among: list[Ids | None] = [None] * len(self.questions)
        if self.judged.rules.pooled:
            self.among = [self._pool(query) for query in collection.queries]
        self.x = self.known.encode_documents(self.texts)
        self.asked = self.known.encode_queries(self.questions)
        self.stems = [analysis.content_stems(question) for question in self.questions]

    def _pool(self, query: str) -> Ids:
        judged = self.judged.collection.qrels[query]
        return np.array(sorted(self.places[each] for each in judged if each in self.places), np.int64)

    def once(self, name: str, make: Callable[[], Scorings]) -> Scorings:
        """Return a stage that was made before, or make it, and note its processor time."""
        if name not in self._made:
            start = time.process_time()
            self._made[name] = make()
            price = self.prices.setdefault(name, Price())
            price.ms = (time.process_time() - start) * 1000 / max(len(self.questions), 1)
        return self._made[name]

    def keeps(self, name: str, size: float) -> None:
        """Note what a stage keeps of all documents, in bytes."""
        self.prices.setdefault(name, Price()).bytes = size / max(len(self.texts), 1)

    # The stages

    def encode(self) -> None:
        """The query's own encoding, which every stage but words waits for; timed on the encoder itself."""
        if "encode" not in self.prices:
            some = self.questions[:TIMED]
            encoder = self.known.encoder
            encoder.encode_queries(some[:1])
            start = time.process_time()
            for question in some:
                encoder.encode_queries([question])
            self.prices["encode"] = Price((time.process_time() - start) * 1000 / max(len(some), 1))

    def words(self, name: str = "words", queries: Sequence[Mapping[str, float]] | None = None) -> Scorings:
        """BM25 of the served index of words."""
        snapshot = self.desk.search.words.snapshot()
        assert snapshot is not None
        matcher = Matcher(snapshot)
        self.keeps(name, self.desk.search.words.bytes() if name == "words" else 0)

        def asked(stems: Mapping[str, float], among: Ids | None) -> Scoring:
            if not stems:
                return {}
            query = matcher.ranking(cast(Any, stems))
            if among is not None:
                query = both(matcher.papers((among + 1).tolist()), query)
            return {i - 1: score for i, score in snapshot.best(query, DEPTH)}

        pairs = zip(self.stems if queries is None else queries, self.among, strict=True)
        return self.once(name, lambda: [asked(*pair) for pair in pairs])

    def vectors(self, name: str = "vectors", queries: Array | None = None) -> Scorings:
        """Cosines of MiniLM's vectors, all of them compared."""
        self.encode()
        index = ExactIndex().add(self.x)
        self.keeps(name, self.x.nbytes if name == "vectors" else 0)
        return self.once(name, lambda: self.near(index, self.asked if queries is None else queries))

    def coded(self, name: str, codec: Codec) -> Scorings:
        """Cosines with vectors that a codec made shorter, and nothing scored again."""
        self.encode()
        codes = codec.fit(self.x).encode(self.x)
        index = ExactIndex().add(codec.decode(codes))
        self.keeps(name, codes.nbytes)
        return self.once(name, lambda: self.near(index, self.asked))

    def near(self, index: Index, queries: Array) -> Scorings:
        """Search an index for every query."""
        depth = min(DEPTH, len(self.texts))
        rows = zip(queries, self.among, strict=True)
        return [scoring(index.search(query[None], depth, among=among)) for query, among in rows]

    def tokens(self, bits: Any = 8) -> Scorings:
        """MaxSim with rare tokens counting more, over the first candidates of words and vectors."""
        name = f"tokens, {bits} bits"
        first = self.convex("words and vectors", [self.words(), self.vectors()])
        maxsim = MaxSim(bits=bits).add(self.known.encode_tokens(self.texts))
        self.keeps(name, maxsim.nbytes)
        rarity = Rarity().add(self.known.pieces(self.texts))
        pairs = zip(self.known.encode_tokens(self.questions), self.known.pieces(self.questions), strict=True)
        queries = [tokens * rarity.weights(pieces)[:, None] for tokens, pieces in pairs]

        def asked() -> Scorings:
            return [
                scoring(maxsim.search([query], CANDIDATES, candidates=[list(found)[: self.head(CANDIDATES)]]))
                for query, found in zip(queries, first, strict=True)
            ]

        return self.once(name, asked)

    def pooled(self) -> Scorings:
        """The same with tokens as the house keeps them, few and short, and as rare as it takes them to be."""
        name, codec, near = "tokens, pooled", codec_of(self.known), self.desk.search.neighbourhood()
        assert codec is not None
        assert near is not None
        pooled = codec.pooled
        first = self.convex("words and vectors", [self.words(), self.vectors()])
        codes = near.tokens_of(np.arange(len(self.texts)) + 1).codes.reshape(-1, pooled.many, pooled.width)
        assert len(codes) == len(self.texts)
        self.keeps(name, codes.nbytes)
        pairs = zip(self.known.encode_tokens(self.questions), self.known.pieces(self.questions), strict=True)

        def one(question: tuple[Array, Ids], found: Scoring) -> Scoring:
            places = list(found)[: self.head(CANDIDATES)]
            scores = pooled.scores(pooled.question(*question), codes[places], self.x[places])
            return ordered(dict(zip(places, scores.tolist(), strict=True)))

        return self.once(name, lambda: [one(*pair) for pair in zip(pairs, first, strict=True)])

    def muvera(self) -> Scorings:
        """One vector of 5,120 dimensions made from all tokens, compared exactly."""
        self.encode()
        encoding = FixedDimensional(self.x.shape[1], bits=4, repetitions=20, inner=16)
        index = ExactIndex(dtype="float16").add(
            encoding.encode_documents(self.known.encode_tokens(self.texts))
        )
        self.keeps("MUVERA", 2.0 * encoding.dim * len(self.texts))
        queries = self.known.encode_tokens(self.questions)
        return self.once("MUVERA", lambda: self.near(index, encoding.encode_queries(queries)))

    def served(self) -> Scorings:
        """The search that readers are served, whole."""
        self.encode()
        search = self.desk.search
        health = search.health()
        self.keeps("served", health.bytes)
        for question in self.questions[:1]:
            search.find(question, limit=1)
        self.once("served", lambda: [{} for q in self.questions if search.find(q, limit=SERVED)])
        made = []
        for question, among in zip(self.questions, self.among, strict=True):
            found = self.desk.found(question, DEPTH)
            allowed = None if among is None else set(among.tolist())
            kept = [place for place in found if allowed is None or place in allowed]
            made.append({place: -float(rank) for rank, place in enumerate(kept)})
        self._made["served"] = made
        return made

    # Combinations

    def head(self, usual: int) -> int:
        """How many documents of a stage take part: of a pool, all."""
        return DEPTH if self.judged.rules.pooled else usual

    def heads(self, parts: Sequence[Scorings]) -> Iterable[list[Scoring]]:
        """For each query, the first documents of every part."""
        many = self.head(HEAD)
        return ([dict(list(each.items())[:many]) for each in row] for row in zip(*parts, strict=True))

    def ranks(self, name: str, parts: Sequence[Scorings], k: float = 60) -> Scorings:
        """Reciprocal rank fusion."""
        return self.once(
            name, lambda: [dict(reciprocal_rank(list(map(list, row)), k=k)) for row in self.heads(parts)]
        )

    def convex(self, name: str, parts: Sequence[Scorings]) -> Scorings:
        """Convex combination, equal weights."""
        return self.once(name, lambda: [dict(convex(row)) for row in self.heads(parts)])

    def smooth(self, name: str, part: Scorings, neighbours: int, share: float) -> Scorings:
        """Scores mixed with those of the nearest candidates; the candidates behind stay as they were."""

        def one(found: Scoring) -> Scoring:
            some = list(found)[: self.head(HEAD)]
            scores = np.array([found[place] for place in some], np.float32)
            new = smoothed(scores, self.x[some], neighbours=neighbours, share=share)
            return ordered(dict(zip(some, new.tolist(), strict=True)))

        return self.once(name, lambda: [one(found) for found in part])

    def feedback(
        self, first: Scorings, *, documents: int, terms: int, share: float, of: str = ""
    ) -> list[Scorings]:
        """Words and vectors again, with the first documents of a stage taken for relevant.

        of: tells the names of these stages apart from those after another first stage.
        """
        snapshot = self.desk.search.words.snapshot()
        assert snapshot is not None

        def rarity(term: str) -> float:
            holding = snapshot.frequency("text", term)
            return float(np.log1p((snapshot.size - holding + 0.5) / (holding + 0.5))) if holding else 0.0

        tops = [list(found)[:documents] for found in first]
        stems = [[analysis.content_stems(self.texts[i]) for i in top] for top in tops]
        asked = [
            richer(own, near, rarity, terms=terms, share=share)
            for own, near in zip(self.stems, stems, strict=True)
        ]
        vectors = [
            moved(query, self.x[top], share=share) for query, top in zip(self.asked, tops, strict=True)
        ]
        return [
            self.words(f"words again{of}", asked),
            self.vectors(f"vectors again{of}", np.stack(vectors)),
        ]


def scoring(hits: Hits) -> Scoring:
    """Return the scores of one query's hits."""
    pairs = zip(hits.ids[0].tolist(), hits.scores[0].tolist(), strict=True)
    return {place: score for place, score in pairs if place >= 0}


def ordered(found: Mapping[int, float]) -> Scoring:
    """Return the scores, best first, equal ones by place."""
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
