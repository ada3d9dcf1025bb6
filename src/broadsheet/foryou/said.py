"""What a reader said of the feed itself, and which papers it has shown: a row of the store, at most 4 kB."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final, Self

from broadsheet.exceptions import TasteError
from broadsheet.readers import folded, tidy

MOST_WORDS: Final = 40
LONGEST_WORD: Final = 40
MOST_AUTHORS: Final = 20
LONGEST_AUTHOR: Final = 60
MOST_DROPPED: Final = 12
LONGEST_DROPPED: Final = 80

MOST_BYTES: Final = 1300
"""All that is said, as JSON, so that a reader's row stays below 4 kB."""

_SHOWN: Final = struct.Struct("<IHB")  # the paper, the day, how many days so far
MOST_SHOWN: Final = 140
PATIENCE: Final = 3
"""After so many days without being opened a paper is not shown again."""
_FIRST_DAY: Final = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Said:
    """A reader's wishes.

    muted: words; a paper with one of them is never shown. less: words that count against a paper. authors:
    whose papers are never shown. dropped: interests that are none. explore: the share of papers from beyond
    what is known of the reader; None for the house's. since: what was done before does not count. off:
    nothing is learned, recorded or shown. alone: what the reader likes teaches nobody else's feed. feed:
    counts the private addresses of the feed.
    """

    muted: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    explore: float | None = None
    since: datetime | None = None
    off: bool = False
    alone: bool = False
    feed: int = 0

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """What was kept by `kept`."""
        names = {
            name: tuple(map(str, kept.get(name, ()))) for name in ("muted", "less", "authors", "dropped")
        }
        since = kept.get("since")
        return cls(
            **names,
            explore=kept.get("explore"),
            since=datetime.fromisoformat(since).astimezone(UTC) if since else None,
            off=bool(kept.get("off", False)),
            alone=bool(kept.get("alone", False)),
            feed=int(kept.get("feed", 0)),
        )

    def kept(self) -> dict[str, Any]:
        """As JSON values; what says nothing is left out."""
        values = {**asdict(self), "since": self.since.isoformat() if self.since else None}
        said = {name: v for name, v in values.items() if v or (name == "explore" and v is not None)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in said.items()}

    def with_word(self, name: str, word: str, there: bool = True) -> Self:
        """With a word muted (`muted`) or counting against papers (`less`), or without it.

        Raises TasteError.
        """
        word = folded(tidy(word))
        if there and not (1 < len(word) <= LONGEST_WORD):
            raise TasteError(f"a word has 2 to {LONGEST_WORD} characters, got {word[:60]!r}")
        return self._with(name, word, there, MOST_WORDS, "words")

    def with_author(self, author: str, there: bool = True) -> Self:
        """With an author whose papers are never shown, or without. Raises TasteError."""
        author = folded(tidy(author))
        if there and not (0 < len(author) <= LONGEST_AUTHOR):
            raise TasteError(f"an author's name has 1 to {LONGEST_AUTHOR} characters, got {author[:80]!r}")
        return self._with("authors", author, there, MOST_AUTHORS, "authors")

    def with_dropped(self, interest: str, there: bool = True) -> Self:
        """With an interest that is none, or without. Raises TasteError."""
        return self._with("dropped", interest[:LONGEST_DROPPED], there, MOST_DROPPED, "interests left out")

    def _with(self, name: str, value: str, there: bool, most: int, what: str) -> Self:
        kept = [each for each in getattr(self, name) if each != value]
        if there:
            if len(kept) >= most:
                raise TasteError(f"at most {most} {what}; take one away first")
            kept.append(value)
        changed: dict[str, Any] = {name: tuple(kept)}
        after = replace(self, **changed)
        if there and len(json.dumps(after.kept()).encode()) > MOST_BYTES:
            raise TasteError("that is more than can be kept of one reader; take something away first")
        return after


@dataclass(frozen=True, slots=True)
class Shown:
    """The papers a reader was shown last: number → (the last day, on how many days)."""

    days: Mapping[int, tuple[date, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, packed: bytes) -> Self:
        """What `packed` gave; what cannot be read counts as nothing."""
        if len(packed) % _SHOWN.size:
            return cls()
        found = {}
        for number, day, count in _SHOWN.iter_unpack(packed):
            found[number] = (date.fromordinal(_FIRST_DAY.toordinal() + day), count)
        return cls(found)

    def packed(self) -> bytes:
        """As bytes, the latest last: seven a paper."""
        first = _FIRST_DAY.toordinal()
        latest = sorted(self.days.items(), key=lambda item: (item[1][0], item[0]))[-MOST_SHOWN:]
        return b"".join(
            _SHOWN.pack(number, min(max(day.toordinal() - first, 0), 0xFFFF), min(count, 255))
            for number, (day, count) in latest
        )

    def with_papers(self, numbers: list[int], day: date) -> Self:
        """With papers shown on a day; the same day counts once."""
        days = dict(self.days)
        for number in numbers:
            last, count = days.get(number, (None, 0))
            if last != day and number < 1 << 32:
                days[number] = (day, count + 1)
        return type(self)(days)

    def tired_of(self, today: date) -> set[int]:
        """The papers that were shown on PATIENCE days, today not counted."""
        return {number for number, (last, count) in self.days.items() if count - (last == today) >= PATIENCE}
