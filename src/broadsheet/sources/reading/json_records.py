"""JSON by the record: a streamed array or lines, one object, or the list an object holds."""

from __future__ import annotations

import codecs
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from broadsheet.exceptions import TooLargeError, UnreadableInputError
from broadsheet.papers import Rejection
from broadsheet.sources.reading.limits import MAX_DEPTH, MAX_WHOLE_BYTES, read_whole
from broadsheet.sources.reading.text import decode, excerpt

_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Piece:
    """One JSON record: where it stood, its value, and the bytes that parse to it again."""

    place: str
    value: Any
    raw: bytes


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _sane(text: str) -> int | None:
    return int(text) if len(text) <= 100 else None


_DECODER: Final = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite, parse_int=_sane)
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_SPACE_AND_COMMAS = re.compile(r"[ \t\r\n,]*")


def json_bytes(value: Any) -> bytes:
    """The compact JSON of a value, in UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(value, separators=(",", ":")).encode()


def records_of_json(stream: BinaryIO, *, inside: Sequence[str] = ()) -> Iterator[Piece | Rejection]:
    """The records of a JSON array, of JSON lines, of one object, or of the list that an object holds.

    `inside` names where an object may hold its list, dotted: ("notes", "message.items"). A broken line is
    rejected and the next one read; a broken document raises UnreadableInputError after what stood before the
    break. Values may be anything JSON has (`None` in a batch, say): the caller looks.
    """
    first = b""
    while not first.strip(b" \t\r\n\xef\xbb\xbf"):
        first = stream.readline(_CHUNK)
        if not first:
            return
    first = first.removeprefix(codecs.BOM_UTF8)
    if first.lstrip().startswith(b"["):  # gigabytes of it may stand on one line
        yield from _array(first, stream, inside)
        return
    if not first.endswith(b"\n"):
        first += stream.readline(MAX_WHOLE_BYTES + 1)
    if len(first) > MAX_WHOLE_BYTES:
        raise TooLargeError(f"a line is longer than {MAX_WHOLE_BYTES:,} bytes; split the file")
    start = first.lstrip()
    second = _next_line(stream)
    # `{"items": [` is the beginning of one object, even where the next line opens another.
    whole = not start.rstrip().endswith((b"[", b"{", b",", b":"))
    if whole and second.lstrip().startswith(b"{") and start.startswith(b"{"):
        yield from _lines(first, second, stream, inside)
        return
    yield from _document(first + second + read_whole(stream, MAX_WHOLE_BYTES - len(first)), inside)


def _next_line(stream: BinaryIO) -> bytes:
    """The next line with something in it."""
    while line := stream.readline(MAX_WHOLE_BYTES + 1):
        if line.strip():
            return line
    return b""


def _lines(
    first: bytes, second: bytes, stream: BinaryIO, inside: Sequence[str]
) -> Iterator[Piece | Rejection]:
    number = 0
    line = first
    while line:
        number += 1
        if len(line) > MAX_WHOLE_BYTES:
            raise TooLargeError(f"line {number} is longer than {MAX_WHOLE_BYTES:,} bytes; split the file")
        if stripped := line.strip():
            place = f"line {number}"
            try:
                value = _value(decode(stripped))
            except UnreadableInputError as error:
                yield Rejection(place, str(error), excerpt(stripped))
            else:
                yield from _within(value, stripped, place, inside)
        line, second = second or stream.readline(MAX_WHOLE_BYTES + 1), b""


def _value(text: str) -> Any:
    try:
        value, end = _DECODER.raw_decode(text, _SPACE.match(text).end())  # type: ignore[union-attr]
    except json.JSONDecodeError as error:
        raise UnreadableInputError(f"not valid JSON: {error}") from error
    except RecursionError as error:
        raise TooLargeError("nested too deep") from error
    if _SPACE.fullmatch(text, end) is None:
        raise UnreadableInputError(f"not valid JSON: something follows the value at character {end + 1}")
    if _deep(text, 0, len(text), value):
        raise TooLargeError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _deep(text: str, start: int, end: int, value: Any) -> bool:
    if text.count("{", start, end) + text.count("[", start, end) <= MAX_DEPTH:
        return False  # the common case, without a walk
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = (
            [
                inner
                for outer in level
                for inner in (outer.values() if isinstance(outer, dict) else outer)
                if isinstance(inner, dict | list)
            ]
            if level and isinstance(level[0], dict | list)
            else []
        )
        if not level:
            return False
    return True


def _within(value: Any, raw: bytes, place: str, inside: Sequence[str]) -> Iterator[Piece]:
    for path in inside:
        found = value
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, list):
            before = f"{place}, " if place else ""
            for number, inner in enumerate(found, 1):
                yield Piece(f"{before}entry {number}", inner, json_bytes(inner))
            return
    yield Piece(place or "entry 1", value, raw)


def _document(data: bytes, inside: Sequence[str]) -> Iterator[Piece | Rejection]:
    text = decode(data)
    try:
        value = _value(text)
    except TooLargeError:
        raise
    except UnreadableInputError:
        for path in inside:  # what stands before the break
            if found := re.search(rf'"{re.escape(path.rpartition(".")[2])}"\s*:\s*\[', text):
                yield from _entries(text[found.end() :], lambda _: "")
                break
        raise
    yield from _within(value, data.strip(), "", inside)


def _array(first: bytes, stream: BinaryIO, inside: Sequence[str]) -> Iterator[Piece | Rejection]:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=False)

    def refill(size: int) -> str:
        text = ""
        while not text:
            data = stream.read(size)
            text = decoder.decode(data, final=not data)
            if not data:
                break
        return text

    text = decoder.decode(first).lstrip()
    for piece in _entries(text[1:], refill):
        if isinstance(piece, Piece) and isinstance(piece.value, dict):
            yield from _within(piece.value, piece.raw, piece.place, inside)
        else:
            yield piece


def _entries(text: str, refill: Callable[[int], str]) -> Iterator[Piece | Rejection]:
    """The values of a list whose opening bracket was taken; more text comes from `refill` (size wanted)."""
    position = 0
    number = 1
    ended = False
    while True:
        position = _SPACE_AND_COMMAS.match(text, position).end()  # type: ignore[union-attr]
        if position < len(text) and text[position] == "]":
            return
        value: Any = None
        end = -1
        problem = "the list is not closed"
        if position < len(text):
            try:
                value, end = _DECODER.raw_decode(text, position)
            except json.JSONDecodeError as error:
                problem = error.msg
            except RecursionError as error:
                raise TooLargeError(f"entry {number} is nested too deep", place=f"entry {number}") from error
        if end < 0 or (end == len(text) and not ended):  # perhaps there is more of it
            wanted = max(_CHUNK, len(text) - position)
            more = "" if ended else refill(wanted)
            if more:
                if len(text) - position > MAX_WHOLE_BYTES:
                    raise TooLargeError(
                        f"entry {number} is broken, or larger than {MAX_WHOLE_BYTES:,} characters"
                    )
                text, position = text[position:] + more, 0
                continue
            ended = True
            if end < 0:
                raise UnreadableInputError(
                    f"not valid JSON, or cut short, at entry {number}: {problem}", place=f"entry {number}"
                )
        place = f"entry {number}"
        if _deep(text, position, end, value):
            yield Rejection(
                place, f"nested deeper than {MAX_DEPTH} levels", excerpt(text[position : position + 200])
            )
        else:
            yield Piece(place, value, text[position:end].encode("utf-8", "replace"))
        position = end
        number += 1
