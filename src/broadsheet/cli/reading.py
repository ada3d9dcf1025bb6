"""Reading the paper: search, show, edition, trending, archive."""

from __future__ import annotations

import enum
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.session import open_house
from broadsheet.exceptions import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from broadsheet.feed.editions import Edition
    from broadsheet.house import Found, House
    from broadsheet.papers import Paper
    from broadsheet.search import Hit

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many papers.")]


class Sort(enum.StrEnum):
    """What search results are ordered by."""

    RELEVANCE = "relevance"
    DATE = "date"
    VOTES = "votes"


def search(
    ctx: typer.Context,
    query: Annotated[list[str], typer.Argument(help="Words, and author: cat: year: ...; see the guide.")],
    limit: Limit = 20,
    sort: Annotated[Sort, typer.Option(help="The order: relevance, date or votes.")] = Sort.RELEVANCE,
    as_json: Json = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Tell how the query was read, why a paper is there, what took time."),
    ] = False,
    budget: Annotated[
        float | None, typer.Option(min=1, help="Milliseconds for the answer. Default: $BROADSHEET_BUDGET_MS.")
    ] = None,
) -> None:
    """Find papers by words and meaning.

    Exclusions begin with a minus: put them behind -- (broadsheet search -- graphs -survey).
    """

    with open_house(ctx, to_read=True) as house:
        _catch_up(house)
        found = house.search(" ".join(query), limit=limit, sort=sort.value, budget_ms=budget)
    _show(found, as_json=as_json, explain=explain)


