"""From clauses to queries of the word index."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import tantivy
from tantivy import Occur

from broadsheet.search import analysis
from broadsheet.search.query import Clause, ParsedQuery
from broadsheet.search.words import Snapshot

Query = tantivy.Query

TITLE_WEIGHT: Final = 0.3
"""What a word in the title adds to the same word in the whole text, which holds the title too; the best of
0, 0.3, 0.6, 1 and 1.5 on the training claims of SciFact."""

MAX_RANKING: Final = 64
_SPELT: Final = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"}
_SPELT_OUT: Final = re.compile("[aou]e|aa")
MAX_SURE: Final = 16
_FEW: Final = 4
_MOST: Final = 0.75


class Matcher:
    """Builds the queries of one question against one snapshot.

    notes: what the index had to say about the question.
    """

    def __init__(self, words: Snapshot) -> None:
        self.words = words
        self.schema = words.schema
        self.notes: list[str] = []

    # What must hold

    def conditions(self, clauses: Iterable[Clause]) -> Any:
        """Every condition of the query; always at least that it is a paper."""
        parts: list[tuple[Any, Any]] = []
        for clause in clauses:
            made = self._condition(clause)
            if made is not None:
                parts.append((Occur.MustNot if clause.negated else Occur.Must, made))
        if not any(occur == Occur.Must for occur, _ in parts):
            parts.append((Occur.Must, Query.all_query()))
            parts.append((Occur.MustNot, self._term("marker", "state")))
        return _silent(Query.boolean_query(parts))

    def _condition(self, clause: Clause) -> Any:
        made: dict[str, Callable[[Clause], Any]] = {
            "": lambda c: self._side_by_side("text", analysis.stems(c.value)),
            "title": lambda c: self._side_by_side("title", analysis.stems(c.value)),
            "author": self._author,
            "venue": lambda c: self._side_by_side("venue", analysis.folded(c.value)),
            "cat": lambda c: self._any("cat", [v.removesuffix(".*") for v in c.values]),
            "source": lambda c: self._any("source", c.values),
            "has": lambda c: self._any("has", c.values),
            "is": lambda c: self._any("status", c.values),
            "year": lambda c: self._range("year", c),
            "date": lambda c: self._range("date", c),
            "like": lambda c: None,
        }
        return made[clause.field](clause)

    def _author(self, clause: Clause) -> Any:
        value = clause.value
        last, comma, first = value.partition(",")
        name = f"{first} {last}" if comma else value
        spellings = [names for names in _spellings(name) if names]
        if not spellings:
            return Query.empty_query()
        if len(spellings[0]) != 1:
            turned = [[*names[1:], *names[:1]] for names in spellings]
            either = [self._side_by_side("names", names) for names in (*spellings, *turned)]
            return Query.boolean_query([(Occur.Should, query) for query in either])
        last_names = [name for (name,) in spellings if self.words.frequency("surname", name)]
        if last_names:
            return self._any("surname", last_names)
        if any(self.words.frequency("names", name) for (name,) in spellings):
            self.notes.append(f"Nobody has the last name {value}; first names were searched as well.")
        return self._any("names", [name for (name,) in spellings])

    def _any(self, field: str, values: Sequence[str]) -> Any:
        return Query.boolean_query([(Occur.Should, self._term(field, value)) for value in values])

    def _range(self, field: str, clause: Clause) -> Any:
        low = clause.low if clause.low is not None else 1
        high = clause.high if clause.high is not None else 1 << 40
        return Query.range_query(self.schema, field, tantivy.FieldType.Integer, low, high)

    def _side_by_side(self, field: str, tokens: Sequence[str]) -> Any:
        if not tokens:
            return Query.empty_query()
        if len(tokens) == 1:
            return self._term(field, tokens[0])
        return Query.phrase_query(self.schema, field, list(tokens))

    def _term(self, field: str, value: str) -> Any:
        return Query.term_query(self.schema, field, value, "basic")

    # What ranks

    def ranking(self, stems: Mapping[str, float]) -> Any:
        """Papers with any of the stems, scored by all of them; `stems` says how much each counts."""
        parts: list[tuple[Any, Any]] = []
        for stem in self._telling(stems, MAX_RANKING):
            times = stems[stem]
            for field, weight in (("text", 1.0), ("title", TITLE_WEIGHT)):
                scored = self._scored(field, stem)
                weighed = scored if times * weight == 1 else Query.boost_query(scored, times * weight)
                parts.append((Occur.Should, weighed))
        return Query.boolean_query(parts)

    def _scored(self, field: str, value: str) -> Any:
        return Query.term_query(self.schema, field, value, "freq")

    def sure(self, stems: Collection[str]) -> Any:
        """Papers with all of the stems; of more than four, with the rarest three quarters of those known."""
        if len(stems) > _FEW:
            held = [stem for stem in stems if self.words.frequency("text", stem)]
            stems = self._telling(held, min(MAX_SURE, math.ceil(_MOST * len(held)))) or stems
        return Query.boolean_query([(Occur.Must, self._term("text", stem)) for stem in stems])

    def _telling(self, stems: Collection[str], most: int) -> Collection[str]:
        """The rarest stems, if there are more than `most`; a pasted page has enough of them."""
        if len(stems) <= most:
            return stems
        return sorted(stems, key=lambda stem: self.words.frequency("text", stem) or self.words.size)[:most]

    def most_telling(self, texts: Iterable[str], most: int = 20) -> tuple[str, ...]:
        """The stems that say most of what some texts are about, the most telling first."""
        said = sum(map(analysis.content_stems, texts), Counter[str]())
        worth = {stem: math.sqrt(times) * self.words.rarity(stem) for stem, times in said.items()}
        return tuple(sorted(worth, key=lambda stem: (-worth[stem], stem))[:most])

    def papers(self, ids: Iterable[int]) -> Any:
        """Those papers."""
        # A term each: a set of three hundred would be laid beside all numbers there are, five times as dear.
        terms = [(Occur.Should, Query.term_query(self.schema, "id", int(i))) for i in ids]
        return _silent(Query.boolean_query(terms))

    def titled(self, key: str) -> Any:
        """Papers whose title has that key."""
        return self._term("title_key", key)

    def alike(self, texts: Sequence[str]) -> Any:
        """Papers that share the most telling words of some texts."""
        return Query.more_like_this_document_fields_query(
            self.schema, {"text": list(texts)}, min_doc_frequency=2, min_term_frequency=1, max_query_terms=30
        )


def _spellings(name: str) -> list[list[str]]:
    """The words of a name as it is written, with its umlauts spelt out, and with those spelt out put back."""
    spelt = "".join(_SPELT.get(letter, letter) for letter in name.casefold())
    back = _SPELT_OUT.sub(lambda found: found[0][0], spelt)
    each = [analysis.folded(text) for text in (name, spelt, back)]
    return [names for place, names in enumerate(each) if names not in each[:place]]


def both(must: Any, ranked: Any) -> Any:
    """Matches of both queries, scored by the second alone."""
    return Query.boolean_query([(Occur.Must, must), (Occur.Must, ranked)])


def either(*queries: Any) -> Any:
    """Matches of any of the queries."""
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def but_not(query: Any, unwanted: Any) -> Any:
    """Matches of the first query that do not match the second."""
    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, unwanted)])


def _silent(query: Any) -> Any:
    return Query.const_score_query(query, 0.0)


def stems_of(text: str) -> Counter[str]:
    """The stems that rank, of what is asked for in prose."""
    return analysis.content_stems(text)


def free_stems(query: ParsedQuery) -> Counter[str]:
    """The stems of the free words alone."""
    return analysis.content_stems(" ".join(clause.value for clause in query.words))
