"""The nouns of people: who reads, and what they may do.

>>> Role.ADMIN.at_least(Role.CURATOR), Role.READER.at_least(Role.CURATOR)
(True, False)
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from broadsheet.exceptions import PeopleError

OWNER: Final = 1
"""The number of the account whose machine this is; in single-reader mode everybody is this reader."""

NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9])?")
LONGEST_SHOWN: Final = 80
_EMAIL: Final = re.compile(r"[^\s@<>\"(),:;\\\[\]\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,190}")


class Role(enum.StrEnum):
    """What a reader may do; each may do what those before it may.

    reader: reads, votes, comments, keeps shelves. curator: also hides, locks and answers reports.
    admin: also decides who is here.
    """

    READER = "reader"
    CURATOR = "curator"
    ADMIN = "admin"

    def at_least(self, other: Role) -> bool:
        """Whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with an account here.

    name: what others type (`@ada`), the same reader in any letter case. shown: what others see.
    email: '' when none is known or it was never confirmed. zone: an IANA name, or '' for that of the house.
    """

    id: int
    name: str
    shown: str
    role: Role
    email: str = ""
    zone: str = ""


def is_name(text: str) -> bool:
    """Whether a reader may be called that: 1 to 40 plain letters, digits, `-` and `_` inside.

    >>> is_name("ada"), is_name("ada-l_2"), is_name("-ada"), is_name("àda"), is_name("a b"), is_name("a" * 41)
    (True, True, False, False, False, False)
    """
    return NAME.fullmatch(text) is not None


def checked_name(name: str) -> str:
    """The name. Raises PeopleError for what cannot be one.

    >>> checked_name("ada")
    'ada'
    """
    if not is_name(name) or name.casefold().startswith("gone-"):
        rule = "1 to 40 letters a-z, digits, and - or _ inside"
        raise PeopleError(f"{name[:60]!r} cannot be a name: a name has {rule}")
    return name


def folded(text: str) -> str:
    """The spelling under which names and addresses are compared.

    >>> folded(" Ada "), folded("ADA@Example.ORG")
    ('ada', 'ada@example.org')
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_email(text: str) -> bool:
    """Whether a text can be an address of mail; whether anybody reads there only a mail can tell.

    >>> [is_email(t) for t in ("ada@example.org", "ada@example.org\\nBcc: x@y.z", "ada", "a@-.")]
    [True, False, False, False]
    """
    if not _EMAIL.fullmatch(text):
        return False
    labels = text.rpartition("@")[2].split(".")
    return all(label and not label.startswith("-") and not label.endswith("-") for label in labels)


def tidy(text: str) -> str:
    """A shown name in one line, without what cannot be seen or turns the text around; may be ''.

    >>> tidy("  Ada\\n Lovelace "), tidy("\\u202eadA")
    ('Ada Lovelace', 'adA')
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join(kept.split())[:LONGEST_SHOWN]
