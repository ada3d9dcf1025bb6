"""`broadsheet`: the paper from a terminal. Every command is a thin face on the house.

Commands import what they need when they run, so that --help is there at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from broadsheet.cli import (
    background,
    community,
    encoders,
    evaluating,
    foryou,
    keeping,
    mailing,
    methods,
    people,
    reading,
    running,
    tagging,
    taking,
    topics,
)
from broadsheet.cli.session import Group

EPILOG: Final = (
    "Exit codes: 0 done, 1 failed, 2 not understood, 3 not found, "
    "4 a part of the input was rejected or unreadable."
)
PANELS: Final[dict[str, dict[str, Callable[..., None]]]] = {
    "Bring papers in": {"import": taking.import_, "pull": taking.pull},
    "Read": {
        "search": reading.search,
        "similar": reading.similar,
        "show": reading.show,
        "edition": reading.edition,
        "trending": reading.trending,
        "archive": reading.archive,
        "topics": topics.topics,
        "methods": methods.methods,
    },
    "Take part": {
        "vote": community.vote,
        "save": community.save,
        "hide": community.hide,
        "comment": community.comment,
        "submit": community.submit,
    },
    "Keep": {
        "export": keeping.export,
        "index": keeping.index,
        "backup": keeping.backup,
        "restore": keeping.restore,
    },
    "Run": {
        "serve": running.serve,
        "work": background.work,
        "jobs": background.jobs,
        "doctor": running.doctor,
        "config": running.config,
        "version": running.version,
    },
}

app = typer.Typer(
    name="broadsheet",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)


@app.callback()
def everything(
    ctx: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="The folder that holds everything. Default: $BROADSHEET_DATA_DIR."),
    ] = None,
) -> None:
    """A daily paper of research papers that people run themselves."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    ctx.obj = data_dir


# A day without a year is named --07-29, which is no option.
LENIENT: Final = {"edition": {"ignore_unknown_options": True}}

for panel, commands in PANELS.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel, context_settings=LENIENT.get(name))(command)
app.add_typer(mailing.digest, name="digest", rich_help_panel="Deliver")
app.add_typer(tagging.app, name="tag", rich_help_panel="Read")
app.add_typer(foryou.app, name="for-you", rich_help_panel="Read")
app.add_typer(community.shelf, name="shelf", rich_help_panel="Take part")
app.add_typer(keeping.works, name="works", rich_help_panel="Keep")
app.add_typer(people.app, name="people", rich_help_panel="Run")
app.add_typer(evaluating.evaluations, name="eval", rich_help_panel="Run")
app.add_typer(encoders.encoder, name="encoder", rich_help_panel="Run")


def main() -> None:
    """Run the command line that this process was started with."""
    app()
