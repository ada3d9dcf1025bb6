"""One table for all fields, against a table for each of the same bytes, and against tables without limit."""

from __future__ import annotations

from pathlib import Path

import torch

from octavo.catalogue import Evidence
from octavo.lab.click_models import Perceptron
from octavo.lab.clicks import FIELDS, Libraries
from octavo.lab.experiment import main
from octavo.rank.clicks import Embeddings, Table, learn, odds
from octavo.rank.unified_embedding import UnifiedEmbedding

READERS, SEEDS, EPOCHS, DIM, LOOKUPS, BUDGETS = 200, 3, 3, 8, 2, (128, 512, 2048)
UNIFIED, APART, ONCE, FULL = (
    "unified embedding",
    "a table for each field, two look-ups",
    "a table for each field, one look-up",
    "a row for every value",
)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    shelves = Libraries.read(data, 12 if tiny else READERS)
    epochs, seeds, budgets = (1, 2, (32, 64)) if tiny else (EPOCHS, SEEDS, BUDGETS)
    fields, values = len(FIELDS), sum(shelves.sizes)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for seed in range(1, seeds + 1):
        table = shelves.table(seed)
        n = table.learned
        whole = Embeddings(shelves.sizes, DIM * LOOKUPS, spread=0.3, seed=seed)
        tables: dict[tuple[str, int], Table] = {(FULL, values * DIM * LOOKUPS): whole}
        for rows in budgets:
            for name, buckets, dim, lookups, apart in (
                (APART, rows, DIM, LOOKUPS, True),
                (ONCE, rows // LOOKUPS, DIM * LOOKUPS, 1, True),
                (UNIFIED, rows, DIM, LOOKUPS, False),
            ):
                tables[name, rows * DIM] = UnifiedEmbedding(
                    fields, buckets, dim, lookups=lookups, apart=apart, spread=0.3, seed=seed
                )
        for key, embedded in tables.items():
            model = Perceptron(embedded, seed=seed)
            how = {"rate": 0.01, "decay": 0.3}
            learn(model, table.lines[:n], table.opened[:n], epochs=epochs, seed=seed, **how)
            found.setdefault(key, []).append(table.quality(odds(model, table.lines[n:])))
    auc = {key: [both[0] for both in values] for key, values in found.items()}
    numbers = [rows * DIM for rows in budgets]
    best, whole_auc = auc[UNIFIED, numbers[-1]], auc[FULL, values * DIM * LOOKUPS]
    return Evidence(
        claim="One table for all fields ranks better than a table for each of the same bytes.",
        checks={
            f"with {number:,} numbers above a table for each field, every seed": all(
                a > max(b, c)
                for a, b, c in zip(auc[UNIFIED, number], auc[APART, number], auc[ONCE, number], strict=True)
            )
            for number in numbers
        }
        | {
            "the largest is within a hundredth of a row for every value, every seed": all(
                a > b - 0.01 for a, b in zip(best, whole_auc, strict=True)
            )
        },
        columns=("table", "numbers", "AUC", "GAUC"),
        rows=tuple(
            (name, number, [a for a, _ in both], [b for _, b in both])
            for (name, number), both in sorted(found.items(), key=lambda item: item[0][1])
        ),
        note=f"{len(shelves.kept)} libraries of citeulike-t, {fields} fields with {values:,} values; a "
        f"network of one hidden layer over {DIM * LOOKUPS} numbers for each field. "
        "Nothing but the table differs.",
        leading="AUC",
    )


if __name__ == "__main__":
    main(measure)
