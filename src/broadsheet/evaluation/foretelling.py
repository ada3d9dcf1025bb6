"""Which papers of a day will end on top, told from their text and the day alone, before anybody has voted.

Every day is foretold by a model that has not seen it: days are left out in blocks (`leave days out`), or the
model knows only the days before (`earlier days`), as a paper in use would. A model is a ridge regression of
how a paper did among its day's papers on its title's vector; how much it is held back is chosen inside the
days it knows.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from broadsheet.exceptions import NotFoundError
from octavo.check.significance import Difference, bootstrap
from octavo.protocols import Encoder

Floats = npt.NDArray[np.float64]
TOP: Final = 3
FEWEST: Final = 6  # papers of a day; among fewer, the first three are no feat
BLOCKS: Final = 10
LEFT_OUT: Final = "text and day, leave days out"
FORWARD: Final = "text and day, earlier days alone"
HELD_BACK: Final = (0.1, 1.0, 10.0, 100.0, 1000.0)
_SHUFFLE: Final = 20260101


@dataclass(frozen=True, slots=True)
class Days:
    """N papers that were listed and voted on, in an order within each day that says nothing.

    day: (N,) the number of the day, 0..D-1, in order of time. newness: (N,) larger for a later submission.
    """

    texts: tuple[str, ...]
    day: npt.NDArray[np.int64]
    votes: Floats
    newness: Floats

    @classmethod
    def read(cls, data: Path) -> Days:
        """Read `papers/daily_votes` of the folder of collections. Raises NotFoundError if it is not there."""
        import pyarrow.parquet  # only development installs it

        file = data / "papers" / "daily_votes" / "daily_votes.parquet"
        if not file.exists():
            raise NotFoundError(f"no listings with votes: {str(file)!r} is not there")
        rows = [row for row in pyarrow.parquet.read_table(file).to_pylist() if row["votes"] is not None]
        # The file lists each day by votes: the answer must not lie in the order.
        rows = [rows[i] for i in np.random.default_rng(_SHUFFLE).permutation(len(rows))]
        rows.sort(key=lambda row: row["date"])
        return cls.of(
            [
                (
                    row["date"],
                    f"{row['title']}\n{row['abstract'] or ''}".strip(),
                    row["votes"],
                    row["arxiv_id"],
                )
                for row in rows
            ]
        )

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str, float, str]]) -> Days:
        """From (day, text, votes, arXiv id), in order of time; days with too few papers are left out."""
        count: dict[str, int] = {}
        for day, *_ in rows:
            count[day] = count.get(day, 0) + 1
        kept = [row for row in rows if count[row[0]] >= FEWEST]
        numbers = {day: number for number, day in enumerate(dict.fromkeys(day for day, *_ in kept))}
        return cls(
            tuple(text for _, text, _, _ in kept),
            np.array([numbers[day] for day, *_ in kept], dtype=np.int64),
            np.array([votes for _, _, votes, _ in kept], dtype=np.float64),
            np.array([_submitted(name) for *_, name in kept], dtype=np.float64),
        )

    def __len__(self) -> int:
        return int(self.day.max()) + 1 if len(self.day) else 0


@dataclass(frozen=True, slots=True)
class Told:
    """How well one way of telling did: per day (D,), and beside chance and beside recency.

    top: the share of the day's first three that were among the three named. rho: the rank correlation.
    """

    name: str
    top: Floats
    rho: Floats
    over_chance: Difference
    over_recency: Difference

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "name": self.name,
            "top3": float(self.top.mean()),
            "rho": float(self.rho.mean()),
            "over_chance": self.over_chance._asdict(),
            "over_recency": self.over_recency._asdict(),
        }


def foretell(days: Days, encoder: Encoder) -> list[Told]:
    """Every way of telling, judged on every day."""
    vectors = np.asarray(encoder.encode_documents(list(days.texts)), dtype=np.float64)
    told = np.column_stack([vectors, _within(days, _ranks)(days.newness)])
    wanted = _within(days, _standardised)(np.log1p(days.votes))
    blocks = blocks_of(days)[days.day]
    lengths = np.array([len(text.split()) for text in days.texts], dtype=np.float64)
    ways: dict[str, Floats] = {
        "newest first": days.newness,
        "shortest title first": -lengths,
        LEFT_OUT: _crossed(told, wanted, days.day, blocks),
        FORWARD: _forward(told, wanted, days.day, blocks),
    }
    chance = np.array([TOP / int((days.day == day).sum()) for day in range(len(days))])
    recency, _ = judge(days, days.newness)
    rng = np.random.default_rng(_SHUFFLE)
    drawn = [judge(days, rng.permutation(len(days.votes)).astype(np.float64)) for _ in range(20)]
    found = [_told("chance", chance, np.mean([rho for _, rho in drawn], axis=0), chance, recency)]
    for name, scores in ways.items():
        top, rho = judge(days, scores)
        # Of the first days a model of earlier days has nothing to say: it is judged on the rest.
        heard = slice(int((blocks_of(days) == 0).sum()) if name == FORWARD else 0, None)
        found.append(_told(name, top[heard], rho[heard], chance[heard], recency[heard]))
    return found


def blocks_of(days: Days) -> npt.NDArray[np.int64]:
    """(D,) the block of each day, in order of time."""
    return np.arange(len(days)) * BLOCKS // max(1, len(days))


def judge(days: Days, scores: Floats) -> tuple[Floats, Floats]:
    """(D,) the share of each day's first three that the scores put first, and (D,) the rank correlation.

    Where votes are equal at the edge of the three, each of the equals counts its share.
    """
    top, rho = np.zeros(len(days)), np.zeros(len(days))
    for day in range(len(days)):
        mine = np.flatnonzero(days.day == day)
        votes, told = days.votes[mine], scores[mine]
        named = np.argsort(-told, kind="stable")[:TOP]
        edge = np.sort(votes)[-TOP]
        sure, equal = votes > edge, votes == edge
        credit = sure + equal * (TOP - sure.sum()) / equal.sum()
        top[day] = credit[named].sum() / TOP
        a, b = _ranks(votes) - np.mean(_ranks(votes)), _ranks(told) - np.mean(_ranks(told))
        spread = math.sqrt(float(a @ a) * float(b @ b))
        rho[day] = float(a @ b) / spread if spread else 0.0
    return top, rho


def _told(name: str, top: Floats, rho: Floats, chance: Floats, recency: Floats) -> Told:
    return Told(name, top, rho, bootstrap([top - chance]), bootstrap([top - recency]))


def _crossed(x: Floats, y: Floats, day: npt.NDArray[np.int64], blocks: npt.NDArray[np.int64]) -> Floats:
    scores = np.zeros(len(y))
    for block in np.unique(blocks):
        out = blocks == block
        scores[out] = _fitted(x[~out], y[~out], day[~out])(x[out])
    return scores


def _forward(x: Floats, y: Floats, day: npt.NDArray[np.int64], blocks: npt.NDArray[np.int64]) -> Floats:
    """Each block of days by a model of the days before; of the first block nothing can be said."""
    scores = np.zeros(len(y))
    for block in np.unique(blocks)[1:]:
        known, out = blocks < block, blocks == block
        scores[out] = _fitted(x[known], y[known], day[known])(x[out])
    return scores


def _fitted(x: Floats, y: Floats, day: npt.NDArray[np.int64]) -> Callable[[Floats], Floats]:
    """A ridge regression, held back as much as serves best on days left out of these days."""
    folds = day % 5

    def missed(held: float) -> float:
        errors = 0.0
        for fold in range(5):
            out = folds == fold
            if out.any() and not out.all():
                errors += float(np.sum((_ridge(x[~out], y[~out], held)(x[out]) - y[out]) ** 2))
        return errors

    return _ridge(x, y, min(HELD_BACK, key=missed))


def _ridge(x: Floats, y: Floats, held: float) -> Callable[[Floats], Floats]:
    mean = x.mean(axis=0)
    centred = x - mean
    weights = np.linalg.solve(centred.T @ centred + held * np.eye(x.shape[1]), centred.T @ y)
    return lambda new: np.asarray((new - mean) @ weights, dtype=np.float64)


def _within(days: Days, what: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    def each(values: Floats) -> Floats:
        made = np.zeros(len(values))
        for day in range(len(days)):
            mine = days.day == day
            made[mine] = what(values[mine])
        return made

    return each


def _ranks(values: Floats) -> Floats:
    """Ranks from 0 to 1, the largest 1; equal values share theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count + 1) / 2
    return np.asarray(middle[place] / max(1, len(values) - 1), dtype=np.float64)


