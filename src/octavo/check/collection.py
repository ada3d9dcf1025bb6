"""A judged collection in BEIR's layout: documents, questions, and which documents people found relevant.

A folder holds corpus.jsonl and queries.jsonl, with _id, text and perhaps title on each line, and
qrels/SPLIT.tsv with the columns query-id, corpus-id and score.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from octavo.check.retrieval import Judgements, Scores


@dataclass(frozen=True)
class Collection:
    """documents and queries: text by id; a document's is its title, a line break and its text.

    qrels: by query, the judged documents and how relevant they are. Only judged queries are kept.
    """

    name: str
    documents: dict[str, str]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]

    @classmethod
    def read(cls, folder: Path, split: str = "test") -> Self:
        """Read a folder. Raises OSError where a file is missing, ValueError or KeyError where it is other."""
        qrels: dict[str, dict[str, int]] = {}
        with (folder / "qrels" / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
        queries = {query: text for query, text in _texts(folder / "queries.jsonl").items() if query in qrels}
        return cls(
            folder.name, _texts(folder / "corpus.jsonl"), queries, {query: qrels[query] for query in queries}
        )

    def run(self, rankings: Iterable[Iterable[int]]) -> dict[str, Scores]:
        """Return a run for `octavo.check.retrieval` from one ranking a query, in the order of `queries`.

        A ranking holds positions of documents, best first; what is negative is left out.
        """
        ids = list(self.documents)
        return {
            query: {ids[place]: -float(rank) for rank, place in enumerate(ranking) if place >= 0}
            for query, ranking in zip(self.queries, rankings, strict=True)
        }

    def fewer(self, documents: int, queries: int) -> Self:
        """Return the first queries, the documents judged for them, and the first of the other documents."""
        some = dict(list(self.queries.items())[:queries])
        judged: dict[str, Judgements] = {query: self.qrels[query] for query in some}
        needed = {document for judgements in judged.values() for document in judgements}
        spare = [document for document in self.documents if document not in needed]
        needed.update(spare[: max(0, documents - len(needed))])
        texts = {document: text for document, text in self.documents.items() if document in needed}
        return type(self)(
            self.name, texts, some, {query: dict(judgements) for query, judgements in judged.items()}
        )


def _texts(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.strip()]
    return {line["_id"]: f"{line.get('title') or ''}\n{line['text']}".strip() for line in lines}
