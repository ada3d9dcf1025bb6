"""Measure the whole house on many papers: import, index, search, serve.

    scripts/bench PAPERS.parquet [--work DIR] [--papers N]

Takes the columns id, title, abstract, primary_category, categories and date, writes them as an arXiv
metadata snapshot, and then does what a reader's machine does: imports it, indexes words, encodes, searches
in process and over HTTP. Every rate stands beside the baseline it is to be read against, measured in the same
run. The result is benchmarks/system.json and the table benchmarks/system.md. With --work the vectors are
kept, also those of a run that was broken off, so the next run finds them made; encoding 100,000 papers takes
about half an hour on two cores. With --drawn papers are not read for their vectors, which are drawn word
piece by word piece: as many, as large, and asked for with questions that are read, so that all but the time
of encoding is what it would be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet

import broadsheet
from broadsheet.search.encoding import read_by
from octavo.encode.minilm import MiniLM
from octavo.protocols import Array, Ids

HERE = Path(__file__).parent
SEED = 20260101
BUDGETS = (10, 20, 60)
"""Milliseconds a search is given."""


class _DrawnNetwork:
    """Gives every word piece a vector of its own; reads what is as short as a question, and forgets it."""

    def __init__(self, network: Any) -> None:
        self.network, self.pieces = network, network.pieces

    def __call__(self, pieces: Ids) -> Array:
        if len(pieces) < 40:
            self.network(pieces)
        return _table()[pieces]


@cache
def _table() -> Array:
    return np.random.default_rng(SEED).standard_normal((1 << 15, 384)).astype(np.float32)


class Drawn(MiniLM):
    """MiniLM that does not read papers; more pieces of them would only take longer to be pooled."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given, max_pieces=48)

    def _open(self) -> Any:
        return _DrawnNetwork(super()._open())


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {"p50_ms": round(cuts[9] * 1e3, 2), "p95_ms": round(cuts[18] * 1e3, 2), "n": len(seconds)}


class Clock:
    """Wall and CPU seconds of this process and its children."""

    def __enter__(self) -> Clock:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu


def whole_id(name: str) -> str:
    """An arXiv id that was once read as a number ("704.009", "1501.0004800000002"), made whole again."""
    if not re.fullmatch(r"\d{3,4}\.\d+", name):
        return name
    month, number = f"{float(name):.5f}".split(".")
    month = month.zfill(4)
    return f"{month}.{number}" if month >= "1501" else f"{month}.{number[:4]}"


def snapshot_of(parquet: Path, target: Path, papers: int) -> list[str]:
    """Write the papers as snapshot lines; return their titles."""
    rows = pyarrow.parquet.read_table(parquet).slice(0, papers).to_pylist()
    with target.open("w", encoding="utf-8") as out:
        for row in rows:
            day = datetime.fromisoformat(str(row["date"])[:10])
            created = day.strftime("%a, %d %b %Y 00:00:00 GMT")
            line = {
                "id": whole_id(row["id"]),
                "submitter": None,
                "authors": "",
                "title": row["title"],
                "abstract": row["abstract"],
                "categories": row["categories"],
                "versions": [{"version": "v1", "created": created}],
                "update_date": day.date().isoformat(),
                "authors_parsed": [],
            }
            out.write(json.dumps(line) + "\n")
    return [row["title"] for row in rows]


def measure_import(house: broadsheet.House, snapshot: Path, papers: int) -> dict[str, Any]:
    with Clock() as first:
        report = house.import_files([snapshot])
    counts = report.counts
    with Clock() as again:
        second = house.import_files([snapshot]).counts
    # The floor: what reading the lines and one bare SQLite insert a paper cost.
    with Clock() as floor, tempfile.TemporaryDirectory() as folder:
        bare = sqlite3.connect(Path(folder) / "bare.db")
        bare.execute("pragma journal_mode = wal")
        bare.execute("create table papers (id integer primary key, line text)")
        with snapshot.open() as lines, bare:
            bare.executemany(
                "insert into papers (line) values (?)", ((json.dumps(json.loads(s)),) for s in lines)
            )
        bare.close()
    return {
        "counts": counts,
        "again": second,
        "records_per_s": round(papers / first.wall),
        "again_per_s": round(papers / again.wall),
        "baseline": "json.loads + one bare SQLite insert a line",
        "baseline_per_s": round(papers / floor.wall),
    }


