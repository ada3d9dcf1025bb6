"""Five languages asked for one sentence: a softmax over all against pairs with English in the middle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from octavo.catalogue import Evidence
from octavo.lab.encoded import vectors
from octavo.lab.experiment import main
from octavo.lab.tongues import LANGUAGES, features, sentences
from octavo.tag.one_to_k import OneToK, mean_rank_variance, ranks

SEEDS, WIDTH, BATCH = 3, 96, 128


def learned(x: dict[str, torch.Tensor], anchors: torch.Tensor, kind: str, steps: int, seed: int) -> dict:
    """A linear map of each language to where the anchors are, by one loss or the other."""
    torch.manual_seed(seed)
    maps = nn.ModuleDict({name: nn.Linear(rows.shape[1], WIDTH, bias=False) for name, rows in x.items()})
    middle = nn.Linear(anchors.shape[1], WIDTH, bias=False)
    loss = OneToK()
    optimiser = torch.optim.AdamW([*maps.parameters(), *middle.parameters()], lr=2e-3, weight_decay=0.05)
    for _ in range(steps):
        rows = torch.randint(len(anchors), (min(BATCH, len(anchors)),))
        texts = torch.stack([maps[name](x[name][rows]) for name in x], dim=1)
        if kind == "one to K":
            value = loss(middle(anchors[rows]), texts)
        else:  # English to the anchors, and every other language to English
            english = texts[:, 0]
            value = loss(middle(anchors[rows]), english[:, None])
            for place in range(1, len(x)):
                value = value + loss(english, texts[:, place : place + 1])
            value = value / len(x)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    return {"middle": middle, **maps}


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    texts = sentences(data, 60 if tiny else 1600)
    anchors = torch.tensor(vectors(texts["en"]))
    x = {language: torch.tensor(features(texts[language])) for language in LANGUAGES}
    asked, learn = slice(0, len(anchors) // 4), slice(len(anchors) // 4, None)
    steps = 5 if tiny else 200
    table: dict[str, dict[str, list[float]]] = {}
    for kind in ("one to K", "pairs over English"):
        found = table.setdefault(kind, {"recall": [], "variance": [], "spread": []})
        for seed in range(SEEDS):
            maps = learned({name: rows[learn] for name, rows in x.items()}, anchors[learn], kind, steps, seed)
            with torch.no_grad():
                documents = maps["middle"](anchors[asked]).numpy()
                placed = [ranks(maps[name](x[name][asked]).numpy(), documents) for name in x]
            first = [float((row <= 10).mean()) for row in placed]
            found["recall"].append(float(np.mean(first)))
            found["spread"].append(max(first) - min(first))
            # A rank of 300 or 600 is equally lost: beyond a page of results the place means nothing.
            found["variance"].append(mean_rank_variance(np.minimum(placed, 100)))
    ours, theirs = table["one to K"], table["pairs over English"]
    return Evidence(
        claim="Learning all languages of a text at once makes the same question find its answer at the same "
        "place in every language, and finds it no worse.",
        checks={
            "a lower mean rank variance, every seed": all(
                a < b for a, b in zip(ours["variance"], theirs["variance"], strict=True)
            ),
            "at least as high a recall@10 over the languages, every seed": all(
                a >= b for a, b in zip(ours["recall"], theirs["recall"], strict=True)
            ),
        },
        columns=("loss", "mean rank variance", "recall@10", "best less worst language"),
        rows=tuple(
            (
                "1-to-K contrastive learning" if kind == "one to K" else kind,
                found["variance"],
                found["recall"],
                found["spread"],
            )
            for kind, found in table.items()
        ),
        note=f"Sentences of STS-B; anchors are MiniLM's English vectors, texts are letters in five languages "
        f"under linear maps, {steps} steps of {BATCH}. A quarter, never learned from, is asked for; ranks "
        "beyond 100 count as 100.",
    )


if __name__ == "__main__":
    main(measure)
