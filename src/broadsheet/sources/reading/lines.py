"""Text by the line, numbered and capped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from broadsheet.exceptions import TooLargeError
from broadsheet.sources.reading.limits import MAX_RECORD_BYTES


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a stream with their numbers from 1, without line ends; a mark of byte order is taken off.

    LF, CRLF and (in files of old reference managers) CR alone end a line. Raises TooLargeError beyond a cap.
    """
    number = 0
    while line := stream.readline(MAX_RECORD_BYTES + 1):
        if len(line) > MAX_RECORD_BYTES:
            place = f"line {number + 1}"
            raise TooLargeError(f"{place} is longer than {MAX_RECORD_BYTES:,} bytes", place=place)
        if not number:
            line = line.removeprefix(b"\xef\xbb\xbf")
        line = line.rstrip(b"\r\n")
        for piece in line.split(b"\r") if b"\r" in line else (line,):
            number += 1
            yield number, piece
