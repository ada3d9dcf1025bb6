"""Measure what a reader costs: learning a taste, scoring papers, and what would have to be kept.

    python benchmarks/readers.py

Papers are drawn, not read: up to 100 of 65,536 terms each, by a law like that of words, and vectors of 384
dimensions. Times are processor time of one thread; machines differ, so the plain profile stands beside, and
the ratio to it. The result is benchmarks/readers.json and the table benchmarks/readers.md.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from octavo.arrays import unit
from octavo.protocols import Ranker, SparseRows, Texts
from octavo.rank.centroid import Centroid
from octavo.rank.sparse import some, unit_rows
from octavo.rank.taste import Taste

HERE = Path(__file__).parent
TERMS, WIDTH, DIM = 100, 65_536, 384
NEW, READERS = 1_000, 1_000
TARGETS = {"learn": 200.0, "score": 10.0, "everybody": 5_000.0, "bytes": 4_096.0}


def drawn(papers: int, seed: int) -> Texts:
    rng = np.random.default_rng(seed)
    columns = np.sort((WIDTH ** rng.random((papers, TERMS))).astype(np.int64) - 1, axis=1)
    rows, counts = [], [0]
    for row in columns:
        rows.append(np.unique(row))
        counts.append(len(rows[-1]))
    indices = np.concatenate(rows)
    data = rng.random(len(indices)).astype(np.float32) + 0.1
    terms = unit_rows(SparseRows(np.cumsum(counts).astype(np.int64), indices, data, WIDTH))
    return Texts(unit(rng.standard_normal((papers, DIM)).astype(np.float32)), terms)


def spent(call: Callable[[], object], times: int) -> float:
    """The median processor time in ms."""
    found = []
    for _ in range(times):
        start = time.process_time()
        call()
        found.append(1000 * (time.process_time() - start))
    return float(np.median(found))


def measure(make: Callable[[], Ranker]) -> dict[str, float]:
    rng = np.random.default_rng(0)
    library, new = drawn(10_000, 1), drawn(NEW, 2)
    figures: dict[str, float] = {}
    for many in (1, 20, 100, 1_000, 10_000):
        judged, liked = some(library, np.arange(many)), np.where(rng.random(many) < 0.7, 1, -1)
        ranker = make().fit(judged, liked)
        figures[f"learn {many}"] = spent(lambda j=judged, s=liked: make().fit(j, s), 5)
        figures[f"bytes {many}"] = ranker.nbytes
    figures["score"] = spent(lambda: ranker.scores(new), 20)
    everybody = [
        make().fit(some(library, rng.integers(0, 10_000, 20)), np.where(rng.random(20) < 0.7, 1, -1))
        for _ in range(READERS)
    ]
    start = time.process_time()
    for each in everybody:
        each.scores(new)
    figures["everybody"] = 1000 * (time.process_time() - start)
    return figures


def table(found: dict[str, dict[str, float]]) -> str:
    largest = {name: max(v for k, v in own.items() if k.startswith("bytes")) for name, own in found.items()}
    slowest = {name: max(v for k, v in own.items() if k.startswith("learn")) for name, own in found.items()}
    rows = [
        ("learning one reader, at most (10,000 judged papers)", slowest, "learn", "ms"),
        ("scoring 1,000 new papers for one reader", {n: o["score"] for n, o in found.items()}, "score", "ms"),
        (
            "scoring 1,000 new papers for 1,000 readers",
            {n: o["everybody"] for n, o in found.items()},
            "everybody",
            "ms",
        ),
        ("kept of a reader, at most", largest, "bytes", "bytes"),
    ]
    lines = ["| | plain profile | taste | taste to profile | wanted |", "|---|---|---|---|---|"]
    for what, own, target, unit_name in rows:
        plain, taste = own["plain profile"], own["taste"]
        cells = f"{plain:,.1f}", f"{taste:,.1f}", f"{taste / plain:.1f}", f"{TARGETS[target]:,.0f}"
        lines.append(f"| {what}, {unit_name} | {' | '.join(cells)} |")
    lines += ["", "| judged papers | 1 | 20 | 100 | 1,000 | 10,000 |", "|---|---|---|---|---|---|"]
    for name, own in found.items():
        times = " | ".join(f"{v:,.1f}" for k, v in own.items() if k.startswith("learn"))
        lines.append(f"| {name}, ms to learn | {times} |")
    for name, own in found.items():
        sizes = " | ".join(f"{v:,.0f}" for k, v in own.items() if k.startswith("bytes"))
        lines.append(f"| {name}, bytes | {sizes} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    background = drawn(300, 3)
    found = {
        "plain profile": measure(Centroid),
        "taste": measure(lambda: Taste(background=background)),
    }
    about = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, one thread"
    day = datetime.now(UTC).date().isoformat()
    (HERE / "readers.json").write_text(
        json.dumps({"date": day, "machine": about, "figures": found}, indent=1) + "\n", encoding="utf-8"
    )
    (HERE / "readers.md").write_text(
        f"# What a reader costs\n\n`python benchmarks/readers.py`; {about}, {day}.\n"
        "Processor time; papers have up to 100 terms and vectors of 384 dimensions.\n\n" + table(found),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
