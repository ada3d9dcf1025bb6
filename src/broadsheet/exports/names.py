"""A name in natural order, taken apart into the parts that bibliographies want."""

from __future__ import annotations

import re
from typing import Final

# What signs papers without being a person; such names are never turned around.
_ORGANISATION: Final = re.compile(
    r"\b(?:academy|agency|alliance|association|authors|center|centre|collaborations?|college|committee|community"
    r"|consortium|corporation|council|department|foundation|group|inc|institutes?|initiative|lab|laboratory|labs"
    r"|ltd|network|organi[sz]ation|project|research|school|society|team|the|university|working)\b",
    re.IGNORECASE,
)
_SUFFIX: Final = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_PARTICLES: Final = (
    "af al at av bin ben da das de del della den der des di do dos du el van von vom zu zum zur la le ten ter"
    " te tot und y"
)


def is_organisation(name: str) -> bool:
    """Whether a name is to be kept whole: an organisation's, or a single word.

    >>> is_organisation("The Lantern Collaboration"), is_organisation("Ada Lovelace")
    (True, False)
    """
    return " " not in name or "," in name or bool(_ORGANISATION.search(name))


def family_given(name: str) -> tuple[str, str]:
    """Split a person's name into family and given; particles go with the family, suffixes with the given.

    Joined again as "given family" the name is the same, but for the place of a suffix.

    >>> family_given("Ludwig van der Berg"), family_given("Mary Ann Evans"), family_given("Plato")
    (('van der Berg', 'Ludwig'), ('Evans', 'Mary Ann'), ('Plato', ''))
    """
    words = name.split()
    end = len(words)
    if end > 2 and words[-1].casefold() in _SUFFIX:
        end -= 1
    start = end - 1
    while start > 1 and words[start - 1] in _PARTICLES.split():
        start -= 1
    return " ".join(words[start:]), " ".join(words[:start])
