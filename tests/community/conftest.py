"""Houses with a few papers and a few people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.house import House
from broadsheet.papers import Author, Identifier, Listing, Record
from broadsheet.readers import Reader, Role

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def planted(number: int, day: str = "2026-03-02", **given: Any) -> Record:
    """A record of an invented paper; what is given wins."""
    arxiv = f"2603.{number:05}"
    fields: dict[str, Any] = {
        "title": f"A census of quiet lanterns, volume {number}",
        "abstract": f"We count lanterns in {number} streets and report what the count leaves out.",
        "authors": (Author("Ada Example"), Author(f"Bo Sample {number}")),
        "identifiers": (Identifier("arxiv", arxiv),),
        "source": "hf",
        "format": "hf-json",
        "key": arxiv,
        "place": f"entry {number}",
        "raw": b"{}",
        "listings": (Listing("hf", day, number),),
        **given,
    }
    return Record(**fields)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def record() -> Callable[..., Record]:
    return planted


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[House]:
    """Six papers of one day, with a clock of its own."""
    with broadsheet.open(tmp_path / "house", encoder="none") as house:
        house.store.ingest([planted(number) for number in range(1, 7)])
        house.store.events.clock = clock
        yield house


@pytest.fixture
def people(house: House) -> dict[str, Reader]:
    """The owner (an admin), a curator and two readers, all vouched for."""
    made = {
        "ada": house.people.create("ada", shown="Ada Lantern"),
        "bo": house.people.create("bo"),
        "cy": house.people.create("cy", role=Role.CURATOR),
        "owner": house.people.owner(),
    }
    with house.store.events.writing() as log:
        for name in ("ada", "bo", "cy"):
            log.put(1, "vouch", thing=f"reader:{made[name].id}")
    return made
