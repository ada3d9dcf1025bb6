import itertools

import numpy as np
import pytest

from octavo.lab.clustering import agreement, shared_information


def test_agreement_is_the_best_naming_of_clusters():
    rng = np.random.default_rng(0)
    labels, clusters = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    best = max(
        np.mean([names[cluster] == label for label, cluster in zip(labels, clusters, strict=True)])
        for names in itertools.permutations(range(3))
    )
    assert agreement(labels, clusters) == pytest.approx(best)
    assert agreement(labels, np.full(40, -1)) == 0


def test_shared_information_is_one_for_renamed_and_none_for_one_cluster():
    labels = np.repeat([0, 1, 2], 10)
    assert shared_information(labels, 2 - labels) == pytest.approx(1)
    assert shared_information(labels, np.zeros(30, int)) == pytest.approx(0, abs=1e-9)
