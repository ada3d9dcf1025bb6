from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from broadsheet.evaluation import brigading, foretelling
from broadsheet.evaluation.foretelling import FORWARD, LEFT_OUT, Days
from broadsheet.exceptions import NotFoundError

LIKED = ("lanterns", "tides", "looms")


class ByWords:
    """Texts as counts of words, so that what a model can know is planted."""

    def encode_documents(self, texts):
        words = [re.findall(r"\w+", text) for text in texts]
        column = {word: i for i, word in enumerate(sorted({w for some in words for w in some}))}
        made = np.zeros((len(texts), len(column)), dtype=np.float32)
        for row, some in enumerate(words):
            for word in some:
                made[row, column[word]] += 1
        return made

    encode_queries = encode_documents


def planted(signal, days=40, papers=9, seed=0):
    """Days of papers, the liked words bringing votes (or not, without a signal)."""
    rng = np.random.default_rng(seed)
    topics = [*LIKED, "kites", "bridges", "harbours", "orchards", "glaciers"]
    rows = []
    for day, n in itertools.product(range(days), range(papers)):
        topic = topics[rng.integers(len(topics))]
        votes = rng.poisson(5) + (signal * 20 if topic in LIKED else 0)
        rows.append(
            (f"2024-{day:03}", f"Counting {topic} again", float(votes), f"2401.{rng.integers(10**4):05}")
        )
        assert n >= 0
    return Days.of(rows)


def told(signal):
    return {way.name: way for way in foretelling.foretell(planted(signal), ByWords())}


def test_what_is_in_the_text_is_found():
    ways = told(1)
    for name in (LEFT_OUT, FORWARD):
        assert ways[name].over_recency.low > 0.1
        assert ways[name].rho.mean() > 0.5
    assert "tell a little" in foretelling.verdict(list(ways.values()))


def test_what_is_not_in_the_text_is_not():
    ways = told(0)
    assert ways[LEFT_OUT].over_chance.low < 0.02
    assert "do not tell" in foretelling.verdict(list(ways.values()))


def test_the_judge_in_plain_words():
    rows = [("a", "x", float(v), "2401.00001") for v in (9, 7, 5, 5, 1, 0)]
    days = Days.of(rows)
    perfect, rho = foretelling.judge(days, np.array([6.0, 5, 4, 3, 2, 1]))
    assert perfect[0] == pytest.approx((1 + 1 + 0.5) / 3)  # third and fourth are equal: half each
    assert rho[0] > 0.9
    worst, rho = foretelling.judge(days, np.array([1.0, 2, 3, 4, 5, 6]))
    assert worst[0] == pytest.approx(0.5 / 3)
    assert rho[0] < -0.9


def test_days_with_few_papers_are_left_out():
    rows = [("a", "x", 1.0, "2401.1")] * 5 + [("b", "x", 1.0, "2401.1")] * 6
    assert len(Days.of(rows)) == 1


def test_a_folder_without_listings_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="no listings with votes"):
        Days.read(tmp_path)


def test_crowds_of_fresh_accounts_move_nothing_here_and_much_elsewhere():
    found = brigading.attacks(planted(1))
    ours = [attack for attack in found if attack.preset == "broadsheet"]
    assert len({attack.place for attack in ours}) == 1
    assert all(attack.changed == 0 for attack in ours)
    plain = [attack for attack in found if attack.preset == "votes" and attack.accounts >= 100]
    assert all(attack.place == 1 and attack.changed == 1 for attack in plain)


def test_the_real_listings_can_be_read(shared):
    days = Days.read(shared / "data")
    assert len(days) > 150
    assert len(days.texts) > 2000
    # The file is sorted by votes; what is read is not.
    first = days.votes[days.day == 0]
    assert not (np.diff(first) <= 0).all()
