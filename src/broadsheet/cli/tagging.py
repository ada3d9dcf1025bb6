"""A reader's tags: broadsheet tag ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import As, acting, open_house

if TYPE_CHECKING:
    from broadsheet.subjects.tags import Suggestion

app = typer.Typer(no_args_is_help=True, help="Tags: three examples make one, then it suggests.")

Name = Annotated[str, typer.Argument(help="The name of a tag, in any letter case.")]
Papers = Annotated[list[str], typer.Argument(help="Keys, identifiers or addresses of papers.")]


@app.command("list")
def list_(ctx: typer.Context, as_: As = None, as_json: Json = False) -> None:
    """List the tags with how many papers carry them and were refused."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        tags = house.subjects.tagging.tags(acting(house, as_))
    rows = [(tag.name, tag.fits, tag.refused, "; ".join(tag.said)) for tag in tags]
    if as_json:
        printing.print_json(
            [{"name": t.name, "fits": t.fits, "refused": t.refused, "said": list(t.said)} for t in tags]
        )
    else:
        printing.print_list(("tag", "papers", "refused", "in words"), rows, numbers=("papers", "refused"))


@app.command()
def add(ctx: typer.Context, name: Name, papers: Papers, as_: As = None) -> None:
    """Give papers a tag; one that is not there is made."""
    from broadsheet.cli import printing

    with open_house(ctx) as house:
        who, tagging = acting(house, as_), house.subjects.tagging
        if any(tag.name.casefold() == name.casefold() for tag in tagging.tags(who)):
            for paper in papers:
                tag = tagging.mark(who, name, paper, True)
        else:
            tag = tagging.make(who, name, papers)
        wanting = tagging.wanting(tag)
    more = f"; {wanting} more, and it suggests" if wanting else ""
    printing.note(f"{tag.name}: {tag.fits} paper{'' if tag.fits == 1 else 's'}{more}")


@app.command()
def refuse(ctx: typer.Context, name: Name, papers: Papers, as_: As = None) -> None:
    """Say that papers do not fit a tag, which teaches it as well."""
    _mark(ctx, name, papers, as_, fits=False)


@app.command()
def drop(ctx: typer.Context, name: Name, papers: Papers, as_: As = None) -> None:
    """Take back what was said of papers."""
    _mark(ctx, name, papers, as_, fits=None)


def _mark(ctx: typer.Context, name: str, papers: list[str], as_: str | None, *, fits: bool | None) -> None:
    from broadsheet.cli import printing

    with open_house(ctx) as house:
        who, tagging = acting(house, as_), house.subjects.tagging
        for paper in papers:
            tagging.mark(who, name, paper, fits)
        tag = tagging.tag(who, name)
    printing.note(f"{tag.name}: {tag.fits} carry it, {tag.refused} refused")


@app.command()
def describe(
    ctx: typer.Context,
    name: Name,
    sentences: Annotated[list[str], typer.Argument(help="Sentences that take the place of those it had.")],
    as_: As = None,
) -> None:
    """Say in sentences what a tag is about; each counts as an example. One that is not there is made."""
    with open_house(ctx) as house:
        who, tagging = acting(house, as_), house.subjects.tagging
        if any(tag.name.casefold() == name.casefold() for tag in tagging.tags(who)):
            tagging.describe(who, name, sentences)
        else:
            tagging.make(who, name, said=sentences)


@app.command()
def show(
    ctx: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many suggestions.")] = 10,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Show the papers of a tag, and which others it suggests and why."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        who, tagging = acting(house, as_), house.subjects.tagging
        tag = tagging.tag(who, name)
        papers, wanting = tagging.papers(who, name), tagging.wanting(tag)
        suggestions = tagging.suggestions(who, name, limit=limit)
    if as_json:
        printing.print_json(
            {
                "name": tag.name,
                "said": list(tag.said),
                "wanting": wanting,
                "papers": [printing.paper_json(paper) for paper in papers],
                "suggestions": [
                    {
                        "paper": printing.paper_json(each.paper),
                        "score": each.score,
                        "reasons": _reasons(each),
                    }
                    for each in suggestions
                ],
            }
        )
    elif printing.on_terminal():
        printing.print_papers(papers)
        printing.note(f"{tag.fits} carry {tag.name!r}; {_state(wanting, len(suggestions))}")
        for each in suggestions:
            printing.print_papers([each.paper])
            for reason in _reasons(each):
                printing.note(f"    {reason}")
    else:
        printing.print_rows(("carries", *printing.paper_row(paper)) for paper in papers)
        printing.print_rows(
            ("suggested", *printing.paper_row(each.paper), each.score, " | ".join(_reasons(each)))
            for each in suggestions
        )


@app.command()
def remove(ctx: typer.Context, name: Name, as_: As = None) -> None:
    """Remove a tag with everything it has learned."""
    with open_house(ctx) as house:
        house.subjects.tagging.remove(acting(house, as_), name)


def _state(wanting: int, suggestions: int) -> str:
    if wanting:
        return f"{wanting} more example{'' if wanting == 1 else 's'}, and it suggests"
    return f"it suggests {suggestions}" if suggestions else "no other paper stands out"


def _reasons(suggestion: Suggestion) -> list[str]:
    worded = {
        "like": "like {}",
        "unlike": "though near {}, refused",
        "said": "you wrote: {}",
        "words": "in common: {}",
    }
    return [
        worded[reason.kind].format(reason.text) + (f" ({reason.weight:.2f})" if reason.weight else "")
        for reason in suggestion.reasons
    ]
