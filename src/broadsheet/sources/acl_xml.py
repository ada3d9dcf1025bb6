"""The ACL Anthology's own XML: a collection of volumes of papers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, SubElement

from broadsheet import identifiers
from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Author, Link, Record, Rejection, Status
from broadsheet.sources.reading import (
    Found,
    child_text,
    clean,
    dates,
    elements,
    excerpt,
    local_name,
    paragraphs,
    xml_bytes,
)
from broadsheet.sources.reading.standing import standing
from broadsheet.sources.xml_root import root_of

NAME: Final = "acl-xml"
_SITE: Final = "https://aclanthology.org/"
_TOLD: Final = frozenset({"title", "author", "abstract", "doi", "url", "award"})


def recognise(head: bytes) -> bool:
    """Whether the root is a `collection` with an id."""
    name, attributes = root_of(head)
    return name == "collection" and b"id=" in attributes.replace(b" ", b"")


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record a paper; front matter is no paper and is passed over."""
    for found in elements(stream, ("paper",), roots=("collection",)):
        if len(found.around) < 2:
            raise UnreadableInputError("papers of the Anthology stand in a volume of a collection")
        yield _record(found)


def _record(found: Found) -> Record | Rejection:
    paper, (collection, volume) = found.element, found.around[-2:]
    name = _anthology_id(collection.get("id", ""), volume.get("id", ""), paper.get("id", ""))
    own = identifiers.of("acl", name)
    place = f"paper {name}"
    raw = _alone(paper, collection, volume)
    title, status = standing(_text(_child(paper, "title")))
    if not title or own is None:
        return Rejection(place, "no title" if own else f"not an Anthology id: {name!r}", excerpt(raw))
    if _child(paper, "retracted") is not None:
        status = Status.RETRACTED
    elif _child(paper, "removed") is not None:
        status = Status.WITHDRAWN
    meta = _child(volume, "meta")
    doi = identifiers.of("doi", child_text(paper, "doi"))
    return Record(
        source="acl",
        format=NAME,
        key=own.value,
        place=place,
        raw=raw,
        title=title,
        abstract=paragraphs(_marked(_child(paper, "abstract"))),
        authors=tuple(author for child in _children(paper, "author") if (author := _author(child)).name),
        identifiers=(own, doi) if doi else (own,),
        published=_published(meta),
        venue=_text(_child(meta, "booktitle")),
        links=tuple(_links(paper, own.value)),
        status=status,
        extra=_extra(paper, meta),
    )


def _anthology_id(collection: str, volume: str, paper: str) -> str:
    """`2022.acl` long 1 is 2022.acl-long.1, `N19` 1 423 is N19-1423, `W19` 55 1 is W19-5501."""
    if not re.fullmatch(r"[A-Z]\d\d", collection):
        return f"{collection}-{volume}.{paper}"
    # Workshops, and two collections organised like them, have two digits of volume and two of paper.
    wide = collection[0] == "W" or (collection in ("C69", "D19") and volume.isdecimal() and int(volume) > 4)
    return (
        f"{collection}-{volume.zfill(2)}{paper.zfill(2)}"
        if wide
        else f"{collection}-{volume}{paper.zfill(3)}"
    )


def _alone(paper: Element, collection: Element, volume: Element) -> bytes:
    """The paper in a collection and volume of its own, with the volume's meta data."""
    root = Element("collection", {"id": collection.get("id", "")})
    inner = SubElement(root, "volume", {"id": volume.get("id", "")})
    inner.extend(_children(volume, "meta"))
    inner.append(paper)
    return xml_bytes(root)


def _children(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else [child for child in element if local_name(child) == name]


def _child(element: Element | None, name: str) -> Element | None:
    return next(iter(_children(element, name)), None)


def _text(element: Element | None) -> str:
    return clean(_marked(element))


def _marked(element: Element | None) -> str:
    """The text of mixed content: `fixed-case` joined as it stands, `tex-math` between dollars."""
    if element is None:
        return ""
    pieces = [element.text or ""]
    for child in element:
        inner = _marked(child)
        pieces += [f"${inner}$" if local_name(child) == "tex-math" else inner, child.tail or ""]
    return "".join(pieces)


def _author(element: Element) -> Author:
    first, last = child_text(element, "first"), child_text(element, "last")
    return Author(
        clean(f"{first} {last}") or _text(element),
        clean(child_text(element, "affiliation")),
        element.get("orcid", ""),
    )


def _published(meta: Element | None) -> str:
    if meta is None:
        return ""
    parts = dates.month_and_day(clean(child_text(meta, "month")))
    return dates.from_parts([clean(child_text(meta, "year")), *parts])


def _links(paper: Element, name: str) -> Iterator[Link]:
    yield Link("page", f"{_SITE}{name}/")
    if _child(paper, "url") is not None:
        yield Link("pdf", f"{_SITE}{name}.pdf")
    for kind, tag in (("code", "pwccode"), ("dataset", "pwcdataset")):
        for child in _children(paper, tag):
            if (url := clean(child.get("url", ""))).startswith(("https://", "http://")):
                yield Link(kind, url)


def _extra(paper: Element, meta: Element | None) -> dict[str, object]:
    """The Anthology's other fields: awards, pages, bibkey, attachments; the volume's publisher."""
    extra: dict[str, object] = {}
    if awards := [_text(child) for child in _children(paper, "award")]:
        extra["award"] = awards
    for child in paper:
        name = local_name(child)
        if name in _TOLD or name in extra or not name:
            continue
        values = [_text(one) or one.get("href", "") or one.get("url", "") for one in _children(paper, name)]
        extra[name] = values[0] if len(values) == 1 else values
    for name in ("publisher", "address", "venue", "isbn"):
        if text := clean(child_text(meta, name)) if meta is not None else "":
            extra[f"volume-{name}"] = text
    return extra
