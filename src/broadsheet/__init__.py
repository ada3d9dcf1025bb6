"""Broadsheet: a daily paper of research papers that people run themselves.

>>> import broadsheet
>>> house = broadsheet.open(":memory:")
>>> house.counts().papers
0
>>> house.close()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broadsheet.exceptions import BroadsheetError, NotFoundError
from broadsheet.papers import Author, Identifier, Paper, Record, Rejection

if TYPE_CHECKING:
    from broadsheet.feed.editions import Edition
    from broadsheet.house import House, open  # noqa: A004

__version__ = "0.1.0"

__all__ = [
    "Author",
    "BroadsheetError",
    "Edition",
    "House",
    "Identifier",
    "NotFoundError",
    "Paper",
    "Record",
    "Rejection",
    "open",
]

# The house brings the store and the indexes with it; who only wants a noun does not wait for them.
_LATER = {"Edition": "broadsheet.feed.editions", "House": "broadsheet.house", "open": "broadsheet.house"}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
