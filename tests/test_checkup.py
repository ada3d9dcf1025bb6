"""The check-up of an encoder on the house's own papers: what is told, drawn, and when there is nothing to tell."""

import itertools
import json
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

import broadsheet
from broadsheet import checkup
from broadsheet.cli import app
from broadsheet.exceptions import BroadsheetError, ConfigError
from broadsheet.papers import Identifier, Record
from octavo.check.health import LIMITS


class Hashed:
    """Words and pairs of neighbours thrown into 512 places."""

    dim = 512
    name = "hashed"

    def __init__(self, cache=None, threads=None):
        pass

    def encode_documents(self, texts):
        x = np.full((len(texts), self.dim), 1e-3, np.float32)
        for row, text in zip(x, texts, strict=True):
            words = text.split()
            for part in [*words, *itertools.pairwise(words)]:
                row[zlib.crc32(repr(part).encode()) % self.dim] += 1
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    encode_queries = encode_documents


class Collapsed(Hashed):
    """The same, of which two numbers are left."""

    def encode_documents(self, texts):
        x = super().encode_documents(texts) * (np.arange(self.dim) < 2)
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    encode_queries = encode_documents


def records(count):
    rng = np.random.default_rng(0)
    words = [f"word{n}" for n in range(80)]
    for number in range(count):
        title = [str(word) for word in rng.permutation(words)[:7]]
        rest = [str(word) for word in rng.permutation(words)[:30]]
        field = ("cs.LG", "cs.CL", "cs.CV")[number % 3]
        yield Record(
            title=" ".join(title),
            abstract=" ".join([*title, *rest, *[f"about-{field}"] * 4]),
            identifiers=(Identifier("arxiv", f"2401.{number:05}"),),
            published=str(2001 + number % 20),
            primary_category=field,
            categories=(field,),
            source="arxiv",
            format="arxiv-atom",
            key=f"2401.{number:05}",
            place="",
            raw=b"{}",
        )


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BROADSHEET_ENCODER", "none")
    monkeypatch.setenv("NO_COLOR", "1")
    with broadsheet.open(tmp_path, encoder="none") as house:
        house.store.ingest(list(records(60)))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["doctor", "--encoder", *map(str, arguments)])


def use(monkeypatch, encoder):
    monkeypatch.setattr("octavo.encode.minilm.MiniLM", encoder)
    monkeypatch.setenv("BROADSHEET_ENCODER", "octavo.encode.minilm:MiniLM")


def test_an_encoder_that_is_well_is_told_to_be(data, monkeypatch, tmp_path):
    use(monkeypatch, Hashed)
    done = run("--out", tmp_path / "readings.svg", "--sample", 50)
    assert done.exit_code == 0, done.output
    assert all(name in done.stdout for name in LIMITS)
    assert " ill " not in done.stdout
    drawn = ElementTree.fromstring((tmp_path / "readings.svg").read_text())
    text = " ".join(drawn.itertext())
    assert "MiniLM" in text
    assert "broken: a narrow cone" in text
    assert len(drawn.findall(".//{*}g[@class='own']")) == len(LIMITS)


def test_one_that_has_collapsed_is_ill_and_told_what_to_do(data, monkeypatch):
    use(monkeypatch, Collapsed)
    done = run("--json")
    assert done.exit_code == 1
    told = {each["name"]: each for each in json.loads(done.stdout)["data"]}
    assert not told["directions in use"]["healthy"]
    assert "collapsed" in told["directions in use"]["advice"]
    assert told["about years"]["healthy"]
    assert "→" in run().stdout


def test_without_encoder_or_papers_it_says_so(data, tmp_path, monkeypatch):
    assert run().exit_code == 2
    with broadsheet.open(tmp_path, encoder="none") as house, pytest.raises(ConfigError, match="no encoder"):
        checkup.readings(house)
    with (
        broadsheet.open(":memory:", encoder="x:Y") as empty,
        pytest.raises(BroadsheetError, match="at least 30 papers"),
    ):
        checkup.readings(empty)


def test_a_sample_is_the_same_every_time(data, monkeypatch):
    use(monkeypatch, Hashed)
    with broadsheet.open(data) as house:
        assert checkup.readings(house, 40) == checkup.readings(house, 40)
