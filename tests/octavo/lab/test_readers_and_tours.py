"""The collections of readers as they are laid out, how finding is judged, and tours, each in plain loops."""

from itertools import pairwise, permutations
from math import dist, log2

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from scipy.sparse import csr_matrix

from octavo.lab.baskets import Baskets, counted, counts, main_directions, next_found, spread
from octavo.lab.libraries import Libraries, as_rows, incidence, recall, reduced, standard
from octavo.lab.tours import best_tours, lengths, nearest_next


def write(folder, name, **columns):
    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def test_histories_are_in_the_order_they_were_taken(tmp_path):
    folder = tmp_path / "readers" / "s3rec_beauty"
    write(folder, "interactions", user=[2, 1, 1, 2, 1, 2], item=[4, 1, 3, 2, 2, 1], pos=[2, 1, 0, 0, 2, 1])
    write(folder, "item_attributes", item=[1, 4], attribute=[9, 7])
    bench = Baskets.read(tmp_path)
    assert [each.tolist() for each in bench.histories] == [[2, 0, 1], [1, 0, 3]]
    assert bench.items == 4
    assert bench.attributes.tolist() == [[0, 1], [3, 0]]
    assert [each.tolist() for each in bench.asked] == [[2, 0], [1, 0]]
    assert [each.tolist() for each in bench.learned] == [[2], [1]]
    assert (bench.last.tolist(), bench.last_but_one.tolist()) == ([1, 3], [0, 0])
    assert bench.taken(bench.asked).tolist() == [2, 1, 1, 0]


def test_finding_the_next_in_plain_loops():
    rng = np.random.default_rng(0)
    table = rng.random((9, 30)).astype(np.float32)
    table[3] = 0.5  # all alike
    histories = [rng.choice(30, 4, replace=False) for _ in range(9)]
    wanted = np.array([next(item for item in rng.permutation(30) if item not in own) for own in histories])
    hits, gain = [], []
    for row, own, item in zip(table, histories, wanted, strict=True):
        others = [other for other in range(30) if other not in own and other != item]
        rank = (
            sum(row[other] > row[item] for other in others)
            + sum(row[other] == row[item] for other in others) / 2
        )
        hits.append(rank < 10)
        gain.append(1 / log2(rank + 2) if rank < 10 else 0)
    rows = iter(table)
    found = next_found(lambda some: np.stack([next(rows) for _ in some]), histories, wanted, block=4)
    assert found.hits == pytest.approx(np.mean(hits))
    assert found.ndcg == pytest.approx(np.mean(gain))


@pytest.mark.parametrize("near", [0, 2])
def test_counting_in_plain_loops(near):
    learned = [np.array(each) for each in ([0, 1, 2, 3], [1, 0], [2, 4, 1])]
    taken = np.bincount(np.concatenate(learned), minlength=5)
    table = np.zeros((5, 5))
    for history in learned:
        for place, item in enumerate(history):
            for other_place, other in enumerate(history):
                apart = other_place - place
                if near and 0 < apart <= near:
                    table[item, other] += 1 / apart
                elif not near and apart:
                    table[item, other] += 1
    table /= np.sqrt(np.outer(taken + 3, taken + 3))
    by_hand = [table[2], 0.5 * table[0] + table[4]]
    scores = counted(counts(learned, 5, near=near, shrink=3), fading=0.5)
    np.testing.assert_allclose(scores([np.array([2]), np.array([0, 4])]), by_hand, rtol=1e-5)


def test_the_main_directions_give_a_table_back():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((12, 3))
    table = csr_matrix(x @ x.T / 2)
    made = main_directions(table, 5)
    assert made.shape == (12, 5)
    np.testing.assert_allclose(made @ made.T, x @ x.T, atol=1e-4)


def test_batches_are_of_like_lengths_and_miss_nobody():
    histories = [np.arange(1 + number % 7) for number in range(50)]
    batches = spread(histories, 8, 2, 0)
    assert sorted(np.concatenate(batches).tolist()) == sorted(2 * list(range(50)))
    assert all(np.ptp([len(histories[row]) for row in batch]) <= 2 for batch in batches)


