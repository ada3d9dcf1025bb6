from __future__ import annotations

import json
import re

import pytest

from broadsheet.exceptions import ConfigError, FetchError, RateLimitedError
from broadsheet.sources.harvest import arxiv as harvest_arxiv
from broadsheet.sources.harvest.step import Position

TUESDAY = "Tue, 15 Sep 2026 00:00:00 -0400"
WEDNESDAY = "Wed, 16 Sep 2026 00:00:00 -0400"
FRIDAY = "Fri, 18 Sep 2026 00:00:00 -0400"


def after(step):
    """The state as the store keeps it."""
    return Position(step.etag, step.last_modified, step.cursor)


def names(step):
    """The papers a payload holds, in its order."""
    return re.findall(rb"<id>http://arxiv.org/abs/([^<]+)v1</id>", step.payload)


# Announcements.


def test_announcements_of_several_categories_in_one_request(world, server, client):
    server.on("/rss/cs.LG+stat.ML", world.announcements(["2609.00001"], TUESDAY, etag='"a"'))
    [step] = harvest_arxiv.pull(client, ["cs.LG", "stat.ML", "cs.LG", f"base={server.url}/rss"])
    assert b"2609.00001" in step.payload
    assert (step.format, step.etag, step.note, step.warning) == ("arxiv-feed", '"a"', "", False)
    assert json.loads(step.cursor) == {"day": "2026-09-15"}


def test_announcements_not_modified(world, server, client):
    server.on("/cs.LG", world.announcements(["2609.00001"], TUESDAY, etag='"a"'), world.Answer(status=304))
    [first] = harvest_arxiv.pull(client, ["cs.LG", f"base={server.url}"])
    [second] = harvest_arxiv.pull(client, ["cs.LG", f"base={server.url}"], state=after(first))
    assert server.seen[1].headers["if-none-match"] == '"a"'
    assert second.payload == b""
    assert second.note == "nothing new since the last time"
    assert after(second) == after(first)


def test_an_empty_weekend_is_a_success(world, server, client):
    server.on("/cs.LG", world.announcements([], "Sun, 20 Sep 2026 00:00:00 -0400"))
    [step] = harvest_arxiv.pull(
        client, ["cs.LG", f"base={server.url}"], state=Position(cursor='{"day":"2026-09-18"}')
    )
    assert b"<item>" not in step.payload
    assert (step.note, step.warning) == ("", False)


@pytest.mark.parametrize(
    ("before", "now", "missed"),
    [
        ("2026-09-15", WEDNESDAY, ""),
        ("2026-09-15", FRIDAY, "2026-09-16 to 2026-09-17"),
        ("2026-09-16", FRIDAY, "2026-09-17"),
        ("2026-09-11", "Mon, 14 Sep 2026 00:00:00 -0400", ""),  # a weekend lies between
        ("2026-09-18", TUESDAY, ""),  # a feed from the past
        ("", FRIDAY, ""),
    ],
)
def test_missed_announcements_are_told_loudly(world, server, client, before, now, missed):
    server.on("/cs.LG", world.announcements(["2609.00001"], now))
    state = Position(cursor=json.dumps({"day": before}))
    [step] = harvest_arxiv.pull(client, ["cs.LG", f"base={server.url}"], state=state)
    assert step.warning == bool(missed)
    if missed:
        assert step.note.startswith(f"announcements of {missed} were not seen")
        assert step.note.endswith(f"arxiv oai from={missed[:10]}")
    assert b"2609.00001" in step.payload


def test_a_feed_without_a_date_is_no_trouble(world, server, client):
    server.on("/cs.LG", world.announcements(["2609.00001"], "some day or other"))
    [step] = harvest_arxiv.pull(
        client, ["cs.LG", f"base={server.url}"], state=Position(cursor='{"day":"2026-09-01"}')
    )
    assert step.cursor == '{"day":"2026-09-01"}'
    assert not step.warning


def test_a_web_page_instead_of_announcements(world, server, client):
    server.on("/cs.LG", world.page("<!DOCTYPE html><title>Maintenance</title>"))
    with pytest.raises(FetchError, match=r"a web page where XML was expected .'Maintenance'"):
        list(harvest_arxiv.pull(client, ["cs.LG", f"base={server.url}"]))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["cs.LG/../../x"],
        ["cs LG"],
        ["https://arxiv.org"],
        ["cs.LG", "colour=red"],
        ["cs.LG", "base="],
        ["search"],
        ["search", "q", "from=yesterday"],
        ["search", "q", "until=2026-09-01"],
        ["search", "q", "limit=none"],
        ["search", "q", "limit=0"],
        ["ids"],
        ["ids", "10.1145/12345"],
        ["ids", "what"],
        ["oai", "cs"],
        ["oai", "from=2026-13-01"],
    ],
)
def test_words_nobody_understands(client, server, words):
    with pytest.raises(ConfigError, match=r"arxiv (CATEGORY|search|oai)"):
        list(harvest_arxiv.pull(client, words))
    assert server.seen == []


