"""How much a parser takes at once."""

from __future__ import annotations

from typing import BinaryIO, Final

from broadsheet.exceptions import TooLargeError

MAX_WHOLE_BYTES: Final = 64 << 20  # what is parsed in one go: a text page, one JSON document
MAX_RECORD_BYTES: Final = 16 << 20  # one XML record, one line
MAX_DEPTH: Final = 64  # of nested elements, objects and lists


def read_whole(stream: BinaryIO, limit: int = MAX_WHOLE_BYTES) -> bytes:
    """All the bytes of a format that cannot be read in pieces; TooLargeError beyond `limit`."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise TooLargeError(f"this format is read as one piece of at most {limit:,} bytes; split the file")
    return data
