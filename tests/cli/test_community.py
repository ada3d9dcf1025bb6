"""Votes, shelves and comments from a terminal."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import broadsheet
from broadsheet.cli import app

FIRST, SECOND = "2401.00001", "2401.00002"


@pytest.fixture
def said(data, snapshot):
    """Runs a command in a house of three papers; gives its exit code and both outputs."""
    runner = CliRunner()

    def run(*words):
        result = runner.invoke(app, [*words])
        return result.exit_code, result.stdout, result.stderr

    assert run("import", str(snapshot(3)))[0] == 0
    return run


def test_votes_of_several_readers(said, data):
    with broadsheet.open(data, encoder="none") as house:
        house.people.create("ada")
    assert "voted for (1 vote here)" in said("vote", FIRST)[2]
    assert "as it was" in said("vote", f"https://arxiv.org/abs/{FIRST}")[2]
    assert "voted for (2 votes here)" in said("vote", FIRST, "--as", "@ada")[2]
    assert "taken back" in said("vote", FIRST, "--undo")[2]
    assert said("vote", FIRST, "--as", "nobody")[0] == 3
    assert said("vote", "2409.99999")[0] == 3
    assert said("save", FIRST, SECOND)[0] == said("hide", FIRST)[0] == 0


def test_a_shelf(said):
    number = said("shelf", "make", "Lamps", "--access", "public")[1].strip()
    assert said("shelf", "put", number, FIRST, SECOND, "--note", "Read it", "--tags", "a,b")[0] == 0
    assert said("shelf", "take", number, SECOND)[0] == 0
    shown = json.loads(said("shelf", "show", number, "--json")[1])["data"]
    assert [(s["paper"], s["note"], s["tags"]) for s in shown] == [(FIRST, "Read it", ["a", "b"])]
    assert said("shelf", "list")[1].split("\t")[:3] == [number, "public", "1"]
    assert said("shelf", "make", "x", "--access", "all")[0] == 1
    assert said("shelf", "show", "77")[0] == 3


def test_a_discussion(said):
    number = said("comment", FIRST, "Is it *tight*?")[2].split()[-1]
    said("comment", FIRST, "It is.", "--answer", number)
    told = json.loads(said("comment", FIRST, "--json")[1])["data"]
    assert [(c["text"], c["parent"]) for c in told] == [("Is it *tight*?", 0), ("It is.", int(number))]


def test_a_name_that_is_none_is_refused(said):
    code, _, error = said("submit", "hello")
    assert code == 1
    assert "names no paper" in error
    assert "is here already" in said("submit", f"arXiv:{FIRST}")[2]