# Search.


def library(world, papers, page=None):
    """An API that holds papers (oldest first) and answers as arXiv's does."""

    def answer(request):
        found = papers if request["sortOrder"] == "ascending" else papers[::-1]
        start, most = int(request["start"]), int(request["max_results"])
        return world.atom(found[start : start + min(most, page or most)], len(papers))

    return answer


def test_a_search_is_read_page_by_page(world, server, client):
    papers = [f"2609.{n:05}" for n in range(250)]
    server.on("/api", library(world, papers))
    words = [
        "search",
        "cat:cs.LG AND ti:fold",
        "from=2026-09-01",
        "until=2026-09-10",
        f"base={server.url}/api",
    ]
    steps = list(harvest_arxiv.pull(client, words))
    assert [len(names(step)) for step in steps] == [100, 100, 50]
    assert [name.decode() for step in steps for name in names(step)] == papers
    assert [step.note for step in steps] == ["100 of 250 papers", "200 of 250 papers", "250 of 250 papers"]
    assert steps[-1].cursor == ""
    assert server.seen[0]["search_query"] == (
        "(cat:cs.LG AND ti:fold) AND submittedDate:[202609010000 TO 202609102359]"
    )
    assert server.seen[0]["sortBy"] == "submittedDate"


def test_a_killed_search_goes_on_where_it_was(world, server, client):
    papers = [f"2609.{n:05}" for n in range(250)]
    server.on("/api", library(world, papers))
    words = ["search", "all:fold", "from=2026-09-01", f"base={server.url}/api"]
    first = next(iter(harvest_arxiv.pull(client, words)))
    rest = list(harvest_arxiv.pull(client, words, state=after(first)))
    assert [name.decode() for step in [first, *rest] for name in names(step)] == papers
    assert len({request["search_query"] for request in server.seen}) == 1


def test_an_open_search_begins_a_week_before_the_last_one(world, server, client, clock):
    server.on("/api", library(world, ["2609.00001"]))
    words = ["search", "all:fold", "from=2026-09-01", f"base={server.url}/api"]
    [step] = harvest_arxiv.pull(client, words)
    clock.sleep(86400)
    list(harvest_arxiv.pull(client, words, state=after(step)))
    assert server.seen[0]["search_query"].endswith("[202609010000 TO 202609162359]")
    assert server.seen[1]["search_query"].endswith("[202609090000 TO 202609172359]")


def test_without_days_the_newest_papers_up_to_a_limit(world, server, client):
    papers = [f"2609.{n:05}" for n in range(500)]
    server.on("/api", library(world, papers))
    steps = list(harvest_arxiv.pull(client, ["search", "fold", "limit=130", f"base={server.url}/api"]))
    assert [name.decode() for step in steps for name in names(step)] == papers[: 500 - 131 : -1]
    assert steps[-1].cursor == ""
    assert "submittedDate:" not in server.seen[0]["search_query"]
    assert len(list(harvest_arxiv.pull(client, ["search", "fold", f"base={server.url}/api"]))) == 3


def test_a_window_with_a_limit_goes_on_with_the_next_pull(world, server, client):
    papers = [f"2609.{n:05}" for n in range(250)]
    server.on("/api", library(world, papers))
    words = ["search", "fold", "from=2026-09-01", "until=2026-09-10", "limit=120", f"base={server.url}/api"]
    state, seen = Position(), []
    for _ in range(3):
        for step in harvest_arxiv.pull(client, words, state=state):
            seen += names(step)
            state = after(step)
    assert [name.decode() for name in seen] == papers
    assert state.cursor == ""


def test_short_pages_leave_no_paper_out(world, server, client):
    papers = [f"2609.{n:05}" for n in range(70)]
    server.on("/api", library(world, papers, page=30))
    steps = list(harvest_arxiv.pull(client, ["search", "fold", "from=2026-09-01", f"base={server.url}/api"]))
    assert [name.decode() for step in steps for name in names(step)] == papers


def test_an_empty_page_in_the_middle_is_asked_for_again(world, server, client):
    first, empty, last = (
        world.atom(["2609.00001", "2609.00002"], 3),
        world.atom([], 3),
        world.atom(["2609.00003"], 3),
    )
    server.on("/api", first, empty, empty, last)
    steps = list(harvest_arxiv.pull(client, ["search", "fold", f"base={server.url}/api"]))
    assert [len(names(step)) for step in steps] == [2, 1]
    assert [request["start"] for request in server.seen] == ["0", "2", "2", "2"]


