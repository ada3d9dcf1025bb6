"""Measure words, meaning and their fusion on judged collections.

    python benchmarks/retrieval.py COLLECTION...

A COLLECTION is a folder in BEIR's layout: corpus.jsonl and queries.jsonl with _id, title and text, and
qrels/*.tsv (test.tsv where there are several). Words are BM25 (k1 1.2, b 0.75) over Snowball stems, meaning
is MiniLM, and the two are fused by reciprocal rank over the first 1,000 of each. The result is
benchmarks/retrieval.json and the table benchmarks/retrieval.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer

from octavo.check.retrieval import average_precision, mean, ndcg, recall
from octavo.encode.minilm import MiniLM
from octavo.find.exact import ExactIndex
from octavo.find.fusion import reciprocal_rank

HERE = Path(__file__).parent
DEPTH = 1000


def texts(path: Path) -> dict[str, str]:
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["_id"]: f"{line.get('title') or ''}\n{line['text']}".strip() for line in lines}


def judged(folder: Path) -> dict[str, dict[str, int]]:
    files = sorted((folder / "qrels").glob("*.tsv"))
    chosen = next((file for file in files if file.stem == "test"), files[0])
    qrels: dict[str, dict[str, int]] = {}
    with chosen.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    return qrels


def by_words(documents: list[str], queries: list[str]) -> np.ndarray:
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25(k1=1.2, b=0.75)
    index.index(
        bm25s.tokenize(documents, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False
    )
    asked = bm25s.tokenize(queries, stopwords="en", stemmer=stemmer, show_progress=False)
    return index.retrieve(asked, k=min(DEPTH, len(documents)), show_progress=False).documents


def by_meaning(encoder: MiniLM, documents: list[str], queries: list[str]) -> np.ndarray:
    index = ExactIndex().add(encoder.encode_documents(documents))
    return index.search(encoder.encode_queries(queries), DEPTH).ids


def measured(folder: Path, encoder: MiniLM) -> dict[str, Any]:
    corpus, qrels = texts(folder / "corpus.jsonl"), judged(folder)
    questions = {query: text for query, text in texts(folder / "queries.jsonl").items() if query in qrels}
    ids, documents, queries = list(corpus), list(corpus.values()), list(questions.values())
    words, meaning = by_words(documents, queries), by_meaning(encoder, documents, queries)
    rankings = {
        "BM25": words,
        "MiniLM": meaning,
        "RRF": [
            [i for i, _ in reciprocal_rank([w.tolist(), m.tolist()])]
            for w, m in zip(words, meaning, strict=True)
        ],
    }
    result: dict[str, Any] = {"collection": folder.name, "documents": len(ids), "queries": len(queries)}
    for name, ranking in rankings.items():
        run = {
            query: {ids[document]: -float(rank) for rank, document in enumerate(row)}
            for query, row in zip(questions, ranking, strict=True)
        }
        result[name] = {
            "nDCG@10": round(mean(ndcg, qrels, run, k=10), 4),
            "R@100": round(mean(recall, qrels, run, k=100), 4),
            "MAP": round(mean(average_precision, qrels, run), 4),
        }
    print(json.dumps(result), flush=True)
    return result


def markdown(result: dict[str, Any]) -> str:
    measures = ("nDCG@10", "R@100", "MAP")
    lines = [
        "# Words, meaning, and both",
        "",
        f"Encoder `{result['encoder']}`, {result['date']}. Written by `benchmarks/retrieval.py`.",
        "",
        "| collection | documents, queries | measure | BM25 | MiniLM | RRF of the two |",
        "|---|---|---|---|---|---|",
    ]
    for row in result["collections"]:
        for measure in measures:
            cells = [f"{row[name][measure]:.3f}" for name in ("BM25", "MiniLM", "RRF")]
            size = f"{row['documents']:,}, {row['queries']:,}"
            lines.append(f"| {row['collection']} | {size} | {measure} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path, nargs="+")
    given = parser.parse_args()
    encoder = MiniLM()
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": platform.machine(),
        "encoder": encoder.name,
        "collections": [measured(folder, encoder) for folder in given.collections],
    }
    (HERE / "retrieval.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "retrieval.md").write_text(markdown(result))


if __name__ == "__main__":
    main()
