"""Measure voting: fifty readers at once, over HTTP, each as a browser does it.

    python benchmarks/votes.py [--seconds 30] [--rate 200] [--readers 50] [--papers 2000]

A server runs in processes of its own, on SQLite as it comes; the readers share the machine with it, and are
made of bare sockets so that they cost a small part of what they ask for. Every reader is signed in, sends the
token of a page, and votes at moments that do not wait for the answers before (an open loop, so that a slow
answer makes the next ones look slow, too). Every tenth vote is followed by the paper's page, which must have
it. Then the acknowledged votes are counted again in plain Python and held against the store: none may be lost
and none counted twice. The result is benchmarks/votes.json and the table benchmarks/votes.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

import broadsheet
from broadsheet.papers import Identifier, Listing, Record
from broadsheet.people.door import Visitor

HERE = Path(__file__).parent
SEED = 20260101
DAY = "2026-01-05"


def record(number: int) -> Record:
    """An invented paper."""
    return Record(
        source="arxiv",
        format="arxiv-atom",
        key=f"2601.{number:05}",
        place="",
        raw=b"{}",
        title=f"Paper boats in channel {number}",
        abstract="They float. " * 60,
        identifiers=(Identifier("arxiv", f"2601.{number:05}"),),
        listings=(Listing("arxiv", DAY, number),),
        primary_category="cs.LG",
        categories=("cs.LG",),
    )


@dataclass
class Voter:
    """A reader in a browser: one connection that is kept open, a cookie, a token."""

    name: str
    session: str
    port: int
    token: str = ""
    standing: dict[str, bool] = field(default_factory=dict)
    votes: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str) -> tuple[int, bytes]:
        """One request on the reader's connection."""
        if self.pipe is None:
            self.pipe = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.pipe
        head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: broadsheet-session={self.session}"]
        if method != "GET":
            head += [f"X-CSRF-Token: {self.token}", "Content-Length: 0", "Accept: application/json"]
        writer.write("\r\n".join([*head, "", ""]).encode())
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return status, await reader.readexactly(length)

    async def begin(self) -> None:
        """Load a page, as a browser does, and find its token."""
        _, page = await self.ask("GET", "/account")
        self.token = re.search(rb'name="csrf" content="(\w+)"', page)[1].decode()  # type: ignore[index]

    async def vote(self, paper: str, due: float, look: bool) -> None:
        """Vote, or take a vote back, at a moment; then perhaps look at the page until it is there."""
        async with self.lock:
            up = not self.standing.get(paper, False)
            began = time.perf_counter()
            self.late.append(began - due)
            try:
                status, _ = await self.ask("PUT" if up else "DELETE", f"/api/marks/vote?paper={paper}")
            except (OSError, asyncio.IncompleteReadError, ValueError, IndexError) as error:
                self.errors[type(error).__name__] += 1
                self.pipe = None
                return
            if status != 200:
                self.errors[str(status)] += 1
                return
            self.standing[paper] = up
            self.votes.append(time.perf_counter() - due)
            wanted = b'value="unvote"' if up else b'value="vote"'
            if look:
                status, page = await self.ask("GET", f"/papers/{paper}")
                self.pages.append(time.perf_counter() - due)
                if status != 200 or wanted not in page:
                    self.errors[f"page {status} without the vote"] += 1


