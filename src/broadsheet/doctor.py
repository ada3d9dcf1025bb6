"""What can be ill about a house, and what to do about it.

Every look gives at least one finding, also when all is well, so that a report shows what was examined.
A look that itself fails is a problem found.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import numpy as np

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.house import House

Level = Literal["ok", "warning", "problem"]
PROBLEM: Final = "problem"
LITTLE_SPACE: Final = 1 << 30
FOUND: Final = 0.9  # of the ten nearest papers
NO_SPACE: Final = 100 << 20
LOCAL: Final = ("127.0.0.1", "::1", "localhost")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    level: ok; warning, which can wait; problem, which keeps something from working.
    what: the part of the house. detail: what was seen. advice: what to do, empty when nothing is.
    """

    level: Level
    what: str
    detail: str
    advice: str = ""


def examine(house: House) -> list[Finding]:
    """Look at everything: the machine, the folder, the store, the indexes, the encoder, the sources."""
    looks: tuple[tuple[str, Callable[[House], Iterator[Finding]]], ...] = (
        ("store", _store),
        ("works", _works),
        ("words", _words),
        ("meaning", _meaning),
        ("encoder", _encoder),
        ("sources", _sources),
        ("jobs", _jobs),
        ("for you", _for_you),
        ("mail", _mail),
        ("people", _people),
    )
    findings = examine_place(house.settings)
    for what, look in looks:
        findings += _guarded(what, look, house)
    return findings


def examine_place(config: Settings) -> list[Finding]:
    """Look at what can be seen without opening the house: the machine and the data folder."""
    return [
        *_machine(),
        *_guarded("data folder", _folder, config),
        *_guarded("disk", _disk, config),
        Finding(
            "ok",
            "time zone",
            f"{config.timezone}: it is {datetime.now(config.zone):%A, %Y-%m-%d %H:%M} there",
        ),
    ]


def _guarded(what: str, look: Callable[[_T], Iterator[Finding]], at: _T) -> list[Finding]:
    try:
        return list(look(at))
    except Exception as error:
        return [Finding("problem", what, f"cannot be examined: {type(error).__name__}: {error}")]


def _machine() -> Iterator[Finding]:
    python, system = platform.python_version(), platform.platform(terse=True)
    yield Finding(
        "ok", "machine", f"Python {python}, SQLite {sqlite3.sqlite_version}, {system}, {os.cpu_count()} cores"
    )


def _in_memory(config: Settings) -> bool:
    return config.database_url in ("sqlite://", "sqlite:///:memory:")


def _folder(config: Settings) -> Iterator[Finding]:
    folder = config.data_dir
    if _in_memory(config):
        yield Finding("ok", "data folder", "none: this house is in memory and vanishes")
    elif not folder.is_dir():
        yield Finding(
            "warning",
            "data folder",
            f"{folder} is not there yet",
            "import something, or set BROADSHEET_DATA_DIR",
        )
    elif not os.access(folder, os.R_OK | os.X_OK):
        yield Finding(
            "problem", "data folder", f"{folder} cannot be read", "give this user the right to read it"
        )
    elif locked := [path for path in (folder, *folder.iterdir()) if not os.access(path, os.W_OK)]:
        yield Finding(
            "problem",
            "data folder",
            f"{locked[0]} cannot be written; papers can be read, none can be added",
            f"chown -R {os.environ.get('USER', 'the user of the server')} {folder}, or mount it writable",
        )
    else:
        yield Finding("ok", "data folder", f"{folder} can be read and written")


def _disk(config: Settings) -> Iterator[Finding]:
    folder = config.data_dir
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    level: Level = "problem" if free < NO_SPACE else "warning" if free < LITTLE_SPACE else "ok"
    advice = "" if level == "ok" else "free some space, or move BROADSHEET_DATA_DIR to a larger disk"
    yield Finding(level, "disk", f"{_size(free)} free", advice)


