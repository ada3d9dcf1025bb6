"""Names of people as bibliographies write them, in natural order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final


def natural(name: str) -> str:
    """A name in natural order; a trailing comma marks one that is to be kept as it stands.

    >>> natural("van der Berg, Ludwig"), natural("King, Jr., Martin Luther"), natural("Acme, Inc.,")
    ('Ludwig van der Berg', 'Martin Luther King Jr.', 'Acme, Inc.')
    """
    name = " ".join(name.split())
    return name.rstrip(", ") if name.endswith(",") else arranged(name.split(","))


def arranged(parts: Sequence[str]) -> str:
    """A name in natural order from its parts: family, given; or family, suffix, given (BibTeX's three)."""
    parts = [part.strip() for part in parts]
    match parts:
        case [family, given]:
            order = [given, family]
        case [family, suffix, given]:
            order = [given, family, suffix]
        case _:
            return ", ".join(filter(None, parts))
    return " ".join(filter(None, order))


_BETWEEN: Final = re.compile(r"\s*;\s*|\s+(?:and|&)\s+", re.IGNORECASE)


def people(text: str) -> list[str]:
    """The names in one text, in natural order: parted by semicolons or "and", else by commas where each part
    is a whole name.

    >>> people("Lovelace, Ada; Turing, Alan"), people("Ada Lovelace, Alan Turing"), people("Lovelace, Ada")
    (['Ada Lovelace', 'Alan Turing'], ['Ada Lovelace', 'Alan Turing'], ['Ada Lovelace'])
    """
    parts = [part for part in _BETWEEN.split(text.strip().strip(";")) if part]
    if len(parts) == 1 or not any(";" in mark for mark in _BETWEEN.findall(text)):
        whole = [name for part in parts for name in re.split(r"\s*,\s*", part) if name]
        if all(" " in name for name in whole):
            return whole
    return [name for part in parts if (name := natural(part))]
