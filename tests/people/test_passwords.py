from __future__ import annotations

import argon2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.exceptions import PeopleError
from broadsheet.people import passwords


def test_a_hash_opens_for_its_password_alone():
    kept = passwords.hashed("nine green bottles")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "nine green bottles")
    assert not passwords.matches(kept, "nine green bottles ")
    assert not passwords.matches("", "")
    assert not passwords.matches("", "nobody has this password")
    assert not passwords.matches("rubbish", "rubbish")


def test_the_ones_in_use_are_of_the_strength_that_is_recommended(monkeypatch):
    monkeypatch.undo()
    assert passwords.HASHER.memory_cost >= 65536
    assert passwords.HASHER.type is argon2.Type.ID


def test_an_older_hash_is_made_anew_when_its_reader_comes(people):
    from broadsheet.people.door import Visitor

    reader = people.create("ada")
    old = argon2.PasswordHasher(1, 8, 1, hash_len=16).hash("nine green bottles")
    people.store.accounts.change(reader.id, password=old)
    assert people.door.with_password("ada", "nine green bottles", Visitor("192.0.2.1")) == reader
    new = people.store.accounts.named("ada").password
    assert new != old
    assert passwords.matches(new, "nine green bottles")


@given(st.text(min_size=10, max_size=200))
def test_whatever_is_long_and_mixed_enough_is_taken_and_opens(text):
    try:
        passwords.check(text, "ada", "ada@example.org")
    except PeopleError:
        return
    assert passwords.matches(passwords.hashed(text), text)


@pytest.mark.parametrize(
    "text", ["", "short", "x" * 201, "aaaaaaaaaaaa", "password12", "Ada-1234-ada", "ADA@EXAMPLE.ORG1"]
)
def test_what_is_soon_guessed_is_not_taken(text):
    with pytest.raises(PeopleError):
        passwords.check(text, "ada", "ada@example.org")
