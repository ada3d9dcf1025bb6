"""What readers do, from a terminal: as the owner of the machine, or --as somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import As, acting, open_house

if TYPE_CHECKING:
    from broadsheet.community.discussing import Comment

shelf = typer.Typer(no_args_is_help=True, help="Keep papers together on shelves, alone or for others to see.")

References = Annotated[list[str], typer.Argument(help="Papers, by key, identifier or address.")]
Reference = Annotated[str, typer.Argument(help="A paper, by key, identifier or address.")]
Back = Annotated[bool, typer.Option("--undo", help="Take it back.")]
Number = Annotated[int, typer.Argument(help="The shelf's number, from `shelf list`.")]

_DONE: Final = {
    ("vote", True): "voted for",
    ("vote", False): "vote taken back from",
    ("save", True): "saved",
    ("save", False): "no longer saved",
    ("hide", True): "hidden",
    ("hide", False): "brought back",
}


def vote(ctx: typer.Context, papers: References, undo: Back = False, as_: As = None) -> None:
    """Vote for papers. A vote counts once, however often it is given."""
    _mark(ctx, "vote", papers, undo, as_)


def save(ctx: typer.Context, papers: References, undo: Back = False, as_: As = None) -> None:
    """Keep papers for later."""
    _mark(ctx, "save", papers, undo, as_)


def hide(ctx: typer.Context, papers: References, undo: Back = False, as_: As = None) -> None:
    """Fold papers away from one's own lists."""
    _mark(ctx, "hide", papers, undo, as_)


def _mark(ctx: typer.Context, kind: str, papers: list[str], undo: bool, as_: str | None) -> None:
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        reader = acting(house, as_)
        for reference in papers:
            changed = house.community.mark(reader, reference, kind, not undo)
            paper = house.paper(reference)
            votes = house.community.signs(reader, [paper])[paper.key].votes
            told = _DONE[kind, not undo] if changed else "as it was"
            note(f"{paper.key}: {told} ({votes} vote{'' if votes == 1 else 's'} here)")


def submit(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Identifiers or addresses of papers.")],
    as_: As = None,
) -> None:
    """Bring papers in by name; what cannot be had from the network is kept by its name."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        reader = acting(house, as_)
        for name in names:
            found = house.community.submit(reader, name)
            told = {"here": "is here already", "pulled": "came in", "kept": "is kept by its name"}[
                found.state
            ]
            note(f"{found.paper.key} {told}" + (f": {found.reason}" if found.reason else ""))
        house.index.sync()


def comment(
    ctx: typer.Context,
    paper: Reference,
    text: Annotated[
        str | None, typer.Argument(help="What to say, in Markdown. Without it the discussion is printed.")
    ] = None,
    answer: Annotated[int, typer.Option("--answer", help="The number of the comment to answer.")] = 0,
    as_: As = None,
    as_json: Json = False,
) -> None:
    """Say something under a paper, or read what was said."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=text is None) as house:
        reader = acting(house, as_)
        if text is not None:
            number = house.community.comment(reader, paper, text, parent=answer)
            printing.note(f"comment {number}")
            return
        tree = list(_flat(house.community.discussion(reader, house.paper(paper))))
    if as_json:
        printing.print_json([_comment_json(said) for said in tree])
        return
    printing.print_rows((said.number, said.parent, said.at.date(), said.by.name, said.text) for said in tree)


def _flat(tree: tuple[Comment, ...]) -> list[Comment]:
    return [said for top in tree for said in (top, *_flat(top.replies))]


def _comment_json(said: Comment) -> dict[str, Any]:
    return {
        "number": said.number,
        "parent": said.parent,
        "by": said.by.name,
        "at": said.at.isoformat(),
        "text": said.text,
        "edited": said.edited,
    }


@shelf.command("list")
def shelves(ctx: typer.Context, as_: As = None, as_json: Json = False) -> None:
    """List a reader's shelves."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        found = house.community.shelves(acting(house, as_))
    rows = [(each.number, each.access, each.papers, each.name) for each in found]
    if as_json:
        names = ("number", "access", "papers", "name")
        printing.print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        printing.print_rows(rows)


@shelf.command("make")
def make(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    about: Annotated[str, typer.Option(help="What it is for.")] = "",
    access: Annotated[str, typer.Option(help="Who sees it: private, link or public.")] = "private",
    as_: As = None,
) -> None:
    """Put up a shelf; prints its number."""
    with open_house(ctx) as house:
        made = house.community.make_shelf(
            acting(house, as_),
            name,
            about=about,
            access=access,  # type: ignore[arg-type]  # the shelf says what it may be
        )
    typer.echo(made.number)


@shelf.command("put")
def put(
    ctx: typer.Context,
    number: Number,
    papers: References,
    note: Annotated[str, typer.Option(help="What to note of them, in Markdown.")] = "",
    tags: Annotated[str, typer.Option(help="Tags, with commas.")] = "",
    as_: As = None,
) -> None:
    """Put papers on a shelf, or write other words to them."""
    with open_house(ctx) as house:
        reader = acting(house, as_)
        for reference in papers:
            house.community.shelve(reader, number, reference, note=note, tags=tags.split(","))


@shelf.command("take")
def take(ctx: typer.Context, number: Number, papers: References, as_: As = None) -> None:
    """Take papers off a shelf."""
    with open_house(ctx) as house:
        reader = acting(house, as_)
        for reference in papers:
            house.community.unshelve(reader, number, reference)


@shelf.command("show")
def show(ctx: typer.Context, number: Number, as_: As = None, as_json: Json = False) -> None:
    """Print what stands on a shelf, the latest first."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        standing = house.community.on_shelf(house.community.shelf(number, acting(house, as_)))
    if as_json:
        printing.print_json(
            [{"paper": s.paper.key, "title": s.paper.title, "note": s.note, "tags": s.tags} for s in standing]
        )
    else:
        printing.print_rows((s.paper.key, s.paper.title, s.note, ", ".join(s.tags)) for s in standing)
