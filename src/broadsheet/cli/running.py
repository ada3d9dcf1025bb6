"""Running the house: serve, doctor, config, version."""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import FAILED, effective_settings, open_house
from broadsheet.exceptions import StoreError

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.house import House

_PASSWORD: Final = re.compile(r"(?<=://)([^:/@]*):.*@|(?<=password=)[^&]*")
STYLES: Final = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on; 0.0.0.0 for every one.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="How many processes answer requests.")
    ] = None,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log one JSON object a line.")] = False,
    no_work: Annotated[
        bool,
        typer.Option("--no-work", help="Leave jobs and indexes to `broadsheet work`, running elsewhere."),
    ] = False,
) -> None:
    """Serve the paper; jobs and indexes run in the background. Ctrl-C ends it."""
    from broadsheet import web

    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        with contextlib.suppress(KeyboardInterrupt), open_house(ctx, to_read=True, **given) as house:
            _greet(house)
            web.serve(house, worker=not no_work, json_log=json_log)
    except SystemExit as end:
        # The server has said what is wrong (a port that is taken, say), with an exit code of its own.
        raise typer.Exit(FAILED if end.code else 0) from None


def _greet(house: House) -> None:
    """Where readers sign in and nobody can yet, say how the owner does."""
    from broadsheet.cli.people import site
    from broadsheet.cli.printing import note

    if house.settings.readers == "one" or house.read_only or house.people.somebody_can_enter():
        return
    token = house.people.links.reset_token(house.people.owner())
    note("nobody can sign in yet; the owner chooses a password here, within two hours:")
    note(f"{site(house)}/reset/{token}")


def doctor(
    ctx: typer.Context,
    encoder: Annotated[
        bool,
        typer.Option("--encoder", help="Examine the encoder instead, on papers of yours; takes a minute."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="With --encoder: draw the readings into this SVG file.")
    ] = None,
    sample: Annotated[int, typer.Option(min=30, max=2000, help="With --encoder: on so many papers.")] = 200,
    as_json: Json = False,
) -> None:
    """Examine store, indexes, encoder, disk and sources; say what is ill and what to do.

    Exit code 1 when there is a problem; a warning is none.
    """
    from broadsheet.cli import printing
    from broadsheet.doctor import PROBLEM, Finding, examine_place

    if encoder:
        from broadsheet.cli import examining

        examining.encoder(ctx, out, sample, as_json=as_json)
        return
    try:
        with open_house(ctx, to_read=True) as house:
            findings = house.doctor()
    except StoreError as error:
        advice = "`broadsheet restore` your latest backup, or upgrade Broadsheet if the store is newer"
        findings = [*examine_place(effective_settings(ctx)), Finding(PROBLEM, "store", str(error), advice)]
    if as_json:
        printing.print_json([asdict(finding) for finding in findings])
    else:
        from rich.text import Text

        rows = []
        for finding in findings:
            text = finding.detail + (f"\n→ {finding.advice}" if finding.advice else "")
            rows.append((Text(finding.level, style=STYLES[finding.level]), finding.what, text))
        printing.print_table(("", "", ""), rows)
    if any(finding.level == PROBLEM for finding in findings):
        raise typer.Exit(FAILED)


def config(ctx: typer.Context, as_json: Json = False) -> None:
    """Print the settings in effect; passwords are masked. docs/settings.md explains each."""
    from broadsheet.cli import printing

    values = _masked(effective_settings(ctx))
    if as_json:
        printing.print_json(values)
    else:
        printing.print_list(("setting", "value"), values.items())


def _masked(config: Settings) -> dict[str, Any]:
    """The settings by the names of their environment variables."""
    values = config.model_dump(mode="json")
    values["database_url"] = _PASSWORD.sub(
        lambda found: "***" if found[1] is None else f"{found[1]}:***@", values["database_url"]
    )
    return {f"BROADSHEET_{name.upper()}": value for name, value in values.items()}


def version() -> None:
    """Print the version."""
    from broadsheet import __version__

    typer.echo(f"broadsheet {__version__}")
