from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadsheet.exports import jsonl
from broadsheet.papers import Identifier, Listing, Manifestation, Paper, Record, SourceVotes
from broadsheet.sources import formats

DATA = Path(__file__).parents[1] / "data"
SEEN = datetime(2026, 1, 1, tzinfo=UTC)


class Kept:
    """Raw records by their hash, as the store keeps them."""

    def __init__(self) -> None:
        self.raws: dict[str, tuple[str, bytes]] = {}

    def paper(self, *records: Record, **given) -> Paper:
        manifestations = []
        for number, record in enumerate(records):
            digest = hashlib.sha256(record.raw).hexdigest()
            self.raws[digest] = (record.format, record.raw)
            manifestations.append(
                Manifestation(
                    id=number,
                    source=record.source,
                    key=record.key,
                    format=record.format,
                    raw_hash=digest,
                    first_seen=SEEN,
                    last_seen=SEEN,
                    extra=record.extra,
                )
            )
        given = {"id": 1, "key": "k", "title": records[0].title, "added": SEEN, "updated": SEEN, **given}
        return Paper(manifestations=tuple(manifestations), **given)

    def there_and_back(self, *papers: Paper) -> list[Record]:
        text = "".join(jsonl.write(papers, raw=self.raws.__getitem__))
        return list(formats.named("broadsheet-jsonl").parse(io.BytesIO(text.encode())))


def sample(name: str) -> list[Record]:
    path = DATA / name
    with path.open("rb") as stream:
        found = formats.named(path.parent.name).parse(stream)
        return [record for record in found if isinstance(record, Record)]


@pytest.mark.parametrize(
    "name",
    ["bibtex/dirty.bib", "crossref/works.json", "ris/manager.ris", "journal-feed/rdf.xml", "acl-xml/2031.frugal.xml"],
)  # fmt: skip
def test_every_manifestation_comes_back_from_its_own_bytes(name):
    kept = Kept()
    records = sample(name)
    back = kept.there_and_back(*(kept.paper(record) for record in records))
    assert [dataclasses.replace(r, place="") for r in back] == [
        dataclasses.replace(r, place="") for r in records
    ]
    assert [r.place for r in back] == [
        f"line {n + 1}" if len(records) > 1 else "entry 1" for n in range(len(back))
    ]


def test_bytes_that_are_no_text_come_back_too():
    kept = Kept()
    record = dataclasses.replace(sample("ris/manager.ris")[0], raw=b"TY  - JOUR\nTI  - Caf\xe9\nER  -")
    (back,) = kept.there_and_back(kept.paper(record))
    assert back.raw == record.raw
    assert back.title == "Café"


def test_sources_of_one_work_meet_again_though_they_share_no_name():
    kept = Kept()
    named = sample("bibtex/arxiv.bib")[0]
    nameless = sample("table/sheet.csv")[1]
    assert not nameless.identifiers
    paper = kept.paper(named, nameless, identifiers=named.identifiers)
    first, second = kept.there_and_back(paper)
    assert first.identifiers == named.identifiers
    assert second.identifiers == (Identifier("arxiv", "2403.11717"),)
    assert (second.source, second.key) == (nameless.source, nameless.key)


def test_days_and_votes_that_the_bytes_do_not_tell_come_back():
    kept = Kept()
    record = dataclasses.replace(sample("bibtex/arxiv.bib")[0], source="bibtex")
    paper = kept.paper(
        record, days=("2024-07-29", "--08-01"), votes=(SourceVotes("bibtex", 7, 2), SourceVotes("gone", 1))
    )
    (back,) = kept.there_and_back(paper)
    assert set(back.listings) == {Listing("bibtex", "--08-01"), Listing("bibtex", "2024-07-29")}
    assert (back.votes, back.comments) == (7, 2)


def test_a_year_given_by_hand_is_not_lost():
    kept = Kept()
    records = sample("hf-text/jul_29.txt")[:1]
    assert records[0].listings[0].day == "--07-29"
    paper = kept.paper(records[0], days=("2025-07-29",))
    (back,) = kept.there_and_back(paper)
    assert [listing.day for listing in back.listings] == ["2025-07-29"]


@pytest.mark.parametrize(
    "said",
    [
        {"source": "s", "key": "k", "format": "no-such-format", "raw": "x"},
        {"source": "s", "key": "k", "format": "ris", "raw": "TY  - JOUR\nER  - "},
        {"source": "s", "key": "k", "format": "ris", "raw_base64": "%%%"},
        {"source": "s", "key": "k", "format": "broadsheet-jsonl", "raw": "{}"},
        {"source": "s", "key": "k", "format": "ris"},
    ],
)
def test_bytes_that_nobody_reads_any_more_leave_what_a_reader_saw(said):
    line = {
        "schema_version": 1,
        "kind": "broadsheet-paper",
        "key": "k",
        "title": "T",
        "manifestations": [said],
    }
    (record,) = formats.named("broadsheet-jsonl").parse(io.BytesIO(json.dumps(line).encode()))
    assert (record.source, record.title, record.format) == ("broadsheet", "T", "broadsheet-jsonl")
    assert formats.reparse(record.format, record.raw) == record
