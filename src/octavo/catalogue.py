"""The methods of Octavo, read from the docstrings of their modules, and what was measured of them.

Nothing is imported and nothing dispatched: the files are parsed. A module is a method's if its docstring has
a paragraph that begins "Differs from the paper:". It opens with the method's name, a colon and what it does;
the next paragraph begins with the paper, and others may with papers it builds on,

    Title of the paper (Authors, year), arXiv:ID or doi:ID

and the equation that matters stands indented. Evidence is a JSON file of the method's name, written by its
example into the folder `evidence` beside this module, so that an installed library has it too.

>>> muvera = next(method for method in methods() if method.name == "muvera")
>>> muvera.title, muvera.room, muvera.papers[0].identifier
('MUVERA', 'find', 'arxiv:2405.19504')
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
import tokenize
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["holds", "holds in part", "not seen here"]
Cell: TypeAlias = str | float | list[float]

EVIDENCE: Final = Path(__file__).parent / "evidence"
ROOMS: Final = {
    "encode": "Text to vectors",
    "teach": "Better encoders",
    "shrink": "Fewer bytes, same ranking",
    "find": "Finding",
    "bridge": "Changing the encoder without indexing again",
    "rank": "People and papers",
    "denoise": "Learning from wrong labels",
    "tag": "Labels from few examples, or none",
    "discover": "Structure that nobody labelled",
    "adapt": "A personal model in a few hundred numbers",
    "explain": "Reasons",
    "check": "Is this embedding healthy?",
    "see": "Pictures, volumes, point clouds",
    "lab": "Theorems and claims as experiments",
}
"""The rooms in the order of the catalogue, and the question that the methods in each answer."""
_DIFFERS: Final = "Differs from the paper:"
_CITATION: Final = re.compile(
    r"(?P<title>[^()]+?)\s\((?P<authors>[^()]+),\s(?P<year>\d{4})\),\s(?P<id>(arXiv|doi):\S+)"
)


@dataclass(frozen=True, slots=True)
class Cited:
    """A paper; identifier is such as arxiv:2405.19504 or doi:10.1145/1571941.1572114."""

    title: str
    authors: str
    year: int
    identifier: str


@dataclass(frozen=True, slots=True)
class Method:
    """name: of its module, its example, its page and its evidence. title: "MUVERA". summary: what it does.

    papers: the method's own first. differs: from the paper, and why.
    """

    name: str
    module: str
    title: str
    summary: str
    papers: tuple[Cited, ...]
    equation: str
    differs: str

    @property
    def question(self) -> str:
        """What its room is about, in words."""
        return ROOMS[self.room]

    @property
    def room(self) -> str:
        """Which question it answers, such as "find"."""
        return self.module.split(".")[-2]


@dataclass(frozen=True)
class Evidence:
    """What an example measured.

    claim: the paper's, in our words. checks: what would be so if it were true, and whether it was.
    columns, rows: the table; a list is one number for each seed, "" is nothing to tell. note: what to know
    besides. leading: the column to look at first; by default the first that holds numbers.
    """

    claim: str
    checks: Mapping[str, bool]
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    run: Mapping[str, str | float] = field(default_factory=dict)
    """Of the run: date, machine, minutes, and the code's digest."""
    leading: str = ""

    @property
    def verdict(self) -> Verdict:
        """Whether all, some or none of the checks were so."""
        if all(self.checks.values()):
            return "holds"
        return "holds in part" if any(self.checks.values()) else "not seen here"

    def table(self) -> str:
        """Return the rows as a table in Markdown; several seeds as their mean ± standard deviation."""
        lines = [self.columns, ("---",) * len(self.columns), *(tuple(map(shown, row)) for row in self.rows)]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def write(self, path: Path) -> None:
        """Write as JSON."""
        content = {"verdict": self.verdict, **asdict(self)}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Evidence:
        """Read what `write` wrote. Raises OSError, and ValueError where it is something else."""
        content = json.loads(path.read_text(encoding="utf-8"))
        try:
            return cls(
                claim=content["claim"],
                checks=content["checks"],
                columns=tuple(content["columns"]),
                rows=tuple(map(tuple, content["rows"])),
                note=content["note"],
                run=content["run"],
                leading=content.get("leading", ""),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"{str(path)!r} is no evidence: {error!r}") from error


def shown(cell: Cell) -> str:
    """Return a cell as it is printed: three digits that count, and the spread behind ±."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list):
        return f"{_number(fmean(cell))} ± {_number(stdev(cell))}" if len(cell) > 1 else _number(cell[0])
    return _number(cell)


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def methods(source: Path = Path(__file__).parent) -> list[Method]:
    """Return every method under the folder of the package, by module. Raises ValueError for a docstring that
    begins as a method's but does not keep to the form."""
    found = []
    for path in sorted(source.rglob("*.py")):
        doc = _docstring(path)
        if re.search(rf"^{_DIFFERS}", doc, flags=re.M):
            parts = path.relative_to(source.parent).with_suffix("").parts
            found.append(read_method(".".join(parts), doc))
    return found


def evidence_of(name: str, folder: Path = EVIDENCE) -> Evidence | None:
    """Return what was measured of the method of that name, or None where nothing was. Raises ValueError for a
    file that is no evidence."""
    path = folder / f"{name}.json"
    return Evidence.read(path) if path.exists() else None


def _docstring(path: Path) -> str:
    """Return a module's docstring, or "": the rest of the module is not read."""
    with tokenize.open(path) as lines:
        for token in tokenize.generate_tokens(lines.readline):
            if token.type == tokenize.STRING:
                return inspect.cleandoc(str(ast.literal_eval(token.string)))
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE):
                return ""
    return ""


def read_method(module: str, doc: str) -> Method:
    """Return the method that a module's docstring tells of. Raises ValueError where a part is missing."""
    title, colon, summary = doc.partition("\n")[0].partition(": ")
    papers = [
        Cited(
            _joined(match["title"]), _joined(match["authors"]), int(match["year"]), _identifier(match["id"])
        )
        for paragraph in doc.split("\n\n")[1:]
        if (match := _CITATION.match(paragraph))
    ]
    equations = [paragraph for paragraph in doc.split("\n\n") if paragraph.startswith("    ")]
    differs = doc[doc.index(_DIFFERS) + len(_DIFFERS) :].split("\n\n")[0]
    for what, there in (("name", colon), ("paper", papers), ("equation", equations)):
        if not there:
            raise ValueError(f"the docstring of {module} tells of no {what}")
    equation = "\n\n".join(textwrap.dedent(paragraph) for paragraph in equations)
    return Method(module.split(".")[-1], module, title, summary, tuple(papers), equation, _joined(differs))


def _joined(text: str) -> str:
    return " ".join(text.split())


def _identifier(text: str) -> str:
    scheme, _, value = text.rstrip(".,;:").partition(":")
    return f"{scheme.lower()}:{value}"
