"""One evaluation from beginning to end."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from broadsheet.evaluation import judged
from broadsheet.evaluation.desk import Desk
from broadsheet.evaluation.encodings import Encodings, TokenEncoder
from broadsheet.evaluation.judged import Judged
from broadsheet.evaluation.results import Evaluation, Line
from broadsheet.evaluation.stages import Scorings, Stages
from broadsheet.evaluation.systems import System
from broadsheet.exceptions import NotFoundError
from octavo.check.collection import Collection
from octavo.check.retrieval import Scores

LEFT_OUT: Final = frozenset({"screening"})
"""Folders in the layout that are no collections to search: their rules are those of a review."""

Progress = Callable[[str, int, int], None]


def evaluate(
    data: Path,
    systems: Sequence[System],
    encoder: TokenEncoder,
    *,
    cache: Path,
    names: Sequence[str] | None = None,
    queries: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure systems on the collections of a folder.

    names: of the collections, by default all but `LEFT_OUT`. queries: only so many of each, from the first.
    cache: where encodings are kept. Raises NotFoundError for a collection that is not there.
    """
    told = progress or (lambda _name, _done, _total: None)
    folders = [path for path in judged.collections(data) if path.name not in LEFT_OUT or names]
    if names:
        by_name = {path.name: path for path in folders}
        if missing := [name for name in names if name not in by_name]:
            raise NotFoundError(
                f"no collection {', '.join(missing)} in {str(data)!r}; there are {', '.join(by_name)}"
            )
        folders = [by_name[name] for name in names]
    lines: list[Line] = []
    for folder in folders:
        given = judged.read(folder)
        if queries:
            given = Judged(fewer(given.collection, queries), given.rules)
        lines += _lines(given, systems, encoder, cache, told)
    facts = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "encoder": encoder.name,
        "queries": {line.collection: len(next(iter(line.figures.values()))) for line in lines},
    }
    return Evaluation(lines, {system.name: system.title for system in systems}, facts)


def _lines(
    given: Judged, systems: Sequence[System], encoder: TokenEncoder, cache: Path, told: Progress
) -> list[Line]:
    collection, name = given.collection, given.name
    known = Encodings(encoder)
    for texts in (list(collection.documents.values()), list(collection.queries.values())):
        known.learn(texts, cache, lambda done, total: told(f"{name}: encoding", done, total))
    lines = []
    with tempfile.TemporaryDirectory(prefix="broadsheet-eval-") as folder:
        stages = Stages(given, Desk(collection, Path(folder), known, told))
        for place, system in enumerate(systems):
            told(f"{name}: systems", place, len(systems))
            lines.append(_line(stages, system, system.make(stages)))
        told(f"{name}: systems", len(systems), len(systems))
        stages.desk.search.close()
    return lines


def _line(stages: Stages, system: System, found: Scorings) -> Line:
    ids = list(stages.judged.collection.documents)
    each: list[dict[str, float]] = []
    for query, scoring in zip(stages.judged.collection.queries, found, strict=True):
        # By rank, and not by score, so that the order of equals is the one that a reader sees.
        scores: Scores = {ids[place]: -float(rank) for rank, place in enumerate(scoring)}
        each.append(stages.judged.figures(query, scores))
    return Line(
        stages.judged.name,
        stages.judged.rules.pooled,
        system.name,
        {measure: [figures[measure] for figures in each] for measure in stages.judged.rules.measures},
        sum(stages.prices[part].ms for part in dict.fromkeys(system.parts)),
        sum(stages.prices[part].bytes for part in dict.fromkeys(system.parts)),
    )


def fewer(collection: Collection, queries: int) -> Collection:
    """Return the collection with its first queries only."""
    some = dict(list(collection.queries.items())[:queries])
    return Collection(
        collection.name, collection.documents, some, {query: collection.qrels[query] for query in some}
    )