async def drive(voters: list[Voter], papers: list[str], rate: float, seconds: float) -> float:
    """Votes of all readers, so many a second, spread evenly; returns the seconds until the last answer."""
    chance = random.Random(SEED)
    await asyncio.gather(*(voter.begin() for voter in voters))
    began = time.perf_counter()
    tasks = []
    for number in range(round(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        voter = voters[number % len(voters)]
        tasks.append(asyncio.create_task(voter.vote(chance.choice(papers), due, number % 10 == 0)))
    await asyncio.gather(*tasks)
    return time.perf_counter() - began


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95 and the longest in milliseconds."""
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {
        "p50_ms": round(cuts[9] * 1e3, 1),
        "p95_ms": round(cuts[18] * 1e3, 1),
        "longest_ms": round(max(seconds) * 1e3, 1),
        "n": len(seconds),
    }


def listening(process: psutil.Process, port: int) -> int:
    """How many processes of a server take connections: who came earlier would be with the first."""
    found = 0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):  # some only look around and are gone
            found += any(
                c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in one.net_connections("tcp")
            )
    return found


def spent(process: psutil.Process) -> float:
    """The CPU seconds of a server and of the processes that it watches over."""
    each = [process, *process.children(recursive=True)]
    return sum(one.cpu_times().user + one.cpu_times().system for one in each)


def lost(folder: Path, voters: list[Voter], papers: list[str]) -> int:
    """Marks in which the store and the acknowledged votes differ, reader by reader and paper by paper."""
    with broadsheet.open(folder, encoder="none", readers="many") as house:
        wrong = 0
        expected = Counter(paper for voter in voters for paper, up in voter.standing.items() if up)
        for paper in papers:
            shown = house.paper(paper)
            wrong += abs(house.community.signs(None, [shown])[shown.key].votes - expected[paper])
            for voter in voters:
                if paper in voter.standing:
                    reader = house.people.named(voter.name)
                    mine = house.community.signs(reader, [shown])[shown.key].voted
                    wrong += mine is not voter.standing[paper]
        return wrong


def measure(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Fill a house, serve it, vote, and count again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    voters = []
    with broadsheet.open(folder, encoder="none", readers="many") as house:
        house.store.ingest([record(number) for number in range(1, args.papers + 1)])
        house.refresh()
        for number in range(args.readers):
            reader = house.people.create(f"voter-{number}")
            session = house.people.door.open(reader, "password", Visitor("127.0.0.1", "a browser"))
            voters.append(Voter(reader.name, session, port))
    papers = [f"2601.{number:05}" for number in range(1, min(args.papers, 500) + 1)]
    environment = {**os.environ, "BROADSHEET_ENCODER": "none", "BROADSHEET_READERS": "many"}
    command = [
        sys.executable,
        "-m",
        "broadsheet",
        "--data-dir",
        str(folder),
        "serve",
        "--port",
        str(port),
        "--workers",
        str(args.workers),
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
        try:
            process = psutil.Process(server.pid)
            for _ in range(600):
                if listening(process, port) >= args.workers:
                    break
                time.sleep(0.1)
            else:
                raise SystemExit("the server did not come up: " + (folder / "log").read_text()[-2000:])
            before, own = spent(process), time.process_time()
            took = asyncio.run(drive(voters, papers, args.rate, args.seconds))
            own = time.process_time() - own
            cpu = spent(process) - before
        finally:
            server.terminate()
            server.wait(20)
    acknowledged = sum(len(voter.votes) for voter in voters)
    errors: Counter[str] = sum((voter.errors for voter in voters), Counter())
    return {
        "asked": round(args.rate * args.seconds),
        "acknowledged": acknowledged,
        "errors": dict(errors),
        "lost": lost(folder, voters, papers),
        "per_second": round(acknowledged / took, 1),
        "vote": percentiles([each for voter in voters for each in voter.votes]),
        "to_page": percentiles([each for voter in voters for each in voter.pages]),
        "server_cpu_ms_per_vote": round(cpu / acknowledged * 1e3, 2),
        "client_cpu_ms_per_vote": round(own / acknowledged * 1e3, 2),
        "log_clean": "Traceback" not in (folder / "log").read_text(),
    }


def table(found: dict[str, Any]) -> str:
    """The result as a page."""
    at = found["machine"]
    rows = [
        ("votes asked for", f"{found['asked']:,} at {found['rate']:g}/s by {found['readers']} readers", ""),
        ("votes acknowledged", f"{found['acknowledged']:,}, {found['per_second']}/s", "≥ 200/s"),
        ("errors", str(sum(found["errors"].values())), "0"),
        ("lost or doubled, counted again", str(found["lost"]), "0"),
        ("a vote", f"p50 {found['vote']['p50_ms']} ms, p95 {found['vote']['p95_ms']} ms", ""),
        (
            "a vote until the page has it",
            f"p50 {found['to_page']['p50_ms']} ms, p95 {found['to_page']['p95_ms']} ms",
            "p95 ≤ 100 ms",
        ),
        (
            f"CPU of the server's {found['workers']} processes",
            f"{found['server_cpu_ms_per_vote']} ms a vote, a page every tenth",
            "",
        ),
    ]
    lines = "".join(f"| {what} | {measured} | {aim} |\n" for what, measured, aim in rows)
    return (
        f"# Voting\n\n`python benchmarks/votes.py`, {found['at'][:10]}, {at}.\n\n"
        f"{found['note']}\n\n| what | measured | to reach |\n|---|---|---|\n{lines}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--papers", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--note", default="Server and readers share the machine.")
    parser.add_argument("--dry", action="store_true", help="print, and keep nothing")
    args = parser.parse_args()
    load = psutil.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="broadsheet-votes-") as folder:
        found = measure(Path(folder), args)
    machine = f"{psutil.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    given = {name: getattr(args, name) for name in ("rate", "readers", "papers", "seconds", "workers")}
    kept = {
        **found,
        **given,
        "load_before": round(load, 1),
        "note": args.note,
        "machine": machine,
        "at": datetime.now(UTC).isoformat(),
    }
    print(json.dumps(kept, indent=1))
    if not args.dry:
        (HERE / "votes.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        (HERE / "votes.md").write_text(table(kept), encoding="utf-8")
    if found["lost"] or found["errors"] or not found["log_clean"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