def similar(
    ctx: typer.Context,
    references: Annotated[
        list[str] | None, typer.Argument(help="Keys, identifiers or addresses of papers.")
    ] = None,
    unlike: Annotated[
        list[str] | None, typer.Option("--unlike", help="A paper to stay away from; may be repeated.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="A file of papers (.bib, .ris, ids, ...): those of them that are here."),
    ] = None,
    limit: Limit = 20,
    as_json: Json = False,
    explain: Annotated[bool, typer.Option("--explain", help="Tell why each paper is there.")] = False,
) -> None:
    """Find papers like one, several or those of a file, and unlike others."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        _catch_up(house)
        wanted = list(references or ())
        if file is not None:
            here, missing = house.known(file)
            wanted += here
            if missing:
                printing.note(f"{missing} of the papers in {file} are not here.")
        if not wanted:
            raise typer.BadParameter("name a paper, or a file of papers of which one is here")
        found = house.similar(wanted, unlike=unlike or (), limit=limit, bare=False)
    _show(found, as_json=as_json, explain=explain)


def _show(found: Found, *, as_json: bool, explain: bool) -> None:
    from broadsheet.cli import printing

    if as_json:
        printing.print_json(_found_json(found, explain=explain))
        return
    for text in found.results.notes:
        printing.note(text)
    if not printing.on_terminal():
        printing.print_rows(
            (*printing.paper_row(paper), f"{hit.score:.6g}", *(_legs(hit.legs) if explain else ()))
            for paper, hit in found
        )
        return
    printing.print_papers(found.papers)
    total = found.results.total
    printing.note(f"{len(found.papers)} of {total} paper{'' if total == 1 else 's'}")
    if explain:
        _explain(found)


def _catch_up(house: House) -> None:
    """Words of papers that came in a moment ago, so that what was imported is found."""
    if not house.read_only:
        house.index.sync()


def _legs(legs: dict[str, int]) -> list[str]:
    return [" ".join(f"{leg}={rank}" for leg, rank in legs.items())]


def _found_json(found: Found, *, explain: bool) -> dict[str, Any]:
    from broadsheet.cli.printing import paper_json

    results = found.results
    told: dict[str, Any] = {
        "total": results.total,
        "notes": list(results.notes),
        "facets": {name: [list(pair) for pair in values] for name, values in results.facets.items()},
        "papers": [
            {**paper_json(paper), "score": hit.score, **(_reasons_json(hit) if explain else {})}
            for paper, hit in found
        ],
    }
    if explain:
        told["query"] = results.query.canonical
        told["took_ms"] = dict(results.took_ms)
        told["skipped"] = dict(results.skipped)
    return told


def _reasons_json(hit: Hit) -> dict[str, Any]:
    return {"legs": dict(hit.legs), "shares": dict(hit.shares), "why": list(hit.why)}


def _explain(found: Found) -> None:
    from broadsheet.cli import printing

    names = sorted({leg for _, hit in found for leg in hit.legs})
    parts = sorted({leg for _, hit in found for leg in hit.shares})
    printing.print_table(
        ("paper", "score", *(f"{name} rank" for name in names), *parts),
        (
            (
                paper.key,
                f"{hit.score:.4f}",
                *(hit.legs.get(name, "") for name in names),
                *(f"{hit.shares[part]:.3f}" if part in hit.shares else "" for part in parts),
            )
            for paper, hit in found
        ),
        numbers=("score", *(f"{name} rank" for name in names), *parts),
    )
    for paper, hit in found:
        printing.note(f"{paper.key}: {' '.join(hit.why)}")
    printing.note(f"read as: {found.results.query.canonical}")
    printing.note(", ".join(f"{step} {ms:.1f} ms" for step, ms in found.results.took_ms.items()))
    for stage, reason in found.results.skipped.items():
        printing.note(f"left out: {stage}, which {reason}")


def show(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(help="A key, identifier or address of a paper.")],
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_bibtex: Annotated[bool, typer.Option("--bibtex", help="Print a BibTeX entry.")] = False,
) -> None:
    """Show one paper: arXiv id, DOI, ACL id, OpenReview forum, or the address of any of these."""
    from broadsheet.cli import printing

    if as_json + as_markdown + as_bibtex > 1:
        raise typer.BadParameter("--json, --markdown and --bibtex are three answers; ask for one")
    with open_house(ctx, to_read=True) as house:
        paper = house.paper(reference)
        if as_json:
            printing.print_json(printing.paper_json(paper))
        elif as_markdown or as_bibtex:
            for piece in house.export("bibtex" if as_bibtex else "markdown", [paper]):
                typer.echo(piece, nl=False)
        else:
            printing.print_paper(paper)
            _guess(house, paper)


def _guess(house: House, paper: Paper) -> None:
    """Say what field a paper may be of whose sources did not say."""
    from broadsheet.cli.printing import note

    if paper.categories or not house.subjects.learn():
        return
    guess = house.subjects.guess(paper)
    if guess:
        note(f"field, guessed by this house: {guess.name} ({guess.category}), {guess.sure:.0%} sure")


def edition(
    ctx: typer.Context,
    span: Annotated[
        str | None,
        typer.Argument(help="YYYY-MM-DD, YYYY-Www, YYYY-MM or --MM-DD. Default: the latest."),
    ] = None,
    limit: Limit = 60,
    as_json: Json = False,
    demo: Annotated[bool, typer.Option("--demo", help="The demonstration edition.")] = False,
) -> None:
    """Print the edition of a day, week or month."""
    with open_house(ctx, to_read=True) as house:
        if demo:
            shown = house.demo()
            _print(house, shown, list(shown.papers)[:limit], as_json=as_json)
            return
        shown = house.edition(span)
        _print(house, shown, _pages(lambda page: house.edition(span, page=page), limit), as_json=as_json)
        if span is not None and not shown.total:
            raise _none_of(shown)


def _none_of(shown: Edition) -> NotFoundError:
    """What to say of an edition without papers: the ones before and after it."""
    near = [span.name for span in (shown.previous, shown.next) if span]
    told = f"; there are papers of {' and of '.join(near)}" if near else ""
    return NotFoundError(f"no papers of {shown.title} are kept here{told}")


def trending(
    ctx: typer.Context,
    days: Annotated[int | None, typer.Option(min=1, help="Only papers of the last days.")] = None,
    by: Annotated[
        str, typer.Option(help="Whose order: broadsheet (ours), votes, hn, scirate or sources.")
    ] = "broadsheet",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Print what trends, by our readers' votes and the sources' or by another system's order."""
    from broadsheet.feed.editions import Edition
    from broadsheet.feed.trending import PRESETS

    if by not in PRESETS:
        raise typer.BadParameter(f"there are {', '.join(PRESETS)}, got {by!r}", param_hint="--by")
    with open_house(ctx, to_read=True) as house:
        found = house.community.trending(preset=by, days=days, limit=limit)
        title = "Trending" if days is None else f"Trending over {days} days"
        shown = Edition(title, None, None, found.total, 1, 1, None, (), ())
        _print(house, shown, list(found.papers), as_json=as_json)


def _pages(page: Callable[[int], Edition], limit: int) -> list[Paper]:
    """The papers of one page after another, up to the limit."""
    papers: list[Paper] = []
    number = 1
    while len(papers) < limit:
        shown = page(number)
        papers += shown.papers
        if number >= shown.pages:
            break
        number += 1
    return papers[:limit]


def _print(house: House, shown: Edition, papers: list[Paper], *, as_json: bool) -> None:
    from broadsheet.cli import printing
    from broadsheet.feed.editions import lay_out

    if as_json:
        printing.print_json(
            {
                "title": shown.title,
                "span": shown.span.name if shown.span else None,
                "number": shown.number,
                "total": shown.total,
                "previous": shown.previous.name if shown.previous else None,
                "next": shown.next.name if shown.next else None,
                "papers": [printing.paper_json(paper) for paper in papers],
            }
        )
    elif not printing.on_terminal():
        printing.print_rows(printing.paper_row(paper) for paper in papers)
    else:
        lead, top, sections = lay_out(papers)
        laid = replace(shown, lead=lead, top=top, sections=sections)
        printing.print_edition(laid, masthead=house.settings.title)
    if not papers and not house.counts().papers:
        printing.note(
            "No papers yet. Bring some in: broadsheet import FILE, or broadsheet pull arxiv cs.LG; "
            "broadsheet edition --demo shows what it will look like."
        )


def archive(
    ctx: typer.Context,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many days.")] = None,
    as_json: Json = False,
) -> None:
    """List every day that has an edition, newest first, with its number of papers."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        days = house.archive()[:limit]
    if as_json:
        printing.print_json([{"day": span.name, "title": span.title, "papers": n} for span, n in days])
    elif printing.on_terminal():
        rows = ((span.name, span.title, n) for span, n in days)
        printing.print_table(("day", "edition", "papers"), rows, numbers=("papers",))
    else:
        printing.print_rows((span.name, n) for span, n in days)
