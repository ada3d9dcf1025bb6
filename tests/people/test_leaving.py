"""Who leaves is nowhere in the store: every table is read, whatever rooms have been added since."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

import broadsheet
from broadsheet.papers import Identifier, Record
from broadsheet.people.door import Visitor
from broadsheet.store.schema import metadata
from broadsheet.subscriptions import Channel, Wish

MARK = "zyxmark"


@pytest.fixture
def house(tmp_path):
    settings = {"readers": "many", "smtp_host": "127.0.0.1", "mail_from": "paper@example.org"}
    with broadsheet.open(tmp_path, encoder="none", **settings) as house:
        record = Record(
            source="arxiv",
            format="arxiv-atom",
            key="2401.00001",
            place="",
            raw=b"{}",
            title="Paper boats",
            identifiers=(Identifier("arxiv", "2401.00001"),),
        )
        house.store.ingest([record])
        yield house


def where_it_stands(house):
    """Table and column of every cell that names the one who was here."""
    found = set()
    with house.store.database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                found |= {
                    f"{table.name}.{column}"
                    for column, cell in row._mapping.items()
                    if MARK in str(cell).lower()
                }
    return found


def act(house, reader):
    """Everything that leaves a trace, as far as the rooms of the house offer it."""
    at = Visitor("192.0.2.1", f"{MARK} browser")
    house.people.door.open(reader, "password", at)
    house.people.keys.make(reader, f"{MARK} key", frozenset({"read"}))
    house.store.entrances.add_passkey(reader.id, f"{MARK}-credential", "key", 0, f"{MARK} phone")
    house.store.entrances.add_identity(reader.id, "https://login.example.org", MARK)
    house.people.links.send_reset(reader.email, str)
    house.community.vote(reader, "2401.00001")
    house.community.save(reader, "2401.00001")
    house.for_you.say(reader, house.for_you.said(reader).with_word("muted", MARK))
    house.for_you.bring(
        reader, f"{MARK}.bib", BytesIO(b"@misc{a, eprint={2401.00001}, archivePrefix={arXiv}}")
    )
    house.for_you.judge(reader, "2401.00001", "down")
    house.for_you.page(reader, note=True)
    house.mail.subscribe(reader.email, Wish(), reader=reader.id)
    house.mail.store.ask(Channel.WEBHOOK, f"https://example.org/{MARK}", reader.id, Wish())


def test_who_leaves_is_named_nowhere(house):
    house.people.post = house.mail
    reader = house.people.create(MARK, shown=f"The {MARK}", email=f"{MARK}@example.org", confirmed=True)
    act(house, reader)
    traces = where_it_stands(house)
    assert len(traces) >= 8, traces  # so that the search for nothing can fail
    taken = json.dumps(house.people.export(reader))
    for room in ("sessions", "keys", "passkeys", "elsewhere", "community", "mail", "for_you"):
        assert room in taken
    votes_before = house.community.signs(None, [house.paper("2401.00001")])
    house.people.delete(reader)
    assert where_it_stands(house) == set()
    assert reader.id not in house.store.tastes.readers()
    assert house.community.signs(None, [house.paper("2401.00001")]) == votes_before
    assert house.people.reader(reader.id).shown == "Somebody who left"
