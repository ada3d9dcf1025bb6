from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from broadsheet.exceptions import AccountNotFoundError, NameTakenError, PeopleError, SignInError
from broadsheet.people import passwords
from broadsheet.people.door import Visitor
from broadsheet.readers import OWNER, Role

GOOD = "nine green bottles"
AT = Visitor("192.0.2.1", "Lynx")


class Mailbox:
    def __init__(self):
        self.letters = []

    def send_plain(self, to, subject, text):
        self.letters.append((to, subject, text))


def test_the_owner_is_there_from_the_beginning(people):
    owner = people.owner()
    assert (owner.id, owner.name, owner.role) == (OWNER, "owner", Role.ADMIN)
    assert people.rename(owner, "Ada").name == "Ada"
    assert people.owner().name == "Ada"
    with pytest.raises(PeopleError, match="owner stays"):
        people.delete(owner)


def test_a_name_is_one_readers_in_any_letter_case(people):
    ada = people.create("Ada")
    assert people.named("aDA") == ada
    for taken in ("ada", "ADA", "Owner"):
        with pytest.raises(NameTakenError):
            people.create(taken)
    with pytest.raises(AccountNotFoundError):
        people.named("ad")
    with pytest.raises(NameTakenError):
        people.rename(ada, "owner")


def test_a_session_ends_when_it_is_not_used(people):
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        ada = people.create("ada")
        token = people.door.open(ada, "password", AT)
        clock.shift(29 * 86400)
        assert people.door.inside(token, AT)[0] == ada  # used, so it goes on
        clock.shift(29 * 86400)
        assert people.door.inside(token, AT)[0] == ada
        clock.shift(31 * 86400)
        assert people.door.inside(token, AT) is None


def test_what_is_kept_opens_nothing(people, house):
    """Whoever reads the tables cannot come in with what is there."""
    ada = people.create("ada", email="ada@example.org", confirmed=True)
    token = people.door.open(ada, "password", AT)
    key = people.keys.make(ada, "k", frozenset({"read"}))
    invitation, _ = people.links.invite(None)
    reset = people.links.reset_token(ada)
    from sqlalchemy import select

    from broadsheet.store import schema_people as schema

    with house.store.database.reading() as connection:
        rows = [
            str(row)
            for table in (schema.sessions, schema.api_keys, schema.tickets, schema.accounts)
            for row in connection.execute(select(table))
        ]
    for secret in (token, key, invitation, reset):
        assert not [row for row in rows if secret in row]


def test_a_key_ends_on_its_day(people):
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        ada = people.create("ada")
        key = people.keys.make(ada, "k", frozenset({"read"}), days=30)
        assert people.keys.holder(key) == (ada, frozenset({"read"}))
        clock.shift(31 * 86400)
        assert people.keys.holder(key) is None
    for wrong in ({"fly"}, set()):
        with pytest.raises(PeopleError):
            people.keys.make(ada, "k", frozenset(wrong))


def test_links_end_on_their_day_and_work_once(people):
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        ada = people.create("ada")
        first, second = people.links.reset_token(ada), people.links.reset_token(ada)
        with pytest.raises(SignInError):
            people.links.reset(first, GOOD)  # the newer one took its place
        clock.shift(3 * 3600)
        with pytest.raises(SignInError):
            people.links.reset(second, GOOD)
        third = people.links.reset_token(ada)
        assert people.links.reset(third, GOOD).id == ada.id
        with pytest.raises(SignInError):
            people.links.reset(third, "ten green bottles")
        invitation, _ = people.links.invite(ada, Role.CURATOR)
        with pytest.raises(SignInError):
            people.links.reset(invitation, GOOD)  # each kind opens its own door
        clock.shift(15 * 86400)
        with pytest.raises(SignInError):
            people.links.accept(invitation, "bob", GOOD)


def test_of_two_who_come_at_once_with_one_invitation_one_gets_in(people):
    from concurrent.futures import ThreadPoolExecutor

    token, _ = people.links.invite(None)

    def come(number):
        try:
            return people.links.accept(token, f"guest-{number}", GOOD).name
        except SignInError:
            return None

    with ThreadPoolExecutor(8) as pool:
        came = [name for name in pool.map(come, range(8)) if name]
    assert len(came) == 1
    assert len(people.store.accounts.every()) == 2


def test_letters_are_of_one_line_where_they_must_be_and_to_one_address(people):
    people.post = box = Mailbox()
    ada = people.create("ada", shown="Ada\r\nBcc: x@example.org", role=Role.ADMIN)
    people.links.send_invitation(ada, Role.READER, "b@example.org", lambda path: f"https://p.example{path}")
    ((to, subject, text),) = box.letters
    assert to == "b@example.org"
    assert "\n" not in subject
    assert "https://p.example/invitation/" in text


def test_two_accounts_of_one_address_are_both_told_and_neither_is_guessed(people):
    people.post = box = Mailbox()
    for name in ("ada", "lovelace"):
        reader = people.create(name, email="ada@example.org", confirmed=True)
        people.store.accounts.change(reader.id, password=passwords.hashed(GOOD))
    people.create("eve", email="ada@example.org")  # says so, and nobody answered
    people.links.send_reset("ADA@example.org", str)
    (letter,) = box.letters
    assert letter[2].count("/reset/") == 2
    assert "eve" not in letter[2]
    with pytest.raises(SignInError):
        people.door.with_password("ada@example.org", GOOD, AT)


def test_who_leaves_leaves_an_empty_place(people):
    people.create("cleo", role=Role.ADMIN)
    ada = people.create("ada", shown="Ada", email="ada@example.org", confirmed=True)
    token, key = people.door.open(ada, "password", AT), people.keys.make(ada, "k", frozenset({"read"}))
    people.store.entrances.add_identity(ada.id, "https://login.example.org", "7")
    people.links.reset_token(ada)
    people.delete(ada)
    assert people.door.inside(token, AT) is None
    assert people.keys.holder(key) is None
    assert people.store.entrances.by_identity("https://login.example.org", "7") is None
    left = people.reader(ada.id)
    assert "ada" not in (left.name + left.shown + left.email).lower()
    assert people.create("ada").id != ada.id
    with pytest.raises(AccountNotFoundError):
        people.delete(ada)


def test_no_way_in_is_taken_away_when_it_is_the_last(people):
    ada = people.create("ada")
    people.store.entrances.add_passkey(ada.id, "c", "k", 0, "a key")
    with pytest.raises(PeopleError, match="last way"):
        people.check_way_in(ada, without="passkey")
    people.store.entrances.add_passkey(ada.id, "d", "k", 0, "another")
    people.check_way_in(ada, without="passkey")


def test_secrets_have_a_purpose_each(people):
    assert people.key("csrf") != people.key("device")
    signed = people.signer("a").dumps([1])
    from itsdangerous import BadSignature

    with pytest.raises(BadSignature):
        people.signer("b").loads(signed)
