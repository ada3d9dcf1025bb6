"""How often something may be tried.

What counts is who tries, never who is tried: a thousand wrong passwords for Ada from elsewhere do not keep
Ada out. A browser in which Ada was signed in once is known (see `door`) and has a count of its own, so that
not even a stranger in the same network keeps her out.

Where several processes serve one house they count in one file, so that there are not as many tries as
processes. It may be thrown away at any time: then everybody begins anew.
"""

from __future__ import annotations

import hashlib
import ipaddress
import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broadsheet.exceptions import StoreError, TooOftenError

_MOST: Final = 50_000  # who is remembered; beyond it the one who is forgiven soonest is forgotten
_SWEEP: Final = 200  # tries between two looks at how many there are
_BUSY_SECONDS: Final = 10.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS tries (
    who BLOB PRIMARY KEY, level REAL NOT NULL, at REAL NOT NULL, until REAL NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `seconds`; they come back evenly."""

    tries: int
    seconds: float


class Limiter:
    """Counts tries, by what is tried and who tries. Safe to share between threads, and its file by processes.

    path: the file; in memory without one. clock: seconds. Raises StoreError where the file cannot be used.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counted = itertools.count(1)
        with _told():
            self._file = sqlite3.connect(
                path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = OFF")  # what a power cut takes away is a few tries
            self._file.execute(_TABLE)

    def close(self) -> None:
        """Let go of the file. A second call does nothing."""
        self._file.close()

    def check(self, limit: Limit, *key: str) -> None:
        """Raise TooOftenError if whoever this is has no tries left; nothing is counted."""
        with self._lock, _told():
            _refuse(limit, self._level(limit, _name(key)))

    def count(self, limit: Limit, *key: str) -> None:
        """Count a try."""
        with self._writing():
            self._add(limit, _name(key))

    def take(self, limit: Limit, *key: str) -> None:
        """Count a try, or raise TooOftenError."""
        with self._writing():
            _refuse(limit, self._level(limit, _name(key)))
            self._add(limit, _name(key))

    def forgive(self, *key: str) -> None:
        """Forget what was counted."""
        with self._writing():
            self._file.execute("DELETE FROM tries WHERE who = ?", (_name(key),))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction in which no other process counts."""
        with self._lock, _told():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def _level(self, limit: Limit, who: bytes) -> float:
        row = self._file.execute("SELECT level, at FROM tries WHERE who = ?", (who,)).fetchone()
        level, at = row or (0.0, 0.0)
        since = self._clock() - at
        if since < -limit.seconds:
            return 0.0  # the clock was far ahead then; nobody waits until it is there again
        return float(max(0.0, level - max(0.0, since) * limit.tries / limit.seconds))

    def _add(self, limit: Limit, who: bytes) -> None:
        now, level = self._clock(), self._level(limit, who) + 1
        row = who, level, now, now + level * limit.seconds / limit.tries
        self._file.execute("INSERT OR REPLACE INTO tries VALUES (?, ?, ?, ?)", row)
        if next(self._counted) % _SWEEP == 0:
            self._file.execute("DELETE FROM tries WHERE until < ?", (now,))
            (held,) = self._file.execute("SELECT count(*) FROM tries").fetchone()
            soonest = "DELETE FROM tries WHERE who IN (SELECT who FROM tries ORDER BY until LIMIT ?)"
            self._file.execute(soonest, (max(0, held - _MOST),))


def _refuse(limit: Limit, level: float) -> None:
    over = level + 1 - limit.tries
    if over > 0:
        raise TooOftenError(over * limit.seconds / limit.tries)


def _name(key: tuple[str, ...]) -> bytes:
    """Who tries what, in a few bytes: neither names nor addresses stand in the file."""
    return hashlib.blake2b("\0".join(key).encode("utf-8", "replace"), digest_size=16).digest()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"tries cannot be counted: {error}; is there room, and is it not locked?") from error


def network(address: str) -> str:
    """Who tries, as far as an address tells: of IPv6 the /64, which is one household's.

    >>> network("192.0.2.7"), network("2001:db8::1:2:3:4"), network("::ffff:192.0.2.7"), network("testclient")
    ('192.0.2.7', '2001:db8::/64', '192.0.2.7', 'testclient')
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
