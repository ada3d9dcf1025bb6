"""Which papers Octavo implements: its catalogue, matched with the papers that are kept here.

A paper is known by an identifier that the catalogue cites, and where it has none of that scheme (a saved page
tells titles alone) by its title.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

from broadsheet import identifiers
from broadsheet.exceptions import MethodNotFoundError
from broadsheet.papers import Description
from octavo import catalogue, chart
from octavo.catalogue import Cited, Evidence, Method

UNMEASURED: Final = "not measured yet"
_TELLING: Final = 2  # words of a title that say which paper it is where nobody is named as its author


@dataclass(frozen=True, slots=True)
class Implemented:
    """A method of Octavo with what was measured of it, which is None where nothing was."""

    method: Method
    evidence: Evidence | None

    @property
    def name(self) -> str:
        """Its name in addresses and on the command line."""
        return self.method.name

    @property
    def title(self) -> str:
        """What it is called."""
        return self.method.title

    @property
    def summary(self) -> str:
        """What it does, as a sentence."""
        return self.method.summary[:1].upper() + self.method.summary[1:]

    @property
    def verdict(self) -> str:
        """What became of the paper's claim in our hands."""
        return self.evidence.verdict if self.evidence else UNMEASURED

    @property
    def headline(self) -> str:
        """The figure to look at first, in a phrase; "" where there is none."""
        return chart.headline(self.evidence, self.title) if self.evidence else ""

    @property
    def figure(self) -> str:
        """The same as SVG for a page that has the colours; "" where there is none."""
        drawn = chart.chart_of(self.evidence, self.title) if self.evidence else None
        return chart.svg(drawn, alone=False) if drawn else ""

    def as_json(self) -> dict[str, Any]:
        """Return everything that is known of it, as JSON values."""
        evidence = self.evidence
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "room": self.method.room,
            "module": self.method.module,
            "papers": [
                {"title": p.title, "authors": p.authors, "year": p.year, "identifier": p.identifier}
                for p in self.method.papers
            ],
            "equation": self.method.equation,
            "differs": self.method.differs,
            "verdict": self.verdict,
            "headline": self.headline,
            "claim": evidence.claim if evidence else "",
            "checks": dict(evidence.checks) if evidence else {},
            "columns": list(evidence.columns) if evidence else [],
            "rows": [list(row) for row in evidence.rows] if evidence else [],
            "note": evidence.note if evidence else "",
            "run": dict(evidence.run) if evidence else {},
        }


class Methods:
    """Every method, in the order of the catalogue, and which of them a paper is the paper of."""

    def __init__(self, found: Iterable[Implemented]) -> None:
        rooms = list(catalogue.ROOMS)
        self._all = tuple(sorted(found, key=lambda each: (rooms.index(each.method.room), each.title.lower())))
        self._by_identifier: dict[str, list[tuple[Implemented, Cited]]] = {}
        self._by_title: dict[str, list[tuple[Implemented, Cited]]] = {}
        for each in self._all:
            for cited in each.method.papers:
                self._by_identifier.setdefault(spelled(cited), []).append((each, cited))
                self._by_title.setdefault(identifiers.title_key(cited.title), []).append((each, cited))

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> Self:
        """Return those of the Octavo that is installed; read once."""
        return cls(Implemented(method, catalogue.evidence_of(method.name)) for method in catalogue.methods())

    def __iter__(self) -> Iterator[Implemented]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def rooms(self) -> list[tuple[str, list[Implemented]]]:
        """Return the questions that methods answer, each with its methods."""
        rooms: dict[str, list[Implemented]] = {}
        for each in self._all:
            rooms.setdefault(each.method.question, []).append(each)
        return list(rooms.items())

    def named(self, name: str) -> Implemented:
        """Return the method of that name. Raises MethodNotFoundError."""
        for each in self._all:
            if each.name == name:
                return each
        raise MethodNotFoundError(name)

    def of(self, paper: Description) -> tuple[Implemented, ...]:
        """Return the methods whose own paper this is."""
        return tuple(each for each, cited in self._citing(paper) if cited is each.method.papers[0])

    def building_on(self, paper: Description) -> tuple[Implemented, ...]:
        """Return the methods that build on this paper and are not its own."""
        return tuple(each for each, cited in self._citing(paper) if cited is not each.method.papers[0])

    def _citing(self, paper: Description) -> list[tuple[Implemented, Cited]]:
        found = [
            pair for name in paper.identifiers for pair in self._by_identifier.get(str(name).lower(), ())
        ]
        titled = self._by_title.get(identifiers.title_key(paper.title), ())
        found += [pair for pair in titled if _may_be(paper, pair[1])]
        return list({(each.name, cited.identifier): (each, cited) for each, cited in found}.values())


def spelled(cited: Cited) -> str:
    """Return the identifier of a cited paper as the papers here spell it, in lower case."""
    scheme, _, value = cited.identifier.partition(":")
    return str(identifiers.of(scheme, value) or cited.identifier).lower()


def _may_be(paper: Description, cited: Cited) -> bool:
    """Whether a paper of the same title can be the one that is cited."""
    scheme = spelled(cited).partition(":")[0]
    if paper.identifier(scheme):
        return False  # of that scheme it has another identifier
    theirs = set(identifiers.title_key(cited.authors).split())
    surnames = [identifiers.title_key(author.name).split()[-1:] for author in paper.authors]
    if any(surname and surname[0] in theirs for surname in surnames):
        return True
    long = len(identifiers.title_key(paper.title).split()) >= _TELLING
    return not paper.authors and long
