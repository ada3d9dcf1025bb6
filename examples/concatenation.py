"""Concatenation of networks taught apart, on a task to come; and of encoders taught apart, on questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.concatenation import concatenated
from octavo.check.off_the_shelf import linear
from octavo.check.retrieval import mean, ndcg
from octavo.find.exact import ExactIndex
from octavo.find.fusion import reciprocal_rank
from octavo.lab.encoded import vectors
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.lab.latent import LatentSemantic
from octavo.lab.network import network, train

SEEDS, MEMBERS, UNITS = 3, 4, 16


def hidden(
    x: np.ndarray, labels: np.ndarray, known: np.ndarray, units: int, steps: int, seed: int
) -> np.ndarray:
    """What hidden units taught on the known rows say of all."""
    model = network(x.shape[1], units, int(labels[known].max()) + 1, seed=seed)
    for _ in train(model, 10 * x[known], labels[known], steps=steps, seed=seed):
        pass
    weight, bias = (p.detach().numpy() for p in list(model.parameters())[:2])
    return np.maximum(10 * x @ weight.T + bias, 0).astype(np.float32) + 1e-6


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    sample = Labelled.read(data, 120 if tiny else 4000, least=8 if tiny else 60)
    steps = 20 if tiny else 500
    x, y = sample.vectors, sample.labels
    first = y < len(sample.names) // 2  # the task that networks are taught; the others are to come
    table: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        learn, ask = sample.halves(seed)
        known = learn[first[learn]]
        members = [hidden(x, y, known, UNITS, steps, 10 * seed + i) for i in range(MEMBERS)]
        nets = {
            f"one network of {UNITS} units": members[0],
            f"one network of {MEMBERS * UNITS} units": hidden(
                x, y, known, MEMBERS * UNITS, steps, 10 * seed + 9
            ),
            f"{MEMBERS} networks of {UNITS} units": concatenated(members),
        }
        later, asked = learn[~first[learn]], ask[~first[ask]]
        names = np.unique(y[later])
        for name, z in nets.items():
            scores = linear(z[later], y[later], z[asked])
            right = float((names[scores.argmax(axis=1)] == y[asked]).mean())
            table.setdefault(name, []).append(right)
    rows = [(name, "linear probe, categories to come", values) for name, values in table.items()]
    one, large, several = table.values()
    gains, fused_gains = [], []
    for name in ("cisi", "cranfield"):
        collection = Collection.read(data / "search" / name)
        texts, questions = list(collection.documents.values()), list(collection.queries.values())
        words = LatentSemantic(8 if tiny else 256, least=1).fit([*texts])
        parts = {
            "words": (words.encode_documents(texts), words.encode_queries(questions)),
            "MiniLM": (vectors(texts), vectors(questions)),
        }
        pairs = list(zip(*parts.values(), strict=True))
        parts["words and MiniLM, concatenated"] = (concatenated(pairs[0]), concatenated(pairs[1]))
        depth = min(1000, len(texts))
        rankings = {n: ExactIndex().add(d).search(q, depth).ids for n, (d, q) in parts.items()}
        rankings["words and MiniLM, ranks fused"] = [
            [i for i, _ in reciprocal_rank(list(each))]
            for each in zip(rankings["words"], rankings["MiniLM"], strict=True)
        ]
        found = {n: mean(ndcg, collection.qrels, collection.run(ids), k=10) for n, ids in rankings.items()}
        rows += [(n, f"nDCG@10, {name}", value) for n, value in found.items()]
        both = found["words and MiniLM, concatenated"]
        gains.append(both > max(found["words"], found["MiniLM"]))
        fused_gains.append(both > found["words and MiniLM, ranks fused"])
    return Evidence(
        claim="Side by side, networks taught apart serve tasks to come better than one of the same size.",
        checks={
            "networks side by side are better on categories to come than one of them, every seed": all(
                a > b for a, b in zip(several, one, strict=True)
            ),
            "and than one network of the same size, every seed": all(
                a > b for a, b in zip(several, large, strict=True)
            ),
            "two encoders side by side find more than either, on both collections": all(gains),
            "and more than their ranks fused": all(fused_gains),
        },
        columns=("vectors", "measure", "value"),
        rows=tuple(rows),
        note=f"Networks of one hidden layer on MiniLM's vectors of {len(x):,} arXiv papers are taught half "
        f"of {len(sample.names)} categories; the other half is to come. ± over {SEEDS} seeds. "
        "Encoders: latent "
        "semantic analysis of the collection, 256 dimensions, and MiniLM, 384.",
    )


if __name__ == "__main__":
    main(measure)
