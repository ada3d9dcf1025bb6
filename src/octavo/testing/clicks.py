"""The contract of a model of clicks, with a planted interaction of two fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from octavo.protocols import Array, Ids
from octavo.testing.promises import refuses, require

Scored: TypeAlias = Callable[[Any, Any, Any], Array]


def check_click_model(scored: Scored, *, recall: float = 0.9) -> None:
    """Check a model of clicks: lines of fields, each opened or not, and what is to be told of others.

    scored: (lines (N, F), opened (N,), asked (M, F)) → log-odds (M,), of a model that is new every time.
    recall: for how many lines of a planted interaction the sign must be right.
    """
    rng = np.random.default_rng(0)
    lines = rng.integers(0, 4, (1200, 4))
    opened = (lines[:, 0] == lines[:, 2]).astype(np.int64)
    strange = np.array([[-1, -1, -1, -1], [9, 2, 1, 3], [2**40, 0, 0, 0]])
    asked = np.concatenate([lines[900:], strange])
    before = lines.copy(), opened.copy()
    said = scored(lines[:900], opened[:900], asked)
    require(
        np.array_equal(lines, before[0]) and np.array_equal(opened, before[1]),
        "what is given must not be altered",
    )
    require(said.shape == (len(asked),), f"log-odds must have the shape ({len(asked)},), got {said.shape}")
    require(said.dtype == np.float32, f"log-odds must be float32, got {said.dtype}")
    require(bool(np.isfinite(said).all()), "log-odds must be finite, also of values that were never there")
    right = float(((said[:300] > 0) == opened[900:]).mean())
    require(right >= recall, f"the sign must be right for {recall:.0%} of planted lines, got {right:.0%}")
    again = scored(lines[:900], opened[:900], asked[::-1][:50])[::-1]
    require(
        bool(np.allclose(again, said[-50:], atol=1e-4)),
        "a line's log-odds must be the same again, and not depend on the other lines",
    )
    _check_refusals(scored, lines, opened)


def _check_refusals(scored: Scored, lines: Ids, opened: Ids) -> None:
    wrong = [
        ("fields that are no integers", lines.astype(np.float32)),
        ("one dimension", lines[0]),
        ("values below -1", lines - 2),
    ]
    for what, given in wrong:
        refuses(partial(scored, given, opened[: len(given)], lines), f"it must refuse to learn {what}")
        refuses(partial(scored, lines, opened, given), f"it must refuse to be asked for {what}")
    refuses(partial(scored, lines, opened, lines[:, 1:]), "it must refuse to be asked for other fields")
    refuses(partial(scored, lines, opened[1:], lines), "it must refuse fewer answers than lines")
    refuses(partial(scored, lines, np.ones_like(opened), lines), "it must refuse lines all of one kind")
