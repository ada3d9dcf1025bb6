"""Whether a paper still stands, as its title tells: publishers and servers mark the fallen in front of it.

A notice ("Retraction: On glass") is flagged like the paper it is about, but keeps its whole title: it is a
text of its own.
"""

from __future__ import annotations

import re
from typing import Final

from broadsheet.papers import Status

_MARK: Final = re.compile(
    r"\s*[\[(*]{0,2}\s*(?:(?P<retracted>retracted|(?P<notice>retraction))|withdrawn|(?P<other_notice>withdrawal))"
    r"(?:\s+(?:article|paper|chapter|note|notice))?"
    r"\s*(?:[\])*]{1,2}\s*[:.–—-]?|\s(?:to|of|for)\s*:|:|\s[–—-]\s)\s*(?=\S)",
    re.IGNORECASE,
)


def standing(title: str) -> tuple[str, Status]:
    """A title without the mark in front of it (unless it is a notice's), and what the mark says.

    >>> standing("RETRACTED ARTICLE: On glass"), standing("Retraction of claws")
    (('On glass', <Status.RETRACTED: 'retracted'>), ('Retraction of claws', <Status.STANDING: 'standing'>))
    """
    if title[:1] not in "RrWw[(* ":
        return title, Status.STANDING
    found = _MARK.match(title)
    if not found:
        return title, Status.STANDING
    status = Status.RETRACTED if found["retracted"] else Status.WITHDRAWN
    return title if found["notice"] or found["other_notice"] else title[found.end() :], status
