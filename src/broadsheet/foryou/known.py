"""Everything that is known of a reader, in words: the page one can read, export and correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from broadsheet.foryou.interests import Interest
from broadsheet.foryou.learning import Model
from broadsheet.foryou.said import Said, Shown
from broadsheet.foryou.signals import TRUST, Judgement, fading
from broadsheet.papers import Paper
from broadsheet.store.tastes import Taste

MOST_AGAINST: Final = 50


@dataclass(frozen=True, slots=True)
class Held:
    """A paper that was judged: how it was said, and how much of that is left (0 to 1)."""

    paper: Paper
    kinds: tuple[str, ...]
    left: float
    weight: float


@dataclass(frozen=True)
class Known:
    """What is known of a reader.

    interests: with their share of all that was liked, and their strongest papers. disliked: papers that count
    against others, the strongest first. ignored: papers that count for nothing. signals: kind → how many.
    half_life: in days. behind: signals that are not learned yet. nbytes: kept of the reader beside the log.
    together: what many readers taught this feed, in words.
    """

    said: Said
    model: Model | None
    interests: tuple[tuple[Interest, float, tuple[Held, ...]], ...]
    disliked: tuple[Held, ...]
    ignored: tuple[Paper, ...]
    signals: Mapping[str, int]
    half_life: float
    explore: float
    behind: int
    shown: int
    learned_at: datetime | None
    took_ms: float
    nbytes: int
    ranker: str
    together: str = ""

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "said": self.said.kept(),
            "interests": [
                {
                    "id": interest.id,
                    "name": interest.name,
                    "share": round(share, 3),
                    "words": list(interest.words),
                    "papers": [_told(held) for held in papers],
                }
                for interest, share, papers in self.interests
            ],
            "against": [_told(held) for held in self.disliked],
            "ignored": [paper.key for paper in self.ignored],
            "signals": dict(self.signals),
            "trust": dict(TRUST),
            "half_life_days": self.half_life,
            "explore": self.explore,
            "behind": self.behind,
            "learned_at": self.learned_at.isoformat() if self.learned_at else None,
            "took_ms": round(self.took_ms, 1),
            "bytes": self.nbytes,
            "ranker": self.ranker,
            "together": self.together,
        }


def _told(held: Held) -> dict[str, Any]:
    return {"key": held.paper.key, "title": held.paper.title, "said": held.kinds, "left": round(held.left, 3)}


def told_of(
    model: Model | None,
    taste: Taste,
    papers: Mapping[int, Paper],
    ignored: Sequence[Paper],
    signals: Counter[str],
    *,
    most: int,
    behind: int,
    now: datetime,
    half_life: float,
    explore: float,
    ranker: str,
    together: str,
) -> Known:
    """Put together what is known. papers: by number, those that `wanted` names."""
    said = Said.of(taste.said)
    judgements = {one.paper: one for one in model.judgements} if model else {}

    def held(number: int) -> Held | None:
        one = judgements.get(number)
        if one is None or number not in papers:
            return None
        return Held(papers[number], one.kinds, fading(one.at, now, half_life), one.weight)

    interests = []
    whole = sum(interest.weight for interest in model.interests if interest.kind != "author") if model else 0
    for interest in model.interests if model else ():
        some = [each for number in interest.papers if (each := held(number))][:most]
        share = interest.weight / whole if whole and interest.kind != "author" else 0.0
        interests.append((interest, share, tuple(some)))
    disliked = [each for one in against(judgements.values()) if (each := held(one.paper))]
    return Known(
        said=said,
        model=model,
        interests=tuple(interests),
        disliked=tuple(disliked),
        ignored=tuple(ignored),
        signals=signals,
        half_life=half_life,
        explore=explore if said.explore is None else said.explore,
        behind=behind,
        shown=len(Shown.of(taste.shown).days),
        learned_at=taste.learned_at,
        took_ms=taste.took_ms,
        nbytes=taste.nbytes,
        ranker=ranker,
        together=together,
    )


def against(judgements: Iterable[Judgement]) -> list[Judgement]:
    """The judgements against papers, the strongest first."""
    return [one for one in judgements if one.liked < 0][:MOST_AGAINST]


def wanted(model: Model, most: int) -> list[int]:
    """The numbers of the papers that the page names."""
    found = [one.paper for one in against(model.judgements)]
    for interest in model.interests:
        found += [number for number in interest.papers if number >= 0][: most + 3]
    return found
