"""The encoder of search by meaning: which it is, another in its place, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import open_house

if TYPE_CHECKING:
    from broadsheet.search.upgrade import Status

encoder = typer.Typer(
    no_args_is_help=True, help="Search by meaning with another encoder, without a day without it; and back."
)

STAGES: Final = {
    "before": "the encoder before",
    "crossing": "the new one, asking the vectors of the one before",
    "filling": "while papers are encoded anew",
    "after": "the new one alone",
}


@encoder.command("status")
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Say which encoder is in use, how far an upgrade is, and what was found before, during and after."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        found = house.encoders.status()
    if as_json:
        printing.print_json(asdict(found))
        return
    printing.print_list(("", ""), _rows(found))


def _rows(found: Status) -> list[tuple[str, str]]:
    rows = [("encoder", found.encoder), ("dimensions", str(found.dim)), ("papers", str(found.papers))]
    if found.crossing:
        rows.append(("encoded anew", f"{found.read} of {found.papers}"))
        if found.way:
            rows.append(("bridge", f"{found.way}; leads {found.found:.0%} of unseen anchors to their place"))
    if found.before:
        rows.append(("to go back to", found.before))
    for recall in found.recalls:
        told = (
            f"{recall.found:.1%} of {recall.pairs} titles find their paper among ten: {STAGES[recall.stage]}"
        )
        rows.append((f"{recall.share:.0%} encoded", told))
    return rows


@encoder.command("upgrade")
def upgrade(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The new encoder, as module:Class.")],
    background: Annotated[
        bool,
        typer.Option(
            "--background",
            help="End as soon as the new encoder answers; a running server, or `broadsheet index`, goes on.",
        ),
    ] = False,
) -> None:
    """Put another encoder in the place of the one in use.

    It answers after a minute or two, by way of a bridge into the vectors that are there; then papers are
    encoded anew, newest first. Interrupted, the same command goes on.
    """
    from broadsheet.cli import printing

    with open_house(ctx) as house:
        with printing.progress() as report_progress:
            house.encoders.upgrade(name, report_progress)
            if not background:
                house.index.encode(lambda done, total: report_progress("vectors", done, total))
        found = house.encoders.status()
    for _, told in _rows(found)[3:]:
        printing.note(told)
    if found.crossing:
        printing.note("papers are encoded anew by a running server, or by: broadsheet index")
    printing.note(f"BROADSHEET_ENCODER may now be set to {name}; to go back: broadsheet encoder rollback")


@encoder.command("rollback")
def rollback(ctx: typer.Context) -> None:
    """Let the encoder before the upgrade answer again, at once, with the vectors it has."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        house.encoders.rollback()
        found = house.encoders.status()
    note(f"{found.encoder} answers again, from {found.papers} papers; what came since is encoded next")
