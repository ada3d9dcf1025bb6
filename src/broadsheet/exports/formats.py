"""The ways a list of papers can leave the house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from broadsheet.exceptions import NotFoundError
from broadsheet.exports import bibtex, csl_json, jsonl, markdown, ris, table
from broadsheet.papers import Paper


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A way to write papers: `name` in addresses and on the command line, `extension` without its dot."""

    name: str
    media_type: str
    extension: str
    write: Callable[[Iterable[Paper]], Iterator[str]]


FORMATS: Final = (
    ExportFormat("bibtex", "application/x-bibtex; charset=utf-8", "bib", bibtex.write),
    ExportFormat("ris", "application/x-research-info-systems; charset=utf-8", "ris", ris.write),
    ExportFormat("csl-json", "application/vnd.citationstyles.csl+json", "json", csl_json.write),
    ExportFormat("csv", "text/csv; charset=utf-8", "csv", table.write),
    ExportFormat("markdown", "text/markdown; charset=utf-8", "md", markdown.write),
    ExportFormat("jsonl", "application/jsonl; charset=utf-8", "jsonl", jsonl.write),
)


def named(name: str) -> ExportFormat:
    """The format of that name or file extension. Raises NotFoundError."""
    for format_ in FORMATS:
        if name in (format_.name, format_.extension):
            return format_
    raise NotFoundError(f"no such export format: {name!r} (there are {', '.join(f.name for f in FORMATS)})")


def write(
    name: str, papers: Iterable[Paper], *, raw: jsonl.Raw | None = None, apart: jsonl.Apart | None = None
) -> Iterator[str]:
    """Write papers in the format of that name; `raw` and `apart` make our own complete.

    Raises NotFoundError.
    """
    format_ = named(name)
    if format_.write is jsonl.write:
        return jsonl.write(papers, raw=raw, apart=apart)
    return format_.write(papers)
