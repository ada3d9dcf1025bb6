"""Learning a reader: from what was heard to a model that scores the newest papers.

    score = c · (ranker(paper) + 0.7 · together(paper)) + (1 - c) · votes(paper) + followed + new
            - less - unlike

with c = n / (n + 2), n the weight of all judgements: with one vote a third of the score is the reader's own,
with ten five sixths. Ranker, what many readers read together, and votes are in standard deviations about the
middle of the pool, so that the parts can be added and told apart. Unlike is what lies nearer to a paper that
was not wanted than to any that was liked. The votes are those the sources count. Nobody else who reads here
has a part in the score but by `together`, which there is in houses with many readers only, and which tells of
none of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from broadsheet.foryou.hearing import Heard
from broadsheet.foryou.interests import Interest, Map, grouped
from broadsheet.foryou.library import Anchor
from broadsheet.foryou.pool import Desk, Pool, Read, placed
from broadsheet.foryou.said import Said
from broadsheet.foryou.signals import Judgement, judged
from broadsheet.foryou.together import Likeness
from octavo.protocols import Array, Ids, Ranker, Texts
from octavo.rank.read_together import BESIDE

FOLLOWED: Final = 2.0
NEW: Final = 0.5
NEW_DAYS: Final = 3.0
LESS: Final = 1.5
UNLIKE: Final = 1.5
HALF: Final = 2.0
"""So much weight of judgements makes the ranker count half."""
OF_INTEREST: Final = 0.2
"""From this nearness on a paper is of an interest; below it lies beyond all."""
_COMPARED: Final = 120
_ANCHOR: Final = 0.6
_MOST_OF_ANCHOR: Final = 5

Make = Callable[[], Ranker]
Told = Callable[[Sequence[int]], tuple[str, ...]]


@dataclass(frozen=True)
class Scored:
    """The scores of a pool and what they are made of, each (N,).

    own, together, votes, followed, new, less, unlike: the parts, which add up to `total`. interest: of which
    interest a paper is, -1 for none; nearness: how near. muted: not to be shown.
    """

    total: Array
    own: Array
    together: Array
    votes: Array
    followed: Array
    new: Array
    less: Array
    unlike: Array
    interest: Ids
    nearness: Array
    muted: npt.NDArray[np.bool_]


@dataclass
class Model:
    """What is known of one reader; made anew whenever the reader has said something.

    name: of what it has learned. judgements: strongest first; those of `anchors`, which stand for an imported
    library, come last and have numbers below zero. papers: what was read of the others. interests: those of
    papers, where `map` says they lie, then one for each author followed. liked, disliked: where the strongest
    of them lie; unwanted: the numbers of the latter. heard: how many signals there were. strength: c above.
    likeness: what many readers taught, None where they did not; liking: what it makes of this one (D,).
    rival: the same with the other ranker of an experiment.
    """

    reader_id: int
    name: str
    ranker: Ranker | None
    judgements: tuple[Judgement, ...]
    papers: tuple[Read, ...]
    anchors: tuple[Anchor, ...]
    interests: tuple[Interest, ...]
    map: Map
    liked: Array
    disliked: Array
    unwanted: tuple[int, ...]
    authors: tuple[str, ...]
    heard: int
    strength: float
    learned_at: datetime
    took_ms: float = 0.0
    likeness: Likeness | None = None
    liking: Array | None = None
    rival: Model | None = None
    _scored: tuple[object, Scored] | None = field(default=None, repr=False)

    def examples(self, desk: Desk, pool: Pool) -> Texts:
        """The judged papers as the ranker saw them."""
        return _examples(desk, pool, self.papers, self.anchors)

    def scored(self, pool: Pool, said: Said) -> Scored:
        """The scores of the newest papers."""
        name = (pool.name, said)
        if self._scored is None or self._scored[0] != name:
            self._scored = name, score(self, pool, said)
        return self._scored[1]


def score(model: Model, pool: Pool, said: Said) -> Scored:
    """Score the newest papers for a reader."""
    own = np.zeros(len(pool), np.float32)
    if model.ranker is not None and len(pool):
        own = model.strength * standard(model.ranker.scores(pool.texts))
    together = np.zeros(len(pool), np.float32)
    if model.likeness is not None and model.liking is not None:
        together = np.float32(BESIDE * model.strength) * standard(model.likeness.on(pool) @ model.liking)
    votes = (1 - model.strength) * standard(pool.votes)
    by_author = _by_author(model.authors, pool)
    followed = np.where((by_author > 0).any(axis=1), FOLLOWED, 0).astype(np.float32)
    new = (NEW * np.exp2(-pool.ages / NEW_DAYS)).astype(np.float32)
    less = (-LESS * pool.sayings.count(said.less)).astype(np.float32)
    turned = _unlike(model, pool)
    unlike = np.where(turned, -UNLIKE, 0).astype(np.float32)
    away = _by_author(said.authors, pool) > 0
    nearness = np.concatenate([model.map.nearness(pool.places), by_author], axis=1)
    nearness = np.concatenate([nearness, np.full((len(pool), 1), -1, np.float32)], axis=1)  # at least one
    best = nearness.argmax(axis=1)
    near = nearness[np.arange(len(pool)), best]
    return Scored(
        total=(own + together + votes + followed + new + less + unlike).astype(np.float32),
        own=own,
        together=together,
        votes=votes,
        followed=followed,
        new=new,
        less=less,
        unlike=unlike,
        interest=np.where((near >= OF_INTEREST) & (~turned | (near > 1)), best, -1),
        nearness=near,
        muted=away.any(axis=1) | (pool.sayings.count(said.muted) > 0),
    )


def _unlike(model: Model, pool: Pool) -> npt.NDArray[np.bool_]:
    """(N,): whether a paper lies nearer to one that was not wanted than to any that was liked."""
    if not len(model.disliked) or model.disliked.shape[1] != pool.places.shape[1]:
        return np.zeros(len(pool), np.bool_)
    far = (pool.places @ model.disliked.T).max(axis=1)
    near = (pool.places @ model.liked.T).max(axis=1) if len(model.liked) else np.full(len(pool), -1)
    found: npt.NDArray[np.bool_] = (far >= OF_INTEREST) & (far > near)
    return found


def standard(scores: Array) -> Array:
    """Scores in standard deviations about their mean, at most 6; all 0 where they do not differ.

    >>> standard(np.array([1.0, 1.0, 3.0, 3.0], np.float32)).tolist()
    [-1.0, -1.0, 1.0, 1.0]
    """
    spread = float(scores.std()) if len(scores) else 0.0
    if not spread > 1e-9:
        return np.zeros(len(scores), np.float32)
    moved: Array = np.clip((scores - scores.mean()) / spread, -6, 6).astype(np.float32)
    return moved


def _by_author(names: Sequence[str], pool: Pool) -> Array:
    """(N, A): 2, which is nearer than anything, where an author signs a paper, else -1."""
    found = np.full((len(pool), len(names)), -1, np.float32)
    if names:
        columns = {name: column for column, name in enumerate(names)}
        for row, paper in enumerate(pool.papers):
            for name in paper.authors:
                if name in columns:
                    found[row, columns[name]] = 2
    return found


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is learned with.

    make: a ranker. now, half_life: when it is, and after how many days a signal counts half. told: papers →
    words they have in common. likeness: what many readers taught. rival: the other ranker of an experiment.
    """

    make: Make
    now: datetime
    half_life: float
    told: Told = lambda _: ()
    likeness: Likeness | None = None
    rival: Make | None = None


