"""Taking papers in: files to records to the store, in batches that survive a kill.

A file is recognised by its bytes, parsed as a stream, and stored in batches; each batch and the position
reached are one transaction. When the same bytes come again after a kill, the import goes on behind the last
batch that was stored.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from broadsheet.exceptions import PaperNotFoundError, UnreadableInputError
from broadsheet.papers import Record, Rejection
from broadsheet.sources import formats, reading
from broadsheet.store import ImportRun, Outcome, Store

BATCH: Final = 500
KINDS: Final = ("imported", "updated", "unchanged", "merged")


@dataclass(slots=True)
class FileReport:
    """What became of one file or harvest.

    failure: why it could not be read (to its end), or empty. warnings: what must not be overlooked.
    """

    path: str
    format: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    rejections: list[Rejection] = field(default_factory=list)
    failure: str = ""
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Add the outcomes of a batch."""
        for outcome in outcomes:
            self.counts[outcome.kind] += 1

    @property
    def total(self) -> int:
        """Records read, rejected ones included."""
        return sum(self.counts.values()) + len(self.rejections)


@dataclass(slots=True)
class ImportReport:
    """What became of an import as a whole."""

    files: list[FileReport] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Records by outcome, over all files; `rejected` beside the store's kinds."""
        sums = {kind: sum(file.counts[kind] for file in self.files) for kind in KINDS}
        sums["rejected"] = sum(len(file.rejections) for file in self.files)
        return sums

    @property
    def failures(self) -> list[FileReport]:
        """The files that could not be read to their end."""
        return [file for file in self.files if file.failure]

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values, with every rejection."""
        return {
            **self.counts,
            "files": [
                {
                    "path": file.path,
                    "format": file.format,
                    **file.counts,
                    "rejected": [
                        {"place": r.place, "reason": r.reason, "excerpt": r.excerpt} for r in file.rejections
                    ],
                    "failure": file.failure or None,
                    "warnings": file.warnings,
                    "seconds": round(file.seconds, 3),
                }
                for file in self.files
            ],
        }


Progress = Callable[[FileReport, int, int], None]
"""Called after every batch with the file's report, bytes read so far and the file's size."""


def take_in(
    store: Store,
    paths: Sequence[Path],
    *,
    year: int | None = None,
    max_bytes: int,
    progress: Progress | None = None,
) -> ImportReport:
    """Import files, and the files in folders, one after another.

    A file that cannot be read is reported and does not stop the others; nor does a bad record its file.
    `year` is that of pages which print their date without one.
    """
    report = ImportReport()
    for path in files_in(paths):
        file = FileReport(str(path))
        report.files.append(file)
        started = time.perf_counter()
        try:
            _take_in_file(store, path, file, year=year, max_bytes=max_bytes, progress=progress)
        except UnreadableInputError as error:
            file.failure = str(error)
        except OSError as error:
            file.failure = f"cannot be read: {error.strerror or error}"
        file.seconds = time.perf_counter() - started
    return report


def known(store: Store, path: Path, *, max_bytes: int) -> tuple[list[str], int]:
    """The keys of the papers that a file tells of and the store has, and how many it has not.

    Raises UnreadableInputError.
    """
    with path.open("rb") as raw:
        found, missing = look_up(store, raw, max_bytes=max_bytes)
    return found, len(missing)


def look_up(store: Store, raw: BinaryIO, *, max_bytes: int) -> tuple[list[str], list[str]]:
    """The keys of the papers that a file tells of and the store has, and the titles of those it has not.

    Nothing is written. Raises UnreadableInputError.
    """
    found: dict[str, None] = {}
    missing: list[str] = []
    with reading.open_input(raw, max_bytes=max_bytes) as stream:
        parser = formats.recognise(stream.peek(reading.HEAD))
        for record in parser.parse(stream):
            if isinstance(record, Record):
                key = _key_of(store, record)
                if key:
                    found[key] = None
                else:
                    missing.append(record.title)
    return list(found), missing


def _key_of(store: Store, record: Record) -> str:
    for identifier in record.identifiers:
        try:
            return store.paper(str(identifier)).key
        except PaperNotFoundError:
            continue
    return store.titled(record.title)


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files meant by the paths: a folder stands for what is in it, by name; hidden files are left out."""
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.is_file())
            yield from sorted(
                p for p in inside if not any(part[0] == "." for part in p.relative_to(path).parts)
            )
        else:
            yield path


def take_in_records(
    store: Store,
    items: Iterable[Record | Rejection],
    report: FileReport,
    *,
    run: ImportRun | None = None,
    after_batch: Callable[[], None] | None = None,
) -> None:
    """Store records batch by batch; with a run, begin behind the position it had reached."""
    position = run.position if run else 0
    remaining = itertools.islice(items, position, None)
    while batch := list(itertools.islice(remaining, BATCH)):
        position += len(batch)
        report.rejections += (item for item in batch if isinstance(item, Rejection))
        records = [item for item in batch if isinstance(item, Record)]
        report.count(store.ingest(records, run=run, position=position))
        if after_batch:
            after_batch()


def _take_in_file(
    store: Store, path: Path, file: FileReport, *, year: int | None, max_bytes: int, progress: Progress | None
) -> None:
    size = path.stat().st_size
    digest = _digest(path, year)
    with path.open("rb") as raw, reading.open_input(raw, max_bytes=max_bytes) as stream:
        parser = formats.recognise(stream.peek(reading.HEAD))
        file.format = parser.NAME
        run = store.begin_import(path.name, digest, parser.NAME)
        if run.position:
            file.warnings.append(
                f"an earlier import of this file reached item {run.position} and was broken off, or is still "
                "going on; what is told here is the rest"
            )

        def after_batch() -> None:
            if progress:
                progress(file, raw.tell(), size)

        take_in_records(store, parser.parse(stream, year=year), file, run=run, after_batch=after_batch)
        store.finish_import(run)


def _digest(path: Path, year: int | None) -> str:
    """Names the bytes and the way they are read: another year makes other records of the same page."""
    with path.open("rb") as stream:
        return f"{hashlib.file_digest(stream, 'sha256').hexdigest()}:{year or ''}"
