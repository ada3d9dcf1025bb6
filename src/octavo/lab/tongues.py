"""The same sentences in five languages, and features of each language that share nothing with the others'."""

from __future__ import annotations

import csv
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from octavo.arrays import unit
from octavo.protocols import Array

LANGUAGES: Final = ("en", "de", "es", "fr", "zh")
_WIDTH: Final = 2048


def sentences(data: Path, most: int) -> dict[str, list[str]]:
    """Return up to so many sentences, each once, by language: the i-th of all say the same."""
    found = {}
    for language in LANGUAGES:
        path = data / "similarity" / "stsb" / f"{language}.tsv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            found[language] = [row["sentence1"] for row in rows if row["split"] == "train"]
    kept = list({text: place for place, text in reversed(list(enumerate(found["en"])))}.values())
    kept = sorted(kept)[:most]
    return {language: [texts[place] for place in kept] for language, texts in found.items()}


def features(texts: list[str]) -> Array:
    """Return (N, 2048) of unit length: one to three letters each, counted by hash and weighed by rarity."""
    counts = np.zeros((len(texts), _WIDTH), np.float32)
    for row, text in zip(counts, texts, strict=True):
        whole = f" {text.lower()} "
        for size in (1, 2, 3):
            for start in range(len(whole) - size + 1):
                row[zlib.crc32(whole[start : start + size].encode()) % _WIDTH] += 1
    rare = np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0))) + 1
    return unit((np.log1p(counts) * rare).astype(np.float32))
