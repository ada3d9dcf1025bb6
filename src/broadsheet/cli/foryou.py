"""A reader's own feed: broadsheet for-you ..."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import As, acting, open_house

if TYPE_CHECKING:
    pass

app = typer.Typer(no_args_is_help=True, help="For You: the newest papers in a reader's own order, and why.")

Papers = Annotated[list[str], typer.Argument(help="Keys, identifiers or addresses of papers.")]
Words = Annotated[list[str], typer.Argument(help="Words or phrases.")]
Back = Annotated[bool, typer.Option("--back", help="Take it back.")]


@app.command()
def show(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many papers.")] = 20,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Show the newest papers in a reader's own order, each with its reasons."""
    from broadsheet.cli import printing
    from broadsheet.foryou.telling import sentence

    with open_house(ctx, to_read=True) as house:
        page = house.for_you.page(acting(house, as_), limit=limit, patient=True)
    if as_json:
        printing.print_json(
            [
                {
                    "paper": printing.paper_json(choice.paper),
                    "score": choice.score,
                    "interest": choice.interest.id if choice.interest else None,
                    "why": [sentence(why) for why in choice.why],
                }
                for choice in page.choices
            ]
        )
    elif printing.on_terminal():
        for choice in page.choices:
            printing.print_papers([choice.paper])
            for why in choice.why:
                printing.note(f"    {sentence(why)}")
    else:
        printing.print_rows(
            (*printing.paper_row(choice.paper), choice.score, " | ".join(map(sentence, choice.why)))
            for choice in page.choices
        )
    if page.said.off:
        printing.note("it is switched off")
    elif not page.knows:
        printing.note("nothing is known of this reader yet: these are the newest papers by votes")


@app.command()
def known(ctx: typer.Context, as_: As = None) -> None:
    """Print everything that is known of a reader, as JSON."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        printing.print_json(house.for_you.known(acting(house, as_)).told())


@app.command()
def bring(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A .bib, a Zotero export, whatever an import can read.")],
    as_: As = None,
) -> None:
    """Learn from a library; papers that are not kept here are not taken in."""
    from broadsheet.cli import printing

    with open_house(ctx) as house, file.open("rb") as stream:
        brought = house.for_you.bring(acting(house, as_), file.name, stream)
    read = f", {brought.read} of them read by title" if brought.read else ""
    printing.note(f"{brought.name}: {brought.here} papers kept here, {brought.elsewhere} not{read}")


@app.command()
def more(ctx: typer.Context, papers: Papers, back: Back = False, as_: As = None) -> None:
    """Want more papers like some."""
    _judge(ctx, papers, "up", back, as_)


@app.command()
def fewer(ctx: typer.Context, papers: Papers, back: Back = False, as_: As = None) -> None:
    """Want fewer papers like some."""
    _judge(ctx, papers, "down", back, as_)


@app.command()
def ignore(ctx: typer.Context, papers: Papers, back: Back = False, as_: As = None) -> None:
    """Say that papers tell nothing of a reader's taste."""
    _judge(ctx, papers, "ignore", back, as_)


def _judge(ctx: typer.Context, papers: list[str], kind: str, back: bool, as_: str | None) -> None:
    with open_house(ctx) as house:
        for paper in papers:
            house.for_you.judge(acting(house, as_), paper, kind, not back)


@app.command()
def mute(ctx: typer.Context, words: Words, back: Back = False, as_: As = None) -> None:
    """Never show papers that say some words."""
    _say(ctx, "muted", words, back, as_)


@app.command()
def less(ctx: typer.Context, words: Words, back: Back = False, as_: As = None) -> None:
    """Let some words count against a paper."""
    _say(ctx, "less", words, back, as_)


def _say(ctx: typer.Context, name: str, words: list[str], back: bool, as_: str | None) -> None:
    with open_house(ctx) as house:
        who = acting(house, as_)
        said = house.for_you.said(who)
        for word in words:
            said = said.with_word(name, word, not back)
        house.for_you.say(who, said)


@app.command()
def lab(ctx: typer.Context, as_json: Json = False) -> None:
    """Tell which of two rankers readers prefer, so far (BROADSHEET_LAB_RANKERS)."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        told = [verdict.told() for verdict in house.for_you.lab.verdicts()]
    if as_json:
        printing.print_json(told)
        return
    columns = ("first", "second", "days_to_first", "days_to_second", "draws", "evidence", "p", "winner")
    rows = [[each[name] for name in columns] for each in told]
    if rows:
        printing.print_list([name.replace("_", " ") for name in columns], rows)
    else:
        printing.note("nothing is compared: BROADSHEET_LAB_RANKERS names two rankers")


@app.command()
def forget(ctx: typer.Context, as_: As = None) -> None:
    """Forget what was learned; votes, shelves and tags stay, and what comes from now on counts."""
    with open_house(ctx) as house:
        house.for_you.reset(acting(house, as_))
