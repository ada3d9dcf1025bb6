from __future__ import annotations

import argon2
import pytest

import broadsheet
from broadsheet.people import passwords


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    """Hashes that cost nothing: how dear they are is argon2's own business."""
    monkeypatch.setattr(passwords, "HASHER", argon2.PasswordHasher(1, 8, 1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def house():
    with broadsheet.open(":memory:", encoder="none", readers="many") as house:
        yield house


@pytest.fixture
def people(house):
    return house.people
