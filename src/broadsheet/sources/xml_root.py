"""The root element of XML, found in its first bytes."""

from __future__ import annotations

import re
from typing import Final

_ROOT: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?"
    rb"(?:\s|<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>)*"
    rb"<(?:[\w.-]+:)?(?P<name>[A-Za-z_][\w.-]*)(?P<attributes>[^>]*)",
    re.S | re.I,
)


def root_of(head: bytes) -> tuple[str, bytes]:
    """The root's local name and the source of its attributes; ('', b'') if these bytes begin no XML.

    >>> root_of(b'<?xml version="1.0"?><!-- x --><rdf:RDF xmlns="y">')
    ('RDF', b' xmlns="y"')
    """
    found = _ROOT.match(head)
    return (found["name"].decode("ascii", "replace"), found["attributes"]) if found else ("", b"")