def measure_words(house: broadsheet.House, papers: int) -> dict[str, Any]:
    with Clock() as ours:
        done = house.index.sync()
    with Clock() as floor, tempfile.TemporaryDirectory() as folder:
        fts = sqlite3.connect(Path(folder) / "fts.db")
        fts.execute("create virtual table papers using fts5(title, abstract, tokenize='porter unicode61')")
        with fts:
            fts.executemany(
                "insert into papers values (?, ?)", ((p.title, p.abstract) for p in house.store.iterate())
            )
        fts.close()
    return {
        "papers": done,
        "papers_per_s": round(papers / ours.wall),
        "baseline": "SQLite FTS5, porter",
        "baseline_per_s": round(papers / floor.wall),
    }


def measure_encoding(house: broadsheet.House, sample: int = 512) -> dict[str, Any]:
    encoder = house.encoder()
    texts = [f"{p.title}. {p.abstract}" for p, _ in zip(house.store.iterate(), range(sample), strict=False)]
    read_by(encoder, texts[:32])
    with Clock() as clock:
        read_by(encoder, texts)
    queries = [text[:60] for text in texts[:100]]
    times = []
    for query in queries:
        started = time.perf_counter()
        encoder.encode_queries([query])
        times.append(time.perf_counter() - started)
    return {
        "papers_per_cpu_s": round(sample / clock.cpu, 1),
        "papers_per_s": round(sample / clock.wall, 1),
        "query": percentiles(times),
    }


def questions(titles: list[str], count: int, seed: int) -> list[str]:
    """Half whole titles, half three neighbouring words of one, all different."""
    chance = random.Random(seed)
    found: list[str] = []
    for number, title in enumerate(chance.sample(titles, count)):
        words = re.findall(r"\w+", title)
        if number % 2 and len(words) > 3:
            start = chance.randrange(len(words) - 3)
            found.append(" ".join(words[start : start + 3]))
        else:
            found.append(" ".join(words))
    return found


def timed(call: Callable[[str], object], inputs: list[str]) -> list[float]:
    times = []
    for value in inputs:
        started = time.perf_counter()
        call(value)
        times.append(time.perf_counter() - started)
    return times


def measure_search(house: broadsheet.House, titles: list[str]) -> dict[str, Any]:
    asked = questions(titles, 550, SEED)
    timed(house.search, asked[:50])  # warm
    found: dict[str, Any] = {"in_process": percentiles(timed(house.search, asked[50:])), "within": {}}
    for budget in BUDGETS:
        within = partial(house.search, budget_ms=budget)
        asked = questions(titles, 250, SEED + 100 + budget)
        timed(within, asked[:50])  # what stages take is learned
        found["within"][budget] = percentiles(timed(within, asked[50:]))
    return found


@contextmanager
def server(data: Path, workers: int = 1) -> Iterator[tuple[str, psutil.Process, float]]:
    """A server of so many processes; yields its address, first process and start-up seconds."""
    port = 18473
    address = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "broadsheet", "serve", "--port", str(port), "--workers", str(workers)],
        env={**os.environ, "BROADSHEET_DATA_DIR": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=1).read()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > 60:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.02)
        yield address, psutil.Process(process.pid), time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(20)


def settle(process: psutil.Process, longest: float = 300) -> None:
    """Wait until a server has done what it found to do when it started: topics, guesses."""
    until, quiet = time.monotonic() + longest, 0
    while quiet < 10 and time.monotonic() < until:
        quiet = quiet + 1 if process.cpu_percent(1) < 10 else 0


