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
_SLUG_LENGTH: Final = 60
_SLUG: Final = len(_SCHEMES)


def candidates(identifiers: Iterable[Identifier], title: str, seed: str) -> list[tuple[int, str]]:
    """Every key a work may bear, as (rank, key), the best first; the last is a slug that `seed` makes unique.

    >>> candidates([Identifier("doi", "10.1/x")], "On Keys", "bibtex:smith2020")
    [(1, '10.1/x'), (4, 'on-keys-9deac1')]
    """
    ranks = {scheme: rank for rank, scheme in enumerate(_SCHEMES)}
    named = sorted((ranks[i.scheme], _SCHEMES[i.scheme] + i.value) for i in identifiers if i.scheme in ranks)
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    slug = words[: words.rfind("-", 0, _SLUG_LENGTH)] if len(words) > _SLUG_LENGTH and "-" in words else words
    digest = hashlib.blake2b(seed.encode(), digest_size=3).hexdigest()
    return [*named, (_SLUG, f"{slug[:_SLUG_LENGTH] or 'paper'}-{digest}")]


def rank(key: str, identifiers: Iterable[Identifier]) -> int:
    """How good a key is for a work with these identifiers: 0 is best."""
    return min((r for r, k in candidates(identifiers, "", "") if k == key), default=_SLUG)
