import itertools
import zlib

import numpy as np
import pytest

from octavo.check.health import KNOWN, LIMITS, beside_known, examine
from octavo.exceptions import ShapeError

RNG = np.random.default_rng(0)
WORDS = [f"word{n}" for n in range(60)]
FIELDS = [f"cs.{'ABC'[n % 3]}" for n in range(90)]
TITLES, ABSTRACTS = [], []
for number in range(90):
    own = RNG.permutation(WORDS)[:6]
    TITLES.append(" ".join(own))
    ABSTRACTS.append(" ".join([*own, *RNG.permutation(WORDS)[: 8 + number % 5], *[FIELDS[number]] * 3]))
YEARS = [2000 + number % 20 for number in range(90)]


class Hashed:
    """Words and pairs of neighbours thrown into places; `change` is done to the vectors."""

    dim = 512

    def __init__(self, change=lambda x: x, pairs=True):
        self.change, self.pairs = change, pairs

    def encode_documents(self, texts):
        x = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(x, texts, strict=True):
            words = text.split()
            for part in [*words, *(itertools.pairwise(words) if self.pairs else ())]:
                row[zlib.crc32(repr(part).encode()) % self.dim] += 1
        x = self.change(x)
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

    encode_queries = encode_documents


def readings(encoder):
    found = examine(encoder, TITLES, ABSTRACTS, categories=FIELDS, years=YEARS)
    return {each.name: each for each in found}


WELL = readings(Hashed())


def test_an_encoder_that_is_well_is_well_by_every_reading():
    assert list(WELL) == list(LIMITS)
    ill = {name: each.value for name, each in WELL.items() if not each.healthy}
    assert ill == {}
    assert all(each.advice == "" for each in WELL.values())


@pytest.mark.parametrize(
    ("encoder", "ill"),
    [
        (Hashed(lambda x: x + 40 / np.sqrt(512)), "alikeness of any two"),
        (Hashed(lambda x: x * (np.arange(512) < 6) + 1e-3), "directions in use"),
        (Hashed(lambda x: RNG.standard_normal(x.shape)), "titles find their abstracts"),
        (Hashed(lambda x: RNG.standard_normal(x.shape)), "told by categories"),
        (Hashed(pairs=False), "notices word order"),
        (Hashed(lambda x: x + 30 * (x.sum(axis=1, keepdims=True) > 33) * np.eye(512)[0]), "about length"),
    ],
)
def test_what_was_broken_on_purpose_is_found_and_told_what_to_do(encoder, ill):
    found = readings(encoder)[ill]
    assert not found.healthy
    assert found.advice


def test_the_readings_by_hand():
    x, q = Hashed().encode_documents(ABSTRACTS), Hashed().encode_queries(TITLES)
    pairs = [float(x[i] @ x[j]) for i in range(90) for j in range(90) if i != j]
    assert WELL["alikeness of any two"].value == pytest.approx(np.mean(pairs), abs=1e-5)
    places = [sum(float(q[i] @ x[j]) > float(q[i] @ x[i]) for j in range(90)) for i in range(90)]
    assert WELL["titles find their abstracts"].value == np.mean([place < 10 for place in places])
    variances = np.linalg.eigvalsh(np.cov(x.T.astype(float)))
    ratio = variances.sum() ** 2 / (variances**2).sum()
    assert WELL["directions in use"].value == pytest.approx(ratio / 89, abs=1e-4)


def test_what_is_not_given_is_not_read():
    names = {each.name for each in examine(Hashed(), TITLES, ABSTRACTS)}
    assert names == set(LIMITS) - {"about categories", "told by categories", "about years"}
    one_field = {each.name for each in examine(Hashed(), TITLES, ABSTRACTS, categories=["cs.A"] * 90)}
    assert "told by categories" not in one_field


def test_the_limits_part_the_encoders_that_were_measured():
    ill_by = {
        name: [r for r, v in values.items() if not LIMITS[r].low <= v <= LIMITS[r].high]
        for name, values in KNOWN.items()
    }
    assert ill_by["MiniLM"] == ill_by["MiniLM, 64 of 384 dimensions"] == []
    assert ill_by["latent semantic analysis, 128 dimensions"] == ["notices word order"]
    assert all(ill for name, ill in ill_by.items() if name.startswith("broken"))


def test_known_encoders_stand_beside_and_the_worst_of_the_broken():
    beside = dict(beside_known("alikeness of any two"))
    assert beside["MiniLM"] == KNOWN["MiniLM"]["alikeness of any two"]
    assert [name for name in beside if name.startswith("broken")] == ["broken: a narrow cone"]
    assert not any(name.startswith("broken") for name, _ in beside_known("entropy"))


def test_what_cannot_be_examined_is_refused():
    with pytest.raises(ShapeError, match="titles must be at least 30, got 29"):
        examine(Hashed(), TITLES[:29], ABSTRACTS[:29])
    with pytest.raises(ShapeError, match="years must be as many as titles, 90, got 3"):
        examine(Hashed(), TITLES, ABSTRACTS, years=[1, 2, 3])
    with pytest.raises(ShapeError, match="abstracts must be as many as titles, 90, got 0"):
        examine(Hashed(), TITLES, [])
