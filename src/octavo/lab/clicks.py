"""Clicks made of readers' libraries: what they kept was opened, and papers that others kept were not.

Lines are told in fields of the reader and of the paper, or as the paper and what its reader had kept before.
What was not opened is drawn from what others opened, so that how often a paper is kept tells nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np

from octavo.lab.latent import LatentSemantic
from octavo.protocols import Array, Ids

FIELDS: Final = (
    "reader",
    "paper",
    "paper's topic",
    "paper's first word",
    "paper's second word",
    "paper's tag",
    "reader's first topic",
    "reader's second topic",
    "papers the reader has",
)
_ORDER: Final = 20260101  # of the readers: fewer are the beginning of more
_LEAST: Final = 10
_TOPICS, _WORDS, _TAGS = 40, 3000, 1500


class Lines(NamedTuple):
    """Lines to learn from, then lines to be judged by.

    lines: (N, F), told in FIELDS. seen: (N, 1 + H), the paper and what its reader had kept, -1 for none.
    opened: (N,). readers: (N,), whose line it is. learned: how many are to learn from.
    """

    lines: Ids
    seen: Ids
    opened: Ids
    readers: Ids
    learned: int

    def quality(self, scores: Array) -> tuple[float, float]:
        """Return AUC and GAUC of scores for the lines to be judged by."""
        opened = self.opened[self.learned :]
        return auc(opened, scores), gauc(opened, scores, self.readers[self.learned :])


@dataclass(frozen=True)
class Libraries:
    """kept: for each reader, the papers they keep. vectors: (I, D) of papers, latent semantic.

    topics, tags: (I,), and words (I, 2), the strongest; -1 for none.
    """

    kept: tuple[Ids, ...]
    vectors: Array
    topics: Ids
    words: Ids
    tags: Ids

    @classmethod
    def read(cls, data: Path, readers: int, *, dim: int = 64) -> Self:
        """Return so many readers of `readers/citeulike-t` who keep at least ten papers, and these papers."""
        folder = data / "readers" / "citeulike-t"
        pairs = _columns(folder / "interactions.parquet", "user", "item")
        users, counts = np.unique(pairs[0], return_counts=True)
        chosen = np.random.default_rng(_ORDER).permutation(users[counts >= _LEAST])[:readers]
        some = np.isin(pairs[0], chosen)
        papers, place = np.unique(pairs[1][some], return_inverse=True)
        kept = tuple(place[pairs[0][some] == user].astype(np.int64) for user in chosen)
        texts = _texts(folder / "items.parquet", papers)
        vectors = LatentSemantic(min(dim, len(papers) // 3), least=2).fit(texts).encode_documents(texts)
        tagged = _columns(folder / "item_tags.parquet", "item", "tag")
        return cls(kept, vectors, _topics(vectors), _strongest(texts), _commonest(tagged, papers))

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def described(self) -> Ids:
        """(I, 4), the fields of every paper besides its number: topic, both words, tag."""
        return np.column_stack([self.topics, self.words, self.tags])

    @property
    def sizes(self) -> list[int]:
        """How many values each of FIELDS has."""
        topics, words, tags = (int(part.max()) + 1 for part in (self.topics, self.words, self.tags))
        most = max(len(kept) for kept in self.kept).bit_length()
        return [len(self.kept), len(self), topics, words, words, max(tags, 1), topics, topics, most]

    def table(self, seed: int, *, against: int = 2, history: int = 15) -> Lines:
        """Return lines of three quarters of every library to learn from, and of the rest to be judged by.

        against: papers that were not opened, for each that was; twice as many where it is judged.
        """
        rng = np.random.default_rng(seed)
        halves = [np.split(rng.permutation(kept), [len(kept) * 3 // 4]) for kept in self.kept]
        offered = [np.concatenate([half[part] for half in halves]) for part in range(2)]
        made: tuple[list[Any], list[Any]] = ([], [])
        for reader, (known, asked) in enumerate(halves):
            own = set(self.kept[reader].tolist())
            for part, papers in enumerate((known, asked)):
                many = len(papers) * against * (1 + part)
                drawn = rng.choice(offered[part], 2 * many + 20)
                others = [paper for paper in drawn.tolist() if paper not in own][:many]
                for paper, opened in [*((p, 1) for p in papers.tolist()), *((p, 0) for p in others)]:
                    made[part].append(self._line(reader, paper, opened, known, history, rng))
        for side in made:
            rng.shuffle(side)
        columns = list(zip(*made[0], *made[1], strict=True))
        arrays = [np.array(column, np.int64) for column in columns]
        return Lines(arrays[0], arrays[1], arrays[2], arrays[3], len(made[0]))

    def _line(
        self, reader: int, paper: int, opened: int, known: Ids, history: int, rng: np.random.Generator
    ) -> tuple[list[int], list[int], int, int]:
        before = known[known != paper]
        # A paper that was kept must not be told by one that is missing from what was: leave one out always.
        before = before[:-1] if len(before) == len(known) else before
        topics = [topic for topic, _ in Counter(self.topics[before].tolist()).most_common(2)] + [-1, -1]
        many = int(math.log2(len(known)))
        own = [int(self.topics[paper]), *self.words[paper].tolist(), int(self.tags[paper])]
        some = before if len(before) <= history else rng.choice(before, history, replace=False)
        seen = [paper, *some.tolist(), *[-1] * (history - len(some))]
        return [reader, paper, *own, *topics[:2], many], seen, opened, reader


def auc(opened: Sequence[int] | Ids, scores: Array) -> float:
    """Return how often one that was opened scores above one that was not."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(opened, scores))


