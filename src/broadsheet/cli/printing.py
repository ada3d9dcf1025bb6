"""How an answer is printed: well set in a terminal, tab-separated into a pipe, as JSON when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import typer
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from broadsheet.feed.editions import Edition, standfirst
from broadsheet.papers import Paper, Status

SCHEMA_VERSION: Final = 1
NARROW: Final = 100  # a line longer than this is hard to read
WIDE: Final = 200  # a table in a pipe or a log has no edge
AUTHORS: Final = 4


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the command end as any command whose reader went away."""
        raise BrokenPipeError


def terminal(*, err: bool = False) -> Console:
    """A console on stdout (or stderr) as it is now; rich heeds NO_COLOR, TERM and COLUMNS."""
    console = _Console(stderr=err, highlight=False)
    console.width = min(console.width, NARROW)
    return console


def on_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()


def print_json(data: Any) -> None:
    """Print the envelope that every `--json` answer comes in."""
    envelope = {"schema_version": SCHEMA_VERSION, "data": data}
    typer.echo(json.dumps(envelope, ensure_ascii=False, indent=2 if on_terminal() else None))


def print_rows(rows: Iterable[Sequence[object]]) -> None:
    """Print tab-separated lines without a header; white space inside a cell becomes one space."""
    for row in rows:
        typer.echo("\t".join(" ".join(str(cell).split()) for cell in row))


def note(text: str) -> None:
    """Say something beside the answer, on stderr."""
    typer.echo(text, err=True)


def paper_json(paper: Paper) -> dict[str, Any]:
    """A paper as in our own export, without the raw records."""
    from broadsheet.exports import jsonl

    return jsonl.as_json(paper)


def paper_row(paper: Paper) -> tuple[object, ...]:
    """The cells of a paper in a tab-separated list: key, day, votes, title, authors."""
    votes = "" if paper.upvotes is None else paper.upvotes
    day = paper.days[-1] if paper.days else paper.published
    return (paper.key, day, votes, paper.title, "; ".join(author.name for author in paper.authors))


def byline(paper: Paper) -> str:
    """The first authors, and whether there are more."""
    names = [author.name for author in paper.authors[:AUTHORS]]
    more = len(paper.authors) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def headline(paper: Paper, *, style: str = "bold") -> Text:
    """The title, with a warning before it when the paper no longer stands."""
    text = Text(paper.title, style=style)
    if paper.status is Status.STANDING:
        return text
    return Text.assemble((f"{paper.status.value.upper()} ", "bold red"), text)


def dateline(paper: Paper) -> Text:
    """One dim line: key, authors, votes of the source."""
    votes = [f"{counted.votes} votes at {counted.source}" for counted in paper.votes]
    parts = [paper.key, byline(paper), *votes]
    return Text(" · ".join(part for part in parts if part), style="dim")


def entry(paper: Paper, body: str = "") -> Group:
    """A paper in a list."""
    lines: list[RenderableType] = [headline(paper), dateline(paper)]
    if body:
        lines.append(Text(body))
    return Group(*lines, Text())


def print_edition(edition: Edition, *, masthead: str) -> None:
    """Set an edition as a page of newsprint: masthead, date line, lead, sections."""
    console = terminal()
    console.print(Text(masthead, style="bold"), justify="center")
    console.print(Rule(style="dim", characters="═"))
    parts = [edition.title]
    if edition.number is not None:
        parts.append(f"No. {edition.number}")
    parts.append(f"{edition.total} paper{'' if edition.total == 1 else 's'}")
    console.print(Text(" · ".join(parts)), justify="center")
    console.print(Rule(style="dim"))
    if edition.lead:
        console.print(entry(edition.lead, edition.lead.abstract))
    for section in edition.sections:
        if section.title:
            console.print(Rule(Text(section.title.upper(), style="bold"), align="left", style="dim"))
        for column in section.columns:
            console.print(entry(column.paper, column.standfirst if column.size != "small" else ""))


def print_paper(paper: Paper) -> None:
    """Everything that is known of one paper."""
    console = terminal()
    console.print(headline(paper))
    console.print(Text(", ".join(author.name for author in paper.authors)))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    for name, value in _facts(paper):
        facts.add_row(name, Text(value))
    console.print(Padding(facts, (1, 0)))
    if paper.tldr:
        console.print(Text(f"{paper.tldr}\n", style="italic"))
    if paper.abstract:
        console.print(Text(paper.abstract))


def _facts(paper: Paper) -> Iterator[tuple[str, str]]:
    facts = {
        "identifiers": ", ".join(str(identifier) for identifier in paper.identifiers),
        "submitted": str(paper.submitted or ""),
        "announced": str(paper.announced or ""),
        "revised": str(paper.revised or ""),
        "published": paper.published,
        "venue": paper.venue,
        "categories": ", ".join(paper.categories),
        "keywords": ", ".join(paper.keywords),
        "comment": paper.comment,
        "editions": ", ".join(paper.days),
        "votes": ", ".join(f"{v.votes} at {v.source}" for v in paper.votes),
        "sources": ", ".join(f"{m.source}:{m.key}" for m in paper.manifestations),
    }
    yield from ((name, value) for name, value in facts.items() if value)
    for link in paper.links:
        yield link.kind, link.url


def print_papers(papers: Iterable[Paper]) -> None:
    """A plain list of papers in a terminal."""
    console = terminal()
    for paper in papers:
        console.print(entry(paper, standfirst(paper.abstract, 1, limit=240)))


def print_table(
    head: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()
) -> None:
    """A table whose columns named in `numbers` stand flush right."""
    table = Table(box=None, show_header=any(head), header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for name in head:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    console = terminal()
    if not on_terminal():
        console.width = WIDE
    console.print(table)


def print_list(head: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """A table for a person, and the same rows as lines for a program."""
    if on_terminal():
        print_table(head, rows, numbers=numbers)
    else:
        print_rows(rows)


Report = Callable[[str, int, int], None]
"""Called with a task's name, how much is done and how much there is."""


@contextmanager
def progress(*, unit: bool = True) -> Iterator[Report]:
    """Bars on stderr, one a task, while a person is watching; elsewhere nothing."""
    console = terminal(err=True)
    if not console.is_terminal:
        yield lambda _name, _done, _total: None
        return
    counted = (MofNCompleteColumn(),) if unit else ()
    columns = (TextColumn("{task.description}"), BarColumn(), *counted, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield report
