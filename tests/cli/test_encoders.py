"""Another encoder, from the terminal: upgrade, status, rollback."""

from __future__ import annotations

import re
import sys
import types
import zlib

import numpy as np
import pytest


class Words:
    """Texts that share words are near."""

    dim, name, pieces = 24, "words", r"\w+"

    def __init__(self, **_given):
        pass

    def encode_documents(self, texts):
        made = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for piece in re.findall(self.pieces, text.casefold()):
                made[row] += np.random.default_rng(zlib.crc32(piece.encode())).standard_normal(self.dim)
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6)

    encode_queries = encode_documents


class Pairs(Words):
    """Texts that share pairs of letters are near."""

    dim, name, pieces = 40, "pairs", r"(?=(\w\w))"


@pytest.fixture
def filled(run, snapshot, monkeypatch):
    module = types.ModuleType("two_encoders")
    module.Words, module.Pairs = Words, Pairs
    monkeypatch.setitem(sys.modules, "two_encoders", module)
    monkeypatch.setenv("BROADSHEET_ENCODER", "two_encoders:Words")
    run("import", snapshot(90))
    run("index")
    return run


def test_an_upgrade_answers_then_encodes_and_tells_what_is_found(filled):
    told = filled("encoder", "upgrade", "two_encoders:Pairs").stderr
    assert "90 of 90" not in told  # no longer crossing
    assert len(re.findall(r"% of 18 titles find their paper among ten", told)) >= 3
    status = filled("encoder", "status", "--json").data
    assert (status["encoder"], status["before"]) == ("two_encoders:Pairs", "two_encoders:Words")
    assert (status["papers"], status["read"], status["crossing"]) == (90, 90, False)
    assert [recall["stage"] for recall in status["recalls"]][::-1][0] == "after"
    printed = filled("encoder", "status").stdout
    assert "to go back to\ttwo_encoders:Words" in printed
    assert "the new one alone" in printed
    assert filled("search", "boats number 7", "--json").data


def test_in_the_background_it_goes_on_with_index(filled):
    told = filled("encoder", "upgrade", "two_encoders:Pairs", "--background").stderr
    assert "72 of 90" in told
    assert "papers are encoded anew" in told
    filled("index")
    assert not filled("encoder", "status", "--json").data["crossing"]


def test_back_again(filled):
    filled("encoder", "upgrade", "two_encoders:Pairs", "--background")
    told = filled("encoder", "rollback").stderr
    assert "two_encoders:Words answers again, from 90 papers" in told
    assert filled("encoder", "status", "--json").data["dim"] == 24
    assert "no encoder to go back to" in filled("encoder", "rollback", code=3).stderr


@pytest.mark.parametrize("name", ["two_encoders:Nothing", "nowhere:At", "two_encoders:Words"])
def test_what_is_no_other_encoder_is_refused(filled, name):
    assert "encoder" in filled("encoder", "upgrade", name, code=2).stderr


def test_without_search_by_meaning_there_is_nothing_to_upgrade(run, snapshot):
    run("import", snapshot(5))
    assert "BROADSHEET_ENCODER is none" in run("encoder", "upgrade", "two_encoders:Pairs", code=2).stderr
