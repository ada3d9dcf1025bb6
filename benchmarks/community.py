"""Measure what readers do together: votes under load, and trending over many.

    python benchmarks/community.py [--papers N] [--events N] [--seconds S]

Votes: 50 readers in threads vote and take votes back for some seconds, on SQLite on this disk, through the
house; no vote may fail or be lost. Beside it the time from a vote to a page that shows it, and of a page.
Trending: the columns of N papers and M votes are read, ranked, and ranked again after one more vote. The
result is benchmarks/community.json and the table benchmarks/community.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update
from starlette.testclient import TestClient

import broadsheet
from broadsheet.papers import Identifier, Listing, Record
from broadsheet.store.schema import works
from broadsheet.store.schema_events import events, marks, microseconds
from broadsheet.store.schema_people import accounts
from broadsheet.web.app import create_app

HERE = Path(__file__).parent
READERS = 50


def percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {"p50_ms": round(cuts[9] * 1e3, 2), "p95_ms": round(cuts[18] * 1e3, 2), "n": len(seconds)}


def paper(number: int, day: str) -> Record:
    key = f"{2001 + number // 90_000:04}.{number % 90_000:05}"
    return Record(
        title=f"Counting lanterns, volume {number}",
        abstract="We count lanterns.",
        identifiers=(Identifier("arxiv", key),),
        source="hf",
        format="hf-json",
        key=key,
        place=f"entry {number}",
        raw=b"{}",
        votes=number % 90,
        listings=(Listing("hf", day, number % 60 + 1),),
    )


def plant_papers(house: broadsheet.House, number: int) -> None:
    """Many papers at once, as their rows alone: what an import costs is measured in system.py."""
    today, now = house.today(), datetime.now(UTC).isoformat(timespec="microseconds")
    with house.store.database.writing() as connection:
        for start in range(0, number, 10_000):
            rows = [
                {
                    "id": n + 1,
                    "key": f"{2001 + n // 90_000:04}.{n % 90_000:05}",
                    "status": "standing",
                    "unresolved": False,
                    "votes": n % 90,
                    "day": (today - timedelta(days=n * 400 // number)).isoformat(),
                    "added": now,
                    "updated": now,
                    "fields": json.dumps({"title": f"Counting lanterns, volume {n}", "provenance": {}}),
                }
                for n in range(start, min(start + 10_000, number))
            ]
            connection.execute(insert(works), rows)


def open_house(folder: Path, papers: int) -> broadsheet.House:
    house = broadsheet.open(folder, encoder="none")
    today = house.today()
    for start in range(0, papers, 2000):  # none where rows are planted
        some = range(start, min(start + 2000, papers))
        house.store.ingest([paper(n, (today - timedelta(days=n * 400 // papers)).isoformat()) for n in some])
    return house


def votes_under_load(house: broadsheet.House, seconds: float) -> dict[str, Any]:
    """Every reader votes for papers in an order of its own; what was acknowledged must be there after."""
    people = [house.people.create(f"reader-{n}") for n in range(READERS)]
    keys = [row.key for row in house.store.columns.papers()]
    took: list[float] = []
    acknowledged: list[int] = []
    failed: list[str] = []
    end = time.perf_counter() + seconds

    def vote(reader: Any, rng: random.Random) -> None:
        mine = 0
        for key in rng.sample(keys, len(keys)):
            start = time.perf_counter()
            if start > end:
                break
            try:
                mine += house.community.vote(reader, key)
            except Exception as error:
                failed.append(repr(error))
            took.append(time.perf_counter() - start)
        acknowledged.append(mine)

    threads = [threading.Thread(target=vote, args=(r, random.Random(r.id))) for r in people]
    cpu, wall = time.process_time(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    kept = len(house.store.events.marks("vote"))
    return {
        "readers": READERS,
        "votes": sum(acknowledged),
        "lost": sum(acknowledged) - kept,
        "failed": len(failed),
        "votes_per_second": round(sum(acknowledged) / wall, 1),
        "cpu_ms_a_vote": round(cpu * 1e3 / max(1, sum(acknowledged)), 3),
        **percentiles(took),
    }


def vote_to_page(house: broadsheet.House, rounds: int) -> dict[str, Any]:
    """From the beginning of a vote's request to the end of a trending page that shows it."""
    client = TestClient(create_app(house))
    token = client.get("/submit").text.partition('name="csrf" value="')[2].partition('"')[0]
    keys = [p.key for p in house.community.trending(limit=rounds).papers]
    both, page = [], []
    for key in keys:
        start = time.perf_counter()
        client.post("/mark", data={"csrf": token, "paper": key, "do": "vote"}, follow_redirects=False)
        middle = time.perf_counter()
        assert 'value="unvote"' in client.get("/papers/trending").text
        both.append(time.perf_counter() - start)
        page.append(time.perf_counter() - middle)
    kept = []
    for _ in range(rounds):
        start = time.perf_counter()
        client.get("/papers/trending")
        kept.append(time.perf_counter() - start)
    return {
        "vote_to_page": percentiles(both),
        "page_after_vote": percentiles(page),
        "page": percentiles(kept),
    }


