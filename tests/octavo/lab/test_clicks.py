"""Clicks made of libraries: nothing leaks into a line, and what is to be beaten is what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from octavo.lab.click_models import FactorisationMachine, regression
from octavo.lab.clicks import FIELDS, Libraries, auc, gauc, likeness, nearest
from octavo.lab.newcomers import Newcomers
from octavo.rank.clicks import Embeddings


@pytest.fixture
def libraries():
    """Twelve readers of three topics over 90 papers; what they keep is of their topic."""
    rng = np.random.default_rng(0)
    topics = np.arange(90) % 3
    kept = tuple(rng.permutation(np.flatnonzero(topics == reader % 3))[:16] for reader in range(12))
    vectors = np.eye(3, 8, dtype=np.float32)[topics]
    words = np.column_stack([topics, topics])
    return Libraries(kept, vectors, topics.astype(np.int64), words, np.full(90, -1))


def test_a_line_knows_nothing_of_its_own_answer(libraries):
    table = libraries.table(0, history=5)
    assert table.lines.shape == (len(table.opened), len(FIELDS))
    assert table.seen.shape == (len(table.opened), 6)
    for line, seen, opened, reader in zip(table.lines, table.seen, table.opened, table.readers, strict=True):
        assert line[0] == reader
        assert line[1] == seen[0]
        assert opened == (seen[0] in libraries.kept[reader])
        shelf = seen[1:][seen[1:] >= 0]
        assert seen[0] not in shelf
        assert set(shelf) <= set(libraries.kept[reader].tolist())
        assert line[2] == libraries.topics[line[1]]
        assert line[6] == reader % 3
    n = table.learned
    own = [{(r, p) for r, p in part if p in libraries.kept[r]} for part in (table.lines[:n, :2].tolist(),)]
    asked = {(r, p) for r, p in table.lines[n:, :2].tolist() if p in libraries.kept[r]}
    assert not own[0] & asked
    assert len(own[0]) + len(asked) == 12 * 16
    assert table.opened[:n].mean() == pytest.approx(1 / 3, abs=0.02)
    assert table.opened[n:].mean() == pytest.approx(1 / 5, abs=0.02)


def test_the_same_seed_is_the_same_table(libraries):
    one, same, other = (libraries.table(seed) for seed in (1, 1, 2))
    assert np.array_equal(one.lines, same.lines)
    assert not np.array_equal(one.lines, other.lines)
    assert (one.lines.max(axis=0) < libraries.sizes).all()


def test_cosines_of_a_line(libraries):
    seen = np.array([[0, 3, 4, -1], [1, 0, 2, 3]])
    np.testing.assert_allclose(likeness(libraries.vectors, seen), [1 / np.sqrt(2), 0], atol=1e-6)
    np.testing.assert_allclose(nearest(libraries.vectors, seen, 2), [0.5, 0], atol=1e-6)


def test_within_readers(libraries):
    opened, readers = np.array([1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2])
    scores = np.array([2.0, 1.0, 5.0, 7.0, 0.0])
    assert gauc(opened, scores, readers) == 0.5
    assert auc(opened, scores) == pytest.approx(2 / 6)


def test_a_factorisation_machine_is_its_sum_over_pairs():
    sizes = [3, 4, 2]
    machine = FactorisationMachine(Embeddings(sizes, 5), sizes)
    line = torch.tensor([[1, 3, 0]])
    e, w = machine.table(line)[0], machine.alone(line)[0, :, 0]
    wanted = machine.bias + w.sum() + e[0] @ e[1] + e[0] @ e[2] + e[1] @ e[2]
    torch.testing.assert_close(machine(line)[0], wanted)


def test_a_cross_tells_what_fields_alone_do_not():
    rng = np.random.default_rng(0)
    lines = rng.integers(0, 3, (600, 3))
    opened = (lines[:, 0] == lines[:, 2]).astype(np.int64)
    alone = regression(lines[:400], opened[:400], lines[400:])
    crossed = regression(lines[:400], opened[:400], lines[400:], crosses=[(0, 2)])
    assert auc(opened[400:], alone) < 0.65
    assert auc(opened[400:], crossed) > 0.99


def test_a_newcomer_is_shown_some_and_asked_the_rest(libraries):
    readers = Newcomers(libraries.vectors, libraries.kept[:9], libraries.kept[9:])
    taste = readers.taste(readers.new[0], 4, 0)
    assert taste.liked.tolist() == [1] * 4 + [-1] * 4
    assert len(taste.asked) == len(taste.truth)
    assert taste.truth.sum() == 12
    start = readers.start(0, steps=3)
    assert start.inner.in_features == 8
