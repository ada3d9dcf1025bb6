"""Every list of papers, and the other forms in which it leaves the house: `?format=` of its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import HTTPException

from broadsheet.exports import formats as export_formats
from broadsheet.papers import Paper
from broadsheet.web import feeds
from broadsheet.web.addresses import Addresses
from broadsheet.web.press import Sheet

if TYPE_CHECKING:
    from broadsheet.house import House

FORMATS: Final = (*feeds.FORMATS, *(format_.name for format_ in export_formats.FORMATS))


@dataclass(frozen=True, slots=True)
class PaperList:
    """A list of papers with an address.

    title: what it is ("Tuesday, 29 July 2025").
    path, query: its page's address on this site.
    fetch: gives its first papers, as many as asked for.
    """

    title: str
    path: str
    query: dict[str, str | int | None]
    fetch: Callable[[int], list[Paper]]

    def address(self, where: Addresses, **more: str | int | None) -> str:
        """Its address on this site, or that of another form or page of it."""
        return where.at(self.path, **{**self.query, **more})

    def links(self, where: Addresses) -> list[tuple[str, str, str]]:
        """Media type, address and title of its feeds, for `<link rel=alternate>`."""
        return [
            (media_type.partition(";")[0], self.address(where, format=name), f"{self.title} ({label})")
            for name, (media_type, label) in feeds.FORMATS.items()
        ]

    def sheet(self, house: House, where: Addresses, name: str, limit: int) -> Sheet:
        """The list as a feed or an export."""
        if name not in FORMATS:
            raise HTTPException(400, f"No such format: {name!r}. There are {', '.join(FORMATS)}.")
        papers = self.fetch(limit)
        if name in feeds.FORMATS:
            channel = feeds.Channel(
                title=f"{house.settings.title}: {self.title}",
                page=where.origin + self.address(where),
                feed=where.origin + self.address(where, format=name),
            )
            body = feeds.write(name, channel, papers, where)
            modified = max((paper.updated for paper in papers), default=None)
            return Sheet(body, feeds.FORMATS[name][0], modified=modified)
        return export_sheet(house, name, papers, "papers")


def export_sheet(house: House, name: str, papers: list[Paper], stem: str) -> Sheet:
    """Papers in an export format, as a file a browser shows and names well."""
    format_ = export_formats.named(name)
    body = "".join(house.export(format_.name, papers)).encode("utf-8", "replace")
    return Sheet(body, format_.media_type, filename=f"{stem}.{format_.extension}")
