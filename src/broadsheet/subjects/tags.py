"""Tags that suggest: three examples are enough, every answer teaches, every suggestion has reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from broadsheet.exceptions import TagError
from broadsheet.papers import Paper
from broadsheet.readers import Reader, tidy
from broadsheet.search import Search
from broadsheet.store import Store
from broadsheet.store.tags import Tag
from broadsheet.subjects.learning import ENOUGH, Learned, learn
from broadsheet.subjects.space import Space
from broadsheet.subjects.telling import shared
from octavo.protocols import Array

MOST_TAGS: Final = 200
MOST_SAID: Final = 8
LONGEST_NAME: Final = 60
LONGEST_SENTENCE: Final = 300
_LIKE: Final = 0.25
"""From this cosine on, an example or a sentence is named as a reason."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a paper is suggested.

    kind: like (an example), unlike (a refused paper it is close to), said (a sentence of the tag), words.
    text: the title, the sentence or the words. weight: the cosine; 0 for words. key: of that paper.
    """

    kind: str
    text: str
    weight: float = 0.0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A paper that a tag may fit. score: its cosine with what the tag has learned."""

    paper: Paper
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class _Model:
    """What a tag has learned and from what: numbers and vectors of papers, sentences and their vectors."""

    learned: Learned
    fitting: tuple[list[int], Array]
    refused: tuple[list[int], Array]
    said: tuple[tuple[str, ...], Array]


