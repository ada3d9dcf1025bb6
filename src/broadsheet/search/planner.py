"""How a question is answered: in stages, within its time.

A first look asks the words and the meaning and joins what they find; a second look (`second_look`) learns
from the first papers and asks again. Each stage is a plain object (`plan.Stage`); a planner takes any list.

The results of a question about something are the papers that meet its conditions and

    contain its words (all of them; of more than four, the rarest three quarters), or
    are among the `RANKED` best by words and meaning together.

Their number is exact. First come those ranked by words and meaning, and behind them the remaining papers by
words. Sorted by date or votes, where a doubtful paper would stand as high as a sure one, only those with the
words and the closest in meaning belong. A question with conditions alone lists what meets them, newest first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Protocol

from broadsheet.papers import Paper
from broadsheet.search import second_look, tokens
from broadsheet.search.answer import Answer
from broadsheet.search.meaning import Near
from broadsheet.search.plan import ALWAYS, BUDGET, Budget, Costs, Stage, carry_out
from broadsheet.search.query import ParsedQuery
from broadsheet.search.question import NOTHING, Question
from broadsheet.search.words import Snapshot
from octavo.protocols import Array, Ids

Sort = Literal["relevance", "date", "votes"]

UNCHECKED: Final = "Without the index of words, conditions cannot be checked: nothing is shown."

_BROAD: Final = 0.3
_LISTED: Final = 5000


def _has_meaning(question: Question) -> bool:
    return question.near is not None and len(question.near) > 0


STAGES: Final = (
    Stage("spelling", Question.mend, lambda q: q.matcher is not None and bool(q.stems), ALWAYS),
    Stage("words", Question.by_words, lambda q: q.matcher is not None, ALWAYS),
    Stage("encode", Question.encode, lambda q: _has_meaning(q) and bool(q.stems), BUDGET),
    Stage("meaning", Question.by_meaning, _has_meaning, BUDGET),
    Stage("join", Question.join, kind=ALWAYS),
    *tokens.STAGES,
    *second_look.STAGES,
    Stage("count", Question.belonging, kind=ALWAYS),
)
"""The stages of a question that ranks; the order is the order in which they run."""


class Papers(Protocol):
    """Where the planner looks papers up."""

    def paper(self, reference: str) -> Paper:
        """The paper that answers to a key or identifier; PaperNotFoundError."""

    def papers(self, ids: Sequence[int]) -> list[Paper]:
        """The papers of those ids, missing ones skipped."""


class Planner:
    """Answers questions against one state of the indexes; either may be missing.

    encode: the vector of a text, or None when there is no encoder to ask; tokens: its tokens' vectors, and
    which pieces they are, or None. costs: what stages take, which
    outlives the state of the indexes.
    """

    def __init__(
        self,
        words: Snapshot | None,
        near: Near | None,
        encode: Callable[[str], Array | None],
        store: Papers,
        *,
        tokens: Callable[[str], tuple[Array, Ids] | None] = lambda text: None,
        costs: Costs | None = None,
        stages: Sequence[Stage] = STAGES,
    ) -> None:
        self.words, self.near = words, near
        self.encode, self.tokens, self.store = encode, tokens, store
        self.costs = costs if costs is not None else Costs()
        self.stages = stages
        self._allowed: dict[str, Ids] = {}

    def answer(
        self, query: ParsedQuery, sort: Sort, *, whole: bool = True, budget: Budget | None = None
    ) -> Answer:
        """Plan and rank. Raises DerivedIndexError when the words index breaks.

        whole: False ranks alone; the results are not counted, nor what they are.
        """
        question = Question(self, query, sort, whole)
        out = question.out
        stages = self._stages(question)
        if stages:
            out.steps = carry_out(stages, question, self.costs, budget or Budget(math.inf))
        elif not out.notes:
            out.notes.append(NOTHING)
        if question.matcher:
            out.notes += question.matcher.notes
        return out

    def _stages(self, question: Question) -> Sequence[Stage]:
        query = question.query
        if query.identifiers:
            return (Stage("named", Question.named),)
        if question.matcher is None and query.conditions:
            question.out.notes.append(UNCHECKED)
            return ()
        if question.ranks:
            return self.stages
        asked = query.conditions and not (query.likes or query.unlikes)
        if question.matcher and (asked or not (query.clauses or query.text)):
            return (Stage("list", Question.listing),)
        return ()

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
