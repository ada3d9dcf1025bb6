from __future__ import annotations

import io

import pytest

from broadsheet.exceptions import ConfigError
from broadsheet.papers import Record
from broadsheet.sources import formats
from broadsheet.sources.harvest import HARVESTS, Step, harvest_named
from broadsheet.sources.harvest.step import Cursor, Position, write_cursor


def test_every_harvest_has_its_name_and_says_how_to_ask():
    assert list(HARVESTS) == ["arxiv", "hf", "openreview", "feed", "ids"]
    for name, harvest in HARVESTS.items():
        assert name == harvest.NAME
        assert all(len(line) <= 110 for line in harvest.USAGE.splitlines())
        assert harvest.USAGE.startswith(name)


def test_an_unknown_harvest_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match=r"no harvest is called 'arXiv'; .*(?s:\n)arxiv CATEGORY"):
        harvest_named("arXiv")


def test_a_plugins_harvest_is_one_more_entry(client):
    class Lab:
        NAME = "lab"
        USAGE = "lab"

        @staticmethod
        def pull(client, query, *, state=Position()):
            yield Step(b"[]", "", "")

    harvest = harvest_named("lab", {**HARVESTS, "lab": Lab()})
    assert list(harvest.pull(client, [])) == [Step(b"[]", "", "")]


def test_what_is_fetched_can_be_parsed(world, server, client):
    """Each harvest names the parser that reads its payload."""
    server.on("/rss/cs.LG", world.announcements(["2609.00001"], "Tue, 15 Sep 2026 00:00:00 -0400"))
    server.on("/api", world.atom(["2609.00002"]))
    server.on("/daily_papers", world.daily(["2609.00003"]))
    server.on("/notes", world.notes(["aBcDeF12345"], 1))
    server.on("/acl/2025.fold-long.1.bib", world.page("@inproceedings{fold, title={Folding}}", "text/plain"))
    asked = [
        ("arxiv", ["cs.LG", f"base={server.url}/rss"]),
        ("arxiv", ["search", "fold", f"base={server.url}/api"]),
        ("arxiv", ["ids", "2609.00002", f"base={server.url}/api"]),
        ("hf", ["2026-09-15", f"base={server.url}"]),
        ("openreview", ["ICLR.cc/2025/Conference", f"base={server.url}"]),
        ("ids", ["2025.fold-long.1", f"acl={server.url}/acl"]),
    ]
    for name, words in asked:
        [step] = harvest_named(name).pull(client, words, state=Position())
        records = list(formats.named(step.format).parse(io.BytesIO(step.payload)))
        assert len(records) == 1, (name, records)
        assert isinstance(records[0], Record), (name, records)


def test_an_empty_weekend_parses_to_nothing(world, server, client):
    server.on("/rss/cs.LG", world.announcements([], "Sun, 20 Sep 2026 00:00:00 -0400"))
    [step] = harvest_named("arxiv").pull(client, ["cs.LG", f"base={server.url}/rss"])
    assert list(formats.named(step.format).parse(io.BytesIO(step.payload))) == []


def test_cursors_are_read_as_written():
    text = write_cursor({"token": 'a"ü', "start": 3, "from": "2026-09-14", "gone": "", "none": 0})
    cursor = Cursor(text)
    assert (cursor.text("token"), cursor.number("start"), str(cursor.day("from"))) == ('a"ü', 3, "2026-09-14")
    assert (cursor.text("gone"), cursor.number("none"), cursor.day("token")) == ("", 0, None)
    assert write_cursor({"gone": ""}) == ""
