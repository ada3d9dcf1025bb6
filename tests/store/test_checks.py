from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from broadsheet.store import Store


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE days SET works = works + 1", "the edition of 2024-01-02 is said to have 2 papers and has 1"),
        ("DELETE FROM days", "the edition of 2024-01-02 is said to have 0 papers and has 1"),
        ("DELETE FROM raws", "the raw record of arxiv:2401.00001 is missing"),
        ("DELETE FROM outbox", "2401.00001 is not in the outbox as it is"),
        ("UPDATE works SET fields = '{}'", "2401.00001 is not what its manifestations make of it"),
    ],
)
def test_damage_is_told(store: Store, record: Any, damage: str, said: str) -> None:
    store.ingest([record(listings=[("hf", "2024-01-02", 1)])])
    assert store.verify() == []
    with store.database.writing() as connection:
        connection.execute(text(damage))
    assert store.verify() == [said]
