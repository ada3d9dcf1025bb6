"""Judged collections on the disk, and by which rules each is judged."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broadsheet.exceptions import NotFoundError, UnreadableInputError
from octavo.check.collection import Collection
from octavo.check.retrieval import Judgements, Scores, average_precision, ndcg, recall, reciprocal_rank

MEASURES: Final = ("nDCG@10", "Recall@100", "MAP", "MRR")
POOLED: Final = ("MAP", "NDCG%20")

_SPLITS: Final = ("test", "dev", "train")


@dataclass(frozen=True, slots=True)
class Rules:
    """How rankings of a collection are judged.

    pooled: only the documents judged for a query are ranked, and NDCG%20 stops at a fifth of them.
    least: the relevance from which a document counts as relevant, where the measure knows only yes and no.
    """

    pooled: bool = False
    least: int = 1

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of the measures, the main one first."""
        return POOLED if self.pooled else MEASURES


RULES: Final = {"csfcube": Rules(pooled=True, least=2), "s2_search_sample": Rules(pooled=True)}
"""By the name of the folder; any other collection is searched as a whole."""


@dataclass(frozen=True)
class Judged:
    """A collection and its rules."""

    collection: Collection
    rules: Rules

    @property
    def name(self) -> str:
        """Of the folder it came from."""
        return self.collection.name

    def figures(self, query: str, scores: Scores) -> dict[str, float]:
        """Return each measure of one query's ranking."""
        judgements = self.collection.qrels[query]
        sure: Judgements = {
            document: int(grade >= self.rules.least) for document, grade in judgements.items()
        }
        if self.rules.pooled:
            among = {document: score for document, score in scores.items() if document in judgements}
            fifth = max(1, len(judgements) // 5)
            return {"MAP": average_precision(sure, among), "NDCG%20": ndcg(judgements, among, fifth)}
        return {
            "nDCG@10": ndcg(judgements, scores, 10),
            "Recall@100": recall(sure, scores, 100),
            "MAP": average_precision(sure, scores),
            "MRR": reciprocal_rank(sure, scores),
        }


def collections(data: Path) -> list[Path]:
    """Return the folders of collections: `data` itself, those in it, or those in its `search`. By name.

    Raises NotFoundError where there is none.
    """
    for place in (data, data / "search"):
        found = [place] if is_collection(place) else sorted(filter(is_collection, _folders(place)))
        if found:
            return found
    raise NotFoundError(
        f"no collection in {str(data)!r}: a folder with corpus.jsonl, queries.jsonl and qrels/*.tsv"
    )


def is_collection(folder: Path) -> bool:
    """Whether a folder is laid out as BEIR's are."""
    files = (folder / "corpus.jsonl", folder / "queries.jsonl")
    return all(file.is_file() for file in files) and any(folder.glob("qrels/*.tsv"))


def _folders(place: Path) -> list[Path]:
    return [path for path in place.iterdir() if path.is_dir()] if place.is_dir() else []


def read(folder: Path) -> Judged:
    """Read a collection: its split named test, else dev, else train, else the first.

    Raises UnreadableInputError where the files are not what their names say, or judge nothing.
    """
    splits = sorted(path.stem for path in folder.glob("qrels/*.tsv"))
    split = next((name for name in _SPLITS if name in splits), splits[0] if splits else "test")
    try:
        collection = Collection.read(folder, split)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        json.JSONDecodeError,
        csv.Error,
    ) as error:
        raise UnreadableInputError(f"{str(folder)!r} is no collection in BEIR's layout: {error!r}") from error
    if not collection.queries or not collection.documents:
        raise UnreadableInputError(f"{str(folder)!r} has no judged query or no document")
    return Judged(collection, RULES.get(folder.name, Rules()))
