"""The columns that trending is made of, kept in memory and brought up to date from the store.

A vote that was cast is one line read from the log, a paper that came in is one line of the outbox: what was
read before is not read again. A restored store is another history, read anew.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np

from broadsheet.feed.trending import FOREVER, Flags, Floats, Numbers, Signals
from broadsheet.readers import OWNER
from broadsheet.store import Store
from broadsheet.store.columns import PaperRow
from broadsheet.store.events import EPOCH, microseconds

_DAY: Final = 86_400_000_000  # microseconds
_ORDINAL: Final = EPOCH.toordinal()
_BATCH: Final = 10_000


def in_days(moment: datetime) -> float:
    """A moment in days since 1970 UTC, as the columns count.

    >>> in_days(datetime.fromisoformat("1970-01-02T12:00:00+00:00"))
    1.5
    """
    return microseconds(moment) / _DAY


class _Column:
    """An array that grows at its end. What was handed out goes on seeing what is changed in place."""

    def __init__(self, kind: type) -> None:
        self._held: np.ndarray = np.empty(1024, dtype=kind)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, value: float) -> None:
        if self._length == len(self._held):
            self._held = np.concatenate([self._held, np.empty_like(self._held)])
        self._held[self._length] = value
        self._length += 1

    def __setitem__(self, row: int, value: float) -> None:
        self._held[row] = value

    @property
    def whole(self) -> np.ndarray:
        return self._held[: self._length]


@dataclass(frozen=True, slots=True)
class _Made:
    """The columns that have to be made anew when papers or votes come in."""

    born: Floats
    source_votes: Floats
    paper: Numbers
    voter: Numbers
    cast: Floats
    withdrawn: Floats
    first: Flags


class Tally:
    """Papers and votes as columns. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._clear(-1)

    def _clear(self, epoch: int) -> None:
        self._epoch = epoch
        self._change = self._event = -1
        self.numbers: list[int] = []  # row → the paper's number; rows are added and never taken away
        self._rows: dict[int, int] = {}
        self._key_rows: dict[str, int] = {}
        self._born, self._source_votes = _Column(np.float64), _Column(np.float64)
        self._codes: dict[str, int] = {}  # a key that was voted for → its code
        self._voters: dict[int, int] = {}  # a reader → their row
        self._vote_rows: dict[int, int] = {}  # the event of a vote → its row
        self._code, self._voter = _Column(np.int64), _Column(np.int64)
        self._cast, self._withdrawn = _Column(np.float64), _Column(np.float64)
        self._first = _Column(np.bool_)
        self._last_day: dict[int, int] = {}
        self._made: _Made | None = None

    def signals(self, at: datetime) -> Signals:
        """The columns as of a moment. The paper of row i is `numbers[i]`."""
        with self._lock:
            self._follow()
            made = self._made = self._made or self._arrays()
            known, given = self._people(at)
        return Signals(
            born=made.born,
            source_votes=made.source_votes,
            comments=self._comments(at, len(made.born)),
            paper=made.paper,
            voter=made.voter,
            cast=made.cast,
            withdrawn=made.withdrawn,
            first=made.first,
            known=known,
            given=given,
        )

    def row(self, number: int) -> int | None:
        """The row of a paper, or None."""
        return self._rows.get(number)

    # Following the store

    def _follow(self) -> None:
        epoch, change, event = self.store.reached()
        if epoch != self._epoch or change < self._change or event < self._event:
            self._clear(epoch)
        if change > self._change:
            self._follow_papers()
        if self._event < 0:
            self._read_votes()
        elif event > self._event:
            self._follow_votes()

    def _follow_papers(self) -> None:
        if self._change < 0:
            self._change = self.store.last_change()
            for paper in self.store.columns.papers():
                self._take(paper)
        else:
            while changes := self.store.changes(self._change, _BATCH):
                for change in changes:
                    row = self._rows.get(change.paper_id)
                    if row is not None:
                        self._born[row] = FOREVER  # until it is read again: it may be gone
                for paper in self.store.columns.papers(change.paper_id for change in changes):
                    self._take(paper)
                self._change = changes[-1].seq
        for key, number in self.store.columns.former_keys().items():
            if number in self._rows:
                self._key_rows[key] = self._rows[number]
        self._made = None

    def _take(self, paper: PaperRow) -> None:
        row = self._rows.setdefault(paper.id, len(self.numbers))
        if row == len(self.numbers):
            self.numbers.append(paper.id)
            self._born.append(0.0)
            self._source_votes.append(0.0)
        day = date.fromisoformat(paper.day) if paper.day else None
        born = day.toordinal() - _ORDINAL if day else in_days(datetime.fromisoformat(paper.added))
        self._born[row] = float(born)
        self._source_votes[row] = float(max(paper.votes or 0, 0))  # a source may say anything
        self._key_rows[paper.key] = row

    def _read_votes(self) -> None:
        self._event = self.store.events.last()
        for seq, reader, key, since, until in self.store.events.votes():
            if seq <= self._event:
                self._add(seq, reader, key, since / _DAY)
                if until is not None:
                    self._withdrawn[len(self._withdrawn) - 1] = until / _DAY
        # What was withdrawn meanwhile is told again by its event, which changes nothing.

    def _follow_votes(self) -> None:
        while events := self.store.events.after(self._event, kind="vote", limit=_BATCH):
            for event in events:
                at = in_days(event.at)
                for ended in event.ends:
                    self._withdrawn[self._vote_rows[ended]] = at
                if event.stands:
                    self._add(event.seq, event.reader_id, event.work_key, at)
            self._event = events[-1].seq
            self._made = None

    def _add(self, seq: int, reader: int, key: str, cast: float) -> None:
        self._vote_rows[seq] = len(self._code)
        self._code.append(self._codes.setdefault(key, len(self._codes)))
        voter = self._voters.setdefault(reader, len(self._voters))
        self._voter.append(voter)
        self._cast.append(cast)
        self._first.append(self._last_day.get(voter) != int(cast))
        self._last_day[voter] = int(cast)
        self._withdrawn.append(FOREVER)
        self._made = None

    # Arrays

    def _arrays(self) -> _Made:
        rows = np.array([self._key_rows.get(key, -1) for key in self._codes], dtype=np.int64)
        code = self._code.whole
        paper = rows[code] if len(code) else code
        votes = [paper, self._voter.whole, self._cast.whole, self._withdrawn.whole, self._first.whole]
        kept = paper >= 0
        if len(np.unique(rows)) < len(rows):
            kept &= ~repeated(paper, *votes[1:4])
        if not kept.all():
            votes = [column[kept] for column in votes]
        return _Made(self._born.whole.copy(), self._source_votes.whole.copy(), *votes)

    def _people(self, at: datetime) -> tuple[Floats, Floats]:
        made = self.store.columns.accounts()
        known = np.full(len(self._voters), FOREVER)
        given = np.full(len(self._voters), np.nan)
        for reader, row in self._voters.items():
            if reader in made:
                known[row] = in_days(datetime.fromisoformat(made[reader]))
        if OWNER in self._voters:
            given[self._voters[OWNER]] = 1.0
        for mark in self.store.events.marks("vouch", at=at):
            reader = int(mark.object.removeprefix("reader:") or 0)
            if reader in self._voters:
                given[self._voters[reader]] = min(max(float(mark.body.get("trust", 1.0)), 0.0), 1.0)
        return known, given

    def _comments(self, at: datetime, papers: int) -> Floats:
        counted = np.zeros(papers)
        for mark in self.store.events.marks("comment", at=at):
            row = self._key_rows.get(mark.work_key)
            if row is not None and row < papers and mark.body.get("text"):
                counted[row] += 1
        return counted


def repeated(paper: Numbers, voter: Numbers, cast: Floats, withdrawn: Floats) -> Flags:
    """(M,) votes beside which an earlier one of the reader for the paper stood, as after a merge."""
    order = np.lexsort((cast, voter, paper))
    before, later = order[:-1], order[1:]
    same = (
        (paper[before] == paper[later]) & (voter[before] == voter[later]) & (cast[later] < withdrawn[before])
    )
    found = np.zeros(len(paper), dtype=bool)
    found[later[same]] = True
    return found