def _store(house: House) -> Iterator[Finding]:
    if problems := house.store.verify():
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        advice = "keep a copy of the data folder, then `broadsheet restore` your latest backup"
        yield Finding("problem", "store", "; ".join(problems[:3]) + more, advice)
        return
    database = house.store.database
    with database.reading() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar() if database.is_sqlite else ""
    counts = house.counts()
    held = f"{counts.papers} papers from {counts.manifestations} records"
    yield Finding("ok", "store", f"{held} at {database}, schema {version}, intact")
    if database.path and mode != "wal":
        yield Finding(
            "warning",
            "store",
            f"SQLite's journal mode is {mode!r} and not 'wal': readers wait for writers",
            "keep the data folder on a local disk; network file systems have no WAL",
        )


def _works(house: House) -> Iterator[Finding]:
    counts = house.counts()
    gone = f"{counts.withdrawn} withdrawn, {counts.retracted} retracted, {counts.merges} merges stand"
    if counts.unresolved:
        yield Finding(
            "warning",
            "works",
            f"{counts.unresolved} known by identifier alone, and hidden; {gone}",
            "`broadsheet pull ids ID...` asks the sources for them",
        )
    else:
        yield Finding("ok", "works", gone)


def _words(house: House) -> Iterator[Finding]:
    health = house.index.health()
    for problem in health.problems:
        yield Finding(
            "problem", "indexes", problem, "`broadsheet index --rebuild` makes them anew from the store"
        )
    detail = f"{health.words} papers found by words; the indexes take {_size(health.bytes)}"
    if health.pending_words:
        advice = "`broadsheet index`; a running server does it by itself"
        yield Finding("warning", "words", f"{detail}; {health.pending_words} changes wait", advice)
    else:
        yield Finding("ok", "words", detail)


def _meaning(house: House) -> Iterator[Finding]:
    if house.settings.encoder == "none":
        return
    health = house.index.health()
    detail = f"{health.vectors} papers found by meaning"
    if health.pending_vectors:
        advice = "`broadsheet index`; a running server does it by itself"
        yield Finding("warning", "meaning", f"{detail}; {health.pending_vectors} wait", advice)
        return
    # Imported here because most commands look at no vectors.
    from broadsheet.search import probing, token_codes

    near = house.index.meaning.snapshot()
    bare = 0
    if near is not None and near.manifest.tokens:
        bare = near.tokenless if near.manifest.tokens in token_codes.CODECS else len(near)
    share = probing.recall(near) if near is not None else None
    if share is not None:
        detail = f"{detail}; of the ten nearest {share:.0%} are found"
    if share is not None and share < FOUND:
        advice = "`broadsheet index --rebuild` makes the codes of the vectors anew"
        yield Finding("warning", "meaning", detail, advice)
    elif bare:
        detail = f"{detail}; {bare} were encoded before tokens were kept as now and are ranked without them"
        advice = "`broadsheet index` reads them again; a running server does it by itself"
        yield Finding("warning", "meaning", detail, advice)
    else:
        yield Finding("ok", "meaning", detail)


def _encoder(house: House) -> Iterator[Finding]:
    name = house.settings.encoder
    if name == "none":
        yield Finding("ok", "encoder", "none: papers are found by words alone")
        return
    advice = "words are searched meanwhile; mend it, or set BROADSHEET_ENCODER=none to do without"
    name = house.index.spaces.state().serving.encoder
    try:
        encoder = house.encoder()
        started = time.perf_counter()
        vector = encoder.encode_queries(["a daily paper of research papers"])
        took = time.perf_counter() - started
    except Exception as error:
        yield Finding("problem", "encoder", f"{name} does not work: {error}", advice)
        return
    length = float(np.linalg.norm(vector))
    if vector.shape != (1, encoder.dim) or not abs(length - 1) < 1e-3:
        seen = f"{name} gives a vector of shape {vector.shape} and length {length:.3f}"
        yield Finding("problem", "encoder", f"{seen}, not (1, {encoder.dim}) and 1", advice)
    else:
        yield Finding(
            "ok", "encoder", f"{name}, {encoder.dim} dimensions, first vector in {took * 1000:.0f} ms"
        )


