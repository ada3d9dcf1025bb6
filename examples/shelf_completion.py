"""Half a shelf of papers completed: CLHE, words, neighbours, EASE, and words with EASE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.libraries import Libraries, as_rows, incidence, recall, reduced, standard
from octavo.protocols import Array, Ids
from octavo.rank.ease import Ease
from octavo.rank.shelf_completion import ShelfCompletion
from octavo.training import batches, train

EPOCHS, SIZE, SEEDS, DIM = 2, 128, 3, 128
WORDS, NEIGHBOURS, EASE, BOTH = "words, TF-IDF", "item-kNN", "EASE", "EASE + words"


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    library = Libraries.read(data, kept_by=1 if tiny else 8, least=4)
    epochs, seeds = (1, 2) if tiny else (EPOCHS, SEEDS)
    words, vectors = library.weighted(), library.vectors(DIM)
    every, cold = np.arange(library.papers), np.flatnonzero(library.fold == 0)
    warm = np.setdiff1d(every, cold)
    found: dict[str, list[tuple[float, ...]]] = {}

    def noted(name: str, scores: Array) -> None:
        figures = tuple(recall(scores, given, wanted, among) for among in (warm, cold, every))
        found.setdefault(name, []).append(figures)

    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(library.shelves))
        asked, known = np.array_split(order, [len(order) // 5])
        # Papers of one fold have no reader: they are on no shelf to learn from.
        learned = [np.setdiff1d(library.shelves[row], cold) for row in known]
        learned = [each for each in learned if len(each) >= 2]
        halves = [np.array_split(rng.permutation(library.shelves[row]), 2) for row in asked]
        halves = [(own, right) for own, right in halves if np.isin(own, warm).any()]
        given, wanted = [own for own, _ in halves], [right for _, right in halves]
        there, shelf = incidence(learned, library.papers), incidence(given, library.papers)
        together = (there.T @ there).toarray()
        scale = 1 / np.sqrt(together.diagonal() + 5)
        np.fill_diagonal(together, 0)
        by_words, by_ease = (
            (shelf @ words @ words.T).toarray(),
            Ease(regularisation=100.0).fit(as_rows(there)).scores(as_rows(shelf)),
        )
        noted(WORDS, by_words)
        noted(NEIGHBOURS, shelf @ (together * scale[:, None] * scale))
        noted(EASE, by_ease)
        noted(BOTH, standard(by_ease) + standard(by_words))
        readers = unit(reduced(there.T.tocsr(), DIM))
        readers[cold] = 0
        torch.manual_seed(seed)
        model = ShelfCompletion(vectors, readers, dim=DIM, seed=seed)

        def loss(rows: Ids, model: ShelfCompletion = model, shelves: list[Ids] = learned) -> Tensor:
            return model.loss([shelves[row] for row in rows])

        steps = epochs * max(1, len(learned) // SIZE)
        for _ in train(model, loss, batches(len(learned), SIZE, steps=steps, seed=seed), rate=2e-3):
            pass
        by_clhe = model.scores(given)
        noted("CLHE", by_clhe)
        noted("CLHE + EASE + words", standard(by_clhe) + standard(by_ease) + standard(by_words))

    def column(name: str, place: int) -> list[float]:
        return [figures[place] for figures in found[name]]

    def above(name: str, other: str, place: int) -> bool:
        return all(a > b for a, b in zip(column(name, place), column(other, place), strict=True))

    return Evidence(
        claim="Shelves are completed best by seeing words, readers and shelf at once, also with new papers.",
        checks={
            "papers that nobody keeps yet: CLHE above words, every seed": above("CLHE", WORDS, 1),
            "papers with readers: CLHE above item-kNN, every seed": above("CLHE", NEIGHBOURS, 0),
            "papers with readers: CLHE above EASE with words, every seed": above("CLHE", BOTH, 0),
            "all papers: CLHE above EASE with words, every seed": above("CLHE", BOTH, 2),
            "all papers: CLHE added to both betters them, every seed": above("CLHE + EASE + words", BOTH, 2),
        },
        columns=("system", "recall@20, papers with readers", "new papers", "all"),
        rows=tuple((name, *(column(name, place) for place in range(3))) for name in found),
        note=f"citeulike-t, the {library.papers:,} papers that at least eight readers keep, a fifth of them "
        f"in nobody's hands while learning; half of each of {len(given):,} shelves is given, the other half "
        "wanted. Other readers are asked with each seed.",
    )


if __name__ == "__main__":
    main(measure)
