"""Many who write at the same time share one commit.

A commit waits for the disk, some milliseconds each time, however little there is to write. Whoever comes
while a commit is under way waits beside the others; when it is done, the first of them writes for all of them
and commits once. Nobody is told that something is written before it is on the disk, and somebody who is alone
waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, TypeVar

_MOST: Final = 256  # in one commit, so that who came first need not wait for all
_C = TypeVar("_C")
_T = TypeVar("_T")


class _Traveller(Generic[_C]):
    """One piece of work, and what became of it."""

    def __init__(self, work: Callable[[_C], Any]) -> None:
        self.work = work
        self.woken = threading.Event()
        self.leads = False
        self.result: Any = None
        self.error: BaseException | None = None


class Convoy(Generic[_C]):
    """Writes pieces of work together.

    begin: a transaction to write in, as a context manager. trace: something that changes whenever anything is
    written in one, by which work that failed half-way is known.
    """

    def __init__(
        self, begin: Callable[[], AbstractContextManager[_C]], trace: Callable[[_C], object]
    ) -> None:
        self._begin = begin
        self._trace = trace
        self._lock = threading.Lock()
        self._waiting: list[_Traveller[_C]] = []
        self._under_way = False

    def write(self, work: Callable[[_C], _T]) -> _T:
        """Do a piece of work in a transaction, and return what it returns when that is committed.

        The work may be called again where another's failed half-way, so it changes nothing but what it
        writes. What it raises is raised here, and nothing of it is written.
        """
        mine: _Traveller[_C] = _Traveller(work)
        with self._lock:
            self._waiting.append(mine)
            mine.leads = not self._under_way
            self._under_way = True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        result: _T = mine.result
        return result

    def _lead(self, leader: _Traveller[_C]) -> None:
        with self._lock:
            others = [each for each in self._waiting if each is not leader][: _MOST - 1]
            self._waiting = [each for each in self._waiting if each is not leader and each not in others]
        group = [leader, *others]
        try:
            self._together(group)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._under_way = following is not None
                if following:
                    following.leads = True
            for each in [*others, *([following] if following else [])]:
                each.woken.set()

    def _together(self, group: list[_Traveller[_C]]) -> None:
        try:
            with self._begin() as transaction:
                for each in group:
                    before = self._trace(transaction)
                    try:
                        each.result = each.work(transaction)
                    except BaseException as error:
                        if self._trace(transaction) != before:
                            raise
                        each.error = error
        except BaseException as error:
            # Nothing of it all was written. Alone, each gets what is its own: a result, or an error.
            if len(group) == 1:
                group[0].error = error
                return
            for each in group:
                each.result = each.error = None
                self._together([each])
