from __future__ import annotations

import json

import pytest

from broadsheet.exceptions import ConfigError, RateLimitedError
from broadsheet.sources.harvest import ids as harvest_ids
from broadsheet.sources.harvest.step import Position

PREPRINTS = [f"2609.{n:05}" for n in range(55)]


@pytest.fixture
def words(world, server):
    """A small world of five services, and the words that lead there."""
    server.on("/arxiv", lambda request: world.atom(request["id_list"].split(",")))
    server.on(
        "/crossref/10.5555%2Ffold.1", world.as_json({"status": "ok", "message": {"DOI": "10.5555/fold.1"}})
    )
    server.on("/doi/10.5555%2Fdata.2", world.as_json({"DOI": "10.5555/data.2", "title": "Data"}))
    server.on("/notes", lambda request: world.notes([request["id"]]))
    server.on("/acl/2025.fold-long.1.bib", world.page("@inproceedings{fold, title={Folding}}", "text/plain"))
    servers = ("arxiv", "crossref", "doi", "acl")
    return [*(f"{name}={server.url}/{name}" for name in servers), f"openreview={server.url}/notes"]


def after(step):
    return Position(cursor=step.cursor)


MIXED = [
    "doi:10.5555/fold.1",
    *PREPRINTS,
    "https://doi.org/10.5555/data.2",
    "https://openreview.net/forum?id=aBcDeF12345",
    "2025.fold-long.1",
    "10.5555/nowhere",
]


def test_every_scheme_goes_to_its_own_server(client, words):
    steps = list(harvest_ids.pull(client, [*MIXED, *words]))
    assert [step.format for step in steps] == [
        *("arxiv-atom", "arxiv-atom", "crossref", "csl-json", "csl-json", "openreview", "bibtex")
    ]
    assert [bool(step.payload) for step in steps] == [True, True, True, True, False, True, True]
    assert steps[4].note == "10.5555/nowhere: no agency describes this DOI"
    assert json.loads(steps[2].payload)["message"]["DOI"] == "10.5555/fold.1"
    assert steps[-1].cursor == ""


def test_a_killed_harvest_goes_on_after_any_step(client, words):
    steps = list(harvest_ids.pull(client, [*MIXED, *words]))
    for done in range(1, len(steps)):
        rest = list(harvest_ids.pull(client, [*MIXED, *words], state=after(steps[done - 1])))
        assert rest == steps[done:]


def test_preprints_alone_end_at_the_beginning(client, words):
    steps = list(harvest_ids.pull(client, [*PREPRINTS, *words]))
    assert [step.cursor for step in steps] == ['{"done":50}', ""]


def test_the_same_id_twice_is_fetched_once(client, words, server):
    list(harvest_ids.pull(client, ["10.5555/FOLD.1", "https://doi.org/10.5555/fold.1", *words]))
    assert len(server.seen) == 1


def test_one_refusal_does_not_hold_up_the_rest(world, server, client, words):
    server.on("/crossref/10.5555%2Fbad", world.Answer(b"no", 400))
    bad, good = harvest_ids.pull(client, ["10.5555/bad", "10.5555/fold.1", *words])
    assert bad.warning
    assert "answered 400 Bad Request" in bad.note
    assert good.payload


def test_a_busy_server_does_end_the_pull(world, server, client, words):
    server.on("/crossref/10.5555%2Fbusy", world.busy())
    with pytest.raises(RateLimitedError):
        list(harvest_ids.pull(client, ["10.5555/busy", *words]))


def test_an_acl_id_nobody_knows(client, words):
    [step] = harvest_ids.pull(client, ["2025.fold-long.9", *words])
    assert (step.payload, step.note) == (b"", "2025.fold-long.9: not in the ACL Anthology")


@pytest.mark.parametrize("given", [[], ["what is this"], ["pmid:123"], ["from=2026-01-01"]])
def test_words_nobody_understands(client, given):
    with pytest.raises(ConfigError, match="ids ID"):
        list(harvest_ids.pull(client, given))
