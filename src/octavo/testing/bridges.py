"""The contract of a Bridge, with an old space that is planted as a rotation of the new."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from octavo.arrays import unit
from octavo.exceptions import NotFittedError
from octavo.protocols import Bridge
from octavo.testing.promises import malformed, refuses, require


def check_bridge(make_bridge: Callable[[], Bridge], *, dim: int = 32, recall: float = 0.9) -> None:
    """Check a Bridge; `make_bridge` returns a new one.

    The old space is planted as a rotation of the new one with a little noise, and once as one of half the
    width and once as one of twice. recall: of the planted queries, how many must find their old document.
    """
    rng = np.random.default_rng(0)
    planted = rng.standard_normal((400, dim)) * np.linspace(2.0, 0.5, dim) + 0.3
    new = unit(planted.astype(np.float32))
    for width in (dim, dim // 2, 2 * dim):
        turn = np.linalg.qr(rng.standard_normal((max(dim, width),) * 2))[0][:dim, :width]
        noise = 0.01 * rng.standard_normal((len(new), width))
        old = unit((new @ turn + noise).astype(np.float32))
        bridge = make_bridge()
        require(isinstance(bridge, Bridge), "it must have fit, to_old and report")
        refuses(partial(bridge.to_old, new), "to_old must refuse to run before fit", NotFittedError)
        refuses(bridge.report, "report must refuse to run before fit", NotFittedError)
        before = old[:300].copy(), new[:300].copy()
        require(bridge.fit(*before) is bridge, "fit must return the bridge itself")
        require(
            np.array_equal(before[0], old[:300]) and np.array_equal(before[1], new[:300]),
            "what is given must not be altered",
        )
        moved = bridge.to_old(new[300:])
        require(moved.shape == (100, width), f"to_old must return {(100, width)}, got {moved.shape}")
        require(moved.dtype == np.float32, f"to_old must return float32, got {moved.dtype}")
        lengths = np.linalg.norm(moved, axis=1)
        require(bool(np.allclose(lengths, 1.0, atol=1e-4)), "to_old must return vectors of unit length")
        found = float(np.mean((moved @ old.T).argmax(axis=1) == np.arange(300, 400)))
        require(found >= recall, f"{recall:.0%} of texts must find their old vector, got {found:.0%}")
        report = bridge.report()
        require(report.anchors + report.aside == 300, "the report must account for every anchor")
        require(report.aside > 0, "some anchors must be kept aside to be judged by")
        require(report.found >= recall, f"the report must find {recall:.0%}, got {report.found:.0%}")
        alone = np.concatenate([bridge.to_old(row[None]) for row in new[300:310]])
        require(bool(np.allclose(alone, moved[:10], atol=1e-4)), "rows must be moved each alone")
        require(bridge.to_old(new[:0]).shape == (0, width), "no rows must give no rows, (0, D_old)")
        again = make_bridge().fit(old[100:200], new[100:200]).fit(*before).to_old(new[300:])
        require(
            bool(np.allclose(again, moved, atol=1e-3)), "fit must forget the last fit, and chance be seeded"
        )
    for what, wrong in [
        *malformed(new),
        ("rows that are all equal", np.ones_like(new)),
        ("one row", new[:1]),
    ]:
        refuses(partial(make_bridge().fit, wrong, wrong), f"fit must refuse {what}")
    refuses(partial(make_bridge().fit, old, new[:-1]), "fit must refuse anchors that do not match")
    for what, wrong in [*malformed(new), ("another width", new[:, 1:])]:
        refuses(partial(bridge.to_old, wrong), f"to_old must refuse {what}")
