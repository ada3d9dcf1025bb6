from __future__ import annotations

import json

import pytest

from broadsheet.exceptions import ConfigError, FetchError
from broadsheet.sources.harvest import hf as harvest_hf
from broadsheet.sources.harvest.step import Position


def calendar(world, days, refuse=()):
    """A service with lists by day, served page by page."""

    def answer(request):
        if request["date"] in refuse:
            return world.as_json({"error": "date is in the future"}, 400)
        page, most = int(request["p"]), int(request["limit"])
        return world.daily(days.get(request["date"], [])[page * most : (page + 1) * most])

    return answer


def papers(step):
    return [entry["paper"]["id"] for entry in json.loads(step.payload)] if step.payload else []


def after(step):
    return Position(step.etag, step.last_modified, step.cursor)


def test_a_day_of_several_pages(world, server, client):
    day = [f"2609.{n:05}" for n in range(120)]
    server.on("/daily_papers", calendar(world, {"2026-09-14": day}))
    steps = list(harvest_hf.pull(client, ["2026-09-14", f"base={server.url}"]))
    assert [name for step in steps for name in papers(step)] == day
    assert [step.note for step in steps] == [f"2026-09-14: {n} papers" for n in (50, 50, 20)]
    assert {step.format for step in steps} == {"hf-json"}
    assert steps[-1].cursor == ""


def test_a_day_that_fills_its_pages_exactly(world, server, client):
    day = [f"2609.{n:05}" for n in range(50)]
    server.on("/daily_papers", calendar(world, {"2026-09-14": day}))
    steps = list(harvest_hf.pull(client, ["2026-09-14", f"base={server.url}"]))
    assert [papers(step) for step in steps] == [day, []]


def test_a_server_that_ignores_pages_ends(world, server, client):
    server.on("/daily_papers", world.daily([f"2609.{n:05}" for n in range(50)]))
    steps = list(harvest_hf.pull(client, ["2026-09-14", f"base={server.url}"]))
    assert [len(papers(step)) for step in steps] == [50, 0]


def test_at_first_the_last_three_days_then_the_days_since(world, server, client, clock):
    days = {"2026-09-14": ["2609.00001"], "2026-09-15": ["2609.00002"], "2026-09-16": ["2609.00003"]}
    server.on("/daily_papers", calendar(world, days))
    steps = list(harvest_hf.pull(client, [f"base={server.url}"]))
    assert [papers(step) for step in steps] == [["2609.00001"], ["2609.00002"], ["2609.00003"]]
    assert json.loads(steps[-1].cursor) == {"day": "2026-09-16"}
    clock.sleep(4 * 86400)
    server.seen.clear()
    later = list(harvest_hf.pull(client, [f"base={server.url}"], state=after(steps[-1])))
    assert [request["date"] for request in server.seen] == [f"2026-09-{n}" for n in range(16, 21)]
    assert [papers(step) for step in later][1:] == [[]] * 4  # a weekend without papers is a success
    assert json.loads(later[-1].cursor) == {"day": "2026-09-20"}


def test_a_killed_range_goes_on_at_its_page(world, server, client):
    days = {f"2026-09-{n:02}": [f"26{n:02}.{m:05}" for m in range(60)] for n in range(1, 4)}
    server.on("/daily_papers", calendar(world, days))
    words = ["from=2026-09-01", "until=2026-09-03", f"base={server.url}"]
    whole = list(harvest_hf.pull(client, words))
    assert [step.cursor for step in whole] == [
        '{"day":"2026-09-01","page":1}',
        '{"day":"2026-09-02"}',
        '{"day":"2026-09-02","page":1}',
        '{"day":"2026-09-03"}',
        '{"day":"2026-09-03","page":1}',
        "",
    ]
    for done in range(1, 6):
        rest = list(harvest_hf.pull(client, words, state=after(whole[done - 1])))
        assert [papers(step) for step in rest] == [papers(step) for step in whole[done:]]


def test_a_killed_list_of_days_goes_on(world, server, client):
    server.on("/daily_papers", calendar(world, {"2026-09-01": ["2609.00001"], "2026-09-05": ["2609.00002"]}))
    words = ["2026-09-05", "2026-09-01", f"base={server.url}"]
    first, second = harvest_hf.pull(client, words)
    assert (papers(first), papers(second)) == (["2609.00001"], ["2609.00002"])
    [again] = harvest_hf.pull(client, words, state=after(first))
    assert papers(again) == ["2609.00002"]


def test_from_without_until_stays_open(world, server, client):
    server.on("/daily_papers", calendar(world, {}))
    steps = list(harvest_hf.pull(client, ["from=2026-09-15", f"base={server.url}"]))
    assert json.loads(steps[-1].cursor) == {"day": "2026-09-16"}


def test_a_day_that_has_not_begun_there_is_no_error(world, server, client):
    server.on("/daily_papers", calendar(world, {}, refuse=["2026-09-16", "2026-09-15"]))
    [step] = harvest_hf.pull(client, ["2026-09-16", f"base={server.url}"])
    assert (step.payload, step.note) == (b"", "2026-09-16: not there yet")
    with pytest.raises(FetchError, match="date is in the future"):
        list(harvest_hf.pull(client, ["2026-09-15", f"base={server.url}"]))


@pytest.mark.parametrize(
    "answer", ["{}", '{"error": "x"}', "[1, ", "<!DOCTYPE html><html>", "", "[" * 100_000]
)
def test_something_else_than_a_list(world, server, client, answer):
    server.on("/daily_papers", world.page(answer, "application/json"))
    with pytest.raises(FetchError, match="answered with"):
        list(harvest_hf.pull(client, ["2026-09-14", f"base={server.url}"]))


def test_papers_by_id(world, server, client):
    server.on("/papers/2609.00001", world.as_json({"id": "2609.00001", "title": "One"}))
    server.on("/papers/2609.00003", world.as_json({"id": "2609.00003", "title": "Three"}))
    words = [
        "ids",
        "https://huggingface.co/papers/2609.00001",
        "2609.00002",
        "2609.00003",
        f"base={server.url}",
    ]
    steps = list(harvest_hf.pull(client, words))
    assert [bool(step.payload) for step in steps] == [True, False, True]
    assert steps[1].note == "2609.00002: not among these papers"
    assert [step.cursor for step in steps] == ['{"done":1}', '{"done":2}', ""]
    [last] = harvest_hf.pull(client, words, state=after(steps[1]))
    assert json.loads(last.payload)["id"] == "2609.00003"


@pytest.mark.parametrize(
    "words",
    [
        ["soon"],
        ["2026-09-31"],
        ["until=2026-09-01"],
        ["2026-09-01", "from=2026-09-01"],
        ["ids"],
        ["ids", "10.1145/123456"],
    ],
)
def test_words_nobody_understands(client, words):
    with pytest.raises(ConfigError, match="hf DAY"):
        list(harvest_hf.pull(client, words))
