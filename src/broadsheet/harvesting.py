"""Running a harvest: fetch a step, store its records, remember where to go on, and so to the end.

The cursor is saved only after a step's records are stored: a killed harvest may fetch a step twice, and
storing it twice changes nothing. The end of the steps is a success even when they were empty (arXiv announces
nothing at weekends); an error is kept beside the harvest, so that a source which has gone silent is seen.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import filelock

from broadsheet.config import Settings
from broadsheet.exceptions import BroadsheetError, ConfigError, UnreadableInputError
from broadsheet.intake import FileReport, take_in_records
from broadsheet.sources import formats
from broadsheet.sources import harvest as harvests
from broadsheet.sources.fetch.client import Client
from broadsheet.sources.harvest import Step, harvest_named
from broadsheet.store import Harvest, Store

log = logging.getLogger(__name__)

Progress = Callable[[FileReport, str], None]
"""Called after every step with the report so far and the step's note."""


def pull(
    store: Store,
    config: Settings,
    source: str,
    query: Sequence[str],
    *,
    folder: Path,
    progress: Progress | None = None,
    client: Client | None = None,
) -> FileReport:
    """Harvest `source` (arxiv, hf, openreview, feed, ids) for the words of `query` from where it left off.

    `folder` is the data folder, where a lock sees to it that one process at a time harvests.

    A payload that cannot be read is the report's `failure` and ends the harvest; what was stored stays.
    Raises ConfigError for words the source does not understand or while another process harvests,
    FetchError for the network.
    """
    harvest = harvest_named(source)
    # The pace towards a server is kept by one client, so one process at a time harvests.
    lock = filelock.FileLock(folder / "harvest.lock", timeout=0)
    try:
        with lock:
            return _pull(store, config, harvest, query, progress=progress, client=client)
    except filelock.Timeout:
        raise ConfigError("another process is harvesting into this paper; wait until it is done") from None


def _pull(
    store: Store,
    config: Settings,
    harvest: harvests.Harvest,
    query: Sequence[str],
    *,
    progress: Progress | None,
    client: Client | None,
) -> FileReport:
    words = " ".join(query)
    state = store.harvest(harvest.NAME, words) or Harvest(source=harvest.NAME, query=words)
    client = client or Client(
        contact=config.contact, max_bytes=config.max_fetch_bytes, allow_hosts=config.allow_hosts
    )
    report = FileReport(f"{harvest.NAME} {words}".strip())
    started = time.perf_counter()
    try:
        for step in harvest.pull(client, query, state=state):
            _store_step(store, step, report)
            state = replace(
                state,
                cursor=step.cursor,
                etag=step.etag,
                last_modified=step.last_modified,
                last_attempt=datetime.now(UTC),
            )
            store.save_harvest(state)
            if step.warning:
                report.warnings.append(step.note)
                log.warning("%s: %s", report.path, step.note)
            if progress:
                progress(report, step.note)
    except ConfigError:
        raise  # what was never understood is no harvest, and cannot go stale
    except BroadsheetError as error:
        store.save_harvest(replace(state, last_attempt=datetime.now(UTC), last_error=str(error)))
        if not isinstance(error, UnreadableInputError):
            raise
        report.failure = str(error)
    else:
        now = datetime.now(UTC)
        added = state.added + report.counts["imported"]
        store.save_harvest(replace(state, last_attempt=now, last_success=now, last_error="", added=added))
    report.seconds = time.perf_counter() - started
    return report


def _store_step(store: Store, step: Step, report: FileReport) -> None:
    if not step.payload:
        return
    parser = formats.named(step.format) if step.format else formats.recognise(step.payload[: 1 << 16])
    report.format = parser.NAME
    take_in_records(store, parser.parse(io.BytesIO(step.payload)), report)
