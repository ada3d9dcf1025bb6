"""What Octavo implements of the papers: methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.reading import Json

if TYPE_CHECKING:
    from broadsheet.methods import Implemented


def methods(
    name: Annotated[str | None, typer.Argument(help="Only this method, in full.")] = None,
    as_json: Json = False,
) -> None:
    """List the papers' methods that run in Octavo, with what became of each claim in our hands."""
    from broadsheet.cli import printing
    from broadsheet.methods import Methods

    found = Methods.shipped()
    if name is not None:
        one = found.named(name)
        if as_json:
            printing.print_json(one.as_json())
        else:
            _print_one(one)
    elif as_json:
        printing.print_json([each.as_json() for each in found])
    elif printing.on_terminal():
        for question, inside in found.rooms():
            printing.print_table(
                (question, "verdict", "leading figure"),
                ((each.name, each.verdict, each.headline) for each in inside),
            )
            typer.echo()
    else:
        printing.print_rows(
            (each.name, each.method.room, each.verdict, each.headline, each.method.papers[0].identifier)
            for each in found
        )


def _print_one(one: Implemented) -> None:
    from broadsheet.cli import printing
    from octavo.catalogue import shown

    method, evidence = one.method, one.evidence
    typer.echo(f"{one.title}: {method.summary}\n")
    for cited in method.papers:
        typer.echo(f"{cited.title} ({cited.authors}, {cited.year}), {cited.identifier}")
    typer.echo(f"\n{method.equation}\n\nDiffers from the paper: {method.differs}\n")
    typer.echo(f"Module: {method.module}\nVerdict: {one.verdict}")
    if evidence is None:
        return
    typer.echo(f"\n{evidence.claim}\n")
    for check, so in evidence.checks.items():
        typer.echo(f"[{'x' if so else ' '}] {check}")
    typer.echo()
    printing.print_table(evidence.columns, (tuple(map(shown, row)) for row in evidence.rows))
    if evidence.note:
        typer.echo(f"\n{evidence.note}")
