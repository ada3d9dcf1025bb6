"""The living lab: two rankers drafted into each reader's page, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from broadsheet.foryou.drafting import ALPHA, Course, course, drafted
from broadsheet.foryou.laying import Place
from broadsheet.foryou.pool import Pool
from broadsheet.store.tastes import Session, Taste

if TYPE_CHECKING:
    from broadsheet.foryou.foryou import ForYou

CREDITED: Final = ("open", "vote", "save", "up", "shelved")
"""What is credit for the ranker that put a paper on the page: once a paper."""
ENOUGH: Final = 20
"""So many days without a draw are wanted before anything is said."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of an experiment. winner: the name of a ranker, or '' while it is open.

    days: of readers, by when they were, with the credit of either. running: whether it goes on.
    """

    experiment: str
    first: str
    second: str
    readers: int
    course: Course
    winner: str
    running: bool

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        found = self.course
        return {
            "experiment": self.experiment,
            "first": self.first,
            "second": self.second,
            "running": self.running,
            "readers": self.readers,
            "days_to_first": found.wins,
            "days_to_second": found.losses,
            "draws": found.draws,
            "evidence": round(found.evidence[-1], 4) if found.evidence else 1.0,
            "p": round(found.p, 5),
            "winner": self.winner,
        }


class Lab:
    """Experiments on readers' own pages; one runs at a time, the one that is set."""

    def __init__(self, for_you: ForYou) -> None:
        self._for_you = for_you
        self._store = for_you.store

    @property
    def rankers(self) -> tuple[str, str] | None:
        """The names of the two rankers that are compared; None while nothing is."""
        names = self._for_you.house.settings.lab_rankers
        return (names[0], names[1]) if len(names) == 2 else None

    @property
    def experiment(self) -> str:
        """The name of the experiment that runs, or ''."""
        return " / ".join(self.rankers) if self.rankers else ""

    def draft(
        self,
        taste: Taste,
        state: str,
        pool: Pool,
        lists: tuple[Sequence[Place], Sequence[Place]],
        today: date,
    ) -> tuple[list[Place], list[int]]:
        """The page of a reader for today, drafted of two lists, and who put what.

        It stays what it is until the day is over or the reader has said something; then what it earned is
        counted.
        """
        size = max(map(len, lists))
        places = {place.row: place for each in reversed(lists) for place in each}
        kept = taste.draft
        if (kept.get("experiment"), kept.get("day"), kept.get("state")) == (
            self.experiment,
            str(today),
            state,
        ):
            rows = [
                (pool.rows.get(number, -1), team)
                for number, team in zip(kept["papers"], kept["teams"], strict=True)
            ]
            there = [(places.get(row) or Place(row), team) for row, team in rows if row >= 0]
            if there:
                return [place for place, _ in there], [team for _, team in there]
        self.settle(taste)
        first, second = ([place.row for place in each] for each in lists)
        picks = drafted(first, second, size, seed=(self.experiment, taste.reader_id, str(today), state))
        now = self._store.events.clock().astimezone(UTC).isoformat(timespec="microseconds")
        draft = {
            "experiment": self.experiment,
            "day": str(today),
            "state": state,
            "at": now,
            "papers": [int(pool.ids[pick.what]) for pick in picks],
            "teams": [pick.team for pick in picks],
        }
        if not self._for_you.house.read_only:
            self._store.tastes.change(taste.reader_id, seen=False, draft=draft)
        return [places[pick.what] for pick in picks], [pick.team for pick in picks]

    def settle(self, taste: Taste) -> bool:
        """Count what a reader's last draft has earned, and put it away; whether there was one."""
        draft = taste.draft
        if not draft or self._for_you.house.read_only:
            return False
        since = datetime.fromisoformat(draft["at"])
        papers = {paper.key: paper.id for paper in self._store.papers(draft["papers"])}
        teams = dict(zip(draft["papers"], draft["teams"], strict=True))
        marks = self._store.events.marks(*CREDITED, reader_id=taste.reader_id, works=list(papers))
        credited = {
            papers[mark.work_key] for mark in marks if mark.since >= since and mark.work_key in papers
        }
        credit = [float(sum(teams[number] == team for number in credited)) for team in (0, 1)]
        for session in self._store.tastes.sessions(draft["experiment"], reader_id=taste.reader_id):
            if session.day == draft["day"]:
                credit = [credit[0] + session.first, credit[1] + session.second]
        self._store.tastes.settle([Session(draft["experiment"], taste.reader_id, draft["day"], *credit)])
        self._store.tastes.change(taste.reader_id, seen=False, draft={})
        return True

    def settle_past(self, readers: Collection[int], today: date) -> int:
        """Count the drafts of days that are over; returns how many."""
        counted = 0
        for number in readers:
            taste = self._store.tastes.of(number)
            if taste.draft and taste.draft.get("day", "") < str(today):
                counted += self.settle(taste)
        return counted

    def verdicts(self) -> list[Verdict]:
        """Every experiment there was, the running one first."""
        sessions = self._store.tastes.sessions()
        names = dict.fromkeys([self.experiment, *(session.experiment for session in sessions)])
        found = []
        for name in filter(None, names):
            mine = [session for session in sessions if session.experiment == name]
            known = course((session.first, session.second) for session in mine)
            first, _, second = name.partition(" / ")
            sure = known.p <= ALPHA and known.wins + known.losses >= ENOUGH
            better = first if known.wins > known.losses else second
            readers = len({session.reader_id for session in mine})
            running = name == self.experiment
            found.append(Verdict(name, first, second, readers, known, better if sure else "", running))
        return found
