"""A house whose papers are about a few planted things, and readers who like some of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.house import House
from broadsheet.papers import Author, Identifier, Listing, Record
from broadsheet.readers import Reader

PLANTED = {
    "tides": ("tide", "moon", "harbour", "gauge", "sea", "level"),
    "bees": ("bee", "hive", "honey", "dance", "flower", "pollen"),
    "violins": ("violin", "bow", "string", "varnish", "wood", "tone"),
    "glaciers": ("glacier", "ice", "valley", "moraine", "melt", "crevasse"),
    "kites": ("kite", "wind", "tail", "reel", "gust", "lift"),
}
AUTHORS = ("Ada Example", "Bo Sample", "Cy Specimen", "Di Instance", "Ev Case")


def planted(topic: str, number: int, **given: Any) -> Record:
    """A paper about a planted thing; the lower its number, the newer; what is given wins."""
    chance = random.Random(f"{topic}{number}")
    own = PLANTED[topic]
    words = [
        *chance.choices(own, k=10),
        *chance.sample(("count", "field", "winter", "island", "people", "shore"), 3),
    ]
    chance.shuffle(words)
    place = list(PLANTED).index(topic)
    key = f"2507.{place}{number:04}"
    day = date(2025, 7, 28) - timedelta(days=number // 4)
    fields: dict[str, Any] = {
        "title": f"Of the {own[number % 6]} and the {own[(number + 1) % 6]}, part {number}",
        "abstract": " ".join(words) + ".",
        "authors": (Author(AUTHORS[place]),),
        "identifiers": (Identifier("arxiv", key),),
        "submitted": day,
        "announced": day,
        "primary_category": "cs.DL",
        "categories": ("cs.DL",),
        "listings": (Listing("hf", day.isoformat(), number + 1),),
        "votes": 3 + (number * 7 + place) % 11,
        "source": "hf",
        "format": "hf-json",
        "key": key,
        "place": f"entry {number}",
        "raw": b"{}",
        **given,
    }
    return Record(**fields)


@pytest.fixture(scope="session")
def key_of() -> Callable[[str, int], str]:
    """The key of a planted paper."""
    return lambda topic, number: planted(topic, number).key


@pytest.fixture(scope="session")
def topic_of() -> Callable[[str], str]:
    """The thing that a paper of that key is about."""
    return lambda key: list(PLANTED)[int(key[5])]


@pytest.fixture(scope="session")
def make_record() -> Callable[..., Record]:
    """Make a planted paper."""
    return planted


@pytest.fixture
def make_house(tmp_path: Path, word_counts: str) -> Iterator[Callable[..., House]]:
    """Make a house of records, encoded by counting words unless another encoder is given."""
    made: list[House] = []

    def make(records: list[Record] | None = None, **given: Any) -> House:
        settings: dict[str, Any] = {"encoder": word_counts, "readers": "many", **given}
        house = broadsheet.open(tmp_path / f"house-{len(made)}", **settings)
        made.append(house)
        every = [planted(topic, number) for topic in PLANTED for number in range(30)]
        house.store.ingest(every if records is None else records)
        house.refresh()
        return house

    yield make
    for house in made:
        house.close()


@pytest.fixture
def house(make_house) -> House:
    """Thirty papers of each planted thing."""
    return make_house()


@pytest.fixture
def ada(house) -> Reader:
    """A reader of it."""
    return house.people.create("ada")


@pytest.fixture
def bo(house) -> Reader:
    """Another."""
    return house.people.create("bo")
