"""Measure what a reader costs: learning a taste, scoring papers, and what would have to be kept.

    python benchmarks/readers.py PAPERS.parquet

Of the ranker alone: papers are drawn, not read, up to 100 of 65,536 terms each, by a law like that of words,
and vectors of 384 dimensions; the plain profile stands beside it. In the product: a house of 12,000 of the
PAPERS, one reader with up to 10,000 signals, with words muted and without, then a thousand readers with
twenty signals each, all in one go. Times are processor time of one thread; machines differ. The result is
benchmarks/readers.json and the table benchmarks/readers.md.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from system import snapshot_of

import broadsheet
from broadsheet.foryou.learning import score
from broadsheet.foryou.said import Said
from broadsheet.house import House
from broadsheet.readers import Reader
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
    """The least processor time of several, in ms: what else runs on the machine only adds to it."""
    found = []
    for _ in range(times):
        start = time.process_time()
        call()
        found.append(1000 * (time.process_time() - start))
    return min(found)


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


MUTED = (
    *("reinforcement", "diffusion", "segmentation", "federated learning", "speech", "quantum", "survey"),
    *("video", "medical", "autonomous driving", "benchmark", "point cloud", "recommendation", "adversarial"),
    *("graph neural network", "time series", "translation", "pose", "radar", "summarization"),
)


def say(house: House, reader: Reader, keys: list[str], seed: int) -> None:
    """Signals of a reader: two thirds of them for papers, one third against, in one transaction."""
    kinds = np.random.default_rng(seed).choice(
        ["vote", "save", "read", "open", "down", "hide"], len(keys), p=[0.25, 0.15, 0.15, 0.1, 0.2, 0.15]
    )
    with house.store.events.writing() as log:
        for key, kind in zip(keys, kinds, strict=True):
            log.put(reader.id, str(kind), work_key=log.key(key))


def of_one(house: House, keys: list[str], many: int, words: tuple[str, ...]) -> dict[str, float]:
    """A reader from the first signal to the page: learned, scored, laid out and told, with its reasons."""
    reader = house.people.create(f"one-{many}-{len(words)}")
    say(house, reader, keys[:many], seed=many)
    said = Said()
    for word in words:
        said = said.with_word("muted", word)
    house.for_you.say(reader, said)
    feed, pool = house.for_you, house.for_you.pool()
    feed.page(reader, patient=True, note=True)
    model, _ = feed.model(reader)

    def learned() -> None:
        feed._models.pop(reader.id)  # as in a process that has just begun
        feed.model(reader)

    return {
        "signals": many,
        "muted": len(words),
        "learn": spent(learned, 7),
        "score": spent(lambda: score(model, pool, said), 15) * 1000 / len(pool),
        "page": spent(lambda: feed.page(reader, patient=True, note=True), 7),
        "bytes": feed.tastes.of(reader.id).nbytes,
    }


def of_all(house: House, keys: list[str]) -> dict[str, float]:
    """A thousand readers one after the other, as on the morning of a digest."""
    rng = np.random.default_rng(0)
    everybody = [house.people.create(f"many-{number}") for number in range(READERS)]
    for number, reader in enumerate(everybody):
        say(house, reader, [keys[at] for at in rng.choice(len(keys), 20, replace=False)], seed=number)
    feed, pool = house.for_you, house.for_you.pool()
    figures = dict.fromkeys(("learn everybody", "score everybody", "page everybody"), 0.0)
    start = time.process_time()
    for reader in everybody:
        model, _ = feed.model(reader)
        between = time.process_time()
        model.scored(pool, Said())
        after = time.process_time()
        feed.page(reader)
        figures["learn everybody"] += 1000 * (between - start)
        figures["score everybody"] += 1e6 * (after - between) / len(pool)
        start = time.process_time()
        figures["page everybody"] += 1000 * (start - after)
    start = time.process_time()
    assert feed.together.learn()
    figures["together"] = 1000 * (time.process_time() - start)
    figures["bytes everybody"] = float(np.mean([feed.tastes.of(reader.id).nbytes for reader in everybody]))
    return figures


def in_the_house(papers: Path) -> dict[str, Any]:
    """The same in the product, papers and all."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "papers.jsonl"
        snapshot_of(papers, lines, 12_000)
        with broadsheet.open(Path(folder) / "data", encoder="system:Drawn", readers="many") as house:
            house.import_files([lines])
            house.refresh()
            keys = [row.key for row in house.store.columns.papers()]
            keys = [keys[at] for at in np.random.default_rng(1).permutation(len(keys))]
            cases = [(many, words) for many in (1, 20, 100, 1_000, 10_000) for words in ((), MUTED)]
            return {
                "pool": len(house.for_you.pool()),
                "one": [of_one(house, keys, many, words) for many, words in cases],
                "all": of_all(house, keys),
            }


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


def table_of_house(found: dict[str, Any]) -> str:
    lines = [
        "| signals | learning, ms | scoring 1,000 papers, ms | with 20 words muted, ms | the whole page, ms "
        "| kept in the store, bytes |",
        "|---|---|---|---|---|---|",
    ]
    plain = [case for case in found["one"] if not case["muted"]]
    muted = [case for case in found["one"] if case["muted"]]
    for one, other in zip(plain, muted, strict=True):
        cells = f"{one['signals']:,}", f"{one['learn']:.0f}", f"{one['score']:.1f}", f"{other['score']:.1f}"
        lines.append(f"| {' | '.join(cells)} | {one['page']:.0f} | {other['bytes']:,} |")
    own = found["all"]
    most = max(case["learn"] for case in found["one"])
    slowest = max(case["score"] for case in found["one"])
    lines += ["", "| | measured | wanted |", "|---|---|---|"]
    for what, value, target in (
        ("scoring 1,000 papers for one reader, at most, ms", f"{slowest:.1f}", "10"),
        ("the same for 1,000 readers, ms", f"{own['score everybody']:,.0f}", "5,000"),
        ("learning 1,000 readers who have 20 signals each, ms", f"{own['learn everybody']:,.0f}", ""),
        ("laying out their pages with all reasons, ms", f"{own['page everybody']:,.0f}", ""),
        ("learning what they read together, once in 90 days, ms", f"{own['together']:,.0f}", ""),
        ("learning one reader anew, at most, ms", f"{most:.0f}", "200"),
        (
            "kept in the store of a reader beside the log, at most, bytes",
            f"{max(case['bytes'] for case in found['one']):,.0f}",
            "4,096",
        ),
    ):
        lines.append(f"| {what} | {value} | {target} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    background = drawn(300, 3)
    found = {
        "plain profile": measure(Centroid),
        "taste": measure(lambda: Taste(background=background)),
    }
    product = in_the_house(Path(sys.argv[1]))
    about = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, one thread"
    day = datetime.now(UTC).date().isoformat()
    content = {"date": day, "machine": about, "figures": found, "product": product}
    (HERE / "readers.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (HERE / "readers.md").write_text(
        f"# What a reader costs\n\n`python benchmarks/readers.py PAPERS.parquet`; {about}, {day}.\n"
        "Processor time.\n\n## The ranker alone\n\n"
        "Papers have up to 100 terms and vectors of 384 dimensions.\n\n"
        f"{table(found)}\n## In the product\n\n"
        f"A house of 12,000 arXiv papers, of which the newest {product['pool']:,} are looked through;\n"
        f"a third of the signals speak against papers.\n\n{table_of_house(product)}",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
