"""XML by the record: streamed, without DTDs and entities, capped in depth and in the size of a record."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from broadsheet.exceptions import TooLargeError, UnreadableInputError
from broadsheet.sources.reading.limits import MAX_DEPTH, MAX_RECORD_BYTES
from broadsheet.sources.reading.text import excerpt

_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Found:
    """A record's element, and the elements around it, outermost first, as far as they were read by then."""

    element: Element
    around: tuple[Element, ...]


class _Fed:
    """What iterparse reads from: bounded between two records."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.head = b""
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        if self.since > MAX_RECORD_BYTES:
            raise TooLargeError(f"a single record of XML is larger than {MAX_RECORD_BYTES:,} bytes")
        data = self._stream.read(_CHUNK)
        if not self.head:
            data = self.head = data.lstrip()
        self.since += len(data)
        return data


def elements(stream: BinaryIO, names: Collection[str], *, roots: Collection[str]) -> Iterator[Found]:
    """The outermost elements with one of these local names, in document order; each is let go after its turn.

    `roots`: the local names the document's root may have (besides `names`, for a record by itself).
    Raises UnreadableInputError where the document is another one, breaks off, or declares a DTD or entities
    (after the records before that place), TooLargeError beyond the caps.
    """
    fed = _Fed(stream)
    path: list[Element] = []
    within: Element | None = None
    try:
        for event, element in iterparse(fed, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                name = local_name(element)
                if not path and name not in roots and name not in names:
                    raise UnreadableInputError(
                        f"the XML is a <{excerpt(name, 40)}>, not a <{'> or <'.join(roots)}>"
                    )
                path.append(element)
                if len(path) > MAX_DEPTH:
                    raise TooLargeError(f"XML nested deeper than {MAX_DEPTH} elements")
                if within is None and name in names:
                    within = element
                continue
            path.pop()
            if within is not None and element is within:
                record, within = within, None
                fed.since = 0
                record.tail = None
                yield Found(record, tuple(path))
                if path:
                    path[-1].remove(record)
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        raise UnreadableInputError(_trouble(fed.head, error)) from error


def _trouble(head: bytes, error: Exception) -> str:
    start = head[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        return "the input is empty, where XML was expected"
    if start.startswith((b"<!doctype html", b"<html")):
        return "the input is a web page, where XML was expected"
    if not start.startswith(b"<"):
        return f"the input is not XML; it says: {excerpt(head)!r}"
    if isinstance(error, DefusedXmlException):
        return "the XML declares a document type or entities, which is refused; remove the DOCTYPE"
    return f"the XML is damaged or cut short: {excerpt(error)}"


def local_name(element: Element) -> str:
    """The name of an element without its namespace; '' for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child_text(element: Element, name: str) -> str:
    """The text of the first child with that local name, whatever its namespace; '' if there is none."""
    for child in element:
        if local_name(child) == name:
            return "".join(child.itertext())
    return ""


def xml_bytes(element: Element) -> bytes:
    """An element as a document of its own, in UTF-8."""
    data: bytes = tostring(element, encoding="utf-8")
    return data