def _standardised(values: Floats) -> Floats:
    spread = values.std()
    return np.asarray((values - values.mean()) / spread if spread else values * 0.0, dtype=np.float64)


def _submitted(arxiv_id: str) -> float:
    """An arXiv id as a number that grows with time; 0 for what is none."""
    month, _, number = arxiv_id.partition(".")
    return int(month) * 1e5 + int(number) if month.isdigit() and number.isdigit() else 0.0


def table(told: Sequence[Told]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The findings as a head and rows of text."""
    head = ("way of telling", f"top {TOP}", "ρ", "over chance", "over newest first")

    def span(difference: Difference) -> str:
        return f"{difference.mean:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"

    return head, [
        (t.name, f"{t.top.mean():.3f}", f"{t.rho.mean():.3f}", span(t.over_chance), span(t.over_recency))
        for t in told
    ]


def verdict(told: Sequence[Told]) -> str:
    """What it comes to, in a sentence."""
    by_name = {t.name: t for t in told}
    text, forward = by_name[LEFT_OUT], by_name[FORWARD]
    if text.over_recency.low <= 0 or text.over_chance.low <= 0:
        return "Text and day alone do not tell which papers of a day end on top."
    named, newest, chance = (
        f"{by_name[name].top.mean():.0%}" for name in (LEFT_OUT, "newest first", "chance")
    )
    surely = "and so" if forward.over_recency.low > 0 else "but not surely so"
    return (
        f"Text and day tell a little: of a day's first {TOP}, {named} are named, where the newest first "
        f"names {newest} and chance {chance}, {surely} when only earlier days are known. "
        "It is no substitute for readers' votes."
    )


def markdown(told: Sequence[Told]) -> str:
    """The table as Markdown."""
    head, rows = table(told)
    out = io.StringIO()
    writer = csv.writer(out, delimiter="|", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar="\\")
    for row in (head, ["---"] * len(head), *rows):
        writer.writerow(["", *(f" {cell} " for cell in row), ""])
    return out.getvalue()
