"""A house whose papers are about a few planted things, and an encoder that counts words."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.house import House
from broadsheet.papers import Author, Identifier, Record

PLANTED = {
    "tides": ("tide", "moon", "harbour", "gauge", "sea", "level"),
    "bees": ("bee", "hive", "honey", "dance", "flower", "pollen"),
    "violins": ("violin", "bow", "string", "varnish", "wood", "tone"),
    "glaciers": ("glacier", "ice", "valley", "moraine", "melt", "crevasse"),
}
CATEGORIES = {
    "tides": "physics.ao-ph",
    "bees": "q-bio.PE",
    "violins": "physics.class-ph",
    "glaciers": "physics.geo-ph",
}


def planted(topic: str, number: int, *, category: bool = True) -> Record:
    chance = random.Random(f"{topic}{number}")
    own = PLANTED[topic]
    words = [
        *chance.choices(own, k=10),
        *chance.sample(("study", "field", "winter", "count", "island", "people"), 3),
    ]
    chance.shuffle(words)
    key = f"24{number % 12 + 1:02}.{list(PLANTED).index(topic)}{number:04}"
    month = f"2024-{number % 12 + 1:02}"
    field = CATEGORIES[topic] if category else ""
    return Record(
        title=f"Of the {own[number % 6]} and the {own[(number + 1) % 6]}, part {number}",
        abstract=" ".join(words) + ".",
        authors=(Author("Ada Example"),),
        identifiers=(Identifier("arxiv", key),),
        published=month,
        primary_category=field,
        categories=(field,) if field else (),
        source="arxiv",
        format="arxiv-atom",
        key=key,
        place=f"entry {number}",
        raw=b"{}",
    )


@pytest.fixture
def make_house(tmp_path: Path, word_counts: str) -> Iterator[Callable[..., House]]:
    """Make a house of records, encoded by counting words."""
    made: list[House] = []

    def make(records: list[Record]) -> House:
        house = broadsheet.open(tmp_path / str(len(made)), encoder=word_counts)
        made.append(house)
        house.store.ingest(records)
        house.refresh()
        return house

    yield make
    for house in made:
        house.close()


@pytest.fixture
def house(make_house) -> House:
    """Thirty papers of each planted thing."""
    return make_house([planted(topic, number) for topic in PLANTED for number in range(30)])


@pytest.fixture
def keys() -> Callable[..., list[str]]:
    """The keys of the first papers of a thing."""
    return lambda topic, *numbers: [planted(topic, number).key for number in numbers]
