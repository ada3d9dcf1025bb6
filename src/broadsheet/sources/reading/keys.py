"""A stable name for a record whose source gives it none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from broadsheet.identifiers import title_key
from broadsheet.papers import Identifier

_NAMING: Final = ("doi", "arxiv", "acl", "openreview", "pmid", "pmcid")


def record_key(identifiers: Iterable[Identifier], title: str, published: str = "") -> str:
    """The record's DOI, arXiv id or the like; else a hash of its title and year.

    >>> record_key([], "On Glass", "2021-05") == record_key([], "on glass.", "2021")
    True
    """
    known = {identifier.scheme: identifier.value for identifier in reversed(list(identifiers))}
    for scheme in _NAMING:
        if scheme in known:
            return known[scheme]
    named = f"{title_key(title) or title} {published[:4]}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]