def test_a_page_that_stays_empty_is_an_error_and_the_cursor_stays(world, server, client, clock):
    server.on("/api", world.atom(["2609.00001"], 3), world.atom([], 3))
    pull = harvest_arxiv.pull(client, ["search", "fold", f"base={server.url}/api"])
    assert json.loads(next(pull).cursor) == {"start": 1}
    with pytest.raises(FetchError, match="keeps sending an empty page at number 1 of 3"):
        next(pull)
    assert sum(clock.slept) > 5 + 10 + 20


def test_nothing_found_is_a_success(world, server, client):
    server.on("/api", world.atom([], 0))
    [step] = harvest_arxiv.pull(client, ["search", "fold", f"base={server.url}/api"])
    assert (step.payload, step.note, step.cursor) == (b"", "0 of 0 papers", "")


def test_the_search_has_a_floor(world, server, client, monkeypatch):
    monkeypatch.setattr("broadsheet.sources.harvest.arxiv_api.DEEPEST", 200)
    server.on("/api", library(world, [f"2609.{n:05}" for n in range(250)]))
    pull = harvest_arxiv.pull(client, ["search", "fold", "limit=9999", f"base={server.url}/api"])
    next(pull), next(pull)
    with pytest.raises(FetchError, match="no deeper than 200 of these 250 papers"):
        next(pull)


@pytest.mark.parametrize("status", [200, 400])
def test_an_error_tells_arxivs_own_words(world, server, client, status):
    server.on("/api", world.atom_error("unknown field: colour", status))
    with pytest.raises(FetchError, match=r"unknown field: colour$"):
        list(harvest_arxiv.pull(client, ["search", "colour:red", f"base={server.url}/api"]))
    assert len(server.seen) == 1


def test_a_refusal_in_plain_text(world, server, client):
    server.on("/api", world.Answer(b"Bad query.", 400))
    with pytest.raises(FetchError, match=r"400 Bad Request: Bad query\.$"):
        list(harvest_arxiv.pull(client, ["search", "colour:red", f"base={server.url}/api"]))


def test_rate_exceeded_in_the_middle_is_waited_out(world, server, client, clock):
    server.on(
        "/api",
        world.atom(["2609.00001"], 2),
        world.rate_exceeded(),
        world.busy(503, 30),
        world.atom(["2609.00002"], 2),
    )
    steps = list(harvest_arxiv.pull(client, ["search", "fold", f"base={server.url}/api"]))
    assert [len(names(step)) for step in steps] == [1, 1]
    assert 30.0 in clock.slept


def test_rate_exceeded_for_good_is_an_error_of_its_own(world, server, client):
    server.on("/api", world.rate_exceeded())
    with pytest.raises(RateLimitedError):
        list(harvest_arxiv.pull(client, ["search", "fold", f"base={server.url}/api"]))


@pytest.mark.parametrize(
    "body",
    [
        "<feed><entry>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><feed>&a;</feed>",
        "<?xml version='1.0'?><!DOCTYPE feed><feed/>",
    ],
)
def test_broken_or_dangerous_xml(world, server, client, body):
    server.on("/api", world.xml(body))
    with pytest.raises(FetchError, match="broken XML"):
        list(harvest_arxiv.pull(client, ["search", "fold", f"base={server.url}/api"]))


# By ids.


def catalogue(world, known, refused=()):
    def answer(request):
        asked = request["id_list"].split(",")
        bad = [name for name in asked if name in refused]
        if bad:
            return world.atom_error(f"incorrect id format for {bad[0]}")
        return world.atom([name for name in asked if name in known])

    return answer


def test_ids_go_in_batches_in_every_spelling(world, server, client):
    ids = [f"2609.{n:05}" for n in range(60)]
    server.on("/api", catalogue(world, ids))
    spelled = [f"https://arxiv.org/abs/{ids[0]}v2", f"arXiv:{ids[1]}", *ids]
    steps = list(harvest_arxiv.pull(client, ["ids", *spelled, f"base={server.url}/api"]))
    assert [len(names(step)) for step in steps] == [50, 10]
    assert [step.cursor for step in steps] == ['{"done":50}', ""]
    assert all(int(request["max_results"]) == len(request["id_list"].split(",")) for request in server.seen)
    again = list(
        harvest_arxiv.pull(client, ["ids", *spelled, f"base={server.url}/api"], state=after(steps[0]))
    )
    assert [len(names(step)) for step in again] == [10]


