"""The check of taggers fails for whatever breaks one of its promises."""

import numpy as np
import pytest

from octavo.tag.nearest_mean import NearestMean
from octavo.testing import check_tagger


class Guessing(NearestMean):
    def scores(self, x):
        return np.random.default_rng(0).random(super().scores(x).shape).astype(np.float32)


class Wide(NearestMean):
    def scores(self, x):
        return super().scores(x).astype(np.float64)


class Ranked(NearestMean):
    """Its scores depend on the other rows."""

    def scores(self, x):
        scores = super().scores(x)
        return scores - scores.mean(axis=0, keepdims=True) if len(scores) else scores


class Heaping(NearestMean):
    """Never forgets."""

    def fit(self, x, labels, weights=None):
        return self.update(x, labels) if hasattr(self, "sums_") else super().fit(x, labels)


class Lenient(NearestMean):
    def scores(self, x):
        return super().scores(np.nan_to_num(x))


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (Guessing, "must get their cluster's label"),
        (Wide, "float32"),
        (Ranked, "must not depend on other rows"),
        (Heaping, "forget"),
        (Lenient, "must refuse NaN"),
    ],
)
def test_a_broken_promise_is_found(broken, promise):
    with pytest.raises(AssertionError, match=promise):
        check_tagger(broken)
