"""Tokens: the third opinion about a question, of the papers that words and meaning found first.

The encoder makes a vector of every token on its way to a paper's vector. A few dozen of them, pooled and
coded (`octavo.find.pooled_tokens`), are kept beside it. Every token of the question looks for its best among
a paper's, the rare ones counting more, and their sum is the paper's score. Papers without tokens, encoded
before these were kept, are neither helped nor harmed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from broadsheet.search.answer import Leg
from broadsheet.search.plan import BUDGET, Stage
from broadsheet.search.question import Question
from broadsheet.search.token_codes import CODECS, codec
from octavo.exceptions import SavedFileError

JUDGED: Final = 100
"""Papers whose tokens are compared."""


def compare(question: Question) -> None:
    """Score the first papers by their tokens, and join again."""
    assert question.near is not None
    ids = question.fused.ids[:JUDGED]
    kept = question.near.tokens_of(ids)
    asked = question.planner.tokens(question.text)
    if asked is None or not kept.has.any() or kept.codec not in CODECS:
        return
    try:
        pooled = codec(kept.codec).pooled
    except SavedFileError as error:
        question.out.notes.append(f"Tokens are out of order: {error}.")
        return
    codes = kept.codes.reshape(len(kept.codes), pooled.many, pooled.width)
    own = question.near.vectors_of(ids[kept.has].tolist())
    scores = pooled.scores(pooled.question(*asked), codes, own)
    order = np.lexsort((ids[kept.has], -scores))
    leg = Leg("tokens", ids[kept.has][order], scores[order], silent=ids[~kept.has])
    question.add(leg)
    question.rank(question.opinions)


def _wanted(question: Question) -> bool:
    return question.by_relevance and question.vector is not None and len(question.fused.ids) > 1


STAGES: Final = (Stage("tokens", compare, _wanted, BUDGET),)