def get(url: str) -> None:
    with urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()


def asking(address: str) -> Callable[[str], None]:
    """Searches over HTTP."""
    return lambda question: get(f"{address}/api/papers/search?limit=20&q={urllib.parse.quote(question)}")


def crowd(ask: Callable[[str], None], titles: list[str], count: int = 8) -> list[float]:
    """What each search takes of so many readers who search without a pause."""
    timed(ask, questions(titles, 20, SEED + 1))  # warm
    times: list[float] = []

    def reader(number: int) -> None:
        times.extend(timed(ask, questions(titles, 50, SEED + 2 + number)))

    readers = [threading.Thread(target=reader, args=(n,)) for n in range(count)]
    for thread in readers:
        thread.start()
    for thread in readers:
        thread.join()
    return times


def measure_two_processes(data: Path, titles: list[str]) -> dict[str, Any]:
    with server(data, workers=2) as (address, process, _):
        settle(process)
        times = crowd(asking(address), titles)
        every = [process, *process.children(recursive=True)]
        # What processes share is counted once, in parts.
        return percentiles(times) | {"proportional_mb": sum(p.memory_full_info().pss for p in every) >> 20}


def measure_http(data: Path, titles: list[str], days: list[str], extra: Path) -> dict[str, Any]:
    with server(data) as (address, process, start):
        ask = asking(address)

        def read(day: str) -> None:
            get(f"{address}/papers/date/{day}")

        settle(process)
        times = crowd(ask, titles)
        cold, warm = timed(read, days), timed(read, days)
        quiet = percentiles(timed(ask, questions(titles, 60, SEED + 20)))
        importing = subprocess.Popen(
            [sys.executable, "-m", "broadsheet", "import", str(extra)],
            env={**os.environ, "BROADSHEET_DATA_DIR": str(data)},
            stdout=subprocess.DEVNULL,
        )
        busy_times = []
        while importing.poll() is None:
            busy_times += timed(ask, questions(titles, 20, SEED + 40 + len(busy_times)))
        return {
            "start_s": round(start, 2),
            "search_8_readers": percentiles(times),
            "edition_first_time": percentiles(cold),
            "edition_again": percentiles(warm),
            "search_quiet": quiet,
            "search_during_import": percentiles(busy_times),
            "import_exit_code": importing.returncode,
            "resident_mb": round(process.memory_info().rss / 2**20),
        }


