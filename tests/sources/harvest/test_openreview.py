from __future__ import annotations

import json

import pytest

from broadsheet.exceptions import ConfigError, FetchError
from broadsheet.sources.harvest import openreview as harvest_openreview
from broadsheet.sources.harvest.step import Position

VENUE = "ICLR.cc/2025/Conference"


def library(world, names, count=True):
    def answer(request):
        start, most = int(request["offset"]), int(request["limit"])
        return world.notes(names[start : start + most], len(names) if count else None)

    return answer


def papers(step):
    return [note["id"] for note in json.loads(step.payload)["notes"]] if step.payload else []


@pytest.mark.parametrize("count", [True, False])
def test_a_venue_page_by_page(world, server, client, count):
    names = [f"note{n:04}" for n in range(2500)]
    server.on("/notes", library(world, names, count))
    steps = list(harvest_openreview.pull(client, [VENUE, f"base={server.url}"]))
    assert [name for step in steps for name in papers(step)] == names
    assert [step.cursor for step in steps] == ['{"start":1000}', '{"start":2000}', ""]
    assert server.seen[0].query == {
        "content.venueid": VENUE,
        "limit": "1000",
        "offset": "0",
        "sort": "tcdate:asc",
    }
    assert {step.format for step in steps} == {"openreview"}


def test_a_killed_harvest_goes_on(world, server, client):
    names = [f"note{n:04}" for n in range(1500)]
    server.on("/notes", library(world, names))
    [last] = harvest_openreview.pull(
        client, [VENUE, f"base={server.url}"], state=Position(cursor='{"start":1000}')
    )
    assert papers(last) == names[1000:]


@pytest.mark.parametrize(
    ("word", "field", "value"),
    [
        (f"{VENUE}/-/Submission", "invitation", f"{VENUE}/-/Submission"),
        ("venue=ICLR 2025 Oral", "content.venue", "ICLR 2025 Oral"),
    ],
)
def test_an_invitation_and_a_venues_name(world, server, client, word, field, value):
    server.on("/notes", library(world, ["note1"]))
    list(harvest_openreview.pull(client, [word, f"base={server.url}"]))
    assert server.seen[0][field] == value


def test_a_venue_without_papers_is_a_success(world, server, client):
    server.on("/notes", world.notes([], 0))
    [step] = harvest_openreview.pull(client, [VENUE, f"base={server.url}"])
    assert (step.payload, step.cursor) == (b"", "")


def test_a_full_last_page_where_nobody_counts(world, server, client):
    names = [f"note{n:04}" for n in range(1000)]
    server.on("/notes", library(world, names, count=False))
    steps = list(harvest_openreview.pull(client, [VENUE, f"base={server.url}"]))
    assert [len(papers(step)) for step in steps] == [1000, 0]


def test_an_empty_page_in_the_middle_is_asked_for_again(world, server, client):
    server.on("/notes", world.notes(["a1", "b2"], 3), world.notes([], 3), world.notes(["c3"], 3))
    steps = list(harvest_openreview.pull(client, [VENUE, f"base={server.url}"]))
    assert [papers(step) for step in steps] == [["a1", "b2"], ["c3"]]


@pytest.mark.parametrize(
    "body", ["<!DOCTYPE html><title>Blocked</title>", '{"name":"Error","message":"Challenge required"}', ""]
)
def test_a_block_of_data_centres_is_explained(world, server, client, body):
    server.on("/notes", world.Answer(body.encode(), 403))
    for words in ([VENUE], ["ids", "aBcDeF12345"]):
        with pytest.raises(FetchError, match=r"refuses visitors from data centres .* import the file"):
            list(harvest_openreview.pull(client, [*words, f"base={server.url}"]))


def test_other_refusals_tell_the_servers_words(world, server, client):
    server.on("/notes", world.as_json({"name": "ForbiddenError", "message": "You may not read this"}, 403))
    with pytest.raises(FetchError, match=r"403 Forbidden: You may not read this$"):
        list(harvest_openreview.pull(client, [VENUE, f"base={server.url}"]))
    server.on("/notes", world.Answer(b"{", 400))
    with pytest.raises(FetchError, match=r"400 Bad Request: {$"):
        list(harvest_openreview.pull(client, [VENUE, f"base={server.url}"]))


@pytest.mark.parametrize(
    "answer", ["[]", "{}", '{"notes": 3}', '{"notes": [', "<html>", "null", "[" * 100_000]
)
def test_something_else_than_notes(world, server, client, answer):
    server.on("/notes", world.page(answer, "application/json"))
    with pytest.raises(FetchError, match="answered with"):
        list(harvest_openreview.pull(client, [VENUE, f"base={server.url}"]))


def test_papers_by_id(world, server, client):
    def answer(request):
        name = request["id"]
        if name == "hiddenNote1":
            return world.as_json({"name": "ForbiddenError", "message": "no"}, 403)
        return world.notes([name]) if name == "aBcDeF12345" else world.as_json({"name": "NotFoundError"}, 404)

    server.on("/notes", answer)
    words = [
        "ids",
        "https://openreview.net/forum?id=aBcDeF12345",
        "hiddenNote1",
        "missingNote",
        f"base={server.url}",
    ]
    steps = list(harvest_openreview.pull(client, words))
    assert [papers(step) for step in steps] == [["aBcDeF12345"], [], []]
    assert steps[1].note == "hiddenNote1: OpenReview does not show this paper to everyone"
    assert [step.cursor for step in steps] == ['{"done":1}', '{"done":2}', ""]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["ICLR"],
        ["ids"],
        [VENUE, VENUE],
        ["venue=x", VENUE],
        ["ids", "10.1145/12345", "venue=x"],
        ["ids", "2609.00001"],
    ],
)
def test_words_nobody_understands(client, words):
    with pytest.raises(ConfigError, match="openreview VENUE"):
        list(harvest_openreview.pull(client, words))
