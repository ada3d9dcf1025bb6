"""The contract of a Tagger, with planted clusters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from octavo.exceptions import NotFittedError
from octavo.protocols import Tagger
from octavo.testing.promises import malformed, refuses, require


def check_tagger(
    make_tagger: Callable[[], Tagger], *, labels: int = 5, dim: int = 32, recall: float = 0.95
) -> None:
    """Check a Tagger; `make_tagger` returns a new one.

    labels: how many clusters are planted, with three examples each and more without a label. recall: of rows
    never seen, how many must get the label of their cluster.
    """
    rng = np.random.default_rng(0)
    truth = np.arange(40 * labels) % labels
    centres = rng.standard_normal((labels, dim))
    x = centres[truth] + 0.5 * rng.standard_normal((len(truth), dim))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    examples, given = x[: 20 * labels], np.full(20 * labels, -1, np.int64)
    given[: 3 * labels] = truth[: 3 * labels]
    others, right = x[20 * labels :], truth[20 * labels :]

    tagger = make_tagger()
    require(isinstance(tagger, Tagger), "it must have fit and scores")
    refuses(partial(make_tagger().scores, x), "scores must refuse to run before fit", NotFittedError)
    before = examples.copy(), given.copy()
    require(tagger.fit(examples, given) is tagger, "fit must return the tagger itself")
    kept = np.array_equal(examples, before[0]) and np.array_equal(given, before[1])
    require(kept, "what is given must not be altered")
    scores = tagger.scores(others)
    require(scores.shape == (len(others), labels), f"scores must be (M, {labels}), got {scores.shape}")
    require(scores.dtype == np.float32, f"scores must be float32, got {scores.dtype}")
    require(bool(np.isfinite(scores).all()), "scores must be finite")
    found = float(np.mean(scores.argmax(axis=1) == right))
    require(found >= recall, f"{recall:.0%} of new rows must get their cluster's label, got {found:.0%}")
    alone = np.concatenate([tagger.scores(row[None]) for row in others[:5]])
    require(bool(np.allclose(alone, scores[:5], atol=1e-4)), "a row's scores must not depend on other rows")
    require(tagger.scores(x[:0]).shape == (0, labels), "no rows must give no scores, (0, C)")
    again = make_tagger().fit(examples[::-1], np.roll(given, 1)[::-1]).fit(examples, given)
    require(bool(np.allclose(again.scores(others), scores, atol=1e-4)), "fit must forget the last fit")
    turned = make_tagger().fit(examples, np.where(given < 0, -1, labels - 1 - given)).scores(others)
    same = float(np.mean(turned.argmax(axis=1) == labels - 1 - scores.argmax(axis=1)))
    require(same >= recall, f"the numbers of labels must mean nothing, {same:.0%} got the same label")
    for what, wrong in malformed(examples):
        refuses(partial(make_tagger().fit, wrong, given), f"fit must refuse {what}")
        refuses(partial(tagger.scores, wrong), f"scores must refuse {what}")
    refuses(partial(tagger.scores, others[:, 1:]), "scores must refuse another width")
    odd: Any
    for what, odd in (
        ("fewer labels than rows", given[1:]),
        ("labels that are no integers", given.astype(np.float32)),
        ("no labelled example", np.full(len(given), -1)),
        ("labels below -1", given - 1),
        ("a label without an example", np.where(given == 0, -1, given)),
    ):
        refuses(partial(make_tagger().fit, examples, odd), f"fit must refuse {what}")
