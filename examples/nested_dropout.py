"""Nested dropout and co-teaching on fields of papers of which many are labelled wrong."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from octavo.catalogue import Evidence
from octavo.denoise.nested_dropout import NestedDropout, co_teaching_losses
from octavo.lab.experiment import main
from octavo.lab.fields import Fields, epochs, perceptron
from octavo.protocols import Ids
from octavo.training import train

NOISE, EPOCHS, SIZE, SEEDS, HIDDEN, KEPT = (0.0, 0.2, 0.4), 40, 128, 3, 128, 16
WAYS = ("cross-entropy", "dropout .5", "nested dropout", "nested, two that teach each other")


class Net(nn.Module):
    """A hidden layer whose features may be dropped, by chance or from behind; `kept` of them are used."""

    def __init__(self, inputs: int, classes: int, way: str, seed: int) -> None:
        super().__init__()
        layers = perceptron(inputs, HIDDEN, classes, seed=seed)
        self.inner, self.outer, self.way = layers[:2], layers[2], way
        self.drop = NestedDropout(HIDDEN, KEPT, seed=seed) if way.startswith("nested") else nn.Dropout(0.5)

    def forward(self, x: Tensor, kept: int | None = None) -> Tensor:
        h = self.inner(x)
        if self.way == WAYS[0]:
            return self.outer(h)
        if kept is not None:
            h = self.drop(h, kept)
        elif self.way == WAYS[1] or self.training:
            h = self.drop(h)
        else:
            h = self.drop(h, KEPT)  # fixed beforehand: nobody holds clean labels to choose by
        return self.outer(h)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Fields.read(data, 200 if tiny else 6000, classes=4 if tiny else 20)
    count, seeds = (2, 2) if tiny else (EPOCHS, SEEDS)

    def alone(labels: Tensor, way: str, seed: int) -> Net:
        net = Net(bench.x.shape[1], len(bench.names), way, seed)

        def loss(rows: Ids) -> Tensor:
            return functional.cross_entropy(net(bench.x[rows]), labels[rows])

        for _ in train(net, loss, epochs(bench.learned, SIZE, count, seed), rate=2e-3):
            pass
        return net

    def taught(noise: float, way: str, seed: int) -> float:
        labels = bench.noisy(noise, seed)
        net = alone(labels, way, seed)
        if way != WAYS[3]:
            return bench.accuracy(net)
        peer = alone(labels, way, seed + 100)
        both = nn.ModuleList([net, peer])
        chosen = epochs(bench.learned, SIZE, count // 2, seed)
        ramp = len(chosen) // 3

        def loss(turn: tuple[int, Ids]) -> Tensor:
            number, rows = turn
            share = 1 - noise * min(1.0, number / max(ramp, 1))
            k = net.drop.draw()
            x = bench.x[rows]
            return sum(co_teaching_losses(net(x, k), peer(x, k), labels[rows], share))

        for _ in train(both, loss, list(enumerate(chosen)), rate=5e-4):
            pass
        return bench.accuracy(net)

    found = {
        (noise, way): [taught(noise, way, seed) for seed in range(seeds)] for noise in NOISE for way in WAYS
    }

    def above(one: str, other: str, noise: float) -> bool:
        return all(a > b for a, b in zip(found[noise, one], found[noise, other], strict=True))

    return Evidence(
        claim="Features ordered by nested dropout hold little of wrong labels, and peers weed out more.",
        checks={
            "with 40 % wrong, nested dropout is above cross-entropy, every seed": above(
                WAYS[2], WAYS[0], 0.4
            ),
            "with 40 % wrong, nested dropout is above dropout, every seed": above(WAYS[2], WAYS[1], 0.4),
            "two that teach each other are above one, with 20 % and 40 % wrong, every seed": above(
                WAYS[3], WAYS[2], 0.2
            )
            and above(WAYS[3], WAYS[2], 0.4),
        },
        columns=("accuracy of", *(f"{noise:.0%} of labels wrong" for noise in NOISE)),
        rows=tuple((way, *(found[noise, way] for noise in NOISE)) for way in WAYS),
        note=f"{len(bench.names)} categories of arXiv, {bench.learned:,} papers to learn from; one hidden "
        f"layer of {HIDDEN} over MiniLM's vectors, of which nested dropout keeps {KEPT}. ± over seeds. "
        "How many labels are wrong is told to the two that teach each other.",
    )


if __name__ == "__main__":
    main(measure)
