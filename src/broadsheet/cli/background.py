"""What runs by the clock, from a terminal: jobs, work."""

from __future__ import annotations

import contextlib
import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import FAILED, open_house

if TYPE_CHECKING:
    from broadsheet.jobs.schedule import Report


def jobs(ctx: typer.Context, as_json: Json = False) -> None:
    """Say when each job last ran and how it went. Exit code 1 when one has gone stale."""
    from broadsheet.cli import printing
    from broadsheet.jobs.schedule import reports

    with open_house(ctx, to_read=True) as house:
        found = reports(house)
    if as_json:
        printing.print_json([_values(report) for report in found])
    else:
        from rich.text import Text

        rows = []
        for report in found:
            run = report.run
            level, style = _level(report)
            told = run.error or run.result
            rows.append((Text(level, style=style), run.name, _ago(run.success), _next(report), told))
        printing.print_table(("", "job", "last success", "next", ""), rows)
    if any(report.stale for report in found):
        raise typer.Exit(FAILED)


def _values(report: Report) -> dict[str, Any]:
    run = report.run
    return {
        "name": run.name,
        "stale": report.stale,
        "every_seconds": report.every.total_seconds() if report.every else None,
        "due": run.due.isoformat() if report.every else None,
        "running": bool(run.worker),
        **{
            name: moment.isoformat() if moment else None
            for name, moment in (
                ("started", run.started),
                ("finished", run.finished),
                ("last_success", run.success),
            )
        },
        "seconds": round(run.seconds, 3),
        "failures": run.failures,
        "error": run.error,
        "result": run.result,
    }


def _level(report: Report) -> tuple[str, str]:
    if report.stale:
        return "STALE", "bold red"
    if report.run.error:
        return "failing", "yellow"
    if report.run.worker:
        return "running", "cyan"
    return ("ok", "green") if report.run.success else ("waiting", "dim")


def _ago(moment: datetime | None) -> str:
    return f"{_span(datetime.now(UTC) - moment)} ago" if moment else "never"


def _next(report: Report) -> str:
    if report.every is None:
        return "when needed"
    left = report.run.due - datetime.now(UTC)
    return f"in {_span(left)}" if left > timedelta() else "now"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def work(
    ctx: typer.Context,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log one JSON object a line.")] = False,
) -> None:
    """Run the jobs and keep the indexes up to date, beside `broadsheet serve --no-work`. Ctrl-C ends it.

    Several may run, on several machines with PostgreSQL: no job runs twice.
    """
    from broadsheet.jobs import Worker
    from broadsheet.jobs.runner import Runner
    from broadsheet.web.server import set_up_logging

    set_up_logging(json_log=json_log, access_log=False)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    with open_house(ctx) as house:
        threads = (Worker(house, note=house.store.jobs.note), Runner(house))
        for thread in threads:
            thread.start()
        with contextlib.suppress(KeyboardInterrupt):
            ending.wait()
        for thread in reversed(threads):
            thread.stop()
