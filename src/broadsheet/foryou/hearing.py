"""Hearing what a reader has said of papers: the log, the tags, the shelves, what is followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from broadsheet.foryou.said import Said
from broadsheet.foryou.signals import TRUST, Signal
from broadsheet.readers import folded
from broadsheet.store import Store

_GROUPS: Final = {"shelved": "shelf", "library": "library"}
"""The kinds that put a paper into something with a name."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a reader.

    signals: of papers. names: interest → what it is called. authors: folded names that are followed → as they
    are written. ignored: numbers of papers that say nothing of the reader's taste.
    """

    signals: tuple[Signal, ...]
    names: dict[str, str]
    authors: dict[str, str]
    ignored: frozenset[int]


def hear(store: Store, reader_id: int, said: Said) -> Heard:
    """Everything that a reader has said and that still counts."""
    marks = store.events.marks("ignore", "shelf", "follow", reader_id=reader_id)
    tagged = store.tastes.tagged(reader_id)
    keys = [mark.work_key for mark in marks if mark.kind == "ignore"] + [key for _, key, _, _ in tagged]
    numbers = store.columns.numbers(keys)
    names: dict[str, str] = {}
    authors: dict[str, str] = {}
    ignored: set[int] = set()
    for mark in marks:
        if mark.kind == "shelf":
            names[f"shelf:{mark.object}"] = str(mark.body.get("name", ""))
        elif mark.kind == "follow" and mark.object.startswith("author:"):
            written = mark.object.partition(":")[2]
            authors[folded(written)] = written
        elif mark.kind == "ignore" and mark.work_key in numbers:
            ignored.add(numbers[mark.work_key])
    signals: list[Signal] = []
    for kind, number, at, thing in store.tastes.signals(reader_id, list(TRUST)):
        if said.since is None or at >= said.since:
            group = f"{_GROUPS[kind]}:{thing}" if kind in _GROUPS else ""
            if kind == "library":
                names[group] = thing
            signals.append(Signal(kind, number, at, group))
    for name, key, fits, at in tagged:
        if key in numbers and (said.since is None or at >= said.since):
            names[f"tag:{name}"] = name
            signals.append(
                Signal("tag" if fits else "refused", numbers[key], at, f"tag:{name}" if fits else "")
            )
    heard = tuple(signal for signal in signals if signal.paper not in ignored)
    return Heard(heard, names, authors, frozenset(ignored))
