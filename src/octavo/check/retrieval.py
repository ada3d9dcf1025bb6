"""How good a ranking is, judged by people: nDCG, recall, average precision, reciprocal rank.

The judgements of a query (one entry of the qrels) say how relevant documents are: 1 and more is relevant, 0
and less, like no judgement at all, is not. The scores of a query (one entry of the run) rank documents from
the highest down. Definitions, down to the order of ties (the later document id first), are those of
trec_eval; nDCG is that of Järvelin and Kekäläinen (2002), doi:10.1145/582415.582418, with the relevance
itself as the gain:

    DCG@k = Σ_{i ≤ k} relevance of the i-th / log2(i + 1),    nDCG@k = DCG@k / the best DCG@k there could be.

>>> qrels = {"q1": {"a": 2, "b": 1}, "q2": {"c": 1}}
>>> run = {"q1": {"a": 0.9, "x": 0.8, "b": 0.1}}
>>> round(mean(ndcg, qrels, run, k=10), 3)
0.475
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Concatenate, ParamSpec, TypeAlias

Judgements: TypeAlias = Mapping[str, int]
Scores: TypeAlias = Mapping[str, float]

_Options = ParamSpec("_Options")


def ndcg(judgements: Judgements, scores: Scores, k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first k; 0 where nothing is relevant."""
    _check_cutoff(k)
    gains = (judgements.get(document, 0) for document in _ranked(scores)[:k])
    ideal = _discounted(sorted(judgements.values(), reverse=True)[:k])
    return _discounted(gains) / ideal if ideal else 0.0


def recall(judgements: Judgements, scores: Scores, k: int = 100) -> float:
    """Return how much of what is relevant stands among the first k; 0 where nothing is."""
    _check_cutoff(k)
    relevant = _relevant(judgements)
    return len(relevant.intersection(_ranked(scores)[:k])) / len(relevant) if relevant else 0.0


def average_precision(judgements: Judgements, scores: Scores) -> float:
    """Return the mean, over all that is relevant, of the precision where it stands; 0 for what is not
    ranked."""
    relevant = _relevant(judgements)
    precisions: list[float] = []
    for rank, document in enumerate(_ranked(scores), start=1):
        if document in relevant:
            precisions.append((len(precisions) + 1) / rank)
    return math.fsum(precisions) / len(relevant) if relevant else 0.0


def reciprocal_rank(judgements: Judgements, scores: Scores) -> float:
    """Return 1 / the rank of the first relevant document; 0 where none is ranked."""
    relevant = _relevant(judgements)
    ranks = (rank for rank, document in enumerate(_ranked(scores), start=1) if document in relevant)
    first = next(ranks, None)
    return 1 / first if first else 0.0


def mean(
    measure: Callable[Concatenate[Judgements, Scores, _Options], float],
    qrels: Mapping[str, Judgements],
    run: Mapping[str, Scores],
    *args: _Options.args,
    **options: _Options.kwargs,
) -> float:
    """Return the measure's mean over all queries of the qrels; one that the run does not hold counts as 0.

    trec_eval, unless told otherwise, leaves such a query out: a search that fails on it would look the
    better.
    """
    if not qrels:
        raise ValueError("qrels must hold at least one query, got none")
    values = (measure(judged, run.get(query, {}), *args, **options) for query, judged in qrels.items())
    return math.fsum(values) / len(qrels)


def _ranked(scores: Scores) -> list[str]:
    for document, score in scores.items():
        if math.isnan(score):
            raise ValueError(f"scores must be numbers, got NaN for {document!r}")
    return [document for _, document in sorted(((score, doc) for doc, score in scores.items()), reverse=True)]


def _relevant(judgements: Judgements) -> set[str]:
    return {document for document, relevance in judgements.items() if relevance > 0}


def _discounted(gains: Iterable[int]) -> float:
    return math.fsum(max(gain, 0) / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _check_cutoff(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
