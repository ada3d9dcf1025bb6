"""Every key that a paper answers to: marks stay under the key that a paper had when they were made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, bindparam, select

from broadsheet.store.schema import aliases, works
from broadsheet.store.workbench import chunks

_WORKS_OF: Final = select(works.c.key, works.c.id).where(works.c.key.in_(bindparam("keys", expanding=True)))
_FORMER_OF: Final = select(aliases.c.work_id, aliases.c.key).where(
    aliases.c.work_id.in_(bindparam("ids", expanding=True))
)


def keys_of(connection: Connection, keys: Iterable[str]) -> dict[str, list[str]]:
    """Key → every key that the same paper answers to; one that answers to nobody stands for itself."""
    keys = list(dict.fromkeys(keys))
    ids: dict[str, int] = {}
    for some in chunks(keys):
        ids.update(connection.execute(_WORKS_OF, {"keys": list(some)}).all())
        left = [key for key in some if key not in ids]
        if left:
            query = select(aliases.c.key, aliases.c.work_id).where(aliases.c.key.in_(left))
            ids.update(connection.execute(query).all())
    former: dict[int, list[str]] = {}
    for some_ids in chunks(dict.fromkeys(ids.values())):
        for work_id, key in connection.execute(_FORMER_OF, {"ids": list(some_ids)}):
            former.setdefault(work_id, []).append(key)
    now: dict[int, str] = {}
    changed = [number for key, number in ids.items() if key in former.get(number, ())]
    for some_ids in chunks(dict.fromkeys(changed)):
        now.update(connection.execute(select(works.c.id, works.c.key).where(works.c.id.in_(some_ids))).all())
    found = {}
    for key in keys:
        number = ids.get(key)
        everything = [key, *(former.get(number, ()) if number is not None else ())]
        if number in now:
            everything.append(now[number])
        found[key] = list(dict.fromkeys(everything))
    return found
