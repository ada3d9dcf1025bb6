"""BibTeX and biblatex files, the ACL Anthology's and arXiv's entries among them.

bibtexparser splits a file into blocks and survives dirty ones; macros, crossref and TeX are resolved here,
since the reader's text and the file's own source are both kept: `extra["bibtex"]` holds every field as it was
written, the macros it uses, and the comments and preambles around it, so that exports can put it all back.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ImplicitComment,
    ParsingFailedBlock,
    String,
)
from bibtexparser.splitter import Splitter

from broadsheet.papers import Record, Rejection
from broadsheet.sources.bibtex_entry import described, inherited
from broadsheet.sources.bibtex_value import macros
from broadsheet.sources.reading import clean, decode, excerpt
from broadsheet.sources.reading.keys import record_key
from broadsheet.sources.reading.lines import lines

NAME: Final = "bibtex"
_CHUNK: Final = 8 << 20  # bytes parsed in one go; a crossref is found within them
_ENTRY: Final = re.compile(
    rb"^(?:\xef\xbb\xbf)?[ \t]*@[ \t]*"
    rb"(?:(?:string|preamble|comment)[ \t]*[{(]|[a-z]+\s*[{(]\s*(?:[^\s,={}()\"@]+\s*)?,)",
    re.I | re.M,
)
_BLOCK_START: Final = re.compile(rb"[ \t]*@[ \t]*[a-zA-Z]+[ \t]*[{(]")
_CONTEXT: Final = re.compile(r"@comment\{broadsheet ([A-Za-z0-9+/=]*)\}")
_NOT_PAPERS: Final = frozenset({"xdata", "control", "set"})

# Every dirty block is logged there and reported here: once is enough.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())


def recognise(head: bytes) -> bool:
    """Whether an entry, a macro or a comment of BibTeX begins a line."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"<", b"{", b"[") and bool(_ENTRY.search(head))


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record an entry; entries without a title and broken ones are rejected with their line."""
    file = _File()
    for first_line, text in _chunks(stream):
        yield from file.read(text, first_line)
    yield from file.finish()


@dataclass(slots=True)
class _Draft:
    """An entry that waits for what follows it."""

    entry: Entry
    line: int
    strings: dict[str, str]
    before: list[str]
    context: dict[str, Any]
    after: list[str] = field(default_factory=list)


class _File:
    """The state of a file while it is read from top to bottom."""

    def __init__(self) -> None:
        self._strings: dict[str, tuple[str, str]] = {}  # folded name → name, value
        self._new_strings: list[str] = []
        self._before: list[str] = []
        self._context: dict[str, Any] = {}
        self._held: _Draft | None = None
        self._seen: Counter[str] = Counter()

    def read(self, text: str, first_line: int) -> Iterator[Record | Rejection]:
        library = Splitter(text).split()
        blocks = [_unwrapped(block) for block in library.blocks]
        parents = {block.key.casefold(): block for block in blocks if isinstance(block, Entry)}
        broken = False
        for block in blocks:
            line = first_line + (block.start_line or 0)
            if isinstance(block, Entry):
                yield from self._release()
                kind = block.entry_type.lower()
                if kind in _NOT_PAPERS:
                    self._before.append(_source(block))
                else:
                    self._hold(block, line, parents)
            elif isinstance(block, String):
                self._define(block.key, block.value)
            elif isinstance(block, ParsingFailedBlock):
                yield from self._release()
                yield Rejection(f"line {line}", _reason(block), excerpt(block.raw))
            elif isinstance(block, ImplicitComment) and broken:
                pass  # the rest of a broken entry
            elif found := _CONTEXT.fullmatch(_source(block)):
                self._context = _context(found[1])
            else:
                self._before.append(_source(block))
            broken = isinstance(block, ParsingFailedBlock)

    def finish(self) -> Iterator[Record | Rejection]:
        if self._held:
            unused = [self._strings[folded] for folded in self._new_strings]
            self._held.after = [f"@string{{{name} = {value}}}" for name, value in unused] + self._before
        yield from self._release()

    def _define(self, name: str, value: str) -> None:
        folded = name.casefold()
        self._strings.pop(folded, None)  # a new definition stands where it was made
        self._strings[folded] = (name, value)
        self._new_strings.append(folded)

    def _hold(self, entry: Entry, line: int, parents: Mapping[str, Entry]) -> None:
        context = dict(self._context)
        context.setdefault("inherited", {}).update(inherited(entry, parents))
        values = [f.value for f in entry.fields] + list(context["inherited"].values())
        wanted = self._closure(values) | set(self._new_strings)
        strings = dict(pair for folded, pair in self._strings.items() if folded in wanted)
        self._held = _Draft(entry, line, strings, self._before, context)
        self._before, self._new_strings, self._context = [], [], {}

    def _closure(self, values: list[str]) -> set[str]:
        """The macros that values use, and those that these use."""
        wanted: set[str] = set()
        while values:
            names = {name for value in values for name in macros(value) if name in self._strings} - wanted
            wanted |= names
            values = [self._strings[name][1] for name in names]
        return wanted

    def _release(self) -> Iterator[Record | Rejection]:
        draft, self._held = self._held, None
        if draft:
            yield self._record(draft)

    def _record(self, draft: _Draft) -> Record | Rejection:
        entry, place = draft.entry, f"line {draft.line}"
        fields: dict[str, str] = {}
        repeated: list[list[str]] = []
        read = dict(draft.context["inherited"])
        own: set[str] = set()
        for named in entry.fields:
            name = named.key.lower()
            if name in own:  # BibTeX reads the first of them
                repeated.append([named.key, named.value])
                continue
            own.add(name)
            fields[named.key] = read[name] = named.value
        description = described(entry.entry_type.lower(), clean(entry.key), read, draft.strings)
        if not description["title"]:
            return Rejection(place, f"the entry {entry.key!r} has no title", excerpt(entry.raw))
        key = _record_key(entry.key, description)
        self._seen[key] += 1
        occurrence = draft.context.get("occurrence") or self._seen[key]
        if occurrence > 1:
            draft.context["occurrence"] = occurrence
            key = f"{key}#{occurrence}"
        around = {
            "repeated": repeated,
            "strings": draft.strings,
            "before": draft.before,
            "after": draft.after,
        }
        kept = {
            "type": _type_as_written(entry),
            "key": entry.key,
            "fields": fields,
            **{name: value for name, value in around.items() if value},
        }
        return Record(
            **description,
            source="bibtex",
            format=NAME,
            key=key,
            place=place,
            raw=_raw(draft),
            extra={"bibtex": kept},
        )


def _chunks(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """Pieces of a file, cut where a block begins, with the number of their first line."""
    piece: list[bytes] = []
    first, size = 1, 0
    for number, line in lines(stream):
        if size > _CHUNK and _BLOCK_START.match(line):
            yield first, decode(b"\n".join(piece))
            piece, first, size = [], number, 0
        piece.append(line)
        size += len(line)
    yield first, decode(b"\n".join(piece))


def _unwrapped(block: Any) -> Any:
    """The entry inside a complaint about doubled keys: both are kept."""
    while isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        block = block.ignore_error_block
    return block


def _reason(block: ParsingFailedBlock) -> str:
    why = getattr(block.error, "abort_reason", "")
    return f"not an entry of BibTeX: {clean(why) or type(block.error).__name__}"


def _context(coded: str) -> dict[str, Any]:
    try:
        context = json.loads(base64.b64decode(coded))
    except ValueError:
        return {}
    return context if isinstance(context, dict) and isinstance(context.get("inherited", {}), dict) else {}


def _raw(draft: _Draft) -> bytes:
    """The entry as a small file of its own: with its macros, what stood around it, and what it inherits."""
    blocks = [f"@string{{{name} = {value}}}" for name, value in draft.strings.items()]
    if any(draft.context.values()):
        coded = base64.b64encode(json.dumps(draft.context).encode()).decode()
        blocks.append(f"@comment{{broadsheet {coded}}}")
    return "\n".join([*blocks, *draft.before, _source(draft.entry), *draft.after]).encode()


def _record_key(key: str, description: Mapping[str, Any]) -> str:
    """A bibliography's key with a mark of what it names: two people's `smith2020` are two papers."""
    named = record_key(description["identifiers"], description["title"], description["published"])
    return f"{clean(key)}:{hashlib.sha256(named.encode()).hexdigest()[:8]}"


def _type_as_written(entry: Entry) -> str:
    found = re.match(r"\s*@\s*(\w+)", _source(entry))
    return found[1] if found else str(entry.entry_type)


def _source(block: Any) -> str:
    """A block as it stands in the file."""
    return (block.raw or "").strip()