def _sources(house: House) -> Iterator[Finding]:
    harvests = house.harvests()
    for harvest, stale in harvests:
        name = f"{harvest.source} {harvest.query}".strip()
        last = f"last success {_ago(harvest.last_success)}" if harvest.last_success else "no success ever"
        error = f"; last error: {harvest.last_error}" if harvest.last_error else ""
        if stale:
            words = shlex.join([harvest.source, *harvest.query.split()])
            advice = (
                f"`broadsheet pull {words}` by hand to see why; then let cron or a timer do it daily; "
                f"or `broadsheet pull --forget {words}`"
            )
            yield Finding("warning", "sources", f"STALE: {name}, {last}{error}", advice)
        else:
            yield Finding("warning" if error else "ok", "sources", f"{name}, {last}{error}")
    if not harvests:
        yield Finding("ok", "sources", "nothing is harvested; files are imported by hand")


def _jobs(house: House) -> Iterator[Finding]:
    runs = house.store.jobs.every()
    for run in runs:
        last = f"last success {_ago(run.success)}" if run.success else "no success ever"
        if run.error:
            level: Level = "problem" if run.failures >= 3 else "warning"
            detail = f"{run.name}: failed {run.failures} times in a row, {last}: {run.error}"
            yield Finding(level, "jobs", detail, "it is tried again by itself; `broadsheet jobs` says when")
    if not any(run.error for run in runs):
        yield Finding("ok", "jobs", f"{len(runs)} known, none failing; `broadsheet jobs` tells of each")


def _for_you(house: House) -> Iterator[Finding]:
    readers, late, stale, slowest = house.for_you.behind()
    told = f"{readers} readers have a model, {late} have said something since"
    detail = f"{told}; the slowest took {slowest:.0f} ms"
    if together := house.for_you.together.told():
        detail += f"; {together}"
    if stale:
        advice = "the job “for you” learns them anew: does the server, or `broadsheet work`, run?"
        yield Finding("warning", "for you", f"STALE: {stale} models; {detail}", advice)
    else:
        yield Finding("ok", "for you", detail)


def _mail(house: House) -> Iterator[Finding]:
    for ill in house.mail.examine():
        yield Finding(ill.level, "mail", ill.detail, ill.advice)


def _people(house: House) -> Iterator[Finding]:
    config = house.settings
    if config.readers == "one":
        if config.private:
            advice = "set BROADSHEET_READERS=many, too: where nobody signs in, nothing is private"
            yield Finding("problem", "people", "private, and yet everybody is let in", advice)
        elif config.host not in LOCAL:
            detail = f"one reader, and whoever reaches {config.host}:{config.port} is that reader"
            advice = "BROADSHEET_READERS=many makes everybody sign in; or let a proxy in front do it"
            yield Finding("warning", "people", detail, advice)
        else:
            yield Finding("ok", "people", "one reader; nobody signs in")
        return
    accounts = house.store.accounts.every()
    open_ones = sum(account.open for account in accounts)
    yield Finding("ok", "people", f"{len(accounts)} accounts, {open_ones} open")
    if not house.people.somebody_can_enter():
        advice = "`broadsheet people link owner` prints a link for a first password"
        yield Finding("warning", "people", "nobody can sign in yet", advice)
    if not config.base_url.startswith("https://") and config.host not in LOCAL:
        advice = "let a proxy speak TLS, and tell its address in BROADSHEET_BASE_URL"
        yield Finding("warning", "people", "passwords travel in the clear, and passkeys do not work", advice)


def _ago(moment: datetime) -> str:
    hours = (datetime.now(UTC) - moment).total_seconds() / 3600
    return f"{hours:.1f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"


def _size(size: float) -> str:
    """Bytes as people say them.

    >>> _size(950), _size(3_400_000), _size(12_000_000_000)
    ('950 bytes', '3.4 MB', '12.0 GB')
    """
    if size < 1000:
        return f"{size:.0f} bytes"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"
