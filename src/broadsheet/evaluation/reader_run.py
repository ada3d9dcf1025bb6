"""One evaluation for readers from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from broadsheet.evaluation import next_item, reader_results, screening
from broadsheet.evaluation.libraries import PROTOCOLS, Libraries
from broadsheet.evaluation.reader_systems import System
from broadsheet.evaluation.readers import evaluate
from broadsheet.exceptions import ConfigError
from octavo.protocols import Encoder

PARTS: Final = (*PROTOCOLS, "screening", "sequences")

Progress = Callable[[str, int, int], None]


def run(
    data: Path,
    systems: Sequence[System],
    *,
    encoder: Encoder | None,
    cache: Path,
    parts: Sequence[str] | None = None,
    readers: int | None = 1000,
    starts: int = 5,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure the parts asked for, by default all; returns JSON values.

    encoder: for screening; None screens by words alone. readers: so many a question, None for all.
    starts: of each screening, and draws of cold readers. Raises ConfigError, NotFoundError.
    """
    told = progress or (lambda _name, _done, _total: None)
    wanted = list(PARTS if parts is None else parts)
    if unknown := [part for part in wanted if part not in PARTS]:
        raise ConfigError(f"no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    content: dict[str, Any] = {}
    if protocols := [part for part in PROTOCOLS if part in wanted]:
        libraries = Libraries.read(data)
        lines = evaluate(
            libraries, systems, readers=readers, seeds=starts, protocols=protocols, progress=told
        )
        content = reader_results.as_json(lines, reader_results.facts_of(libraries))
    if "screening" in wanted:
        reviews = screening.read(data, encoder, cache, told)
        found = screening.screen(reviews, starts=starts, vectors=encoder is not None, progress=told)
        content["screening"] = screening.as_json(found)
    if "sequences" in wanted:
        told("sequences", 0, 1)
        content["sequences"] = next_item.foretell(data)
        told("sequences", 1, 1)
    return content
