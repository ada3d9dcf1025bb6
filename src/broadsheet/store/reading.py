"""Works as readers see them."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, select

from broadsheet.exceptions import NotFoundError
from broadsheet.identifiers import resolve
from broadsheet.papers import Manifestation, Paper
from broadsheet.store import documents
from broadsheet.store.rows import title_hash
from broadsheet.store.schema import aliases, identifiers, manifestations, raws, works
from broadsheet.store.workbench import chunks

BATCH: Final = 500

_W, _M = works.c, manifestations.c
# Said once: a statement that is built anew costs as much as it takes.
_SOME: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_OF_KEY: Final = select(_W.id).where(_W.key == bindparam("key"))
_OF_FORMER_KEY: Final = select(aliases.c.work_id).where(aliases.c.key == bindparam("key"))
_WORKS_OF: Final = select(_W.id, _W.key, _W.added, _W.updated, _W.fields).where(_W.id.in_(_SOME))
_MANIFESTATIONS_OF: Final = (
    select(
        _M.work_id,
        _M.id,
        _M.source,
        _M.key,
        _M.format,
        _M.raw_hash,
        _M.first_seen,
        _M.last_seen,
        _M.url,
        _M.extra,
    )
    .where(_M.work_id.in_(_SOME))
    .order_by(_M.id)
)


def papers(connection: Connection, ids: Sequence[int]) -> list[Paper]:
    """The papers of these numbers, in this order; those that are not here are left out."""
    found: dict[int, Any] = {}
    known: dict[int, list[Manifestation]] = defaultdict(list)
    for some in chunks(dict.fromkeys(ids)):
        found.update((row.id, row) for row in connection.execute(_WORKS_OF, {"ids": some}).all())
        for held in connection.execute(_MANIFESTATIONS_OF, {"ids": some}).all():
            known[held.work_id].append(_manifestation(held))
    return [_paper(found[i], known[i]) for i in ids if i in found]


def find(connection: Connection, reference: str) -> int | None:
    """The number of the paper that answers to a key, a former key or any spelling of an identifier."""
    for query in (_OF_KEY, _OF_FORMER_KEY):
        if (number := connection.scalar(query, {"key": reference})) is not None:
            return int(number)
    name = resolve(reference)
    if name is None:
        return None
    query = (
        select(_M.work_id)
        .join_from(identifiers, manifestations)
        .where(identifiers.c.scheme == name.scheme, identifiers.c.value == name.value)
        .order_by(_M.work_id)
        .limit(1)
    )
    number = connection.scalar(query)
    return None if number is None else int(number)


def titled(connection: Connection, title: str) -> str:
    """The key of the first work of a title, however that is spelled; '' if there is none."""
    number = title_hash(title)
    if number is None:
        return ""
    query = select(_W.key).where(_W.title_hash == number).order_by(_W.id).limit(1)
    return connection.scalar(query) or ""


def numbers(
    connection: Connection, after: int = 0, limit: int | None = None, *, unresolved: bool = False
) -> list[int]:
    """The numbers of all papers behind one, in order; those known by identifier alone if `unresolved`."""
    query = select(_W.id).where(_W.id > after).order_by(_W.id).limit(limit)
    return list(connection.scalars(query if unresolved else query.where(_W.unresolved.is_(False))))


def numbers_of(connection: Connection, keys: Iterable[str]) -> list[int]:
    """The numbers of the papers that answer to keys or former keys, in this order, each once."""
    keys = list(keys)
    known: dict[str, int] = {}
    for some in chunks(keys):
        for name, number in ((_W.key, _W.id), (aliases.c.key, aliases.c.work_id)):
            for key, work in connection.execute(select(name, number).where(name.in_(some))):
                known.setdefault(key, work)
    return list(dict.fromkeys(known[key] for key in keys if key in known))


def _manifestation(row: Any) -> Manifestation:
    moment = documents.moment
    return Manifestation(
        row.id, row.source, row.key, row.format, row.raw_hash, moment(row.first_seen), moment(row.last_seen),
        row.url, documents.loads(row.extra),
    )  # fmt: skip


def _paper(row: Any, manifest: Sequence[Manifestation]) -> Paper:
    document = documents.loads(row.fields)
    return Paper(
        id=row.id,
        key=row.key,
        added=documents.moment(row.added),
        updated=documents.moment(row.updated),
        days=tuple(document.get("days", ())),
        provenance={name: teller for teller, names in document["provenance"].items() for name in names},
        manifestations=tuple(manifest),
        **documents.decode(document),
    )


def raw(connection: Connection, raw_hash: str) -> tuple[str, bytes]:
    """The format and the bytes of a kept record. Raises StoreError if there is none of that name."""
    row = connection.execute(select(raws.c.format, raws.c.bytes).where(raws.c.hash == raw_hash)).first()
    if row is None:
        raise NotFoundError(f"no raw record {raw_hash!r}")
    return row.format, zlib.decompress(row.bytes)
