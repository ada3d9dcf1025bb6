"""`doctor --encoder`: the readings of the encoder, what they mean, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from broadsheet.cli.session import FAILED, open_house

if TYPE_CHECKING:
    from octavo.check.health import Reading


def encoder(ctx: typer.Context, out: Path | None, sample: int, *, as_json: bool) -> None:
    """Print the readings, and draw them where asked. Exit code 1 where one is out of its limits."""
    from broadsheet import checkup
    from broadsheet.cli import printing
    from octavo.chart import svg

    with open_house(ctx, to_read=True) as house:
        found = checkup.readings(house, sample)
        name = house.settings.encoder.rpartition(":")[2]
    if out is not None:
        out.write_text(svg(checkup.chart(found, name)), encoding="utf-8")
        printing.note(f"drawn in {out}")
    if as_json:
        printing.print_json([_json(each) for each in found])
    else:
        from rich.text import Text

        rows = []
        for each in found:
            style, word = ("green", "well") if each.healthy else ("bold red", "ill")
            advice = f"\n→ {each.advice}" if each.advice else ""
            limits = f"{max(each.limit.low, 0):g} to {each.limit.high:g}"
            rows.append(
                (Text(word, style=style), each.name, f"{each.value:.3f}", limits, each.limit.told + advice)
            )
        printing.print_table(("", "reading", "value", "well from", "what it is"), rows, numbers=("value",))
    if not all(each.healthy for each in found):
        raise typer.Exit(FAILED)


def _json(reading: Reading) -> dict[str, object]:
    return {
        "name": reading.name,
        "value": reading.value,
        "low": reading.limit.low,
        "high": reading.limit.high,
        "healthy": reading.healthy,
        "told": reading.limit.told,
        "advice": reading.advice,
    }