def table(result: dict[str, Any]) -> str:
    """The result as a page."""
    imported, words, encoding = result["import"], result["words"], result["encoding"]
    search, http, two = result["search"]["in_process"], result["http"], result["two_processes"]
    rows = [
        (
            "parse + match + store",
            f"{imported['records_per_s']:,} records/s",
            "≥ 1,000",
            f"{imported['baseline']}: {imported['baseline_per_s']:,}/s",
        ),
        ("the same file again", f"{imported['again_per_s']:,} records/s", "", "nothing changes"),
        (
            "words indexed",
            f"{words['papers_per_s']:,} papers/s",
            "≥ 5,000",
            f"{words['papers_per_s'] / words['baseline_per_s']:.1f} × {words['baseline']}",
        ),
        ("encoding, 256 pieces", f"{encoding['papers_per_cpu_s']} papers per CPU s", "≥ 35", ""),
        ("a query encoded", f"p50 {encoding['query']['p50_ms']} ms", "", ""),
        ("search in process", f"p50 {search['p50_ms']} ms, p95 {search['p95_ms']} ms", "≤ 20, ≤ 60", ""),
        *(
            (f"search in at most {budget} ms", f"p95 {within['p95_ms']} ms", f"≤ {1.1 * budget:g}", "")
            for budget, within in result["search"]["within"].items()
        ),
        (
            "search over HTTP, 8 readers",
            f"p95 {http['search_8_readers']['p95_ms']} ms",
            "≤ 100",
            f"p50 {http['search_8_readers']['p50_ms']} ms",
        ),
        (
            "the same, two processes",
            f"p95 {two['p95_ms']} ms",
            "",
            f"p50 {two['p50_ms']} ms; together {two['proportional_mb']} MB",
        ),
        ("edition page, first time", f"p95 {http['edition_first_time']['p95_ms']} ms", "≤ 30", ""),
        ("edition page, again", f"p95 {http['edition_again']['p95_ms']} ms", "≤ 30", ""),
        (
            "search while an import runs",
            f"p95 {http['search_during_import']['p95_ms']} ms",
            "",
            f"{http['search_quiet']['p95_ms']} ms in quiet",
        ),
        ("server start", f"{http['start_s']} s", "≤ 2", ""),
        ("resident memory of the server", f"{http['resident_mb']} MB", "≤ 800", ""),
    ]
    lines = ["| what | measured | to reach | beside |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return (
        f"# The whole house on {result['papers']:,} papers\n\n"
        f"`{result['command']}`, {result['date']}, {result['machine']}. Made by `benchmarks/system.py`.\n\n"
        + (
            "The vectors of papers were drawn, not read out of them: see there.\n\n"
            if "--drawn" in result["command"]
            else ""
        )
        + "\n".join(lines)
        + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--work", type=Path, help="a folder that keeps the vectors between runs")
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--drawn", action="store_true", help="draw the papers' vectors; see above")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = given.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        snapshot, extra = work / "snapshot.jsonl", work / "extra.jsonl"
        titles = snapshot_of(given.parquet, snapshot, given.papers)
        with (
            snapshot.open() as lines,
            extra.open("w") as out,
        ):  # papers of their own, to import while others read
            for number, line in zip(range(5000), lines, strict=False):
                fresh = json.loads(line) | {
                    "id": f"2712.{number:05}",
                    "title": f"Extra paper number {number}",
                }
                out.write(json.dumps(fresh) + "\n")
        data, vectors = work / "data", work / "vectors"
        if (data / "index" / "vectors").exists():  # of a run that was broken off
            shutil.rmtree(vectors, ignore_errors=True)
            shutil.copytree(data / "index" / "vectors", vectors)
        shutil.rmtree(data, ignore_errors=True)
        result: dict[str, Any] = {}
        with broadsheet.open(data) as house:
            result["import"] = measure_import(house, snapshot, given.papers)
            result["words"] = measure_words(house, given.papers)
            result["encoding"] = measure_encoding(house)
        if given.drawn:  # the server below finds it in the environment
            os.environ["BROADSHEET_ENCODER"] = "system:Drawn"
            os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        if vectors.exists():  # papers get the same numbers in every run, so the vectors fit
            shutil.copytree(vectors, data / "index" / "vectors", dirs_exist_ok=True)
        with broadsheet.open(data) as house:
            print("encoding what has no vector yet", flush=True)
            house.refresh(lambda name, done, total: print(f"\r{name} {done}/{total}", end="", flush=True))
            result["vectors"] = house.index.health().vectors
            result["search"] = measure_search(house, titles)
            result["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            days = [span.name for span, _ in house.archive()[:60]]
        shutil.copytree(data / "index" / "vectors", vectors, dirs_exist_ok=True)
        result["http"] = measure_http(data, titles, days, extra)
        result["two_processes"] = measure_two_processes(data, titles)
    result |= {
        "papers": given.papers,
        "command": "scripts/bench PAPERS.parquet" + (" --drawn" if given.drawn else ""),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} cores, {psutil.virtual_memory().total >> 30} GiB, "
        f"{platform.system()}, Python {platform.python_version()}",
    }
    given.out.mkdir(exist_ok=True)
    (given.out / "system.json").write_text(json.dumps(result, indent=1) + "\n")
    (given.out / "system.md").write_text(table(result))
    print("\n" + table(result))


if __name__ == "__main__":
    main()
