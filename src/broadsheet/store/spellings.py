"""Every key that a paper answers to: marks stay under the key that a paper had when they were made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, select

from broadsheet.store.schema import aliases, works
from broadsheet.store.workbench import chunks

_EACH: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
# Every request about marks asks these: one statement is what it takes where no paper has changed its key.
_NAMED: Final = (
    select(works.c.key, aliases.c.key)
    .outerjoin(aliases, aliases.c.work_id == works.c.id)
    .where(works.c.key.in_(_EACH))
)
_ONE: Final = (
    select(aliases.c.key)
    .select_from(works.outerjoin(aliases, aliases.c.work_id == works.c.id))
    .where(works.c.key == bindparam("key"))
)
_FORMERLY: Final = select(aliases.c.key, aliases.c.work_id).where(aliases.c.key.in_(_EACH))
_OF_WORK: Final = (
    select(works.c.id, works.c.key, aliases.c.key)
    .outerjoin(aliases, aliases.c.work_id == works.c.id)
    .where(works.c.id.in_(bindparam("ids", expanding=True)))
)


def of_key(connection: Connection, key: str) -> list[str]:
    """Every key of the paper whose present key that is, itself first; none if it is nobody's."""
    rows = connection.execute(_ONE, {"key": key}).all()
    return [key, *(former for (former,) in rows if former is not None)] if rows else []


def keys_of(connection: Connection, keys: Iterable[str]) -> dict[str, list[str]]:
    """Key → every key that the same paper answers to; one that answers to nobody stands for itself."""
    keys = list(dict.fromkeys(keys))
    found: dict[str, list[str]] = {}
    if len(keys) == 1 and (only := of_key(connection, keys[0])):
        return {keys[0]: only}
    for some in chunks(keys):
        for key, former in connection.execute(_NAMED, {"keys": list(some)}):
            answers = found.setdefault(key, [key])
            if former is not None:
                answers.append(former)
        left = [key for key in some if key not in found]
        of = dict(connection.execute(_FORMERLY, {"keys": left}).all()) if left else {}
        names: dict[int, list[str]] = {}
        if of:
            ids = list(dict.fromkeys(of.values()))
            for number, now, former in connection.execute(_OF_WORK, {"ids": ids}):
                names.setdefault(number, [now]).append(former)
        for key in left:
            found[key] = list(dict.fromkeys([key, *names.get(of.get(key, 0), ())]))
    return found
