"""A choice of dimensions: blocks by frequency, what is dropped, and a search that changes only what it should."""

import numpy as np
import pytest
import torch

from octavo.exceptions import ShapeError
from octavo.lab.click_models import FactorisationMachine
from octavo.rank.clicks import Embeddings, odds
from octavo.rank.dimension_search import SearchedEmbeddings, search


@pytest.fixture
def searched():
    lines = np.array([[0, 0], [0, 1], [0, 1], [1, 1], [1, 2], [2, 3]])
    return SearchedEmbeddings(Embeddings([4, 4], 3), lines, blocks=4)


def test_blocks_are_by_how_often_values_are_seen(searched):
    assert searched.often.tolist() == [3, 2, 1, 0, 1, 3, 1, 1]
    assert searched.block.tolist() == [0, 1, 1, 3, 2, 0, 2, 3]


def test_the_choice_scales_the_dimensions_of_a_block(searched):
    lines = torch.tensor([[0, 2], [3, -1]])
    torch.testing.assert_close(searched(lines), searched.table(lines))
    searched.choice.copy_(torch.arange(12.0).view(4, 3))
    made = searched(lines)
    weight = searched.table.weight
    torch.testing.assert_close(made[0, 0], weight[0] * torch.tensor([0.0, 1, 2]))
    torch.testing.assert_close(made[0, 1], weight[6] * torch.tensor([6.0, 7, 8]))
    torch.testing.assert_close(made[1, 0], weight[3] * torch.tensor([9.0, 10, 11]))
    assert not made[1, 1].any()


def test_the_smallest_numbers_are_dropped_over_all_values(searched):
    whole = searched.whole().detach().abs()
    whole[3] = 0  # never seen
    for share in (0.25, 0.5, 0.75):
        left = searched.prune(share)
        cut = np.sort(whole.numpy().ravel())[int(share * 24)]
        assert left.tolist() == (whole >= cut).sum(dim=1).tolist()
        assert left[3] == 0
        assert searched.sizes()[0] == left[[0, 5]].mean()
    assert searched(torch.tensor([[0, 1]])).count_nonzero() == left[0] + left[5]


def test_a_search_finds_the_planted_pair_and_keeps_choices_in_their_bounds():
    rng = np.random.default_rng(0)
    lines = np.column_stack([rng.integers(0, 4, (1500, 2)), rng.integers(0, 300, 1500)])
    opened = lines[:, 0] == lines[:, 1]
    table = SearchedEmbeddings(Embeddings([4, 4, 300], 8, spread=0.3), lines[:1200])
    model = FactorisationMachine(table)
    search(model, table, lines[:1200], opened[:1200], epochs=25, size=100)
    assert float(table.choice.min()) >= 0
    assert float(table.choice.max()) <= 1
    assert float(table.choice[-1].mean()) < float(table.choice[0].mean())
    left = table.prune(0.9)
    assert left[:8].mean() > 3 * left[8:].mean()
    assert ((odds(model, lines[1200:]) > 0) == opened[1200:]).mean() > 0.95


def test_what_has_no_sense_is_refused(searched):
    model = FactorisationMachine(searched)
    lines = np.zeros((12, 2), np.int64)
    with pytest.raises(ValueError, match="blocks must be between 1 and the 8 values"):
        SearchedEmbeddings(Embeddings([4, 4], 3), lines, blocks=9)
    with pytest.raises(ValueError, match="share"):
        searched.prune(1.0)
    with pytest.raises(ValueError, match="pace"):
        search(model, searched, lines, np.arange(12) % 2, pace=0)
    with pytest.raises(ShapeError, match="at least 10 rows"):
        search(model, searched, lines[:3], [0, 1, 0])
    with pytest.raises(ShapeError, match=r"both 0 and 1"):
        search(model, searched, lines, np.ones(12))
