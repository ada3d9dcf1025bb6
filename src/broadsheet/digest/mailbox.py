"""Mail addresses: read, checked, and compared. Pure; no server is asked."""

from __future__ import annotations

import re
from typing import Final

from broadsheet.exceptions import MailAddressError

MOST: Final = 254  # octets, RFC 5321
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


def mailbox(text: str) -> str:
    r"""A mail address in its canonical spelling: the host in lower case and in ASCII.

    Raises MailAddressError for everything that is not one plain address: comments, quoted names, lists, line
    feeds, letters outside ASCII before the @.

    >>> mailbox(" Ada.L+papers@Bücher.Example ")
    'Ada.L+papers@xn--bcher-kva.example'
    >>> mailbox("ada@example.org\nBcc: all@example.org")
    Traceback (most recent call last):
    broadsheet.exceptions.MailAddressError: not a mail address: 'ada@example.org\nBcc: all@example.org'; ...
    """
    stripped = text.strip(" \t")
    local, at, host = stripped.rpartition("@")
    if not at or len(stripped) > MOST:
        raise MailAddressError(text[: MOST + 1])
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        raise MailAddressError(text, "before the @ go ASCII letters, digits and single dots")
    try:
        host = host.encode("idna").decode("ascii").lower() if not host.isascii() else host.lower()
    except UnicodeError as error:
        raise MailAddressError(text, "its host is no name a server can have") from error
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdecimal() or len(host) > 253:
        raise MailAddressError(text, "its host is no name a server can have")
    if len(labels) < 2 and host != "localhost":
        raise MailAddressError(text, "its host has no domain")
    return f"{local}@{host}"


def folded(address: str) -> str:
    """How two addresses are compared: in practice no server tells Ada@ from ada@.

    >>> folded("Ada@example.org") == folded("ada@example.org")
    True
    """
    return address.casefold()
