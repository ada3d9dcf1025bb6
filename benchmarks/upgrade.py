"""Measure what is found by meaning before, during and after a change of the encoder, on judged collections.

    python benchmarks/upgrade.py COLLECTION...

A COLLECTION is a folder in BEIR's layout. Two encoders that have nothing in common take each other's place,
both ways: latent semantic analysis of the collection's own words (256 dimensions), and MiniLM (384). The
papers are the collection's, and so are the anchors: up to 2,000, drawn as `broadsheet encoder upgrade`
draws them; nobody sees a judgement. Asked is by meaning alone. The result is benchmarks/upgrade.json and the
table benchmarks/upgrade.md.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.papers import Paper
from broadsheet.search import Search, encoding
from broadsheet.search.upgrade import Encoders
from broadsheet.store.changes import Change
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg
from octavo.lab.encoded import vectors
from octavo.lab.latent import LatentSemantic

HERE = Path(__file__).parent
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = (
    "old questions, old index",
    "new questions, old index",
    "as it begins",
    "half",
    "after",
    "new alone",
)


class Known:
    """An encoder of texts whose vectors are known, so that both ways are measured with one encoding."""

    def __init__(self, name: str, texts: list[str], x: np.ndarray) -> None:
        self.name, self.dim = name, x.shape[1]
        self.of = dict(zip(texts, x, strict=True))

    def encode_documents(self, texts: list[str]) -> np.ndarray:
        return np.stack([self.of[text] for text in texts])

    encode_queries = encode_documents


class Papers:
    """A collection as a store: what search needs of one."""

    def __init__(self, collection: Collection) -> None:
        self.by_id = {}
        for number, text in enumerate(collection.documents.values()):
            title, _, abstract = text.partition("\n")
            self.by_id[number] = Paper(
                id=number, key=str(number), title=title, abstract=abstract, added=NOW, updated=NOW
            )

    def paper(self, reference: str) -> Paper:
        return self.by_id[int(reference)]

    def papers(self, ids: list[int]) -> list[Paper]:
        return [self.by_id[i] for i in ids]

    def changes(self, after: int, limit: int) -> list[Change]:
        return [Change(i + 1, i, False) for i in range(after, min(after + limit, len(self.by_id)))]

    def last_change(self) -> int:
        return len(self.by_id)

    def epoch(self) -> int:
        return 1


def way(collection: Collection, store: Papers, old: Known, new: Known) -> dict[str, Any]:
    questions = list(collection.queries.values())

    def quality(near: Any, asked: np.ndarray) -> float:
        ranking = [[i for i, _ in near.nearest(question, 10)] for question in asked]
        return round(mean(ndcg, collection.qrels, collection.run(ranking), k=10), 4)

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        known = {"old": old, "new": new}
        search = Search(store, Path(folder), lambda: old, setting="old", named=known.__getitem__)
        search.encode()
        before = search.spaces.near()
        found[STAGES[0]] = quality(before, old.encode_queries(questions))
        Encoders(store, search.spaces).upgrade("new")
        asked = new.encode_queries(questions)
        bridge = search.spaces.crossing(search.spaces.state()).to_old
        found[STAGES[1]] = quality(before, bridge.to_old(asked))
        found[STAGES[2]] = quality(search.spaces.near(), asked)
        share = len(search.meaning.snapshot()) / len(store.by_id)
        half = iter(range(len(store.by_id)))
        to_do = (1 - share) * len(store.by_id) / encoding.BATCH / 2
        search.encode(stop=lambda: next(half) > to_do)
        found[STAGES[3]] = quality(search.spaces.near(), asked)
        search.encode()
        found[STAGES[4]] = quality(search.spaces.near(), asked)
        recalls = [(r.stage, r.share, r.found) for r in search.spaces.state().recalls]
        alone = Search(store, Path(folder) / "alone", lambda: new)
        alone.encode()
        found[STAGES[5]] = quality(alone.spaces.near(), asked)
    return {
        "collection": collection.name,
        "old": old.name,
        "new": new.name,
        "papers": len(store.by_id),
        "read at first": round(share, 3),
        "bridge": type(bridge).__name__,
        "nDCG@10": found,
        "titles": recalls,
    }


def measured(folder: Path) -> list[dict[str, Any]]:
    collection = Collection.read(folder)
    store = Papers(collection)
    whole = [encoding.text_of(paper) for paper in store.by_id.values()]
    titles = [paper.title for paper in store.by_id.values()]
    questions = list(collection.queries.values())
    latent = LatentSemantic(256).fit(whole)
    texts = [*whole, *titles, *questions]
    words = Known("words", texts, latent.encode_documents(texts))
    meaning = Known("MiniLM", texts, np.concatenate([vectors(whole), vectors(titles), vectors(questions)]))
    rows = [way(collection, store, words, meaning), way(collection, store, meaning, words)]
    for row in rows:
        print(json.dumps(row), flush=True)
    return rows


def markdown(result: dict[str, Any]) -> str:
    lines = [
        "# Another encoder in the place of the one in use",
        "",
        f"nDCG@10 by meaning alone, {result['date']}. Written by `benchmarks/upgrade.py`, which tells of the",
        "encoders. In brackets: the share of what the old encoder found in its own index. As it begins, the",
        "anchors count as read anew; the bridge alone is the column before.",
        "",
        f"| collection | from → to | bridge | {' | '.join(STAGES)} |",
        "|---" * (3 + len(STAGES)) + "|",
    ]
    for row in result["ways"]:
        found = row["nDCG@10"]
        cells = [f"{found[stage]:.3f} ({found[stage] / found[STAGES[0]]:.0%})" for stage in STAGES]
        route = f"{row['old']} → {row['new']}"
        lines.append(f"| {row['collection']} | {route} | {row['bridge']} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path, nargs="+")
    given = parser.parse_args()
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "ways": [row for folder in given.collections for row in measured(folder)],
    }
    (HERE / "upgrade.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "upgrade.md").write_text(markdown(result))


if __name__ == "__main__":
    main()
