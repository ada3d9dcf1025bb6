"""Names of people as bibliographies write them, in natural order."""

from __future__ import annotations


def natural(name: str) -> str:
    """A name in natural order; a trailing comma marks one that is to be kept as it stands.

    >>> natural("van der Berg, Ludwig"), natural("King, Jr., Martin Luther"), natural("Acme, Inc.,")
    ('Ludwig van der Berg', 'Martin Luther King Jr.', 'Acme, Inc.')
    """
    name = " ".join(name.split())
    if name.endswith(","):
        return name.rstrip(", ")
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 2:
        return f"{parts[1]} {parts[0]}".strip()
    if len(parts) == 3:  # BibTeX: family, suffix, given
        return " ".join(filter(None, (parts[2], parts[0], parts[1])))
    return name
