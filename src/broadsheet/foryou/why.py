"""Why a paper stands on one's own page, in parts that can be argued with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from broadsheet.foryou import saying
from broadsheet.foryou.laying import Place
from broadsheet.foryou.learning import LESS, OF_INTEREST, UNLIKE, Model, Scored
from broadsheet.foryou.pool import Desk, Pool, placed
from broadsheet.foryou.said import Said
from broadsheet.foryou.words import column, weighed
from broadsheet.readers import folded
from broadsheet.subjects.telling import terms
from octavo.protocols import Array, Reasons, Texts

SAID_AS: Final = {
    "vote": "you voted for it",
    "up": "you wanted more like it",
    "save": "you saved it",
    "shelved": "on your shelf",
    "tag": "it carries your tag",
    "library": "in your library",
    "read": "you read it",
    "open": "you opened it",
    "down": "you wanted fewer like it",
    "hide": "you hid it",
    "refused": "you refused it for a tag",
}
"""How a reader had said it."""
_WORTH_A_LINE: Final = 0.12
_COMPANY: Final = 0.5
"""From this on what many readers read together is a reason."""
_LIKES: Final = 2
_UNLIKES: Final = 1
_MOST_WORDS: Final = 4
_ASKED: Final = 12
"""So many reasons are asked of the ranker; what does not lie near is not told."""


@dataclass(frozen=True, slots=True)
class Why:
    """One reason.

    kind: author (followed), like and unlike (a judged paper), together (a liked paper
    with which many readers read such papers), words and against (words that spoke for or
    against it), less (a word that is to count less), votes, new, beyond (all interests). text: a title, a
    name, words, or a number. said: how the reader had said it. key: of the judged paper, '' for one of a
    library that is not kept here. worth: about what it adds to the score.
    """

    kind: str
    text: str
    worth: float = 0.0
    said: str = ""
    key: str = ""


def reasons_of(
    model: Model, desk: Desk, pool: Pool, scored: Scored, said: Said, places: Sequence[Place]
) -> list[tuple[Why, ...]]:
    """The reasons of each place, strongest first of each kind."""
    told: list[Reasons] = [Reasons((), ()) for _ in places]
    near = beside = np.zeros((len(places), 0), np.float32)
    if model.ranker is not None and places:
        rows = [place.row for place in places]
        shown = Texts(pool.texts.vectors[rows], weighed([pool.papers[row].words for row in rows], pool.rare))
        examples = model.examples(desk, pool)
        near = pool.places[rows] @ placed(examples, pool.middle).T
        told = model.ranker.reasons(shown, examples, most=_ASKED)
        beside = _beside(model, pool, examples, rows)
    return [
        _of_place(model, pool, scored, said, place, reasons, nearness, company)
        for place, reasons, nearness, company in zip(places, told, near, beside, strict=True)
    ]


def _beside(model: Model, pool: Pool, examples: Texts, rows: Sequence[int]) -> Array:
    """(P, J): how far each judged paper speaks for those of some rows by what many readers read together."""
    if model.likeness is None:
        return np.zeros((len(rows), len(model.judgements)), np.float32)
    weights = np.array([max(one.liked, 0) * one.weight for one in model.judgements], np.float32)
    has = examples.vectors.any(axis=1)
    profiles = model.likeness.profile(model.likeness.placed(examples.vectors) * (weights * has)[:, None])
    made: Array = model.likeness.on(pool)[rows] @ profiles.T
    return made


def _of_place(
    model: Model,
    pool: Pool,
    scored: Scored,
    said: Said,
    place: Place,
    reasons: Reasons,
    near: Array,
    beside: Array,
) -> tuple[Why, ...]:
    row, paper = place.row, pool.papers[place.row]
    found: list[Why] = []
    if place.beyond:
        found.append(Why("beyond", ""))
    found += (
        Why("author", interest.name, float(scored.followed[row]))
        for interest in model.interests
        if interest.kind == "author" and folded(interest.name) in paper.authors
    )
    whole = sum(abs(worth) for _, worth in reasons.judged) or 1.0
    own = abs(float(scored.own[row])) / whole
    judged = [(at, worth) for at, worth in reasons.judged if near[at] >= OF_INTEREST]
    for sign, most in ((1, _LIKES), (-1, _UNLIKES)):
        some = [(at, worth) for at, worth in judged if worth * sign > 0][:most]
        found += (_of_judged(model, at, own * worth) for at, worth in some)
    if scored.unlike[row] < 0 and not any(why.kind == "unlike" for why in found):
        found.append(_nearest_unwanted(model, pool, row))
    if scored.together[row] >= _COMPANY:
        company = _of_judged(model, int(beside.argmax()), float(scored.together[row]))
        if all(why.text != company.text for why in found):
            found.append(replace(company, kind="together"))
    unwanted = any(why.kind == "unlike" for why in found)
    for kind, sign, most in (("words", 1, _MOST_WORDS), ("against", -1, _MOST_WORDS // 2 * unwanted)):
        columns = [at for at, worth in reasons.terms if worth * sign > 0]
        if words := words_of(paper.text, columns, most):
            found.append(Why(kind, ", ".join(words)))
    found += (Why("less", word, -LESS) for word in sorted(saying.said(said.less, paper.text)))
    if pool.votes[row] > 0 and (place.beyond or scored.votes[row] > _WORTH_A_LINE):
        found.append(Why("votes", str(round(2 ** float(pool.votes[row]) - 1)), float(scored.votes[row])))
    if scored.new[row] > _WORTH_A_LINE:
        found.append(Why("new", str(int(pool.ages[row])), float(scored.new[row])))
    return tuple(found)


def _nearest_unwanted(model: Model, pool: Pool, row: int) -> Why:
    number = model.unwanted[int((model.disliked @ pool.places[row]).argmax())]
    at = next(at for at, one in enumerate(model.judgements) if one.paper == number)
    paper, one = model.papers[at], model.judgements[at]
    return Why("unlike", paper.title, -UNLIKE, SAID_AS[one.kinds[0]], paper.key)


def _of_judged(model: Model, at: int, worth: float) -> Why:
    one = model.judgements[at]
    kind = "like" if worth > 0 else "unlike"
    if one.paper < 0:
        anchor = model.anchors[-1 - one.paper]
        return Why(kind, anchor.title, worth, f"one of {anchor.papers} in {anchor.library}")
    paper = model.papers[at]
    said = SAID_AS[one.kinds[0]]
    named = next((interest for interest in model.interests if interest.id in one.groups), None)
    if named is not None and named.kind == "shelf":
        said = f"on your shelf “{named.name}”"
    elif named is not None and named.kind == "tag":
        said = f"your tag “{named.name}”"
    elif named is not None and named.kind == "library":
        said = f"in {named.name}"
    return Why(kind, paper.title, worth, said, paper.key)


def words_of(text: str, columns: Collection[int], most: int = _MOST_WORDS) -> tuple[str, ...]:
    """The words of a text that stand in some columns, in the columns' order; of a pair and its words, the
    first."""
    spelled: dict[int, str] = {}
    wanted = set(columns)
    for term in terms(text):
        if column(term) in wanted:
            spelled.setdefault(column(term), term)
    chosen: list[str] = []
    for at in columns:
        word = spelled.get(at)
        if word and not any(word in other or other in word for other in chosen):
            chosen.append(word)
    return tuple(chosen[:most])