def plant_votes(house: broadsheet.House, number: int, seed: int = 20260101) -> None:
    """Many votes at once, as the log and its marks would hold them."""
    rng = random.Random(seed)
    keys = [row.key for row in house.store.columns.papers()]
    people = [house.people.create(f"many-{n}").id for n in range(1000)]
    first = house.store.events.last()
    begin = datetime.now(UTC) - timedelta(days=200)
    step = timedelta(days=199) / number
    with house.store.database.writing() as connection:
        # Accounts as old as their votes, so that these weigh something.
        connection.execute(update(accounts).values(created=begin.isoformat(timespec="microseconds")))
        for start in range(0, number, 10_000):
            lines, rows = [], []
            for n in range(start, min(start + 10_000, number)):
                at = begin + step * n
                line = {
                    "seq": first + n + 1,
                    "reader_id": people[rng.randrange(1000)],
                    "kind": "vote",
                    "work_key": keys[int(len(keys) * rng.random() ** 2)],
                    "object": "",
                    "body": "{}",
                }
                lines.append(
                    {**line, "at": at.isoformat(timespec="microseconds"), "stands": True, "ends": "[]"}
                )
                rows.append({**line, "since": microseconds(at), "until": None})
            connection.execute(insert(events), lines)
            connection.execute(insert(marks), rows)


def trending_over_many(house: broadsheet.House, number: int) -> dict[str, Any]:
    plant_votes(house, number)
    start, cpu = time.perf_counter(), time.process_time()
    house.community.trending()
    read = {"wall_s": round(time.perf_counter() - start, 2), "cpu_s": round(time.process_time() - cpu, 2)}
    owner = house.people.owner()
    wall, cpus = [], []
    for found in house.community.trending(limit=20).papers:
        house.community.vote(owner, found.key)
        start, cpu = time.perf_counter(), time.process_time()
        house.community.trending()
        wall.append(time.perf_counter() - start)
        cpus.append(time.process_time() - cpu)
    return {"read_once": read, "ranked_after_a_vote": percentiles(wall), "cpu": percentiles(cpus)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    found: dict[str, Any] = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "date": datetime.now(UTC).date().isoformat(),
        "papers": asked.papers,
        "events": asked.events,
    }
    with tempfile.TemporaryDirectory() as folder:
        with open_house(Path(folder) / "load", 2000) as house:
            found["votes"] = votes_under_load(house, asked.seconds)
            found["pages"] = vote_to_page(house, 60)
        with open_house(Path(folder) / "many", 0) as house:
            plant_papers(house, asked.papers)
            found["trending"] = trending_over_many(house, asked.events)
            found["pages_over_many"] = vote_to_page(house, 30)
    (HERE / "community.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (HERE / "community.md").write_text(table(found), encoding="utf-8")
    print(table(found))


def table(found: dict[str, Any]) -> str:
    votes, pages, trend = found["votes"], found["pages"], found["trending"]
    rows = [
        (f"votes a second, {votes['readers']} readers at once", votes["votes_per_second"]),
        ("votes failed, votes lost", f"{votes['failed']}, {votes['lost']}"),
        ("CPU ms a vote", votes["cpu_ms_a_vote"]),
        ("vote to page, p95 ms", pages["vote_to_page"]["p95_ms"]),
        ("trending page, nothing new, p95 ms", pages["page"]["p95_ms"]),
        ("columns read once, CPU s", trend["read_once"]["cpu_s"]),
        ("ranked anew after a vote, p95 ms", trend["ranked_after_a_vote"]["p95_ms"]),
        ("ranked anew after a vote, CPU p95 ms", trend["cpu"]["p95_ms"]),
        ("trending page over all of it, nothing new, p95 ms", found["pages_over_many"]["page"]["p95_ms"]),
        ("vote to page over all of it, p95 ms", found["pages_over_many"]["vote_to_page"]["p95_ms"]),
    ]
    head = (
        "# What readers do together, measured\n\nWritten by `benchmarks/community.py` on "
        f"{found['date']} ({found['machine']}); trending over {found['papers']:,} papers and "
        f"{found['events']:,} votes.\n\n| what | figure |\n|---|---|\n"
    )
    return head + "".join(f"| {name} | {value} |\n" for name, value in rows)


if __name__ == "__main__":
    main()
