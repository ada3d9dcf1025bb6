"""Measure a morning's mail: digests composed, kept, and handed to a mail server on this machine.

    python benchmarks/digest.py [--recipients 10000] [--connections 4] [--dkim]

A house with 60 papers and so many subscribers, all due at once, and a sink in a process of its own: a mail
server of forty lines that takes every message whole, writes it to a file, and notes its envelope, Message-ID
and length. (aiosmtpd's looks at each line of a message in Python, which takes more time than all the rest.)
`broadsheet digest send` is run twice as a process of its own: once undisturbed, and once killed with SIGKILL
in the middle, half an hour of whose clock later another run goes on. Reported are wall and CPU time of the
sender, and what the sink got: lost, doubled, and those that the house itself lists as handed over without a
receipt (see docs/mail.md). The result is benchmarks/digest.json and the table benchmarks/digest.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import broadsheet
from broadsheet.digest.schedule import next_due
from broadsheet.papers import Author, Identifier, Listing, Record
from broadsheet.store import subscriptions
from broadsheet.subscriptions import Channel, State, Wish

HERE = Path(__file__).parent
DAY = date(2025, 7, 29)
MORNING = datetime(2025, 7, 29, 7, 0, 1, tzinfo=UTC)
EVENING = MORNING - timedelta(hours=11)

SINK = """
import asyncio, re, sys

kept = open(sys.argv[2] + ".mbox", "ab", buffering=1 << 20)
told = open(sys.argv[2], "a", buffering=1)

class Line(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.held, self.inside, self.recipient = transport, bytearray(), False, ""
        transport.write(b"220 sink\\r\\n")

    def data_received(self, data):
        since = max(0, len(self.held) - 4)
        self.held += data
        while True:
            end = self.held.find(b"\\r\\n.\\r\\n" if self.inside else b"\\r\\n", since)
            if end < 0:
                return
            taken = bytes(self.held[:end])
            del self.held[: end + (5 if self.inside else 2)]
            since = 0
            self.transport.write(self.message(taken) if self.inside else self.command(taken))

    def message(self, content):
        self.inside = False
        number = re.search(rb"Message-ID: <(.+?)>", content)[1].decode()
        kept.write(content + b"\\r\\n\\r\\n")
        told.write(f"{self.recipient} {number} {len(content)}\\n")
        return b"250 2.0.0 kept\\r\\n"

    def command(self, line):
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipient = line[line.index(b"<") + 1 : line.index(b">")].decode()
        self.inside = verb == b"DATA"
        said = {b"EHLO": b"250-sink\\r\\n250 8BITMIME", b"DATA": b"354 go on", b"QUIT": b"221 bye"}
        return said.get(verb, b"250 2.0.0 well") + b"\\r\\n"

async def main():
    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
SEND = """
import sys
from datetime import datetime, timedelta
import broadsheet
now = datetime.fromisoformat(sys.argv[2])
with broadsheet.open(sys.argv[1], encoder="none") as house:
    print(house.mail.compose(clock=lambda: now), flush=True)
    print(house.mail.send(clock=lambda: now), flush=True)
"""


def fill(folder: Path, recipients: int) -> None:
    with broadsheet.open(folder, encoder="none") as house:
        house.store.ingest([paper(number) for number in range(1, 61)])
        house.index.sync()
        wish = Wish(length=10)
        due = next_due(wish, EVENING)
        with house.store.database.writing() as connection:  # in one go: how they came is not measured
            for number in range(recipients):
                address = f"reader{number}@example.org"
                asked, _ = subscriptions.ask(connection, Channel.MAIL, address, None, wish, EVENING)
                subscriptions.activate(connection, asked.id, EVENING, due)


def paper(number: int) -> Record:
    key = f"2507.{number:05}"
    return Record(
        source="hf",
        format="hf-json",
        key=key,
        place="",
        raw=key.encode(),
        title=f"Paper {number} on the habits of tides and what they cost",
        abstract=f"Tides come and go $n^{number % 9}$ times. "
        + "They leave traces that one can measure. " * 25,
        authors=tuple(Author(f"{name} Example") for name in ("Ada", "Bruno", "Clara", "Dirk", "Eva")),
        identifiers=(Identifier("arxiv", key),),
        listings=(Listing("hf", DAY.isoformat(), number),),
        primary_category="cs.LG",
        votes=200 - number,
        submitted=DAY,
    )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Run:
    """One house, one sink, and what came of it."""

    def __init__(self, folder: Path, recipients: int, connections: int, key: Path | None) -> None:
        self.data, self.got = folder / "house", folder / "got.txt"
        self.got.touch()
        port = free_port()
        self.environment = {
            **os.environ,
            "BROADSHEET_BASE_URL": "https://papers.example.org",
            "BROADSHEET_SMTP_HOST": "127.0.0.1",
            "BROADSHEET_SMTP_PORT": str(port),
            "BROADSHEET_SMTP_SECURITY": "none",
            "BROADSHEET_SMTP_CONNECTIONS": str(connections),
        }
        if key:
            self.environment["BROADSHEET_DKIM_KEY_FILE"] = str(key)
        self.recipients = recipients
        fill(self.data, recipients)
        self.sink = subprocess.Popen(
            [sys.executable, "-c", SINK, str(port), str(self.got)], stdout=subprocess.PIPE, text=True
        )
        assert self.sink.stdout
        assert self.sink.stdout.readline() == "ready\n"

    def start(self, now: datetime) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SEND, str(self.data), now.isoformat()]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)

    def arrived(self) -> list[str]:
        return [line.split()[0] for line in self.got.read_text().splitlines()]

    def close(self) -> dict[str, Any]:
        self.sink.kill()
        self.sink.wait()
        got = Counter(self.arrived())
        sizes = [int(line.split()[2]) for line in self.got.read_text().splitlines()]
        with broadsheet.open(self.data, encoder="none") as house:
            unsure = [d.recipient for d in house.mail.store.deliveries(state=State.HANDED, limit=1000)]
        everybody = {f"reader{number}@example.org" for number in range(self.recipients)}
        return {
            "arrived": len(got),
            "lost": len(everybody - set(got)),
            "doubled": sum(1 for number in got.values() if number > 1),
            "without_receipt": len(unsure),
            "lost_and_not_listed": len(everybody - set(got) - set(unsure)),
            "mean_bytes": round(sum(sizes) / max(1, len(sizes))),
        }


