"""Measuring: how well papers are found, and at what price."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.reading import Json
from broadsheet.exceptions import ConfigError

if TYPE_CHECKING:
    from broadsheet.evaluation.encodings import TokenEncoder

evaluations = typer.Typer(
    no_args_is_help=True, help="Measure how well papers are found, on judged collections."
)


@evaluations.command("search")
def search(
    data: Annotated[
        Path,
        typer.Option(
            "--data", help="A collection in BEIR's layout, or a folder of them (or with them in `search`)."
        ),
    ],
    collections: Annotated[
        str | None, typer.Option("--collections", help="Only these, with commas. Default: all there are.")
    ] = None,
    systems: Annotated[
        str | None,
        typer.Option(
            "--systems", help="Only these, with commas, beside bm25. Default: all; the table names them."
        ),
    ] = None,
    queries: Annotated[
        int | None,
        typer.Option("--queries", min=1, help="Only the first so many queries of each collection."),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", help="Where encodings are kept. Default: a folder in the user's cache."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Also write search.json, search.md and two plots into this folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Search judged collections by every stage, by their combinations and as readers are served.

    Each system's ranking is judged, timed (processor time, the query's own encoding included) and weighed
    (bytes a paper); differences are told with the interval and p of a paired bootstrap over the queries. The
    first run encodes the collections, which takes a minute for every 1,500 papers.
    """
    from broadsheet.cli import printing
    from broadsheet.evaluation import plots, results
    from broadsheet.evaluation.run import evaluate
    from broadsheet.evaluation.systems import named

    wanted = named(systems)
    if out is not None:
        plots.require()
    names = _some(collections)
    with printing.progress() as report_progress:
        found = evaluate(
            data,
            wanted,
            _encoder(),
            cache=_kept(cache),
            names=names,
            queries=queries,
            progress=report_progress,
        )
    content = found.as_json()
    if out is not None:
        _write(out, "search", content, results.markdown(content))
        for path in plots.draw(content, out, {system.name: system.kind for system in wanted}):
            printing.note(f"drawn: {path}")
    if as_json:
        printing.print_json(content)
    else:
        head, rows = results.table(content)
        _print(head, rows, numbers=head[1:])


@evaluations.command("readers")
def readers(
    data: Annotated[
        Path,
        typer.Option(
            "--data", help="The folder of collections, with readers/citeulike-t and search/screening."
        ),
    ],
    systems: Annotated[
        str | None,
        typer.Option(
            "--systems", help="Only these, with commas, beside tfidf. Default: all; the table names them."
        ),
    ] = None,
    parts: Annotated[
        str | None,
        typer.Option(
            "--parts",
            help="Only some of: warm, cold papers, cold readers, screening, sequences. Default: all.",
        ),
    ] = None,
    many: Annotated[
        int,
        typer.Option("--readers", min=0, help="So many readers, drawn at random, a question; 0 for all."),
    ] = 1000,
    starts: Annotated[
        int, typer.Option("--starts", min=1, help="So many starts of each screening, and draws of readers.")
    ] = 5,
    vectors: Annotated[
        bool, typer.Option("--vectors/--words", help="Screen with the encoder too, or by words alone.")
    ] = True,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", help="Where encodings are kept. Default: a folder in the user's cache."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Also write readers.json, readers.md and a plot into this folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank papers for readers: known and new papers, new readers, a review screened, what comes next.

    Against the published formulas of arxiv-sanity and zotero-arxiv-daily, popularity, item-kNN and EASE in
    the same run; with the paired intervals of a bootstrap over the readers, and what each costs a reader.
    """
    from broadsheet.cli import printing
    from broadsheet.evaluation import plots, reader_results
    from broadsheet.evaluation.reader_run import run
    from broadsheet.evaluation.reader_systems import named

    wanted = named(systems)
    if out is not None:
        plots.require()
    names = _some(parts)
    with printing.progress() as report_progress:
        content = run(
            data,
            wanted,
            parts=names,
            readers=many or None,
            starts=starts,
            encoder=_encoder() if vectors else None,
            cache=_kept(cache),
            progress=report_progress,
        )
    if out is not None:
        _write(out, "readers", content, reader_results.markdown(content))
        if content.get("lines"):
            printing.note(f"drawn: {plots.draw_readers(content, out)}")
    if as_json:
        printing.print_json(content)
        return
    for heading, head, rows in reader_results.tables(content):
        printing.note(heading)
        _print(head, rows, numbers=head[1:])


def _some(names: str | None) -> list[str] | None:
    """Names with commas between them; None for all."""
    return [name.strip() for name in names.split(",") if name.strip()] if names else None


def _kept(cache: Path | None) -> Path:
    """Where encodings are kept."""
    import platformdirs

    return cache or Path(platformdirs.user_cache_dir("octavo")) / "experiments"


def _write(out: Path, name: str, content: Any, page: str) -> None:
    """Write what was found into a folder, for programs and for people."""
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (out / f"{name}.md").write_text(page, encoding="utf-8")


def _print(head: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """A table on a terminal, and lines with the same head for programs."""
    from broadsheet.cli import printing

    if printing.on_terminal():
        printing.print_table(head, rows, numbers=numbers)
    else:
        printing.print_rows([head, *rows])


def _encoder() -> TokenEncoder:
    try:
        from octavo.encode.minilm import MiniLM
    except ImportError as error:
        raise ConfigError(f"the encoder cannot be had: {error}") from error
    return MiniLM()


@evaluations.command("trending")
def trending(
    data: Annotated[
        Path, typer.Option("--data", help="The folder of collections, with listings in papers/daily_votes.")
    ],
    as_json: Json = False,
) -> None:
    """Foretell which papers of a day end on top, and let crowds of fresh accounts vote.

    The first from titles and days alone, each day by a model that has not seen it, against chance and the
    newest first, with the interval of a bootstrap over days. The second on real counts, by our formula and by
    others'.
    """
    from broadsheet.cli import printing
    from broadsheet.evaluation import brigading, foretelling

    days = foretelling.Days.read(data)
    told, attacks = foretelling.foretell(days, _encoder()), brigading.attacks(days)
    if as_json:
        printing.print_json(
            {
                "days": len(days),
                "papers": len(days.texts),
                "foretold": [way.as_json() for way in told],
                "verdict": foretelling.verdict(told),
                "attacks": [
                    {"accounts": a.accounts, "by": a.preset, "place": a.place, "changed": a.changed}
                    for a in attacks
                ],
            }
        )
        return
    for head, rows in (foretelling.table(told), brigading.table(attacks)):
        _print(head, rows)
    printing.note(foretelling.verdict(told))
