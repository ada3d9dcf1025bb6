"""What is near each paper: asked once, and remembered until a paper comes in or an index changes.

The page of a paper is made anew whenever somebody votes. What is near the paper has not changed by that, and
is the dearest part of the page.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from broadsheet.search.search import Search

FARTHEST: Final = 30
"""So many are looked at."""
_REMEMBERED: Final = 2048

Near = tuple[tuple[int, str], ...]


class Nearby:
    """Remembers what is near papers. Safe to share between threads.

    reached: changes whenever a paper does.
    """

    def __init__(self, index: Search, reached: Callable[[], tuple[int, ...]]) -> None:
        self._index = index
        self._reached = reached
        self._lock = threading.Lock()
        self._state: tuple[object, ...] = ()
        self._known: OrderedDict[int, Near] = OrderedDict()

    def of(self, paper_id: int) -> Near:
        """Number and primary category of the papers near one, the nearest first; see `Search.similar`."""
        state = self._reached(), self._index.stamp()
        with self._lock:
            if state != self._state:
                self._state = state
                self._known.clear()
            if paper_id in self._known:
                self._known.move_to_end(paper_id)
                return self._known[paper_id]
        results = self._index.similar([paper_id], limit=FARTHEST)
        found = tuple((paper.id, paper.primary_category) for paper in results.papers)
        with self._lock:
            if state == self._state and not (results.skipped or results.notes):
                self._known[paper_id] = found
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return found
