"""Order sensitivity: whether an encoder notices that the words of a text were shuffled.

When and why vision-language models behave like bags-of-words, and what to do about it? (Yuksekgonul, Bianchi,
Kalluri, Jurafsky and Zou, 2022), arXiv:2210.01936. A query q belongs to a document d, and c(q) is the query
with its words in another order. An encoder f prefers the right order in

    P( ⟨f(q), f(d)⟩ > ⟨f(c(q)), f(d)⟩ )

of the pairs, ties counting half: one half for a bag of words, one for whoever always notices.

Intriguing Properties of Large Language and Vision Models (Lee, Kim, Park and Ro, 2024), arXiv:2410.04751. The
same question, asked of what a corruption costs.

Differs from the paper: texts only, and one without pictures; the words shuffled are all, those within each
trigram or the trigrams among each other, not those of a part of speech, which would need a tagger. A query
whose corruption is the query itself counts half.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from octavo.exceptions import ShapeError
from octavo.protocols import Encoder

_SPAN: Final = 3


class Corruption(enum.StrEnum):
    """What is done to a text; all but the last two keep every word."""

    WORDS = "all words shuffled"
    WITHIN_TRIGRAMS = "words shuffled within trigrams"
    TRIGRAMS = "trigrams shuffled"
    HALVED = "the second half removed"
    NUMBERS = "numbers removed"


def corrupted(text: str, kind: Corruption, rng: np.random.Generator) -> str:
    """Return the text with its words, as white space divides them, shuffled or partly removed.

    >>> corrupted("one two three four", Corruption.HALVED, np.random.default_rng(0))
    'one two'
    """
    words = text.split()
    spans = [words[at : at + _SPAN] for at in range(0, len(words), _SPAN)]
    match kind:
        case Corruption.WORDS:
            spans = [_shuffled(words, rng)]
        case Corruption.WITHIN_TRIGRAMS:
            spans = [_shuffled(span, rng) for span in spans]
        case Corruption.TRIGRAMS:
            spans = [spans[place] for place in rng.permutation(len(spans))]
        case Corruption.HALVED:
            spans = [words[: (len(words) + 1) // 2]]
        case Corruption.NUMBERS:
            spans = [[word for word in words if not re.search(r"\d", word)]]
    return " ".join(word for span in spans for word in span)


def order_preference(
    encoder: Encoder,
    queries: Sequence[str],
    documents: Sequence[str],
    kind: Corruption = Corruption.WORDS,
    *,
    seed: int = 0,
) -> float:
    """Return how often documents[i] is nearer to queries[i] than to its corruption: 0 .. 1.

    Raises ShapeError where there are no pairs, or more of one than of the other.
    """
    if len(queries) != len(documents) or not queries:
        raise ShapeError(
            f"queries and documents must be as many, got {len(queries)} and {len(documents)}"
            if queries
            else "queries must hold at least one text, got none"
        )
    rng = np.random.default_rng(seed)
    other = [corrupted(query, kind, rng) for query in queries]
    about = encoder.encode_documents(documents)
    right = (encoder.encode_queries(queries) * about).sum(axis=1)
    wrong = (encoder.encode_queries(other) * about).sum(axis=1)
    same = np.array([" ".join(q.split()) == c for q, c in zip(queries, other, strict=True)])
    tied = same | np.isclose(right, wrong, atol=1e-6)  # sums of the same words in another order
    return float(np.where(tied, 0.5, right > wrong).mean())


def _shuffled(words: list[str], rng: np.random.Generator) -> list[str]:
    return [words[place] for place in rng.permutation(len(words))]
