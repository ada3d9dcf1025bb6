"""The tables of people, in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadsheet.exceptions import AccountNotFoundError, NameTakenError
from broadsheet.readers import OWNER, Role
from broadsheet.store import Store

SOON = datetime.now(UTC) + timedelta(days=1)


def fill(store: Store) -> None:
    ada = store.accounts.create("Ada", Role.CURATOR, shown="Ada L", email="Ada@Example.org", confirmed=True)
    number = ada.reader.id
    store.entrances.open_session(
        number, "session", method="password", agent="Lynx", address="::1", expires=SOON
    )
    store.entrances.add_key(number, "key", "a script", frozenset({"read", "write"}), None)
    store.entrances.add_passkey(number, "credential", "public", 7, "a phone")
    store.entrances.add_identity(number, "https://login.example.org", "42")
    store.tickets.issue("reset", "reset", SOON, account_id=number)
    store.tickets.issue("invitation", "invitation", SOON, role=Role.ADMIN, email="b@example.org")


def seen(store: Store) -> list[object]:
    number = store.accounts.named("ada").reader.id
    return [
        store.accounts.every(),
        store.entrances.by_session("session"),
        store.entrances.by_key("key"),
        store.entrances.by_passkey("credential"),
        store.entrances.identities(number),
        store.tickets.find("reset", "reset"),
        store.tickets.waiting("invitation"),
        store.accounts.secret(),
    ]


def test_what_is_kept_is_found(store: Store) -> None:
    fill(store)
    ada = store.accounts.named("aDa").reader
    assert (ada.name, ada.shown, ada.role, ada.email) == ("Ada", "Ada L", Role.CURATOR, "Ada@Example.org")
    assert store.accounts.addressed("ada@example.ORG")[0].reader == ada
    for found in (
        store.entrances.by_session("session"),
        store.entrances.by_key("key"),
        store.entrances.by_passkey("credential"),
        store.entrances.by_identity("https://login.example.org", "42"),
    ):
        assert found is not None
        assert found[0] == ada
    key = store.entrances.by_passkey("credential")
    assert key is not None
    assert key[1].count == 7
    assert store.entrances.by_session("another") is None
    assert store.tickets.find("invitation", "reset") is None
    assert store.accounts.owner().reader.id == OWNER


def test_names_and_ways_in_are_nobody_elses(store: Store) -> None:
    fill(store)
    with pytest.raises(NameTakenError):
        store.accounts.create("ADA", Role.READER)
    bob = store.accounts.create("bob", Role.READER).reader.id
    with pytest.raises(NameTakenError):
        store.accounts.change(bob, name="ada")
    assert not store.entrances.add_identity(bob, "https://login.example.org", "42")
    assert not store.entrances.add_passkey(bob, "credential", "public", 0, "x")
    with pytest.raises(AccountNotFoundError):
        store.accounts.account(99)


def test_a_change_that_others_see_moves_the_stamp_and_another_does_not(store: Store) -> None:
    fill(store)
    ada = store.accounts.named("ada").reader.id
    before = store.stamp()
    store.accounts.change(ada, password="x", zone="Europe/Berlin")
    assert store.stamp() == before
    store.accounts.change(ada, shown="Countess")
    assert store.stamp() == before + 1


def test_who_is_closed_opens_nothing(store: Store) -> None:
    fill(store)
    ada = store.accounts.named("ada").reader.id
    store.accounts.change(ada, disabled=True)
    assert store.entrances.by_session("session") is None
    assert store.entrances.by_key("key") is None
    assert store.entrances.by_passkey("credential") is None
    found = store.entrances.by_identity("https://login.example.org", "42")
    assert found is not None
    assert found[1] is False
    store.accounts.empty(ada)
    assert store.entrances.by_identity("https://login.example.org", "42") is None
    assert store.tickets.find("reset", "reset") is None
    assert store.accounts.account(ada).gone


def test_a_backup_carries_people_to_the_other_database(store_url: str, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    with Store.open(f"sqlite:///{tmp_path / 'first.db'}") as first:
        fill(first)
        before = seen(first)
        first.backup(path)
    Store.restore(path, store_url)
    with Store.open(store_url) as second:
        assert seen(second) == before


def test_a_store_of_before_gets_an_owner_and_a_secret(store_url: str) -> None:
    from broadsheet.store import upgrade
    from broadsheet.store.database import Database

    database = Database(store_url)
    with database.writing() as connection:
        upgrade.upgrade(connection, "0002")
    database.close()
    with Store.open(store_url) as store:
        assert store.accounts.owner().reader.role is Role.ADMIN
        assert len(store.accounts.secret()) >= 40
