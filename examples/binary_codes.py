"""Binary paragraph codes against signs: titles look for their abstracts by 8, 16 and 32 bytes a paper."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.ranking import Words
from octavo.lab.titles import Titles
from octavo.protocols import SparseRows
from octavo.shrink.binary_codes import BinaryParagraphs, RotatedSigns, nearest, rescored
from octavo.teach.matryoshka import MatryoshkaAdapter

BITS, PROPOSED, SEEDS, VOCABULARY = (64, 128, 256), 50, 3, 2000


def counted(texts: tuple[str, ...], copies: int) -> SparseRows:
    """The most frequent stems of the texts, all the rows so many times."""
    documents = [Words.counted(text) for text in texts]
    common = Counter(word for own in documents for word in own).most_common(VOCABULARY)
    column = {word: place for place, (word, _) in enumerate(common)}
    rows = [{column[w]: n for w, n in own.items() if w in column} for own in documents] * copies
    held = [pair for own in rows for pair in own.items()]
    return SparseRows(
        np.cumsum([0, *map(len, rows)]),
        np.array([word for word, _ in held], np.int64),
        np.array([count for _, count in held], np.float32),
        len(column),
    )


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Titles.read(data, learned=120 if tiny else 4000, judged=40 if tiny else 1000)
    titles, abstracts = bench.pairs
    x = np.concatenate([titles, abstracts])
    texts = bench.papers.texts[: bench.learned]
    words, alone = counted(texts, 2), counted(texts, 1)
    seeds, steps, lengths = (1, 3, BITS[1:2]) if tiny else (SEEDS, 600, BITS)
    asked, own = bench.titles[bench.learned :], np.arange(bench.learned, len(bench.titles))[:, None]

    def kept(coded, asking) -> tuple[float, float]:
        """nDCG@10 by bits apart, and after the nearest 50 are scored again by whole vectors."""
        spread = [2 * np.unpackbits(each, axis=1).astype(np.float32) - 1 for each in (asking, coded)]
        proposed = nearest(coded, asking[bench.learned :], PROPOSED)
        found = rescored(bench.abstracts, asked, proposed, 10).ids == own
        gain = (found / np.log2(np.arange(found.shape[1]) + 2)).sum(axis=1).mean()
        return bench.judge(*spread).ndcg, float(gain)

    def signs(turn) -> tuple[float, float]:
        centred = (each - x.mean(axis=0) for each in (bench.abstracts, bench.titles))
        return kept(*(np.packbits(each @ turn > 0, axis=1) for each in centred))

    def coded(codes, turned=lambda each: each) -> tuple[float, float]:
        return kept(*(codes.encode(turned(each)) for each in (bench.abstracts, bench.titles)))

    ways = (
        "signs of random directions",
        "signs of principal components",
        "signs, rotated (ITQ)",
        "the same, of vectors taught by the pairs",
        "binary paragraph codes, taught by abstracts alone",
        "binary paragraph codes",
    )
    found: dict = {way: {bits: [] for bits in lengths} for way in ways}
    for seed in range(seeds):
        chance = np.random.default_rng(seed)
        taught = MatryoshkaAdapter(lengths, steps=steps, seed=seed).fit(titles, abstracts)
        for bits in lengths:
            drawn = chance.standard_normal((x.shape[1], bits)).astype(np.float32)
            found[ways[0]][bits].append(signs(drawn))
            found[ways[1]][bits].append(coded(RotatedSigns(bits, turns=0).fit(x)))
            found[ways[2]][bits].append(coded(RotatedSigns(bits, seed=seed).fit(x)))

            def short(each, bits=bits, taught=taught):
                return unit(taught.transform(each)[:, :bits])

            found[ways[3]][bits].append(coded(RotatedSigns(bits, seed=seed).fit(short(x)), short))
            less = BinaryParagraphs(bits, steps=steps, seed=seed).fit(abstracts, alone)
            found[ways[4]][bits].append(coded(less))
            found[ways[5]][bits].append(coded(BinaryParagraphs(bits, steps=steps, seed=seed).fit(x, words)))

    def figures(way: str, bits: int, which: int = 0) -> list[float]:
        return [each[which] for each in found[way][bits]]

    def above(one: str, other: str, which: int = 0) -> bool:
        return all(min(figures(one, b, which)) > max(figures(other, b, which)) for b in lengths)

    whole = bench.judge(bench.titles, bench.abstracts).ndcg
    last = figures(ways[5], 128, 1)
    return Evidence(
        claim="Codes taught by the words of texts find more than codes made of vectors alone.",
        checks={
            "more than signs of random directions, every length and seed": above(ways[5], ways[0]),
            "more than signs of principal components, every length and seed": above(ways[5], ways[1]),
            "more than rotated signs, every length and seed": above(ways[5], ways[2]),
            "and than rotated signs of vectors taught by the same pairs": above(ways[5], ways[3]),
            "with 50 scored again, more than both, every one": all(above(ways[5], w, 1) for w in ways[1:3]),
            "16 bytes with 50 scored again keep 95 % of whole vectors": min(last) >= 0.95 * whole,
        },
        columns=(
            "nDCG@10 of",
            *(f"{bits} bits" for bits in lengths),
            *(f"{bits} bits, 50 scored again" for bits in lengths),
        ),
        rows=tuple((way, *(figures(way, b, again) for again in (0, 1) for b in lengths)) for way in ways),
        leading="128 bits",
        note=f"Titles look for their abstracts: {len(titles):,} pairs of arXiv to learn from, {len(asked):,} "
        f"others to be judged by, among all abstracts; whole vectors of MiniLM find {whole:.3f}. A title is "
        "taught by the words of its abstract. Equal distances count against. ± over seeds. "
        "Rate and beginning were chosen between few, by these titles, for 128 bits and one seed.",
    )


if __name__ == "__main__":
    main(measure)
