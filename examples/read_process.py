"""Numbers sorted after reading them as a set, and shelves continued by what a set is gathered into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.libraries import Libraries
from octavo.protocols import Ids
from octavo.rank.pointer_network import PointerNetwork
from octavo.rank.read_process import ReadProcess, ReadProcessWrite
from octavo.training import batches, train

STEPS, SIZE, SEEDS, COUNT, SHELF = 350, 64, 3, 5, 8
WRITERS = ("Pointer Network", "no steps", "Order Matters, 5 steps")


def sorted_right(way: str, seed: int, steps: int) -> float:
    """The share of five numbers each that a writer puts in order, all of them right."""
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(rng.random((steps * SIZE, COUNT, 1), dtype=np.float32))
    order = x[..., 0].argsort(dim=1)
    model: PointerNetwork | ReadProcessWrite = PointerNetwork(1, width=64, once=False, seed=seed)
    if way != "Pointer Network":
        model = ReadProcessWrite(1, steps=0 if way == "no steps" else 5, once=False, seed=seed)
    chosen = [slice(low, low + SIZE) for low in range(0, len(x), SIZE)]
    for _ in train(model, lambda rows: model.loss(x[rows], order[rows]), chosen, rate=5e-3):
        pass
    fresh = rng.random((1000, COUNT, 1), dtype=np.float32)
    return float((model.orders(fresh) == fresh[..., 0].argsort(axis=1)).all(axis=1).mean())


def continued(
    way: str, papers: Tensor, shelves: list[Ids], asked: Sequence[Ids], seed: int, steps: int
) -> float:
    """How often the paper left out of a shelf is among the best twenty of all, its shelf being gathered."""
    rng = np.random.default_rng(seed)
    dim, width = papers.shape[1], 64
    torch.manual_seed(seed)
    # Deep sets put every paper through a small network by itself, and take the mean.
    each = nn.Sequential(nn.Linear(dim, width), nn.ReLU(), nn.Linear(width, 2 * width))
    process, last = ReadProcess(dim, width=width, steps=3, seed=seed), nn.Linear(2 * width, dim)
    nn.init.zeros_(last.weight)

    def answer(rows: Tensor) -> Tensor:
        """The mean of the papers, and what was learned to add to it."""
        x = papers[rows]
        gathered = process(x)[0] if way.startswith("Order Matters") else each(x).mean(dim=1)
        return functional.normalize(x.mean(dim=1) + last(gathered), dim=1)

    def drawn(some: Sequence[Ids]) -> Tensor:
        return torch.from_numpy(np.stack([rng.choice(each, SHELF + 1, replace=False) for each in some]))

    def loss(rows: Ids) -> Tensor:
        lists = drawn([shelves[row] for row in rows])
        return functional.cross_entropy(answer(lists[:, :-1]) @ papers.T / 0.05, lists[:, -1])

    if way == "mean of the papers":
        nn.init.zeros_(last.bias)
    else:
        chosen = batches(len(shelves), 64, steps=steps, seed=seed)
        for _ in train(nn.ModuleList([each, process, last]), loss, chosen, rate=2e-3):
            pass
    lists = drawn(asked)
    with torch.no_grad():
        scores = answer(lists[:, :-1]) @ papers.T
    own = scores.gather(1, lists[:, -1:])
    scores.scatter_(1, lists[:, :-1], -2.0)
    return float(((scores > own).sum(dim=1) < 20).float().mean())


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    steps, seeds = (2, 2) if tiny else (STEPS, SEEDS)
    library = Libraries.read(data, kept_by=1 if tiny else 5, least=SHELF + 1)
    papers = torch.from_numpy(library.vectors(64))
    asked, shelves = library.shelves[::3], [each for row, each in enumerate(library.shelves) if row % 3]
    numbers = {way: [sorted_right(way, seed, steps) for seed in range(seeds)] for way in WRITERS}
    ways = ("mean of the papers", "deep sets, mean", "Order Matters, 3 steps")
    found = {
        way: [continued(way, papers, shelves, asked, seed, steps // 2) for seed in range(seeds)]
        for way in ways
    }
    none, five = numbers[WRITERS[1]], numbers[WRITERS[2]]
    return Evidence(
        claim="A set that is thought over for some steps before answering is answered better.",
        checks={
            "five numbers sorted more often with five steps than with none, every seed": all(
                a > b for a, b in zip(five, none, strict=True)
            ),
            "and more often than by a Pointer Network, every seed": all(
                a > b for a, b in zip(five, numbers[WRITERS[0]], strict=True)
            ),
            "shelves continued better than by deep sets, every seed": all(
                a > b for a, b in zip(found[ways[2]], found[ways[1]], strict=True)
            ),
            "and than by the mean of the papers' vectors": min(found[ways[2]]) > max(found[ways[0]]),
        },
        columns=("task", "system", "right"),
        rows=tuple(
            (task, way, figures)
            for task, ways in (("five numbers, all in order", numbers), ("paper of a shelf in twenty", found))
            for way, figures in ways.items()
        ),
        note=f"Numbers: {steps * SIZE:,} sets to learn from, 1,000 to be asked. Shelves: {len(shelves):,} of "
        f"citeulike-t to learn from and {len(asked):,} others, eight papers each and a ninth to be found "
        f"among {library.papers:,}, by the 64 main directions of their words.",
    )


if __name__ == "__main__":
    main(measure)
