"""What was tried lately, and by whom: a small file beside the store, for all processes that serve one house.

It is no part of the store: nothing of it is in a backup, and a disk is not waited for, since what a power cut
takes away is a few tries. It may be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from broadsheet.exceptions import StoreError

MOST: Final = 50_000  # that are remembered; beyond them those are forgotten that would be soonest anyway
SWEEP: Final = 200  # tries between two looks at how many there are
_BUSY_SECONDS: Final = 10.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS tries (
    who BLOB PRIMARY KEY, level REAL NOT NULL, at REAL NOT NULL, until REAL NOT NULL
) WITHOUT ROWID
"""


class Tries:
    """A level for each key, and when it was that. Safe to share between threads and, by its file, processes.

    path: the file; in memory without one. Raises StoreError where the file cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._kept = itertools.count(1)
        with _told():
            self._file = sqlite3.connect(
                path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = OFF")
            self._file.execute(_TABLE)

    def close(self) -> None:
        """Let go of the file. A second call does nothing."""
        self._file.close()

    def __len__(self) -> int:
        with self._lock, _told():
            return int(self._file.execute("SELECT count(*) FROM tries").fetchone()[0])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else reads to write while this lasts; when it fails nothing is kept."""
        with self._lock, _told():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def level(self, key: tuple[str, ...]) -> tuple[float, float]:
        """The level of a key and its moment; zeros for one that is not known. Inside `alone`."""
        row = self._file.execute("SELECT level, at FROM tries WHERE who = ?", (_name(key),)).fetchone()
        return row or (0.0, 0.0)

    def keep(self, key: tuple[str, ...], level: float, at: float, until: float) -> None:
        """Keep the level of a key, which is of no interest any more at `until`. Inside `alone`."""
        self._file.execute("INSERT OR REPLACE INTO tries VALUES (?, ?, ?, ?)", (_name(key), level, at, until))
        if next(self._kept) % SWEEP == 0:
            self._file.execute("DELETE FROM tries WHERE until < ?", (at,))
            (held,) = self._file.execute("SELECT count(*) FROM tries").fetchone()
            soonest = "DELETE FROM tries WHERE who IN (SELECT who FROM tries ORDER BY until LIMIT ?)"
            self._file.execute(soonest, (max(0, held - MOST),))

    def forget(self, key: tuple[str, ...]) -> None:
        """Forget a key. Inside `alone`."""
        self._file.execute("DELETE FROM tries WHERE who = ?", (_name(key),))


def _name(key: tuple[str, ...]) -> bytes:
    """A key in a few bytes: neither names nor addresses stand in the file."""
    return hashlib.blake2b("\0".join(key).encode("utf-8", "replace"), digest_size=16).digest()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"tries cannot be counted: {error}; is there room, and is it not locked?") from error
