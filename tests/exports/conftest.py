from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from broadsheet.papers import Description, Listing, Manifestation, Paper, Record, SourceVotes

SEEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def paper(**given) -> Paper:
    """A paper with a title; the rest is given."""
    given = {"id": 1, "key": "a-paper", "title": "A paper", "added": SEEN, "updated": SEEN, **given}
    return Paper(**given)


def paper_of(*records: Record, id: int = 1) -> Paper:  # noqa: A002
    """The paper that one work's records make, the first one's fields before the others'."""
    fields = {
        field.name: next(
            (value for record in records if (value := getattr(record, field.name)) != field.default),
            getattr(records[0], field.name),
        )
        for field in dataclasses.fields(Description)
    }
    fields["identifiers"] = tuple(dict.fromkeys(i for record in records for i in record.identifiers))
    return Paper(
        **fields,
        id=id,
        key=records[0].key,
        days=tuple(sorted({listing.day for record in records for listing in record.listings})),
        votes=tuple(
            SourceVotes(record.source, record.votes, record.comments)
            for record in records
            if record.votes is not None
        ),
        manifestations=tuple(
            Manifestation(
                id=number,
                source=record.source,
                key=record.key,
                format=record.format,
                raw_hash=str(hash(record.raw)),
                first_seen=SEEN,
                last_seen=SEEN,
                extra=record.extra,
            )
            for number, record in enumerate(records, 1)
        ),
        added=SEEN,
        updated=SEEN,
    )


@pytest.fixture(scope="session")
def make_paper():
    return paper


@pytest.fixture(scope="session")
def make_paper_of():
    return paper_of


@pytest.fixture(scope="session")
def make_record():
    def make(**given) -> Record:
        defaults = {"source": "s", "format": "f", "key": "k", "place": "p", "raw": b"r", "title": "A title"}
        return Record(**(defaults | given))

    return make


@pytest.fixture(scope="session")
def listing():
    return Listing
