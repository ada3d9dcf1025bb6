"""Names of people as bibliographies write them, in natural order."""

from __future__ import annotations

from collections.abc import Sequence


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
