"""Values in JSON from elsewhere, where every field may hold anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from broadsheet.sources.reading import clean, plain


def is_json(head: bytes) -> bool:
    """Whether bytes begin as a JSON array or object does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list; an object by itself is a list of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The clean texts in a list that are not empty; a text by itself is a list of one."""
    if isinstance(value, list):
        return [text for item in value if (text := clean(item))]
    text = clean(value)
    return [text] if text else []


def first_text(value: Any) -> str:
    """The first of `texts`, or ''."""
    return next(iter(texts(value)), "")


def scalar(value: Any) -> str:
    """Text, or a number as text; '' for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return clean(value)


def web_address(value: Any) -> str:
    """An address of the web, or ''."""
    address = clean(value)
    return address if address.startswith(("https://", "http://")) and " " not in address else ""


def leftover(value: Mapping[str, Any], told: Collection[str]) -> dict[str, Any]:
    """What `extra` keeps of an object: all but the fields that were told elsewhere, and nothing empty."""
    kept: dict[str, Any] = plain({name: inner for name, inner in value.items() if name not in told})
    return kept