def gauc(opened: Ids, scores: Array, readers: Ids) -> float:
    """Return the mean of the readers' own AUC, each by their number of lines."""
    found, weights = [], []
    for reader in np.unique(readers):
        own = readers == reader
        if 0 < opened[own].mean() < 1:
            found.append(auc(opened[own], scores[own]))
            weights.append(int(own.sum()))
    return float(np.average(found, weights=weights))


def likeness(vectors: Array, seen: Ids) -> Array:
    """Return the cosine (N,) of each paper with the mean of what its reader had kept, from (N, 1 + H)."""
    held = np.concatenate([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
    mean = held[seen[:, 1:]].sum(axis=1)
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    cosine: Array = (held[seen[:, 0]] * mean).sum(axis=1)
    return cosine


def nearest(vectors: Array, seen: Ids, k: int = 3) -> Array:
    """Return the mean (N,) of the k highest cosines of each paper with those its reader had kept."""
    held = np.concatenate([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
    cosines = np.einsum("nd,nhd->nh", held[seen[:, 0]], held[seen[:, 1:]])
    best: Array = np.sort(cosines, axis=1)[:, -k:].mean(axis=1)
    return best


def _columns(path: Path, *names: str) -> tuple[Ids, ...]:
    import pyarrow.parquet  # only development installs it

    table = pyarrow.parquet.read_table(path, columns=list(names))
    return tuple(table.column(name).to_numpy().astype(np.int64) for name in names)


def _texts(path: Path, papers: Ids) -> list[str]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    told = dict(zip(table.column("item").to_pylist(), table.column("bow_text").to_pylist(), strict=True))
    return [told.get(paper) or "" for paper in papers.tolist()]


def _topics(vectors: Array) -> Ids:
    from sklearn.cluster import MiniBatchKMeans

    count = min(_TOPICS, len(vectors) // 10)
    means = MiniBatchKMeans(count, n_init=1, batch_size=2048, max_iter=30, random_state=0)
    topics: Ids = means.fit_predict(vectors).astype(np.int64)
    return topics


def _strongest(texts: Sequence[str]) -> Ids:
    """The two words (I, 2) of each text that weigh most, of those that stand in several."""
    counted = [Counter(text.split()) for text in texts]
    holding = Counter(word for words in counted for word in words)
    number = {word: place for place, (word, count) in enumerate(holding.most_common(_WORDS)) if count > 1}
    found = np.full((len(texts), 2), -1, np.int64)
    for row, words in enumerate(counted):
        weights = {
            word: (1 + math.log(times)) * math.log(len(texts) / holding[word])
            for word, times in words.items()
            if word in number
        }
        best = sorted(weights, key=lambda word: (-weights[word], word))[:2]
        found[row, : len(best)] = [number[word] for word in best]
    return found


def _commonest(tagged: tuple[Ids, ...], papers: Ids) -> Ids:
    """Of each paper's tags, that which most papers have; -1 for one that has none of the frequent ones."""
    place = {paper: row for row, paper in enumerate(papers.tolist())}
    both = zip(*(column.tolist() for column in tagged), strict=True)
    pairs = [(place[paper], tag) for paper, tag in both if paper in place]
    number = {tag: rank for rank, (tag, _) in enumerate(Counter(tag for _, tag in pairs).most_common(_TAGS))}
    found = np.full(len(papers), -1, np.int64)
    for row, tag in pairs:
        if tag in number and (found[row] < 0 or number[tag] < found[row]):
            found[row] = number[tag]
    return found
