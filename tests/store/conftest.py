from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from broadsheet.papers import Author, Identifier, Listing, Paper, Record
from broadsheet.store import Store

MakeRecord = Callable[..., Record]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an empty SQLite file, for what is SQLite's own."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def record() -> MakeRecord:
    """Makes records: of arXiv unless told otherwise; identifiers as "scheme:value", listings as (source, day, position)."""

    def make(key: str = "2401.00001", **given: Any) -> Record:
        source = given.setdefault("source", "arxiv")
        given.setdefault("format", {"arxiv": "arxiv-atom", "hf": "hf-json"}.get(source, source))
        if source == "arxiv":
            given.setdefault("identifiers", [f"arxiv:{key}"])
        given.setdefault("title", f"On the Careful Study of Subject {key}")
        given["identifiers"] = tuple(Identifier(*name.split(":", 1)) for name in given.get("identifiers", ()))
        given["authors"] = tuple(Author(name) for name in given.get("authors", ()))
        given["listings"] = tuple(Listing(*listing) for listing in given.get("listings", ()))
        given.setdefault("place", f"entry {key}")
        given.setdefault(
            "raw", repr(sorted((k, str(v)) for k, v in given.items() if k != "listings")).encode()
        )
        return Record(key=key, **given)

    return make


@pytest.fixture(scope="session")
def snapshot() -> Callable[[Store], list[dict[str, Any]]]:
    """Everything readers can see of a store, but for moments: to compare two stores."""

    def of(paper: Paper) -> dict[str, Any]:
        seen = {f.name: getattr(paper, f.name) for f in fields(paper) if f.name not in ("added", "updated")}
        seen["provenance"] = dict(paper.provenance)
        seen["manifestations"] = [
            (m.id, m.source, m.key, m.format, m.raw_hash, m.url, dict(m.extra)) for m in paper.manifestations
        ]
        return seen

    def snapshot(store: Store) -> list[dict[str, Any]]:
        return [of(paper) for paper in store.iterate()]

    return snapshot
