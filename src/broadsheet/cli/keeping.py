"""Keeping papers: export, index, backup, restore, works."""

from __future__ import annotations

import errno
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import FAILED, effective_settings, open_house
from broadsheet.exceptions import BackupError, StoreError

if TYPE_CHECKING:
    from broadsheet.house import House
    from broadsheet.papers import Paper
    from broadsheet.store import Merge

PAGE: Final = 200
works = typer.Typer(
    no_args_is_help=True, help="Merge papers that are one work, split what was merged, list it."
)


def export(
    ctx: typer.Context,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="bibtex, ris, csl-json, csv, markdown or jsonl. Default: by the file's name, else jsonl, "
            "which is complete and can be imported again.",
        ),
    ] = None,
    query: Annotated[str | None, typer.Option(help="Only what this search finds.")] = None,
    edition: Annotated[str | None, typer.Option(help="Only the edition of a day, week or month.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file to write. Default: standard output.")
    ] = None,
) -> None:
    """Write every paper, a search's or an edition's, for other programs to read."""
    from broadsheet.exports import formats

    if query is not None and edition is not None:
        raise typer.BadParameter("--query and --edition are two lists; ask for one")
    if format_name is None:
        known = {f.extension for f in formats.FORMATS}
        suffix = output.suffix[1:] if output else ""
        format_name = suffix if suffix in known else "jsonl"
    name = formats.named(format_name).name
    with open_house(ctx, to_read=True) as house:
        papers = _found(house, query) if query is not None else _edition(house, edition) if edition else None
        pieces = house.export(name, papers)
        # A list that cannot be had (no such edition) must not leave an empty file behind.
        pieces = itertools.chain(itertools.islice(pieces, 1), pieces)
        if output is None or output == Path("-"):
            sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
            for piece in pieces:
                sys.stdout.write(piece)
        else:
            _write(output, pieces)


def _found(house: House, query: str) -> Iterator[Paper]:
    for offset in itertools.count(0, PAGE):
        found = house.search(query, limit=PAGE, offset=offset)
        yield from found.papers
        if offset + PAGE >= found.results.total or not found.results.hits:
            return


def _edition(house: House, name: str) -> Iterator[Paper]:
    for page in itertools.count(1):
        shown = house.edition(name, page=page)
        yield from shown.papers
        if page >= shown.pages:
            return


def _write(path: Path, pieces: Iterator[str]) -> None:
    """The whole file or none of it: written beside its place, then moved there."""
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            out.writelines(pieces)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def index(
    ctx: typer.Context,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Throw the indexes away and make them anew.")
    ] = False,
) -> None:
    """Bring the indexes of words and meaning up to date. Interrupted, it goes on where it was."""
    from broadsheet.cli import printing

    with open_house(ctx) as house, printing.progress() as report_progress:
        if rebuild:
            house.rebuild(report_progress)
        else:
            house.refresh(report_progress)
        health = house.index.health()
    printing.note(f"{health.words} papers are found by words, {health.vectors} by meaning")
    if health.pending_words or health.pending_vectors:
        printing.note("another process is at the rest, or it was interrupted: broadsheet index goes on")
    for problem in health.problems:
        printing.note(problem)
    if health.problems:
        raise typer.Exit(FAILED)


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; it appears when it is complete.")],
) -> None:
    """Write a verified copy of the store, while it is in use."""
    from broadsheet.cli.printing import note

    with open_house(ctx, to_read=True) as house:
        house.backup(file)
        papers = house.counts().papers
    note(f"{papers} papers kept in {file} ({file.stat().st_size / 1e6:.1f} MB)")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `broadsheet backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the papers that are there.")] = False,
) -> None:
    """Fill the store from a backup. The indexes follow by themselves."""
    from broadsheet.cli.printing import note
    from broadsheet.store import Store

    config = effective_settings(ctx)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    if not force:
        with open_house(ctx) as house:
            if papers := house.counts().papers:
                raise BackupError(f"there are {papers} papers here already; --force replaces them")
    try:
        Store.restore(file, config.store_url, overwrite=force)
    except StoreError as error:
        # A store so damaged that it does not even open is set aside, never thrown away.
        damaged = config.data_dir / "broadsheet.db"
        if type(error) is not StoreError or not force or config.database_url or not damaged.exists():
            raise
        note(f"{error}; it is set aside as {damaged.name}.damaged")
        for path in (damaged, *config.data_dir.glob("broadsheet.db-*")):
            path.replace(path.with_name(path.name.replace(".db", ".db.damaged")))
        Store.restore(file, config.store_url)
    with open_house(ctx) as house:
        house.index.sync()
        papers = house.counts().papers
    note(f"{papers} papers restored from {file}; `broadsheet index` brings search by meaning up to date")


@works.command("merge")
def merge(
    ctx: typer.Context,
    kept: Annotated[str, typer.Argument(help="The paper that stays.")],
    gone: Annotated[str, typer.Argument(help="The paper that is merged into it.")],
    reason: Annotated[str, typer.Option(help="Why; kept on record.")] = "by hand",
) -> None:
    """Make two papers one. The names of both keep answering."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        merged = house.merge(kept, gone, reason=reason)
    note(f"merge {merged.id}: {merged.gone} is now part of {merged.kept}")
    note(f"to undo it: broadsheet works split {merged.id}")


@works.command("split")
def split(
    ctx: typer.Context,
    merge_id: Annotated[int, typer.Argument(help="The number of the merge, from `works list`.")],
) -> None:
    """Undo a merge. The two are never merged by themselves again."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        undone = house.split(merge_id)
    note(f"merge {undone.id} undone: {undone.gone} stands apart from {undone.kept} again")


@works.command("list")
def list_(
    ctx: typer.Context,
    reference: Annotated[str | None, typer.Argument(help="Only merges of this paper.")] = None,
    as_json: Json = False,
) -> None:
    """List what was merged and why, newest first; undone merges included."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        merges = house.merges(reference)
    if as_json:
        printing.print_json([_merge_json(merge) for merge in merges])
    else:
        head = ("merge", "kept", "gone", "reason", "evidence", "day", "state")
        printing.print_list(head, map(_merge_row, merges), numbers=("merge",))


def _merge_row(merge: Merge) -> tuple[object, ...]:
    state = "undone" if merge.undone_at else "stands"
    return (merge.id, merge.kept, merge.gone, merge.reason, merge.evidence, merge.at.date(), state)


def _merge_json(merge: Merge) -> dict[str, object]:
    return {
        "id": merge.id,
        "kept": merge.kept,
        "gone": merge.gone,
        "reason": merge.reason,
        "evidence": merge.evidence,
        "at": merge.at.isoformat(),
        "undone_at": merge.undone_at.isoformat() if merge.undone_at else None,
    }
