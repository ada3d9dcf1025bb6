"""Hearing what a reader has said of papers: the log, the tags, the shelves, what is followed."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.foryou.said import Said
from broadsheet.foryou.signals import TRUST, Signal
from broadsheet.readers import folded
from broadsheet.store import Store
from broadsheet.store.tastes import TEACHING


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
    marks = store.events.marks(*TEACHING, reader_id=reader_id)
    tagged = store.tastes.tagged(reader_id)
    numbers = store.columns.numbers(
        [mark.work_key for mark in marks if mark.work_key] + [key for _, key, _, _ in tagged]
    )
    names = {f"shelf:{mark.object}": str(mark.body.get("name", "")) for mark in marks if mark.kind == "shelf"}
    authors: dict[str, str] = {}
    signals: list[Signal] = []
    ignored: set[int] = set()
    for mark in marks:
        number = numbers.get(mark.work_key)
        if mark.kind == "follow" and mark.object.startswith("author:"):
            written = mark.object.partition(":")[2]
            authors[folded(written)] = written
        elif number is None:
            continue
        elif mark.kind == "ignore":
            ignored.add(number)
        elif mark.kind in TRUST and (said.since is None or mark.since >= said.since):
            group = {"shelved": f"shelf:{mark.object}", "library": f"library:{mark.object}"}.get(
                mark.kind, ""
            )
            if mark.kind == "library":
                names[group] = mark.object
            signals.append(Signal(mark.kind, number, mark.since, group))
    for name, key, fits, at in tagged:
        if key in numbers and (said.since is None or at >= said.since):
            names[f"tag:{name}"] = name
            signals.append(
                Signal("tag" if fits else "refused", numbers[key], at, f"tag:{name}" if fits else "")
            )
    heard = tuple(signal for signal in signals if signal.paper not in ignored)
    return Heard(heard, names, authors, frozenset(ignored))
