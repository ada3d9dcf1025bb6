"""Trending as a glass box: every score can be taken apart into what made it. Pure.

    score(paper, t) = log₂ [  Σ trust(voter, t) · 2^(−(t − cast) / half_life)         our readers' votes
                            + source_weight · log₂(1 + n) · 2^(−(t − born) / half_life)   n: a source's count
                            + prior · 2^(−(t − born) / half_life) ]                    benefit of the doubt

Votes count by their logarithm, and every part halves each `half_life` days. So a score falls by exactly one a
half-life, and no paper overtakes another by waiting: an order changes when somebody votes, a paper comes in
or a voter earns trust, and only then. `prior` is Bayes' answer to the new: with a Gamma(prior, β) belief
about how much interest a paper draws, the posterior mean is (prior + votes) / (β + 1), and β, the same for
all, moves nobody.
Imported votes are the sources' own: a part with a label and a weight of its own, never mixed with ours.

Trust is earned: an account counts for nothing during `probation`, and grows to one vote with its age and with
the days on which it has voted; who was invited or vouched for has it at once. However many fresh accounts
there are, together they weigh nothing.

Moments are days since 1970-01-01 UTC, as floats.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Preset = Literal["broadsheet", "votes", "hn", "scirate", "sources"]

PRESETS: Final[dict[Preset, str]] = {
    "broadsheet": "Readers’ votes by trust, fading; sources’ votes and a prior beside them",
    "votes": "Readers’ votes, plain: nothing fades",
    "hn": "Hacker News: votes ÷ (hours + 2)^1.8",
    "scirate": "SciRate: votes, then comments, then who came first; nothing fades",
    "sources": "Votes as each source’s own readers counted them",
}
"""The orders that can be compared, ours first."""

assert set(PRESETS) == set(get_args(Preset))

FOREVER: Final = np.inf
HN_GRAVITY: Final = 1.8


@dataclass(frozen=True, slots=True)
class Formula:
    """What the score is made with.

    half_life: days after which a vote counts half. prior: votes a new paper is given. source_weight: votes
    that each doubling of a source's count is worth. probation: days in which an account counts for nothing.
    seniority: days after which age no longer holds it back. active_days: days with votes after which activity
    no longer does.
    """

    half_life: float = 3.0
    prior: float = 1.0
    source_weight: float = 0.5
    probation: float = 2.0
    seniority: float = 14.0
    active_days: float = 5.0

    def __post_init__(self) -> None:
        for name, limits in LIMITS.items():
            value = getattr(self, name)
            if not limits.low <= value <= limits.high:
                raise ValueError(f"{name} is between {limits.low} and {limits.high}, got {value}")

    def changed(self, **given: float | None) -> Self:
        """This formula with some parts others, each held within its limits; None leaves a part as it is."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in given.items():
            if value is not None and value == value:  # not NaN
                parts[name] = min(max(float(value), LIMITS[name].low), LIMITS[name].high)
        return type(self)(**parts)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a part of the formula may be, in steps, and what it is called."""

    low: float
    high: float
    step: float
    label: str


LIMITS: Final = {
    "half_life": Limits(0.25, 365.0, 0.25, "A vote counts half after (days)"),
    "prior": Limits(0.0, 20.0, 0.25, "Votes a new paper is given"),
    "source_weight": Limits(0.0, 10.0, 0.25, "Weight of the sources’ votes"),
    "probation": Limits(0.0, 60.0, 0.5, "Days before a new account counts"),
    "seniority": Limits(0.0, 365.0, 1.0, "Days until its age counts in full"),
    "active_days": Limits(0.0, 60.0, 1.0, "Days with votes until it counts in full"),
}


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything that a ranking is made of, as columns.

    For N papers: born (when its clock starts), source_votes and comments (0 where nobody counts).
    For M votes: paper (0..N-1), voter (0..V-1), cast, withdrawn (FOREVER while it stands), first (whether it
    is the voter's first of that day).
    For V voters: known (when the account was made), given (the trust somebody gave them by hand, or NaN where
    they earn their own).
    """

    born: Floats
    source_votes: Floats
    comments: Floats
    paper: Numbers
    voter: Numbers
    cast: Floats
    withdrawn: Floats
    first: Flags
    known: Floats
    given: Floats

    def standing(self, at: float) -> Flags:
        """(M,) whether each vote stands at that moment."""
        return (self.cast <= at) & (at < self.withdrawn)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """How a score came about, in votes at the moment of the ranking.

    votes: standing votes of our readers, as counted. trusted: their sum by trust. readers: what is left of it
    after fading. source_votes, sources: the most any source counted, and what that is worth now. prior: what
    is left of the benefit of the doubt. heat: readers + sources + prior. score: its logarithm. age: in days.
    """

    preset: Preset
    votes: int
    trusted: float
    readers: float
    source_votes: int
    sources: float
    prior: float
    heat: float
    score: float
    age: float

    def as_json(self) -> dict[str, Any]:
        """Its fields, numbers rounded to what can matter."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        finite = {name: value for name, value in parts.items() if value != -np.inf}
        return {
            name: float(f"{value:.6g}") if isinstance(value, float) else value
            for name, value in finite.items()
        }

    @property
    def shares(self) -> tuple[float, float, float]:
        """The shares of readers, sources and prior in the heat; zeros where there is no heat."""
        if self.heat <= 0:
            return (0.0, 0.0, 0.0)
        return (self.readers / self.heat, self.sources / self.heat, self.prior / self.heat)


def trust(signals: Signals, formula: Formula, at: float) -> Floats:
    """(V,) how much of a vote each voter's counts for at a moment, from 0 to 1."""
    voters = len(signals.known)
    age = at - signals.known
    active = np.bincount(signals.voter[signals.first & (signals.cast <= at)], minlength=voters)
    by_age = np.minimum(1.0, age / formula.seniority) if formula.seniority else np.ones(voters)
    by_activity = np.minimum(1.0, active / formula.active_days) if formula.active_days else np.ones(voters)
    earned = np.where(age >= formula.probation, np.clip(by_age, 0.0, 1.0) * by_activity, 0.0)
    return np.where(np.isnan(signals.given), earned, signals.given)


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order of papers at a moment.

    order: indices of the papers that were there, best first. scores: (N,), by which they were ordered.
    trust: (V,).
    """

    signals: Signals
    formula: Formula
    at: float
    preset: Preset
    order: Numbers
    scores: Floats
    trust: Floats

    def breakdown(self, paper: int) -> Breakdown:
        """How the score of a paper (its index) came about."""
        s, at, formula = self.signals, self.at, self.formula
        mine = np.flatnonzero((s.paper == paper) & s.standing(at))
        return _breakdown(self, paper, s.cast[mine], self.trust[s.voter[mine]], at, formula)

    def breakdowns(self, papers: Numbers) -> list[Breakdown]:
        """Those of several papers, with one look at the votes."""
        s, at = self.signals, self.at
        wanted = np.zeros(len(s.born), dtype=bool)
        wanted[papers] = True
        mine = np.flatnonzero(wanted[s.paper])
        mine = mine[(s.cast[mine] <= at) & (at < s.withdrawn[mine])]
        made = []
        for paper in papers:
            votes = mine[s.paper[mine] == paper]
            made.append(
                _breakdown(self, int(paper), s.cast[votes], self.trust[s.voter[votes]], at, self.formula)
            )
        return made


def _breakdown(
    ranking: Ranking, paper: int, cast: Floats, weights: Floats, at: float, formula: Formula
) -> Breakdown:
    s = ranking.signals
    age = at - float(s.born[paper])
    fading = 2.0 ** (-age / formula.half_life)
    readers = float(np.sum(weights * np.exp2((cast - at) / formula.half_life)))
    sources = formula.source_weight * float(np.log2(1.0 + s.source_votes[paper])) * fading
    prior = formula.prior * fading
    return Breakdown(
        preset=ranking.preset,
        votes=len(cast),
        trusted=float(weights.sum()),
        readers=readers,
        source_votes=int(s.source_votes[paper]),
        sources=sources,
        prior=prior,
        heat=readers + sources + prior,
        score=float(ranking.scores[paper]),
        age=age,
    )


def rank(
    signals: Signals,
    formula: Formula,
    at: float,
    *,
    preset: Preset = "broadsheet",
    days: float | None = None,
) -> Ranking:
    """Order the papers that are there at a moment; `days`: only those born in the last so many.

    Equal scores: the newer paper first (SciRate: the older), then the larger index.
    """
    if preset not in PRESETS:
        raise ValueError(f"a preset is one of {', '.join(PRESETS)}, got {preset!r}")
    there = signals.born <= at
    if days is not None:
        there &= signals.born > at - days
    weights = trust(signals, formula, at)
    scores = SCORES[preset](signals, formula, at, weights)
    index = np.flatnonzero(there)
    newest = -signals.born[index]
    ties: tuple[npt.NDArray[Any], ...] = (-index, newest)
    if preset == "scirate":
        ties = (index, -newest, -signals.comments[index])
    elif preset == "votes":
        ties = (-index, newest, -signals.source_votes[index])
    order = index[np.lexsort((*ties, -scores[index]))]
    return Ranking(signals, formula, at, preset, order, scores, weights)


def _ours(signals: Signals, formula: Formula, at: float, weights: Floats) -> Floats:
    """log₂ of the heat, computed from the latest moment of each paper so that nothing under- or overflows."""
    half_life = formula.half_life
    # Votes that weigh nothing leave no trace, not even of rounding.
    stands = np.flatnonzero(signals.standing(at) & (weights[signals.voter] > 0))
    paper, cast = signals.paper[stands], signals.cast[stands]
    latest = signals.born.copy()
    np.maximum.at(latest, paper, cast)
    by_votes = np.bincount(
        paper,
        weights[signals.voter[stands]] * np.exp2((cast - latest[paper]) / half_life),
        minlength=len(latest),
    )
    given = formula.prior + formula.source_weight * np.log2(1.0 + signals.source_votes)
    heat = by_votes + given * np.exp2((signals.born - latest) / half_life)
    with np.errstate(divide="ignore"):  # no part at all is minus infinity: the last place
        return np.asarray(np.log2(heat) + (latest - at) / half_life, dtype=np.float64)


def _counted(signals: Signals, at: float) -> Floats:
    stands = signals.paper[signals.standing(at)]
    return np.bincount(stands, minlength=len(signals.born)).astype(np.float64)


def _plain(signals: Signals, formula: Formula, at: float, weights: Floats) -> Floats:
    return _counted(signals, at)


def _hacker_news(signals: Signals, formula: Formula, at: float, weights: Floats) -> Floats:
    """There one vote is taken off, the submitter's own; here nobody votes by submitting."""
    hours = np.maximum(at - signals.born, 0.0) * 24.0
    return np.asarray(_counted(signals, at) / (hours + 2.0) ** HN_GRAVITY, dtype=np.float64)


def _of_sources(signals: Signals, formula: Formula, at: float, weights: Floats) -> Floats:
    return signals.source_votes


SCORES: Final = {
    "broadsheet": _ours,
    "votes": _plain,
    "hn": _hacker_news,
    "scirate": _plain,
    "sources": _of_sources,
}
