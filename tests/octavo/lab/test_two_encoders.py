"""What is found is counted as plain loops count it, and a bridge that is exact loses nothing."""

from __future__ import annotations

import numpy as np

from octavo.bridge.linear import Procrustes
from octavo.lab.two_encoders import Side, crossed, found
from octavo.testing import planted_vectors


def test_what_is_found_is_counted_as_loops_do():
    rng = np.random.default_rng(0)
    index = rng.standard_normal((40, 5)).astype(np.float32)
    asked = index + rng.standard_normal((40, 5)).astype(np.float32)
    counted = 0
    for i in range(40):
        better = sum(float(asked[i] @ index[j]) > float(asked[i] @ index[i]) for j in range(40))
        counted += better < 3
    assert 0 < counted < 40
    assert found(asked, index, 3) == counted / 40


def test_an_exact_bridge_finds_what_the_old_encoder_finds():
    x, _, _ = planted_vectors(documents=300, dim=8)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))[0].astype(np.float32)
    near = x[150:] + x[:150]
    old, new = Side(x[:150], x[150:], near), Side(x[:150] @ turn, x[150:] @ turn, near @ turn)
    assert 0.5 < found(near, x[150:]) < 1
    assert abs(crossed(Procrustes(), old, new, np.arange(150)) - found(near, x[150:])) < 0.02