def learn(
    reader_id: int,
    name: str,
    heard: Heard,
    said: Said,
    desk: Desk,
    pool: Pool,
    lesson: Lesson,
    anchors: Sequence[Anchor] = (),
) -> Model:
    """Learn a reader from what was heard; name: of the state of things that is."""
    started = time.perf_counter()
    dropped = frozenset(said.dropped)
    # What only dropped interests speak for is not learned from; nor does it speak against a paper.
    every = [
        one
        for one in judged(heard.signals, lesson.now, lesson.half_life)
        if not one.groups or not dropped.issuperset(one.groups)
    ]
    read = {paper.id: paper for paper in desk.read([one.paper for one in every])}
    judgements = [one for one in every if one.paper in read]
    papers = tuple(read[one.paper] for one in judgements)
    kept = tuple(anchor for anchor in anchors if anchor.group not in dropped and anchor.fits(pool))
    judgements += [_of_anchor(number, anchor, lesson.now) for number, anchor in enumerate(kept)]
    examples = _examples(desk, pool, papers, kept)
    names = {**heard.names, **{anchor.group: anchor.name for anchor in kept}}
    places = placed(examples, pool.middle)
    interests, lying = grouped(judgements, places, names, dropped=said.dropped, told=lesson.told)
    ranker, strength = None, 0.0
    signs = np.array([one.liked for one in judgements], np.int64)
    known = places.any(axis=1)
    unwanted = np.flatnonzero(known & (signs < 0))[:_COMPARED]
    weights = np.empty(0, np.float32)
    if judgements:
        weights = np.array([one.weight for one in judgements], np.float32)
        ranker = lesson.make().fit(examples, signs, weights=weights)
        strength = float(weights.sum() / (weights.sum() + HALF))
    rival = lesson.rival().fit(examples, signs, weights=weights) if lesson.rival and judgements else None
    authors = {key: to for key, to in heard.authors.items() if f"author:{to}" not in dropped}
    followed = tuple(Interest(f"author:{to}", "author", to, (), FOLLOWED) for to in authors.values())
    model = Model(
        reader_id,
        name,
        ranker,
        tuple(judgements),
        papers,
        kept,
        interests + followed,
        lying,
        places[known & (signs > 0)][:_COMPARED],
        places[unwanted],
        tuple(judgements[at].paper for at in unwanted),
        tuple(authors),
        len(heard.signals),
        strength,
        datetime.now(UTC),
    )
    if lesson.likeness is not None and (known & (signs > 0)).any():
        model.likeness, model.liking = lesson.likeness, _liking(lesson.likeness, examples, signs, weights)
    if rival is not None:
        model.rival = replace(model, ranker=rival)
    model.took_ms = (time.perf_counter() - started) * 1000
    return model


def _liking(likeness: Likeness, examples: Texts, signs: Ids, weights: Array) -> Array:
    """(D,): what the likeness of a house makes of what a reader likes."""
    liked = (signs > 0) & examples.vectors.any(axis=1)
    profile = weights[liked] @ likeness.placed(examples.vectors[liked])
    made: Array = likeness.profile(profile[None])[0]
    return made


def _of_anchor(number: int, anchor: Anchor, now: datetime) -> Judgement:
    weight = _ANCHOR * min(anchor.papers, _MOST_OF_ANCHOR)
    return Judgement(-1 - number, 1, weight, ("library",), (anchor.group,), now)


def _examples(desk: Desk, pool: Pool, papers: Sequence[Read], anchors: Sequence[Anchor]) -> Texts:
    texts = desk.texts(papers, pool.rare)
    if not anchors:
        return texts
    vectors = np.concatenate([texts.vectors, np.stack([anchor.vector for anchor in anchors])])
    indptr = np.concatenate([texts.terms.indptr, np.full(len(anchors), texts.terms.indptr[-1])])
    return Texts(vectors.astype(np.float32), replace(texts.terms, indptr=indptr))