class Tagging:
    """Readers' tags.

    space: gives the space of papers, None while there are no vectors.
    """

    def __init__(self, store: Store, index: Search, space: Callable[[], Space | None]) -> None:
        self._store = store
        self._index = index
        self._space = space

    # Keeping

    def tags(self, reader: Reader) -> list[Tag]:
        """The tags of a reader, by name."""
        return self._store.tags.of_reader(reader.id)

    def tag(self, reader: Reader, name: str) -> Tag:
        """One tag, in any letter case. Raises TagNotFoundError."""
        return self._store.tags.named(reader.id, name)

    def make(
        self, reader: Reader, name: str, references: Sequence[str] = (), said: Sequence[str] = ()
    ) -> Tag:
        """Make a tag of examples, of sentences, or of both.

        Raises TagError for what cannot be a tag, NameTakenError, PaperNotFoundError; then there is none.
        """
        named = tidy(name)
        if not named or len(named) > LONGEST_NAME or "/" in named or named in (".", ".."):
            raise TagError(f"a tag's name has 1 to {LONGEST_NAME} characters and no slash, got {name[:80]!r}")
        sentences = sentences_of(said)
        if len(self.tags(reader)) >= MOST_TAGS:
            raise TagError(f"a reader has at most {MOST_TAGS} tags")
        for reference in references:
            self._store.paper(reference)
        self._store.tags.make(reader.id, named, sentences)
        for reference in references:
            self._store.tags.mark(reader.id, named, reference, True)
        return self.tag(reader, named)

    def describe(self, reader: Reader, name: str, said: Sequence[str]) -> Tag:
        """Put other sentences in the place of a tag's. Raises TagNotFoundError, TagError."""
        self._store.tags.describe(reader.id, name, sentences_of(said))
        return self.tag(reader, name)

    def mark(self, reader: Reader, name: str, reference: str, fits: bool | None) -> Tag:
        """Say that a paper fits or does not; None takes it back.

        Raises TagNotFoundError, PaperNotFoundError.
        """
        self._store.tags.mark(reader.id, name, reference, fits)
        return self.tag(reader, name)

    def remove(self, reader: Reader, name: str) -> None:
        """Remove a tag. Raises TagNotFoundError."""
        self._store.tags.remove(reader.id, name)

    def of_reader(self, reader_id: int) -> dict[str, Any]:
        """Everything a reader's tags say, as JSON values."""
        told = {}
        for tag in self._store.tags.of_reader(reader_id):
            marks = dict(self._store.tags.marks(tag))
            keys = {paper.id: paper.key for paper in self._store.papers(list(marks))}
            told[tag.name] = {
                "said": list(tag.said),
                "created": tag.created.isoformat(),
                "fits": [keys[number] for number, fits in marks.items() if fits and number in keys],
                "refused": [keys[number] for number, fits in marks.items() if not fits and number in keys],
            }
        return told

    def forget(self, reader_id: int) -> None:
        """Remove a reader's tags."""
        self._store.tags.forget(reader_id)

    # Asking

    def papers(self, reader: Reader, name: str, *, fits: bool = True) -> list[Paper]:
        """The papers that carry a tag, or that were refused for it, the latest first."""
        marks = self._store.tags.marks(self.tag(reader, name))
        return self._store.papers([number for number, said in marks if said is fits])

    def wanting(self, tag: Tag) -> int:
        """How many more examples or sentences a tag wants before it suggests."""
        return max(0, ENOUGH - tag.fits - len(tag.said))

    def suggestions(self, reader: Reader, name: str, *, limit: int = 20) -> list[Suggestion]:
        """Papers that a tag may fit, the best first; none while it wants examples, or nothing is encoded.

        Raises TagNotFoundError.
        """
        tag, space = self.tag(reader, name), self._space()
        model = self._learned(tag, space) if space is not None and not self.wanting(tag) else None
        if space is None or model is None:
            return []
        scores = model.learned.scores(space.rows)
        marked = np.isin(space.ids, model.fitting[0] + model.refused[0])
        scores[marked] = -np.inf
        order = np.argsort(-scores, kind="stable")[:limit]
        order = order[scores[order] >= model.learned.level]
        found = {int(space.ids[row]): row for row in order}
        papers = self._store.papers(list(found))
        examples = self._store.papers(model.fitting[0])
        rows = {paper.id: space.rows[found[paper.id]] for paper in papers}
        titles = {p.id: p for p in [*examples, *self._store.papers(model.refused[0])]}
        return [
            Suggestion(
                paper,
                round(float(scores[found[paper.id]]), 3),
                _reasons(paper, rows[paper.id], model, titles, examples),
            )
            for paper in papers
        ]

    def of_paper(self, reader: Reader, paper: Paper) -> list[tuple[Tag, bool | None, float]]:
        """A reader's tags for one paper: whether it carries each (None: nothing was said) and how it fits.

        Those it carries come first, then those it may carry by its score; others are left out.
        """
        space, found = self._space(), []
        for tag in self.tags(reader):
            said = dict(self._store.tags.marks(tag)).get(paper.id)
            score = level = 0.0
            if space is not None and said is None and not self.wanting(tag):
                model, (there, row) = self._learned(tag, space), space.rows_of([paper.id])
                if model is not None and there:
                    score, level = float(model.learned.scores(row)[0]), model.learned.level
            if said or (said is None and score and score >= level):
                found.append((tag, said, round(score, 3)))
        return sorted(found, key=lambda each: (not each[1], -each[2], each[0].name))

    def _learned(self, tag: Tag, space: Space) -> _Model | None:
        marks = self._store.tags.marks(tag)
        fitting = space.rows_of([number for number, fits in marks if fits])
        refused = space.rows_of([number for number, fits in marks if not fits])
        vectors = [(text, v) for text in tag.said if (v := self._index.vector(text)) is not None]
        said = tuple(text for text, _ in vectors)
        x = np.stack([v for _, v in vectors]) if vectors else np.empty((0, space.rows.shape[1]), np.float32)
        if x.shape[1] != space.rows.shape[1]:
            x, said = np.empty((0, space.rows.shape[1]), np.float32), ()  # the vectors are another encoder's
        x = space.placed(x)
        if not len(fitting[0]) + len(said):
            return None
        known = np.isin(space.ids, fitting[0] + refused[0])
        return _Model(learn(fitting[1], refused[1], x, space.rows, known), fitting, refused, (said, x))


def sentences_of(said: Sequence[str]) -> tuple[str, ...]:
    """The sentences of a description, tidied. Raises TagError."""
    sentences = tuple(filter(None, (" ".join(sentence.split()) for sentence in said)))
    if len(sentences) > MOST_SAID or any(len(sentence) > LONGEST_SENTENCE for sentence in sentences):
        raise TagError(f"at most {MOST_SAID} sentences of {LONGEST_SENTENCE} characters describe a tag")
    return sentences


def _reasons(
    paper: Paper, row: Array, model: _Model, titles: dict[int, Paper], examples: Sequence[Paper]
) -> tuple[Reason, ...]:
    found = []
    for kind, (names, x) in (("like", model.fitting), ("unlike", model.refused), ("said", model.said)):
        if not len(names):
            continue
        likeness = x @ row
        best = int(likeness.argmax())
        weight = round(float(likeness[best]), 2)
        if weight < _LIKE:
            continue
        if kind == "said":
            found.append(Reason(kind, str(names[best]), weight))
        elif (other := titles.get(int(names[best]))) is not None:
            found.append(Reason(kind, other.title, weight, other.key))
    if words := shared(paper, examples):
        found.append(Reason("words", ", ".join(words)))
    return tuple(found)