def test_one_refused_id_does_not_spoil_the_batch(world, server, client):
    ids = [f"2609.{n:05}" for n in range(7)]
    server.on("/api", catalogue(world, ids, refused=[ids[4]]))
    steps = list(harvest_arxiv.pull(client, ["ids", *ids, f"base={server.url}/api"]))
    found = sorted(name.decode() for step in steps for name in names(step))
    assert found == [name for name in ids if name != ids[4]]
    assert [step.note for step in steps if not step.payload] == [
        f"{ids[4]}: incorrect id format for {ids[4]}"
    ]
    assert {step.cursor for step in steps} == {""}


def test_unknown_ids_are_counted(world, server, client):
    server.on("/api", catalogue(world, ["2609.00001"]))
    [step] = harvest_arxiv.pull(
        client, ["ids", "2609.00001", "2609.00002", "math.GT/0309136", f"base={server.url}/api"]
    )
    assert step.note == "2 of 3 papers are not known to arXiv"
    assert server.seen[0]["id_list"].endswith("math/0309136")


# OAI-PMH.


def test_changes_list_by_list(world, server, client):
    server.on(
        "/oai",
        world.oai([("2609.00001", "2026-09-10"), ("2609.00002!", "2026-09-11")], token="t/1&x=+ y"),
        world.oai([("2609.00003", "2026-09-12")], token="t2", day="2026-09-17"),
        world.oai([("2609.00004", "2026-09-12")], day="2026-09-17"),
    )
    words = ["oai", "set=physics:astro-ph:EP", "from=2026-09-10", "prefix=arXivRaw", f"base={server.url}/oai"]
    steps = list(harvest_arxiv.pull(client, words))
    assert server.seen[0].query == {
        "verb": "ListRecords",
        "metadataPrefix": "arXivRaw",
        "set": "physics:astro-ph:EP",
        "from": "2026-09-10",
    }
    assert server.seen[1].query == {"verb": "ListRecords", "resumptionToken": "t/1&x=+ y"}
    assert [step.note for step in steps] == [
        "2 records up to 2026-09-11",
        "1 record up to 2026-09-12",
        "1 record up to 2026-09-12",
    ]
    assert b"deleted" in steps[0].payload
    assert {step.format for step in steps} == {"arxiv-oai"}
    # The next pull begins the day before this one began, not before it ended.
    assert json.loads(steps[-1].cursor) == {"from": "2026-09-15"}


def test_the_next_pull_begins_a_day_before_this_one(world, server, client):
    server.on("/oai", world.oai([("2609.00001", "2026-09-15")]))
    words = ["oai", "set=cs", "from=2026-01-01", f"base={server.url}/oai"]
    [step] = harvest_arxiv.pull(client, words)
    list(harvest_arxiv.pull(client, words, state=after(step)))
    assert [request["from"] for request in server.seen] == ["2026-01-01", "2026-09-15"]


def test_the_first_pull_begins_a_week_ago_and_a_closed_window_at_its_beginning(world, server, client):
    server.on("/oai", world.oai([("2609.00001", "2026-09-15")]))
    list(harvest_arxiv.pull(client, ["oai", f"base={server.url}/oai"]))
    assert server.seen[0]["from"] == "2026-09-09"
    closed = ["oai", "from=2026-09-01", "until=2026-09-02", f"base={server.url}/oai"]
    [step] = harvest_arxiv.pull(client, closed)
    assert step.cursor == ""
    assert server.seen[1]["until"] == "2026-09-02"


def test_a_killed_harvest_goes_on_with_its_token(world, server, client):
    server.on(
        "/oai",
        world.oai([("2609.00001", "2026-09-10")], token="t1"),
        world.oai([("2609.00002", "2026-09-11")], day="2026-09-18"),
    )
    words = ["oai", "from=2026-09-10", f"base={server.url}/oai"]
    first = next(iter(harvest_arxiv.pull(client, words)))
    [second] = harvest_arxiv.pull(client, words, state=after(first))
    assert server.seen[1].query == {"verb": "ListRecords", "resumptionToken": "t1"}
    assert json.loads(second.cursor) == {"from": "2026-09-15"}  # from the day the harvest began


def test_an_expired_token_begins_again_at_the_last_datestamp(world, server, client):
    server.on(
        "/oai",
        world.oai([("2609.00001", "2026-09-10"), ("2609.00002", "2026-09-12")], token="t1"),
        world.oai(error="badResumptionToken"),
        world.oai([("2609.00002", "2026-09-12"), ("2609.00003", "2026-09-13")]),
    )
    steps = list(harvest_arxiv.pull(client, ["oai", "from=2026-09-10", "set=cs", f"base={server.url}/oai"]))
    assert len(steps) == 2
    assert server.seen[2].query == {
        "verb": "ListRecords",
        "metadataPrefix": "arXiv",
        "set": "cs",
        "from": "2026-09-12",
    }


