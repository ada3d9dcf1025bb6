"""The values of BibTeX's fields: strings, macros and what joins them; lists of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from broadsheet.sources.reading import clean
from broadsheet.sources.reading.names import arranged
from broadsheet.sources.reading.tex import decode

_MONTHS: Final = {
    name[:3].lower(): name
    for name in (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    )
}
_AND: Final = re.compile(r" and ", re.I)
_DEPTH: Final = 20  # of macros that stand for macros


def expanded(value: str, strings: Mapping[str, str], depth: int = 0) -> str:
    """The TeX source a field's value stands for: quotes and outer braces gone, macros put in, pieces joined.

    `strings` maps folded names to values. An unknown macro stands for its own name.

    >>> expanded('{On } # what # " it is"', {"what": "{what}"})
    'On what it is'
    """
    if value[:1] == "{" and value[-1:] == "}" and "#" not in value:
        return value[1:-1]
    pieces = []
    for kind, text in _pieces(value):
        if kind != "macro":
            pieces.append(text)
        elif text.casefold() in strings and depth < _DEPTH:
            pieces.append(expanded(strings[text.casefold()], strings, depth + 1))
        else:
            pieces.append(_MONTHS.get(text.casefold(), text))
    return "".join(pieces)


def macros(value: str) -> set[str]:
    """The folded names of the macros a value uses; numbers are none.

    >>> macros('jan # " 5"'), macros("{jan}"), macros("2020")
    ({'jan'}, set(), set())
    """
    if value[:1] in '{"' and "#" not in value:
        return set()
    return {text.casefold() for kind, text in _pieces(value) if kind == "macro" and not text.isdigit()}


def names(source: str) -> Iterator[str]:
    """The names of a list joined by `and`, each in natural order; "others" is left out.

    >>> list(names(r"Lovelace, Ada and {Barnes and Noble} and van den Berg, Jr., Luc and others"))
    ['Ada Lovelace', 'Barnes and Noble', 'Luc van den Berg Jr.']
    """
    for name in _split(" ".join(source.split()), _AND):
        if name.casefold() in ("others", ""):
            continue
        parts = name.split(",") if "{" not in name else _split(name, _COMMA)
        if text := arranged([clean(decode(part)) for part in parts]):
            yield text


_COMMA: Final = re.compile(",")


def _split(source: str, separator: re.Pattern[str]) -> list[str]:
    """Split where no brace is open."""
    if "{" not in source:
        return separator.split(source)
    parts, start, counted, depth = [], 0, 0, 0
    for found in separator.finditer(source):
        between = source[counted : found.start()]
        depth = max(0, depth + between.count("{") - between.count("}"))
        counted = found.start()
        if not depth:
            parts.append(source[start : found.start()])
            start = counted = found.end()
    return [*parts, source[start:]]


def _pieces(value: str) -> Iterator[tuple[str, str]]:
    """The pieces of a concatenation: ("text", without its delimiters) or ("macro", a bare word or number)."""
    position = 0
    while position < len(value):
        mark = value[position]
        if mark in " \t\r\n#":
            position += 1
        elif mark in '{"':
            end = _end(value, position)
            yield "text", value[position + 1 : end]
            position = end + 1
        else:
            word = re.compile(r'[^\s#{"]+').match(value, position)
            assert word
            yield "macro", word[0]
            position = word.end()


def _end(value: str, start: int) -> int:
    """Where the delimiter that opens at `start` is closed; the end where it is not."""
    closes_at_quote = value[start] == '"'
    depth = 0
    for found in re.compile(r"\\.|[{}\"]", re.S).finditer(value, start + closes_at_quote):
        mark = found[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if not depth and not closes_at_quote:
                return found.start()
        elif mark == '"' and closes_at_quote and depth <= 0:
            return found.start()
    return len(value)
