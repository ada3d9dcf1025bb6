"""What stands next to a paper or a product, and what is like it: two vectors an item, and counting."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_matrix

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.baskets import Baskets
from octavo.lab.experiment import main
from octavo.lab.libraries import Libraries, incidence, reduced
from octavo.protocols import Array, Ids
from octavo.rank.dual_embeddings import DualEmbeddings
from octavo.rank.skip_gram import basket_pairs
from octavo.training import batches, train

ROUNDS, SIZE, SEEDS = 5, 2048, 3
COUNTED, NEIGHBOURS, TEXT = "counted together", "item-kNN", "what they are about"
TOGETHER, ALIKE = "Dual embeddings: together", "Dual embeddings: alike"


class Bench(NamedTuple):
    # baskets to learn from, two items (Q,) of others, and vectors of what the items are about
    name: str
    baskets: list[Ids]
    asked: Ids
    wanted: Ids
    about: Array


def shelves(data: Path, seed: int, kept_by: int) -> Bench:
    library, rng = Libraries.read(data, kept_by=kept_by, least=2), np.random.default_rng(seed)
    aside, known = np.array_split(rng.permutation(len(library.shelves)), [len(library.shelves) // 5])
    pairs = np.array([rng.choice(library.shelves[row], 2, replace=False) for row in aside])
    return Bench("papers", [library.shelves[row] for row in known], *pairs.T, library.vectors(128))


def products(data: Path, seed: int) -> Bench:
    bench = Baskets.read(data)
    some = np.random.default_rng(seed).permutation(len(bench.last))[:3000]
    asked = np.array([bench.asked[row][-1] for row in some])
    item, kind = bench.attributes.T
    kinds = csr_matrix((np.ones(len(item), np.float32), (item, kind)), (bench.items, int(kind.max()) + 1))
    return Bench("products", bench.learned, asked, bench.last[some], unit(reduced(kinds, 64)))


def measured(bench: Bench, scores: Array) -> tuple[float, float]:
    """How often the other item is in the best twenty, and the cosine of the best ten with the one asked."""
    rows, left = np.arange(len(bench.asked)), np.array(scores, np.float32)
    left[rows, bench.asked] = -np.inf
    own = left[rows, bench.wanted][:, None]
    rank = (left > own).sum(axis=1) + ((left == own).sum(axis=1) - 1) / 2
    best = np.argpartition(-left, 10, axis=1)[:, :10]
    same = np.einsum("qkd,qd->qk", bench.about[best], bench.about[bench.asked])
    return float((rank < 20).mean()), float(same.mean())


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for seed in range(2 if tiny else SEEDS):
        for bench in (shelves(data, seed, 1 if tiny else 5), products(data, seed)):
            items, asked = len(bench.about), bench.asked
            there = incidence(bench.baskets, items)
            seen = np.asarray(there.sum(axis=0))[0]
            together = (there.T[asked] @ there).toarray()
            pairs = np.concatenate(
                [basket_pairs(bench.baskets, each=3, seed=turn) for turn in range(1 if tiny else ROUNDS)]
            )
            model = DualEmbeddings(seen, seed=seed)

            def loss(rows: Ids, model: DualEmbeddings = model, pairs: Ids = pairs) -> torch.Tensor:
                return model.loss(pairs[rows])

            steps = max(1, len(pairs) // SIZE)
            for _ in train(model, loss, batches(len(pairs), SIZE, steps=steps, seed=seed), rate=0.02):
                pass
            for name, scores in (
                (TEXT, bench.about[asked] @ bench.about.T),
                (COUNTED, together),
                (NEIGHBOURS, together / np.sqrt(seen + 5)),
                (ALIKE, model.alike(asked)),
                (TOGETHER, model.together(asked)),
            ):
                found.setdefault((bench.name, name), []).append(measured(bench, scores))

    def every(name: str, first: str, second: str, place: int) -> bool:
        pairs = zip(found[name, first], found[name, second], strict=True)
        return all(a[place] > b[place] for a, b in pairs)

    return Evidence(
        claim="Keeping both vectors of an item tells its company apart from what is like it.",
        checks={
            "papers: together finds more company than alike, every seed": every("papers", TOGETHER, ALIKE, 0),
            "products: so, too": every("products", TOGETHER, ALIKE, 0),
            "papers: company is less about the same than what is alike": every("papers", ALIKE, TOGETHER, 1),
            "products: so it is": every("products", ALIKE, TOGETHER, 1),
            "both: together finds more than item-kNN, every seed": every("papers", TOGETHER, NEIGHBOURS, 0)
            and every("products", TOGETHER, NEIGHBOURS, 0),
            "and more than counting": every("papers", TOGETHER, COUNTED, 0)
            and every("products", TOGETHER, COUNTED, 0),
        },
        columns=("items", "system", "found in twenty", "about the same"),
        rows=tuple(
            (bench, name, [tried[0] for tried in tries], [tried[1] for tried in tries])
            for (bench, name), tries in sorted(found.items())
        ),
        note="Papers: citeulike-t, those at least five readers keep; two papers of every fifth reader are "
        "asked and wanted. Products: S3-Rec's Beauty, the last item wanted after the one before. About the "
        "same: the cosine of the best ten with the item asked, by words or attributes.",
    )


if __name__ == "__main__":
    main(measure)
