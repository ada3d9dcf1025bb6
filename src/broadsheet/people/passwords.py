"""Passwords: hashed with argon2id, and never told apart by how long an answer takes."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Final

import argon2

from broadsheet.exceptions import PeopleError
from broadsheet.readers import folded

SHORTEST: Final = 10
LONGEST: Final = 200
_AT_ONCE: Final = 2  # each takes 64 MiB and a core: who floods the door must not flood the machine
# RFC 9106, the second recommended choice: 64 MiB, 3 passes, 4 lanes; about 50 ms.
HASHER: Final = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
_COMMON: Final = frozenset(
    {"password", "passwort", "qwertyuiop", "1234567890", "0123456789", "broadsheet", "iloveyou", "letmein"}
)
_turns = threading.BoundedSemaphore(_AT_ONCE)


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _turns:
        return HASHER.hash(password)


def matches(kept: str, password: str) -> bool:
    """Whether that is the password. Where none is kept ('') it takes as long, and the answer is no."""
    with _turns:
        try:
            return HASHER.verify(kept or _nobodys(), password) and bool(kept)
        except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether a password should be hashed anew, as this release would."""
    return HASHER.check_needs_rehash(kept)


def check(password: str, *others: str) -> None:
    """Raise PeopleError for a password that is soon guessed; `others` are the name and the address.

    >>> check("correct horse battery", "ada")
    >>> check("ada-ada-ada", "ada")
    Traceback (most recent call last):
    broadsheet.exceptions.PeopleError: a password is not made of the name or the address
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PeopleError(f"a password has {SHORTEST} to {LONGEST} characters, got {len(password)}")
    plain = folded(password)
    parts = {folded(part) for other in others for part in (other, other.partition("@")[0])} - {""}
    for part in parts:
        if len(plain.replace(part, "").strip("-_. 0123456789")) < 4:
            raise PeopleError("a password is not made of the name or the address")
    if len(set(plain)) < 5 or any(len(plain.replace(word, "")) < 4 for word in _COMMON):
        raise PeopleError("that password is among the first that anybody would guess")


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """The hash that a password is compared with where there is no account, so that it takes as long."""
    return HASHER.hash("nobody has this password")