def test_libraries_are_counted_anew_where_papers_are_left_out(tmp_path):
    folder = tmp_path / "readers" / "citeulike-t"
    write(folder, "interactions", user=[0, 0, 0, 1, 1, 2], item=[3, 1, 0, 3, 1, 2])
    write(folder, "bow", item=[0, 1, 3, 3], word_id=[0, 0, 1, 2], count=[1, 2, 3, 1])
    write(folder, "citations", src=[1, 3, 2, 1], dst=[3, 1, 0, 1])
    write(folder, "item_tags", item=[0, 1, 3], tag=[5, 5, 6])
    write(folder, "splits/coldstart_item_fold_seed20240601", item=[0, 1, 2, 3], fold=[0, 1, 2, 3])
    whole = Libraries.read(tmp_path, least=1)
    assert [each.tolist() for each in whole.shelves] == [[0, 1, 3], [1, 3], [2]]
    assert whole.cites.tolist() == [[0, 2], [1, 3]]
    some = Libraries.read(tmp_path, kept_by=2, least=2)
    assert [each.tolist() for each in some.shelves] == [[0, 1], [0, 1]]
    assert some.papers == 2
    assert some.words.toarray().tolist() == [[2, 0, 0], [0, 3, 1]]
    assert (some.cites.tolist(), some.tags.tolist(), some.fold.tolist()) == (
        [[0, 1]],
        [[0, 5], [1, 6]],
        [1, 3],
    )
    weighted = some.weighted().toarray()
    np.testing.assert_allclose(np.linalg.norm(weighted, axis=1), 1, rtol=1e-6)
    assert weighted[1, 1] / weighted[1, 2] == pytest.approx(1 + np.log(3))
    there = incidence([np.array([1]), np.array([0, 1])], 3)
    assert there.toarray().tolist() == [[0, 1, 0], [1, 1, 0]]
    rows = as_rows(there)
    assert (rows.indptr.tolist(), rows.indices.tolist(), rows.data.tolist()) == (
        [0, 1, 3],
        [1, 0, 1],
        [1, 1, 1],
    )
    assert rows.width == 3


def test_reduced_rows_keep_their_products():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 4)) @ rng.standard_normal((4, 20))
    made = reduced(x, 4)
    np.testing.assert_allclose(made @ made.T, x @ x.T, atol=1e-3)


def test_tours_by_trying_all():
    points = np.random.default_rng(0).random((5, 6, 2)).astype(np.float32)
    best, nearest = best_tours(points), nearest_next(points)
    for row, short, greedy in zip(points, best, nearest, strict=True):
        every = [(0, *rest) for rest in permutations(range(1, 6))]
        long = [sum(dist(row[a], row[b]) for a, b in pairwise((*tour, 0))) for tour in every]
        assert lengths(row[None], short[None, None])[0, 0] == pytest.approx(min(long), rel=1e-5)
        corners = [(*row[a], *row[b]) for a, b in pairwise((*short, 0))]
        assert sum(ax * by - bx * ay for ax, ay, bx, by in corners) > 0  # against the clock
        assert sorted(short) == sorted(greedy) == list(range(6))
        assert short[0] == greedy[0] == 0
        for place in range(1, 6):
            apart = {other: dist(row[greedy[place - 1]], row[other]) for other in greedy[place:]}
            assert greedy[place] == min(apart, key=apart.get)


def test_recall_in_plain_loops():
    rng = np.random.default_rng(1)
    scores = rng.random((5, 12)).astype(np.float32)
    given = [rng.choice(12, 2, replace=False) for _ in range(5)]
    wanted = [np.setdiff1d(rng.choice(12, 5, replace=False), own) for own in given]
    among, shares = np.array([0, 1, 2, 3, 5, 7, 8, 9]), []
    for row, own, right in zip(scores, given, wanted, strict=True):
        open_to = [paper for paper in among if paper not in own]
        best = sorted(open_to, key=lambda paper: -row[paper])[:3]
        right = [paper for paper in right if paper in among]
        if right:
            shares.append(sum(paper in best for paper in right) / min(len(right), 3))
    assert recall(scores, given, wanted, among, 3) == pytest.approx(np.mean(shares))


def test_standard_scores_can_be_added():
    made = standard(np.array([[1.0, 3.0], [100.0, 500.0], [2.0, 2.0]]))
    np.testing.assert_allclose(made, [[-1, 1], [-1, 1], [0, 0]], atol=1e-6)
