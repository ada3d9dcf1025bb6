"""Bytes to text, and text to clean text."""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final


def decode(data: bytes) -> str:
    """Text of bytes: UTF-8 with or without a mark, UTF-16 with a mark, else Windows Latin. Never fails."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return (
            data.decode("cp1252", "replace") if _mostly_latin(data) else data.decode("utf-8-sig", "replace")
        )


def _mostly_latin(data: bytes) -> bool:
    """Whether undecodable UTF-8 is another encoding rather than UTF-8 with a damaged place."""
    damaged = data.decode("utf-8", "replace").count("\ufffd")
    beyond_ascii = sum(1 for byte in data[: 1 << 20] if byte > 0x7F)
    return damaged * 4 >= beyond_ascii


# Out: controls, lone surrogates, noncharacters, zero-width space, byte-order marks, overrides of direction.
# Kept: the joiners that Persian and Indic scripts need.
_UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_BARE_ADDRESS = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?:/[^\s<>\"]*)?", re.I)
_LINE_END = re.compile(r"\r\n?|\u2028|\u0085|\x0b|\x0c")
_BLANK_LINES = re.compile(r"\n[ \t\u00a0]*\n\s*|\u2029\s*")
_INDENTED = re.compile(r"\n(?=[ \t]{2,}\S)")
_BROKEN_HYPHEN = re.compile(r"(?<=\w)-[ \t]*\n[ \t]*(?=\w)(?!(?:and|or|to|nor|und|oder|bzw)\b)")


def clean(text: object) -> str:
    """One line: NFC, no control characters, single spaces; '' for anything that is not text."""
    if not isinstance(text, str):
        return ""
    if "  " not in text and text.isascii() and text.isprintable():
        return text.strip()  # most fields of most records: nothing to be done
    line = " ".join(text.split())
    if line.isascii():
        return line if line.isprintable() else " ".join(_UNWANTED.sub("", line).split())
    if not line.isprintable():
        line = " ".join(_UNWANTED.sub("", line).split())
    return line if unicodedata.is_normalized("NFC", line) else unicodedata.normalize("NFC", line)


def paragraphs(text: object, *, indented: bool = False) -> str:
    """Paragraphs separated by a blank line, each one line; hard line breaks undone.

    A word broken after its hyphen is joined ("state-of-the-\\nart"), a suspended one is not ("pre-\\nand").
    `indented`: a line that begins with two spaces begins a paragraph too, as arXiv has it.
    """
    if not isinstance(text, str):
        return ""
    text = text.strip()
    if not text.isascii() or "\r" in text or "\x0b" in text or "\x0c" in text:
        text = _LINE_END.sub("\n", text)
    if "-\n" in text or "- \n" in text:
        text = _BROKEN_HYPHEN.sub("-", text)
    if text.isascii() and not ("\n\n" in text or "\n " in text or "\n\t" in text):
        return clean(text)
    parts = _BLANK_LINES.split(text)
    if indented:
        parts = [piece for part in parts for piece in _INDENTED.split(part)]
    return "\n\n".join(filter(None, map(clean, parts)))


def excerpt(data: object, length: int = 120) -> str:
    """The beginning of something rejected, for a report."""
    text = decode(data[: length * 4]) if isinstance(data, bytes) else str(data)[: length * 4]
    text = clean(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def fingerprint(text: str) -> str:
    """Sixteen hex digits that stand for a text, the same in every run."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


_MOJIBAKE = re.compile("[\u00c2-\u00c5\u00ce\u00cf\u00d0\u00d1\u00e2][^\x00-\x7f]{1,2}")
_AS_BYTES: Final = {
    **{chr(code): bytes((code,)) for code in range(0x80, 0x100)},
    **{bytes((code,)).decode("cp1252", "ignore"): bytes((code,)) for code in range(0x80, 0xA0)},
}


def mend(text: str) -> str:
    """UTF-8 that was once read as Latin ("WÃ¼bben"), put right where there is no doubt; else as it is.

    No doubt: the characters are the Latin reading of exactly one UTF-8 letter or dash, and the word around
    them is not in capitals, where Ã and Â are letters of their own.

    >>> mend("WÃ¼bben and MÃ¼ller"), mend("SÃO PAULO «Ã»"), mend("naïve")
    ('Wübben and Müller', 'SÃO PAULO «Ã»', 'naïve')
    """
    if text.isascii() or not _MOJIBAKE.search(text):
        return text

    def repaired(found: re.Match[str]) -> str:
        run, before = found[0], text[: found.start()][-2:]
        after = text[found.end() : found.end() + 1]
        if run[0] != "â" and not (before[-1:].isalpha() or after.isalpha()):
            return run
        if (before.isalpha() and before.isupper() and len(before) == 2) or (
            before[-1:].isupper() and not after.islower()
        ):
            return run
        for length in (3, 2):
            try:
                right = b"".join(_AS_BYTES[c] for c in run[:length]).decode("utf-8")
            except (KeyError, UnicodeDecodeError):
                continue
            if len(right) == 1 and (right.isalpha() or right in "–—‘’“”•…·×°± "):
                return right + run[length:]
        return run

    return _MOJIBAKE.sub(repaired, text)


def plain(value: Any) -> Any:
    """A value as `extra` keeps it: JSON with clean strings and without None and empty members."""
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else paragraphs(value)
    if isinstance(value, Mapping):
        kept = {clean(key): plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], {})}
    if isinstance(value, Sequence):
        return [inner for inner in map(plain, value) if inner not in (None, "", [], {})]
    return value


def address(text: object) -> str:
    """A web address, with https:// where the source left it out ("github.com/ada/engine"); '' if it is none.

    >>> address("github.com/ada/engine"), address("javascript:alert(1)"), address("see our page")
    ('https://github.com/ada/engine', '', '')
    """
    line = clean(text)
    if not line or " " in line or len(line) > 2000:
        return ""
    if line[:8].lower().startswith(("http://", "https://")):
        return line if "." in line and not any(mark in line for mark in '<>"') else ""
    return f"https://{line}" if _BARE_ADDRESS.fullmatch(line) else ""
