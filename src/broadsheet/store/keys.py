"""What a work is called in addresses."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from broadsheet.papers import Identifier

_SCHEMES: Final = {"arxiv": "", "doi": "", "acl": "", "openreview": "openreview:"}
"""Scheme → what stands before its value in a key; the better scheme first."""
_RANKS: Final = {scheme: rank for rank, scheme in enumerate(_SCHEMES)}
SLUG: Final = len(_SCHEMES)
"""The rank of a key that is made of the title: worse than any that a registry gave."""
_LENGTH: Final = 60
_PLAIN = re.compile(r"[a-z0-9]+")


def names(identifiers: Iterable[Identifier]) -> list[tuple[int, str]]:
    """The keys that identifiers make, as (rank, key), the best (0) first.

    >>> names([Identifier("doi", "10.1/x"), Identifier("mag", "7"), Identifier("arxiv", "2205.13147")])
    [(0, '2205.13147'), (1, '10.1/x')]
    """
    return sorted((_RANKS[i.scheme], _SCHEMES[i.scheme] + i.value) for i in identifiers if i.scheme in _RANKS)


def slug(title: str, seed: str) -> str:
    """A key for a work without a better name; `seed` tells apart works of one title.

    >>> slug("On Keys: Naming Things", "bibtex:smith2020")
    'on-keys-naming-things-3b2869'
    """
    words = _PLAIN.findall(unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower())
    text = ""
    for word in words:
        if len(text) + len(word) >= _LENGTH:
            break
        text = f"{text}-{word}" if text else word
    digest = hashlib.blake2b(seed.encode(), digest_size=3).hexdigest()
    return f"{text or 'paper'}-{digest}"
