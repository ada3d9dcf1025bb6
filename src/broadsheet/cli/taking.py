"""Bringing papers in: import, pull."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from broadsheet.cli.session import PARTLY, open_house

if TYPE_CHECKING:
    from broadsheet.house import House
    from broadsheet.intake import FileReport

STDIN: Final = Path("-")
REJECTIONS_SHOWN: Final = 20
COLUMNS: Final = ("imported", "updated", "unchanged", "merged")


def import_(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; - reads standard input.")],
    year: Annotated[
        int | None,
        typer.Option(min=1, max=9999, help="The year of pages that print their date without one."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, complete.")] = False,
) -> None:
    """Take papers in from files of any known format, recognised by their bytes.

    Importing the same file again changes nothing; an import that was interrupted goes on where it was.
    Exit code 4 when a record was rejected or a file could not be read; everything else is in.
    """
    from broadsheet.cli import printing

    with open_house(ctx) as house, _files(paths) as files, printing.progress(unit=False) as report_progress:
        report = house.import_files(
            files, year=year, progress=lambda file, done, size: report_progress(file.path, done, size)
        )
        for file in report.files:
            if file.path == str(files[paths.index(STDIN)] if STDIN in paths else STDIN):
                file.path = "-"
        _index_words(house)
        waiting = house.index.health().pending_vectors
    if as_json:
        printing.print_json(report.as_json())
    else:
        _print_report(report.files)
        _say_how_meaning_comes(waiting)
    if report.failures or report.counts["rejected"]:
        raise typer.Exit(PARTLY)


@contextmanager
def _files(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """The paths, with standard input as a file: an import reads its input twice, to know it again."""
    if STDIN not in paths:
        yield list(paths)
        return
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        spooled = Path(folder) / "standard-input"
        with spooled.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield [spooled if path == STDIN else path for path in paths]


def pull(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="arxiv, hf, openreview, feed or ids.")],
    words: Annotated[
        list[str] | None, typer.Argument(help="What to ask the source for; see the guide to importing.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Ask nothing, and forget the source, so that it is not stale.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, complete.")] = False,
) -> None:
    """Harvest a source over the network, politely: broadsheet pull arxiv cs.LG cs.CL.

    Goes on where the last harvest of the same words ended. Nothing new is no error. A source that
    never answered, or is wanted no more, is forgotten with --forget and the same words; its papers stay.
    """
    from broadsheet.cli import printing

    if forget:
        with open_house(ctx) as house:
            house.forget_harvest(source, words or [])
        name = " ".join([source, *(words or [])])
        if as_json:
            printing.print_json({"forgotten": name})
        else:
            printing.note(f"{name}: forgotten; the papers it brought stay")
        return

    # Every step's note is printed here; as a warning in the log it would come twice.
    logging.getLogger("broadsheet.harvesting").setLevel(logging.ERROR)
    with open_house(ctx) as house:
        report = house.pull(source, words or [], progress=_tell)
        _index_words(house)
        waiting = house.index.health().pending_vectors
    if as_json:
        from broadsheet.intake import ImportReport

        printing.print_json(ImportReport([report]).as_json())
    else:
        _print_report([report])
        _say_how_meaning_comes(waiting)
    if report.failure or report.rejections:
        raise typer.Exit(PARTLY)


def _tell(report: FileReport, text: str) -> None:
    """What a harvest says of a step; a warning is called one."""
    from broadsheet.cli.printing import note

    if text:
        note(f"WARNING: {text}" if text in report.warnings else text)


def _index_words(house: House) -> None:
    from broadsheet.cli import printing

    with printing.progress() as report_progress:
        house.index.sync(lambda done, total: report_progress("words", done, total))


def _say_how_meaning_comes(waiting: int) -> None:
    from broadsheet.cli.printing import note

    if waiting:
        papers = "1 paper is" if waiting == 1 else f"{waiting} papers are"
        note(
            f"{papers} found by words now, and by meaning after `broadsheet index` "
            "(a running server sees to it by itself)."
        )


def _print_report(files: Sequence[FileReport]) -> None:
    from broadsheet.cli import printing

    head = ("file", "format", *COLUMNS, "rejected")
    rows = [
        (
            _short(file.path),
            file.format,
            *(file.counts[kind] for kind in COLUMNS),
            len(file.rejections),
        )
        for file in files
    ]
    if len(files) > 1:
        sums = [sum(file.counts[kind] for file in files) for kind in COLUMNS]
        rejected = sum(len(file.rejections) for file in files)
        rows.append(("together", "", *sums, rejected))
    printing.print_table(head, rows, numbers=head[2:])
    _print_rejections(files)
    for file in files:
        if file.failure:
            printing.note(f"{file.path}: {file.failure}")


def _print_rejections(files: Iterable[FileReport]) -> None:
    from broadsheet.cli.printing import note

    rejections = [(file, rejection) for file in files for rejection in file.rejections]
    for file, rejection in rejections[:REJECTIONS_SHOWN]:
        excerpt = f"  {rejection.excerpt[:60]!r}" if rejection.excerpt else ""
        note(f"{_short(file.path)}, {rejection.place}: {rejection.reason}{excerpt}")
    if (hidden := len(rejections) - REJECTIONS_SHOWN) > 0:
        note(f"... and {hidden} more rejected; --json lists them all")


def _short(path: str) -> str:
    return path if len(path) <= 30 else f"…{path[-29:]}"
