"""Screening: how many papers a reviewer need not look at, when a ranker puts next what it learned to like.

As the folder says: papers without an abstract and duplicates are dropped; one included and one excluded paper
are given; the first of what is left are shown, judged, and learned from, until all that belongs is found.
WSS@95: of the papers, which share need not be looked at to find 95 % of what belongs, less 5 %. RRF@10: which
share of what belongs is found in the first tenth of the papers. What is given counts as looked at and found.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any, Final, NamedTuple

import numpy as np

from broadsheet.evaluation.libraries import weighed
from broadsheet.exceptions import NotFoundError
from octavo.check.significance import Difference, bootstrap
from octavo.protocols import Array, Encoder, Ids, SparseRows, Texts
from octavo.rank.centroid import Centroid
from octavo.rank.elsewhere import by_naive_bayes
from octavo.rank.sparse import some
from octavo.rank.taste import Taste

BATCH: Final = 5
"""Papers shown before it is learned again."""
FLOOR: Final = 55.9, 58.6
"""WSS@95 and RRF@10 that the folder gives for naive Bayes: the mean over its three reviews."""

_WORD: Final = re.compile(r"[^\W_]{2,}")

Progress = Callable[[str, int, int], None]
Screener = Callable[["Review", Ids, Ids], Array]
"""From the places judged, and 1 or -1 for each, to scores (N,)."""


@dataclass(frozen=True)
class Review:
    """A review's papers, and which of them belong (N,)."""

    name: str
    papers: Texts
    belongs: Ids
    background: Texts


class Course(NamedTuple):
    """What one start led to. wss, rrf: in percent. ms: CPU each time it was learned and scored."""

    wss: float
    rrf: float
    ms: float


@dataclass
class Screened:
    """One system on all reviews: the courses by review."""

    system: str
    title: str
    courses: dict[str, list[Course]]

    def mean(self, figure: str) -> float:
        """Over the reviews, each the mean of its starts."""
        return fmean(fmean(getattr(each, figure) for each in own) for own in self.courses.values())


def read(data: Path, encoder: Encoder | None, cache: Path, progress: Progress) -> list[Review]:
    """Read `search/screening` of a folder; without an encoder there are words only. Raises NotFoundError."""
    folder = data / "search" / "screening"
    if not folder.is_dir():
        raise NotFoundError(f"no search/screening in {str(data)!r}")
    lines = (folder / "qrels" / "all.tsv").read_text(encoding="utf-8").splitlines()[1:]
    included = {line.split("\t")[1]: int(line.split("\t")[2]) for line in lines}
    by_review: dict[str, list[dict[str, Any]]] = {}
    with (folder / "corpus.jsonl").open(encoding="utf-8") as papers:
        for line in papers:
            paper = json.loads(line)
            if paper["text"].strip() and not paper["duplicate_of"] and paper["_id"] in included:
                by_review.setdefault(paper["review"], []).append(paper)
    reviews = []
    for name, found in by_review.items():
        texts = [f"{paper['title']}\n{paper['text']}" for paper in found]
        vectors = np.zeros((len(texts), 1), np.float32)
        if encoder is not None:
            vectors = _encoded(name, texts, encoder, cache, progress)
        known = Texts(vectors, weighed(counted(texts)))
        drawn = np.sort(np.random.default_rng(0).choice(len(texts), min(300, len(texts)), replace=False))
        belongs = np.array([included[paper["_id"]] for paper in found])
        reviews.append(Review(name, known, belongs, some(known, drawn)))
    return reviews


def counted(texts: Sequence[str], *, least: int = 2) -> SparseRows:
    """Return (N, W): how often each text says each word and each pair of words that `least` texts say."""
    said = []
    for text in texts:
        words = _WORD.findall(text.lower())
        said.append(Counter([*words, *(f"{one} {two}" for one, two in pairwise(words))]))
    holding = Counter(term for each in said for term in each)
    kept = sorted(term for term, many in holding.items() if many >= least)
    column = {term: place for place, term in enumerate(kept)}
    rows = [sorted((column[term], many) for term, many in each.items() if term in column) for each in said]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    flat = np.array([pair for row in rows for pair in row], np.int64).reshape(-1, 2)
    return SparseRows(indptr, flat[:, 0].copy(), flat[:, 1].astype(np.float32), max(len(kept), 1))


