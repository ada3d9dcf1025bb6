"""Tours through points and papers in the order of their years, by pointing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.catalogue import Evidence
from octavo.lab.abstracts import Abstracts
from octavo.lab.experiment import main
from octavo.lab.tours import best_tours, lengths, nearest_next
from octavo.protocols import Array, Ids
from octavo.rank.pointer_network import PointerNetwork
from octavo.training import train

PAPERS, STEPS, SIZE, SEEDS = 8000, 600, 128, 3


def agreement(orders: Ids, times: Array) -> float:
    placed = np.take_along_axis(times, orders, axis=1)
    first, second = np.triu_indices(orders.shape[1], 1)
    return float(np.sign(placed[:, second] - placed[:, first]).mean())


def taught(dim: int, lists_of: Callable[[slice], Array], order: Ids, seed: int) -> PointerNetwork:
    model = PointerNetwork(dim, width=64, seed=seed)

    def loss(rows: slice) -> Tensor:
        return model.loss(torch.from_numpy(lists_of(rows)), torch.from_numpy(order[rows]))

    for _ in train(model, loss, [slice(low, low + SIZE) for low in range(0, len(order), SIZE)], rate=3e-3):
        pass
    return model


def dated(x: Array, late: Array, lists: Ids, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(x.shape[1], 64), nn.GELU(), nn.Linear(64, 1))
    inputs, wanted = torch.from_numpy(x), torch.from_numpy(late / late.std())

    def loss(rows: slice) -> Tensor:
        some = lists[rows].ravel()
        return functional.mse_loss(model(inputs[some])[:, 0], wanted[some])

    for _ in train(model, loss, [slice(low, low + SIZE) for low in range(0, len(lists), SIZE)], rate=3e-3):
        pass
    return model


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    steps, seeds, asked = (2, 2, 20) if tiny else (STEPS, SEEDS, 300)
    papers = Abstracts.read(data, 200 if tiny else PAPERS)
    x, times = papers.vectors(), np.array(papers.dates, "datetime64[D]").astype(np.float32)
    half, found = len(x) // 2, {key: [] for key in ["nearest", "pointing", "ridge", "network", "dates"]}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        points = rng.random((steps * SIZE, 6, 2), dtype=np.float32)
        model = taught(2, points.__getitem__, best_tours(points), seed)
        for size in (6, 8):
            fresh = rng.random((asked, size, 2), dtype=np.float32)
            best = lengths(fresh, best_tours(fresh)[:, None]).mean()
            tours = {"nearest": nearest_next(fresh), "pointing": model.orders(fresh, beam=4)}
            for key, tour in tours.items():
                found[key].append(float(lengths(fresh, tour[:, None]).mean() / best))
        lists = rng.integers(0, half, (steps * SIZE, 5))
        right = np.argsort(times[lists], axis=1)
        model = taught(x.shape[1], lambda rows, lists=lists: x[lists[rows]], right, seed)
        known, late = x[:half] - x[:half].mean(axis=0), times[:half] - times[:half].mean()
        slope = np.linalg.solve(known.T @ known + np.eye(x.shape[1], dtype=np.float32), known.T @ late)
        told = dated(x[:half], late, lists, seed)(torch.from_numpy(x))[:, 0].detach().numpy()
        for size in (5, 10):
            fresh = rng.integers(half, len(x), (asked * 3, size))
            for key, order in (
                ("ridge", np.argsort(x[fresh] @ slope, axis=1)),
                ("network", np.argsort(told[fresh], axis=1)),
                ("dates", model.orders(x[fresh])),
            ):
                found[key].append(agreement(order, times[fresh]))
    return Evidence(
        claim="Pointing at its inputs, a network learns to order them, and longer lists than it saw.",
        checks={
            "tours through six points within 3 % of the shortest": max(found["pointing"][::2]) < 1.03,
            "and shorter than always going to the nearest, every seed": all(
                a < b for a, b in zip(found["pointing"][::2], found["nearest"][::2], strict=True)
            ),
            "tours through eight points, learned from six, shorter than always going to the nearest": all(
                a < b for a, b in zip(found["pointing"][1::2], found["nearest"][1::2], strict=True)
            ),
            "papers by date better than sorted by what a network tells of each, every seed": all(
                a > b for a, b in zip(found["dates"][::2], found["network"][::2], strict=True)
            ),
            "ten papers, learned from five, as well as five, but for a hundredth": (
                min(b - a for a, b in zip(found["dates"][::2], found["dates"][1::2], strict=True)) > -0.01
            ),
        },
        columns=("task", "system", "as long as learned from", "longer"),
        rows=tuple(
            (task, system, found[key][::2], found[key][1::2])
            for task, system, key in (
                ("tour, length to the shortest's", "always to the nearest", "nearest"),
                ("tour, length to the shortest's", "Pointer Network", "pointing"),
                ("papers by date, Kendall's τ", "ridge regression, sorted", "ridge"),
                ("papers by date, Kendall's τ", "network of the date, sorted", "network"),
                ("papers by date, Kendall's τ", "Pointer Network", "dates"),
            )
        ),
        note=f"Tours learned from {steps * SIZE:,} sets of six points with the shortest tour, tried on six "
        f"and on eight with a beam of four; lists of five among {half:,} papers of arXiv with MiniLM's "
        "vectors, tried on others, five and ten at a time.",
    )


if __name__ == "__main__":
    main(measure)
