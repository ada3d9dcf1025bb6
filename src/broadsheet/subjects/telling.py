"""Telling words: which words some papers have and others have not. They name topics and give reasons."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from broadsheet.papers import Paper

_WORD: Final = re.compile(r"[^\W\d_][\w'-]*[^\W_]")
_MATHS: Final = re.compile(r"\$[^$]*\$|\\[A-Za-z]+")
# What stands in every abstract and tells nothing.
_SAYS_NOTHING: Final = """
    a about above across after against all allow allows also although among an and another any approach
    approaches are arise as at available based be because been before being between beyond both but by
    can cannot case cases challenge challenges challenging class common compared consider considered
    could current data demonstrate demonstrates design different do does due during each effective
    effectively efficient either enable enables especially et even evaluate existing experiment
    experimental experiments extensive find first focus for framework from full further furthermore
    general given good has have having here high however i.e if immune important improve improved
    improvement improves in including introduce introduced introduces into is it its itself key known
    large larger less like low made main make many may method methods model models more moreover most
    much multiple must new no not novel number obtain obtained of often on one ones only or order other
    others our out over own paper papers perform performance possible present presented presents
    previous problem problems propose proposed proposes proof prove provide provides recent recently
    related remains required research respectively result results same second see set several should
    show showing shown shows significant significantly simple since single small so some specific state-
    of-the-art still strong studied studies study such system systems task tasks technique techniques
    than that the their them then there therefore these they this those three through thus time to
    together towards two type under understanding up upon use used useful using various very via was way
    we well were what when where whether which while who whose will with within without work works would
    yet
"""
_EMPTY: Final = frozenset(_SAYS_NOTHING.split())


def terms(text: str) -> list[str]:
    """The words of a text and the pairs of words that stand together, without those that tell nothing.

    >>> terms("We propose Graph neural networks for proteins.")
    ['graph', 'neural', 'networks', 'proteins', 'graph neural', 'neural networks']
    """
    single, pairs = [], []
    last = ""
    for found in re.finditer(r"[^\W\d_][\w'-]*[^\W_]|[.,;:!?()]", _MATHS.sub(" . ", text).lower()):
        word = found[0]
        if not _WORD.fullmatch(word) or word in _EMPTY:
            last = ""
            continue
        single.append(word)
        if last:
            pairs.append(f"{last} {word}")
        last = word
    return single + pairs


def text_of(paper: Paper) -> str:
    """What of a paper is read for words."""
    return f"{paper.title}. {paper.abstract}"


def spread(texts: Iterable[str]) -> Counter[str]:
    """In how many of the texts each term stands."""
    return Counter(term for text in texts for term in set(terms(text)))


def telling(
    inside: Mapping[str, int], papers: int, everywhere: Mapping[str, int], total: int, most: int
) -> list[str]:
    """The terms that stand in many of some papers and in few of all, the most telling first.

    inside, everywhere: in how many papers a term stands. A term's weight is its share inside times the
    logarithm of how much larger that is than its share everywhere, with one paper added to both so that rare
    words do not win.
    """
    weights = {}
    for term, count in inside.items():
        share, common = count / papers, (everywhere.get(term, count) + 1) / (total + 1)
        least = 1 if papers < 4 else max(2, math.ceil(papers * 0.02))
        if count >= least and share > common:
            # A pair says more than each of its words.
            weights[term] = share * math.log(share / common) * (1.6 if " " in term else 1.0)
    chosen: list[str] = []
    for term in sorted(weights, key=lambda term: (-weights[term], term)):
        words = {_stem(word) for word in term.split()}
        if not any(words & {_stem(word) for word in other.split()} for other in chosen):
            chosen.append(term)
        if len(chosen) == most:
            break
    return chosen


def shared(paper: Paper, others: Sequence[Paper], most: int = 3) -> tuple[str, ...]:
    """The longest terms that a paper has in common with the most of some others."""
    own = set(terms(text_of(paper)))
    counted = Counter(term for other in others for term in own & set(terms(text_of(other))))
    ranked = sorted(counted, key=lambda term: (-counted[term] * (1 + term.count(" ")), -len(term), term))
    chosen: list[str] = []
    for term in ranked:
        if not any(term in other or other in term for other in chosen):
            chosen.append(term)
    return tuple(chosen[:most])


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
