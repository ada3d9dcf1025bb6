"""An import that is killed, again and again, and goes on each time, ends where one that was let alone ends."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from broadsheet.store import Store

pytestmark = pytest.mark.slow

# What a house does: batches, each with the position reached, from where the last run was left.
IMPORT = """
import random, sys
from datetime import date
from broadsheet.papers import Author, Identifier, Listing, Record
from broadsheet.store import Store

def records():
    chance = random.Random(7)
    for n in range(900):
        work = chance.randrange(400)
        source = chance.choice(["arxiv", "hf", "bibtex", "crossref"])
        names = [Identifier("arxiv", f"2401.{work:05}"), Identifier("doi", f"10.1234/{work}")]
        yield Record(
            source=source, format=source, key=str(work), place=str(n), raw=repr((n, work)).encode(),
            title=f"The Long Title of Work {work}", authors=(Author(f"Ada {work}"),),
            identifiers=tuple(chance.sample(names, chance.randrange(3))), votes=chance.randrange(9),
            submitted=date(2024, 1, 1 + work % 28), listings=(Listing("hf", f"2024-02-{1 + n % 28:02}", n),),
        )

store = Store.open(sys.argv[1])
run = store.begin_import("a file", "digest", "mixed")
rest = list(records())[run.position:]
position = run.position
print("ready", flush=True)
for start in range(0, len(rest), 30):
    batch = rest[start:start + 30]
    position += len(batch)
    store.ingest(batch, run=run, position=position)
    print(position, flush=True)
store.finish_import(run)
print("done", flush=True)
"""


def start(url: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", IMPORT, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_killed_import_loses_nothing_and_doubles_nothing(
    store_url: str, snapshot: Any, tmp_path: Path
) -> None:
    chance = random.Random(3)
    kills = 0
    while True:
        process = start(store_url)
        assert process.stdout
        # Some batches on, at any point of the next: by progress, for a busy machine makes little of it a second.
        said = "".join(process.stdout.readline() for _ in range(chance.randrange(9)))
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        said += process.communicate()[0]
        acknowledged = [int(line) for line in said.split() if line.isdigit()]
        with Store.open(store_url) as store:
            run = store.imports(1)[0]
            assert run.position >= max(acknowledged, default=0), "what was acknowledged is there"
            assert sum(run.counts.values()) == run.position
            assert store.verify() == []
        if "done" in said:
            break
        kills += 1
    alone = f"sqlite:///{tmp_path / 'alone.db'}"
    assert start(alone).communicate()[0].endswith("done\n")
    with Store.open(store_url) as killed, Store.open(alone) as whole:
        assert snapshot(killed) == snapshot(whole)
        assert killed.counts() == whole.counts()
        assert killed.days() == whole.days()
        assert killed.changes(0, 10_000) == whole.changes(0, 10_000)
        assert [(m.kept, m.gone, m.evidence) for m in killed.merges()] == [
            (m.kept, m.gone, m.evidence) for m in whole.merges()
        ]
    assert kills > 0
