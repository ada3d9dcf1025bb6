"""What comes next: the last of each sequence, foretold from those before, among all there are.

The protocol of S3-Rec on its Beauty set: the last item is asked for, all 12,101 items are ranked, HR@10 and
nDCG@10. Its folder gives what others published under it. Here stand the plain baselines; what learns
sequences (`octavo.rank.bert4rec`) is measured by its own example under the same protocol.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from broadsheet.exceptions import ConfigError, NotFoundError
from octavo.protocols import Array, Ids

PUBLISHED: Final = {
    "PopRec": (0.0152, 0.0068),
    "GRU4Rec": (0.0283, 0.0137),
    "BERT4Rec": (0.0347, 0.0170),
    "SASRec": (0.0605, 0.0318),
    "S3-Rec": (0.0647, 0.0327),
}
"""HR@10 and nDCG@10 on Beauty, read off the repository's own table."""

REACH, FADING = 3, 0.7
"""How many steps on an item counts as following, and how much each item further back counts less: chosen on
the last but one of each sequence."""


def read(data: Path) -> list[Ids]:
    """Return the sequences of `readers/s3rec_beauty`, items from 0. Raises NotFoundError, ConfigError."""
    file = data / "readers" / "s3rec_beauty" / "interactions.parquet"
    if not file.exists():
        raise NotFoundError(f"no readers/s3rec_beauty in {str(data)!r}")
    try:
        import pyarrow.parquet  # only development installs it
    except ImportError as error:
        raise ConfigError("sequences are in Parquet: pip install pyarrow") from error
    table = pyarrow.parquet.read_table(file)
    user, item, place = (table[name].to_numpy() for name in ("user", "item", "pos"))
    order = np.lexsort((place, user))
    items = item[order].astype(np.int64) - int(item.min())
    return np.split(items, np.flatnonzero(np.diff(user[order])) + 1)


def followers(histories: list[Ids], items: int, *, reach: int = REACH) -> Any:
    """Return (I, I): how often an item follows another, less the further behind; SciPy's."""
    from scipy.sparse import csr_matrix, diags

    one, two, worth = [], [], []
    for step in range(1, reach + 1):
        for history in histories:
            one.append(history[:-step])
            two.append(history[step:])
        worth.append(np.full(sum(max(len(h) - step, 0) for h in histories), 1 / step, np.float32))
    pairs = np.concatenate(one), np.concatenate(two)
    counts = csr_matrix((np.concatenate(worth), pairs), shape=(items, items))
    many = np.maximum(np.bincount(np.concatenate(histories), minlength=items), 1)
    # As in item-kNN: a small number of followers is trusted less.
    return (diags(1 / (np.sqrt(many) + 1)) @ counts @ diags(1 / (np.sqrt(many) + 1))).tocsr()


def foretell(data: Path, *, held_out: int = 1) -> list[dict[str, Any]]:
    """Return HR@10 and nDCG@10 of the baselines; held_out 2 asks for the last but one, to choose by."""
    sequences = read(data)
    items = 1 + max(int(each.max()) for each in sequences)
    histories = [each[:-held_out] for each in sequences]
    asked = np.array([each[-held_out] for each in sequences])
    start = time.process_time()
    near = followers(histories, items)
    popular = np.bincount(np.concatenate(histories), minlength=items).astype(np.float32)
    learning = time.process_time() - start
    rows = []
    for name, title in (
        ("popularity", "popularity"),
        ("followers", "what followed, fading"),
    ):
        start, ranks = time.process_time(), []
        for low in range(0, len(histories), 1000):
            block = histories[low : low + 1000]
            scores = np.tile(popular, (len(block), 1)) if name == "popularity" else _followed(block, near)
            for row, history, right in zip(scores, block, asked[low : low + 1000], strict=True):
                row[np.setdiff1d(history, [right])] = -np.inf
                better = row > row[right]
                ties = np.flatnonzero(row == row[right])
                ranks.append(int(better.sum() + np.searchsorted(ties, right)))
        place = np.array(ranks)
        rows.append(
            {
                "system": name,
                "title": title,
                "HR@10": round(float((place < 10).mean()), 4),
                "nDCG@10": round(float(np.where(place < 10, 1 / np.log2(place + 2), 0).mean()), 4),
                "sequences": len(place),
                "learning": round(learning, 2),
                "ms": round(1000 * (time.process_time() - start) / len(place), 3),
            }
        )
    return rows


def _followed(block: list[Ids], near: Any) -> Array:
    from scipy.sparse import csr_matrix

    row = np.repeat(np.arange(len(block)), [len(each) for each in block])
    fading = np.concatenate([FADING ** np.arange(len(each))[::-1] for each in block]).astype(np.float32)
    asked = csr_matrix((fading, (row, np.concatenate(block))), shape=(len(block), near.shape[0]))
    return np.asarray((asked @ near).toarray(), np.float32)