def test_where_datestamps_come_unordered_an_expired_token_begins_at_the_first_day(world, server, client):
    server.on(
        "/oai",
        world.oai([("2609.00001", "2026-09-14")], token="t1"),
        world.oai([("2609.00002", "2026-09-11")], token="t2"),
        world.oai(error="badResumptionToken"),
        world.oai([("2609.00002", "2026-09-11"), ("2609.00001", "2026-09-14")]),
    )
    pull = harvest_arxiv.pull(client, ["oai", "from=2026-09-10", f"base={server.url}/oai"])
    next(pull)
    second = next(pull)
    list(
        harvest_arxiv.pull(client, ["oai", "from=2026-09-10", f"base={server.url}/oai"], state=after(second))
    )
    assert server.seen[3]["from"] == "2026-09-10"


def test_a_token_that_never_works_is_an_error_in_the_end(world, server, client):
    def answer(request):
        if request.get("resumptionToken"):
            return world.oai(error="badResumptionToken")
        return world.oai([("2609.00001", "2026-09-10")], token="t1")

    server.on("/oai", answer)
    with pytest.raises(FetchError, match="forgets its resumption tokens"):
        list(harvest_arxiv.pull(client, ["oai", "from=2026-09-10", f"base={server.url}/oai"]))
    assert len(server.seen) == 8


def test_a_token_that_names_itself_is_an_error(world, server, client):
    server.on("/oai", world.oai([("2609.00001", "2026-09-10")], token="t1"))
    pull = harvest_arxiv.pull(client, ["oai", f"base={server.url}/oai"])
    next(pull)
    with pytest.raises(FetchError, match="its own continuation"):
        next(pull)


def test_no_changes_is_a_success(world, server, client):
    server.on("/oai", world.oai(error="noRecordsMatch"))
    [step] = harvest_arxiv.pull(client, ["oai", "from=2026-09-14", f"base={server.url}/oai"])
    assert (step.payload, step.note) == (b"", "no changes since 2026-09-14")
    assert json.loads(step.cursor) == {"from": "2026-09-15"}


def test_a_server_that_does_not_tell_the_day_begins_anew(world, server, client):
    server.on("/oai", world.oai([("2609.00001", "2026-09-15")], day="someday"))
    [step] = harvest_arxiv.pull(client, ["oai", f"base={server.url}/oai"])
    assert step.cursor == ""


def test_an_empty_last_list(world, server, client):
    server.on("/oai", world.oai([("2609.00001", "2026-09-10")], token="t1"), world.oai([]))
    steps = list(harvest_arxiv.pull(client, ["oai", f"base={server.url}/oai"]))
    assert [bool(step.payload) for step in steps] == [True, False]


def test_other_errors_of_the_server_are_told(world, server, client):
    server.on("/oai", world.oai(error="badArgument"))
    with pytest.raises(FetchError, match="says badArgument: because of it"):
        list(harvest_arxiv.pull(client, ["oai", "set=nonsense", f"base={server.url}/oai"]))


def test_a_busy_oai_server(world, server, client, clock):
    server.on("/oai", world.busy(503, 20), world.oai([("2609.00001", "2026-09-10")]))
    assert len(list(harvest_arxiv.pull(client, ["oai", f"base={server.url}/oai"]))) == 1
    assert clock.slept[0] == 20.0


@pytest.mark.parametrize(
    "body", ["<rss/>", "<OAI-PMH><ListRecords>", "<!DOCTYPE a [<!ENTITY b 'c'>]><OAI-PMH/>"]
)
def test_what_is_no_oai(world, server, client, body):
    server.on("/oai", world.xml(body))
    with pytest.raises(FetchError, match=r"no OAI-PMH server|broken XML"):
        list(harvest_arxiv.pull(client, ["oai", f"base={server.url}/oai"]))


@pytest.mark.parametrize("cursor", ["{", "[]", "7", '{"from":5,"token":[],"start":-3}', "\x00"])
def test_a_cursor_nobody_can_read_begins_anew(world, server, client, cursor):
    server.on("/oai", world.oai([("2609.00001", "2026-09-10")]))
    list(
        harvest_arxiv.pull(
            client, ["oai", "from=2026-09-10", f"base={server.url}/oai"], state=Position(cursor=cursor)
        )
    )
    assert server.seen[0]["from"] == "2026-09-10"
