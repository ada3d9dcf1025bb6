"""Learn the codec of MiniLM's tokens that the house comes with, from abstracts of arXiv.

    python benchmarks/token_codec.py src/broadsheet/search/minilm-2 --data /path/to/data

Give it a new name whenever it is learned anew (`broadsheet.search.token_codes`): codes that are kept are read
by the codec that made them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from octavo.encode.minilm import MiniLM
from octavo.find.pooled_tokens import PooledTokens
from octavo.lab.abstracts import Abstracts
from octavo.lab.encoded import encoded

READ, COUNTED = 2000, 20_000


def learn(data: Path, **options: int) -> PooledTokens:
    """Return a codec with points from 2,000 abstracts, and how rare pieces are in 20,000."""
    papers = Abstracts.read(data, COUNTED)
    some = encoded(list(papers.texts[:READ]))
    more = MiniLM().pieces([f"{t}\n{a}" for t, a in zip(papers.titles, papers.texts, strict=True)][READ:])
    return PooledTokens(**options).fit(some.tokens, some.pieces, some.vectors, more=more)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    learn(asked.data, many=44, kept=192, together=12).save(asked.folder)
