"""The columns that trending is made of, kept in memory and brought up to date from the store.

A vote that was cast is one line read from the log, a paper that came in is one line of the outbox: what was
read before is not read again. A restored store is another history, read anew.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from broadsheet.feed.trending import FOREVER, Flags, Floats, Numbers, Signals
from broadsheet.readers import OWNER
from broadsheet.store import Store
from broadsheet.store.columns import PaperRow
from broadsheet.store.schema_events import EPOCH, microseconds

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

    def __init__(self, kind: type, values: Sequence[Any] | np.ndarray = ()) -> None:
        self._held: np.ndarray = np.empty(max(1024, 2 * len(values)), dtype=kind)
        self._length = len(values)
        self._held[: self._length] = values

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
        self._paper = _Column(np.int64)  # of each vote its paper's row; -1 where it is gone
        self._rows_of_codes = _Column(np.int64)  # the same of each key
        self._voted: set[int] = set()  # rows that have votes
        self._plain = True  # whether no paper with votes is gone, and none has votes by two keys
        self._known = _Column(np.float64)  # of each voter when the account was made
        self._accounts: dict[int, str] = {}
        self._latest = FOREVER  # the moment of the latest event
        self._vouched: dict[int, float] | None = None  # as it is since the latest event
        self._counted: Floats | None = None
        self._made: _Made | None = None

    def signals(self, at: datetime) -> Signals:
        """The columns as of a moment. The paper of row i is `numbers[i]`."""
        with self._lock:
            self._follow()
            made = self._made = self._made or self._arrays()
            given, comments = self._given(at), self._comments(at)
            known = self._known.whole
        return Signals(
            born=made.born,
            source_votes=made.source_votes,
            comments=comments,
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
            self._follow_events()

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
        self._name_papers()
        self._made = self._counted = None

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
        self._latest = max(
            (in_days(event.at) for event in self.store.events.after(self._event - 1, limit=1)),
            default=-np.inf,
        )
        for seq, reader, key, since, until in self.store.events.votes():
            if seq <= self._event:
                self._add(seq, reader, key, since / _DAY)
                if until is not None:
                    self._withdrawn[len(self._withdrawn) - 1] = until / _DAY
        # What was withdrawn meanwhile is told again by its event, which changes nothing.

    def _follow_events(self) -> None:
        while events := self.store.events.after(self._event, limit=_BATCH):
            for event in events:
                at = in_days(event.at)
                if event.kind == "vouch":
                    self._vouched = None
                elif event.kind == "comment":
                    self._counted = None
                elif event.kind == "vote":
                    for ended in event.ends:
                        self._withdrawn[self._vote_rows[ended]] = at
                    if event.stands:
                        self._add(event.seq, event.reader_id, event.work_key, at)
            self._event, self._latest = events[-1].seq, at
            self._made = None
            if len(events) < _BATCH:
                break

    def _add(self, seq: int, reader: int, key: str, cast: float) -> None:
        self._vote_rows[seq] = len(self._code)
        code = self._codes.setdefault(key, len(self._codes))
        self._code.append(code)
        if code == len(self._rows_of_codes):
            self._name_paper(key)
        self._paper.append(self._rows_of_codes.whole[code])
        voter = self._voters.setdefault(reader, len(self._voters))
        if voter == len(self._known):
            self._known.append(self._account(reader))
        self._voter.append(voter)
        self._cast.append(cast)
        self._first.append(self._last_day.get(voter) != int(cast))
        self._last_day[voter] = int(cast)
        self._withdrawn.append(FOREVER)
        self._made = None

    def _account(self, reader: int) -> float:
        """When the account of a reader was made; FOREVER if there is none."""
        if reader not in self._accounts:
            self._accounts |= self.store.columns.accounts(max(self._accounts, default=0))
        made = self._accounts.get(reader)
        return in_days(datetime.fromisoformat(made)) if made else FOREVER

    # Arrays

    def _name_papers(self) -> None:
        """Find the papers of all votes anew: keys may belong to others now, and papers may be gone."""
        self._rows_of_codes, self._voted, self._plain = _Column(np.int64), set(), True
        for key in self._codes:
            self._name_paper(key)
        self._paper = _Column(np.int64, self._rows_of_codes.whole[self._code.whole])

    def _name_paper(self, key: str) -> None:
        row = self._key_rows.get(key, -1)
        self._plain &= row >= 0 and row not in self._voted
        self._voted.add(row)
        self._rows_of_codes.append(row)

    def _arrays(self) -> _Made:
        columns = (self._paper, self._voter, self._cast, self._withdrawn, self._first)
        votes = [column.whole for column in columns]
        if not self._plain:  # votes for what is gone, or for two papers that became one
            kept = (votes[0] >= 0) & ~repeated(*votes[:4])
            votes = [column[kept] for column in votes]
        return _Made(self._born.whole.copy(), self._source_votes.whole.copy(), *votes)

    def _given(self, at: datetime) -> Floats:
        given = np.full(len(self._voters), np.nan)
        if OWNER in self._voters:
            given[self._voters[OWNER]] = 1.0
        vouched = self._vouched if self._is_present(at) else None
        if vouched is None:
            vouched = {
                int(mark.object.removeprefix("reader:") or 0): float(mark.body.get("trust", 1.0))
                for mark in self.store.events.marks("vouch", at=at)
            }
            self._vouched = vouched if self._is_present(at) else None
        for reader, trust in vouched.items():
            if reader in self._voters:
                given[self._voters[reader]] = min(max(trust, 0.0), 1.0)
        return given

    def _comments(self, at: datetime) -> Floats:
        papers = len(self._born)
        if self._is_present(at) and self._counted is not None and len(self._counted) == papers:
            return self._counted
        counted = np.zeros(papers)
        for mark in self.store.events.marks("comment", at=at):
            row = self._key_rows.get(mark.work_key)
            if row is not None and mark.body.get("text"):
                counted[row] += 1
        self._counted = counted if self._is_present(at) else None
        return counted

    def _is_present(self, at: datetime) -> bool:
        """Whether nothing has happened since a moment, so that what is true of it is true of the next."""
        return in_days(at) >= self._latest


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