def timed(process: subprocess.Popen[str]) -> tuple[float, float]:
    """Wall and CPU seconds until a process that has just been started ends."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process.communicate()
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def undisturbed(folder: Path, recipients: int, connections: int, key: Path | None = None) -> dict[str, Any]:
    run = Run(folder, recipients, connections, key)
    wall, cpu = timed(run.start(MORNING))
    return {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1), **run.close()}


def killed(folder: Path, recipients: int, connections: int) -> dict[str, Any]:
    run = Run(folder, recipients, connections, None)
    began = time.perf_counter()
    process = run.start(MORNING)
    while len(run.arrived()) < recipients // 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    at = len(run.arrived())
    run.start(MORNING + timedelta(minutes=30)).communicate()
    wall = time.perf_counter() - began
    return {"killed_at": at, "wall_s": round(wall, 1), **run.close()}


def made_key(folder: Path) -> Path:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path = folder / "dkim.pem"
    path.write_bytes(key)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--dkim", action="store_true", help="measure signing too")
    given = parser.parse_args()
    result: dict[str, Any] = {
        "load": round(os.getloadavg()[1], 1),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "recipients": given.recipients,
        "connections": given.connections,
    }
    with tempfile.TemporaryDirectory(prefix="digest-") as name:
        folder = Path(name)
        for case in ("undisturbed", "killed", *(("signed",) if given.dkim else ())):
            place = folder / case
            place.mkdir()
            if case == "killed":
                result[case] = killed(place, given.recipients, given.connections)
            else:
                key = made_key(place) if case == "signed" else None
                result[case] = undisturbed(place, given.recipients, given.connections, key)
            print(case, result[case], flush=True)
    (HERE / "digest.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "digest.md").write_text(table(result), encoding="utf-8")


def table(result: dict[str, Any]) -> str:
    lines = [
        "# A morning's mail",
        "",
        f"{result['recipients']:,} digests of ten papers, composed, kept and handed to a mail server over",
        f"{result['connections']} connections; {result['machine']}, {result['at'][:10]}.",
        f"Sender and sink share the machine, which had a load of {result['load']} with other work; what the",
        "sender itself takes is its CPU time. `python benchmarks/digest.py --dkim`.",
        "",
        "| | wall s | sender's CPU s | arrived | lost | doubled | without a receipt |",
        "|---|---|---|---|---|---|---|",
    ]
    names = {
        "undisturbed": "undisturbed",
        "killed": "killed with SIGKILL half-way, then gone on",
        "signed": "signed with DKIM, 2048 bits",
    }
    for case, name in names.items():
        if case in result:
            row = result[case]
            cells = (row["wall_s"], row.get("cpu_s", ""), f"{row['arrived']:,}", row["lost"], row["doubled"])
            lines.append(f"| {name} | {' | '.join(map(str, cells))} | {row['without_receipt']} |")
    mean = result["undisturbed"]["mean_bytes"]
    return "\n".join(lines) + f"\n\nA message has {mean:,} bytes.\n"


if __name__ == "__main__":
    main()
