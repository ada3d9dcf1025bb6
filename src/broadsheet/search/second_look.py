"""A second look: what the first papers found teach about the question, and the search made again with it.

acronyms: short forms that they explain ("mixture of experts (MoE)") are searched beside their long forms, and
the other way round, where few words are given; whole sentences say enough without. again: their most telling
words, and their vectors, move the question towards them (`octavo.find.feedback`). neighbours: papers that lie
together are ranked together (`octavo.find.smoothing`).
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from broadsheet.search import acronyms, analysis
from broadsheet.search.answer import Fused
from broadsheet.search.plan import LEISURE, Stage
from broadsheet.search.question import DEPTH, FEW_WORDS, Question
from octavo.find.feedback import moved, richer
from octavo.find.smoothing import smoothed

READ: Final = 10
"""Papers read for short forms; the first `LEARNT` of them are learnt from."""
LEARNT: Final = 5
TERMS: Final = 20
SHARE: Final = 0.2
"""How much of the question is theirs after the second look."""
SMOOTHED: Final = 200
NEIGHBOURS: Final = 20
MIXED: Final = 0.35
"""How much of a paper's score is its neighbours'. This and the numbers above are the best on the training
claims of SciFact and the development queries of CSFCube."""


def _wanted(question: Question) -> bool:
    return (
        question.by_relevance and not question.pinned and len(question.fused.ids) > 0 and bool(question.stems)
    )


def expand(question: Question) -> None:
    """Add the long forms of short ones in the question, and the short forms of long ones."""
    first = question.papers(question.fused.ids[:READ].tolist())
    asked = {word.casefold() for word in analysis.words(question.text)}
    stems = set(question.stems)
    votes: Counter[tuple[str, str]] = Counter()
    written: dict[tuple[str, str], acronyms.Pair] = {}
    for paper in first:
        for pair in dict.fromkeys(acronyms.pairs(paper.abstract)):
            name = (pair.short.casefold(), " ".join(analysis.stems(pair.long)))
            votes[name] += 1
            written.setdefault(name, pair)
    added: list[str] = []
    for (short, long), _ in votes.most_common():
        pair, parts = written[short, long], set(analysis.content_stems(written[short, long].long))
        if short in asked and not parts <= stems:
            added.append(pair.long)
            question.out.notes.append(f"{pair.short} was searched as “{pair.long}” as well.")
        elif short not in asked and parts <= stems:
            added.append(pair.short)
            question.out.notes.append(f"“{pair.long}” was searched as {pair.short} as well.")
        else:
            continue
        asked.add(short)
        stems |= parts
    if added:
        question.more = " ".join(added)


def words_again(question: Question) -> None:
    """The words again, with the most telling ones of the first papers."""
    assert question.matcher is not None
    # Where words are all there is, what has none of them does not belong: nothing is learnt, only expanded.
    learnt = LEARNT if question.vector is not None else 0
    first = question.papers(question.fused.ids[:learnt].tolist())
    stems = [analysis.content_stems(f"{paper.title} {paper.abstract}") for paper in first]
    own = Counter(question.stems) + analysis.content_stems(question.more)
    weights = richer(own, stems, question.matcher.words.rarity, terms=TERMS, share=SHARE)
    question.out.telling = tuple(weights)
    scale = sum(question.stems.values())
    again = question.worded(question.matcher.ranking({term: scale * w for term, w in weights.items()}))
    question.opinions = [leg for leg in question.opinions if leg.name != "words"] + [again]


def meaning_again(question: Question) -> None:
    """The meaning again, moved towards the first papers."""
    assert question.near is not None
    assert question.vector is not None
    vector = question.vector
    if question.more:
        whole = question.planner.encode(f"{question.text} ({question.more})")
        vector = vector if whole is None else whole
    first = question.near.vectors_of(question.fused.ids[:LEARNT].tolist())
    question.vector = moved(vector, first, share=SHARE)
    # So small a move brings the papers found into another order, but hardly a new one among them: they are
    # measured again, which takes a third of the time of a search.
    found = np.unique(np.concatenate([leg.ids for leg in question.opinions]))
    liked = question.liked_vectors(question.near)
    again = question.close(found[question.near.has(found)], question.vector, liked)
    others = [leg for leg in question.opinions if leg.name != "meaning"]
    question.opinions = [*others, again.first(DEPTH)]


def join_again(question: Question) -> None:
    """One ranking of what was found the second time."""
    question.rank(question.opinions)


def smooth(question: Question) -> None:
    """Mix each paper's score with those of the papers nearest to it; papers behind the first stay behind."""
    assert question.near is not None
    fused = question.fused
    some = np.flatnonzero(question.near.has(fused.ids))[:SMOOTHED]
    if not len(some):
        return
    own = fused.scores[some]
    vectors = question.near.vectors_of(fused.ids[some].tolist())
    mixed = smoothed(own, vectors, neighbours=NEIGHBOURS, share=MIXED)
    parts = {name: part * np.float32(1 - MIXED) for name, part in fused.parts.items()}
    theirs = np.float32(MIXED) * fused.scores
    theirs[some] = mixed - np.float32(1 - MIXED) * own
    behind = np.arange(len(fused.ids)) > some[-1]
    scores = (1 - MIXED) * fused.scores + theirs
    scores[behind] = np.minimum(scores[behind], scores[~behind].min())
    question.fused = Fused(fused.ids, scores.astype(np.float32), {**parts, "neighbours": theirs}).ordered()


def _is_short(question: Question) -> bool:
    return _wanted(question) and question.matcher is not None and len(question.stems) <= FEW_WORDS


def _has_more_words(question: Question) -> bool:
    something = question.vector is not None or bool(question.more)
    return _wanted(question) and question.matcher is not None and something


def _by_vector(question: Question) -> bool:
    return _wanted(question) and question.vector is not None and question.near is not None


STAGES: Final = (
    Stage("acronyms", expand, _is_short, LEISURE),
    Stage("words again", words_again, _has_more_words, LEISURE),
    Stage("meaning again", meaning_again, _by_vector, LEISURE),
    Stage("join again", join_again, _wanted, LEISURE),
    Stage("neighbours", smooth, lambda q: _wanted(q) and q.near is not None, LEISURE),
)