def _encoded(name: str, texts: Sequence[str], encoder: Encoder, cache: Path, progress: Progress) -> Array:
    known = hashlib.sha256("\x00".join([type(encoder).__name__, *texts]).encode()).hexdigest()[:24]
    path = cache / f"screening-{known}.npy"
    if not path.exists():
        blocks = []
        for low in range(0, len(texts), 100):
            progress(f"{name}: encoding", low, len(texts))
            blocks.append(encoder.encode_documents(texts[low : low + 100]))
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, np.concatenate(blocks))
    return np.asarray(np.load(path, allow_pickle=False), np.float32)


def course(review: Review, screener: Screener, start: int) -> Course:
    """Look at one review's papers in the order of a screener, from one start."""
    belongs = review.belongs
    rng = np.random.default_rng(start)
    first = [int(rng.choice(np.flatnonzero(belongs == side))) for side in (1, 0)]
    order = np.array(first, np.int64)
    left = np.ones(len(belongs), bool)
    left[order] = False
    spent, times = 0.0, 0
    while belongs[order].sum() < belongs.sum():
        began = time.process_time()
        scores = screener(review, order, np.where(belongs[order] > 0, 1, -1))
        spent, times = spent + time.process_time() - began, times + 1
        best = np.argsort(np.where(left, -scores, np.inf), kind="stable")[: min(BATCH, int(left.sum()))]
        order = np.concatenate([order, best])
        left[best] = False
    found = np.cumsum(belongs[order]) / belongs.sum()
    seen = int(np.flatnonzero(found >= 0.95)[0]) + 1
    tenth = round(len(belongs) / 10)
    return Course(
        100 * (0.95 - seen / len(belongs)),
        100 * float(found[min(tenth, len(found)) - 1]),
        1000 * spent / max(times, 1),
    )


def _words(papers: Texts) -> Texts:
    return Texts(np.zeros((len(papers.vectors), 1), np.float32), papers.terms)


def _bayes(review: Review, judged: Ids, liked: Ids) -> Array:
    return by_naive_bayes(review.papers.terms, some(review.papers, judged).terms, liked)


def _centroid(review: Review, judged: Ids, liked: Ids) -> Array:
    papers = _words(review.papers)
    return Centroid().fit(some(papers, judged), liked).scores(papers)


def _taste_of_words(review: Review, judged: Ids, liked: Ids) -> Array:
    papers = _words(review.papers)
    ranker = Taste(background=_words(review.background))
    return ranker.fit(some(papers, judged), liked).scores(papers)


def _taste(review: Review, judged: Ids, liked: Ids) -> Array:
    ranker = Taste(background=review.background)
    return ranker.fit(some(review.papers, judged), liked).scores(review.papers)


SCREENERS: Final[tuple[tuple[str, str, bool, Screener], ...]] = (
    ("bayes", "naive Bayes on TF-IDF", False, _bayes),
    ("tfidf", "TF-IDF profile, one centre", False, _centroid),
    ("taste words", "taste, words alone", False, _taste_of_words),
    ("taste", "taste (ridge regression)", True, _taste),
)


def screen(
    reviews: Sequence[Review], *, starts: int = 5, vectors: bool = True, progress: Progress | None = None
) -> list[Screened]:
    """Let every screener go through every review, from so many starts."""
    told = progress or (lambda _name, _done, _total: None)
    found = []
    for name, title, needs, screener in SCREENERS:
        if needs and not vectors:
            continue
        courses: dict[str, list[Course]] = {}
        for review in reviews:
            for start in range(starts):
                told(f"screening: {title}, {review.name}", start, starts)
                courses.setdefault(review.name, []).append(course(review, screener, start))
        found.append(Screened(name, title, courses))
    return found


def as_json(screened: Sequence[Screened]) -> list[dict[str, Any]]:
    """Return the figures as JSON values; intervals are paired, over the starts of each review."""
    base = screened[0]
    made = []
    for each in screened:
        differences = {figure: _better(each, base, figure) for figure in ("wss", "rrf")}
        made.append(
            {
                "system": each.system,
                "title": each.title,
                "wss": round(each.mean("wss"), 1),
                "rrf": round(each.mean("rrf"), 1),
                "ms": round(each.mean("ms"), 1),
                "reviews": {
                    name: [round(fmean(c.wss for c in own), 1), round(fmean(c.rrf for c in own), 1)]
                    for name, own in each.courses.items()
                },
                "to_bayes": {figure: [round(x, 2) for x in told] for figure, told in differences.items()},
            }
        )
    return made


def _better(one: Screened, other: Screened, figure: str) -> Difference:
    """By how much one is better than another, start by start."""
    pairs = [zip(own, other.courses[name], strict=True) for name, own in one.courses.items()]
    return bootstrap([np.array([getattr(a, figure) - getattr(b, figure) for a, b in each]) for each in pairs])
