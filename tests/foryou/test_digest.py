"""A digest of one's own: each reader's page, with the reasons, and each paper once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.exceptions import MailError
from broadsheet.mailing.composing import Composer
from broadsheet.subscriptions import Kind, Wish

WISH = Wish(kind=Kind.FOR_YOU, length=5)
NOW = datetime(2025, 7, 29, 8, tzinfo=UTC)


def test_each_reader_gets_their_own_with_reasons(house, ada, bo, key_of, topic_of):
    house.community.vote(ada, key_of("bees", 0))
    house.community.vote(bo, key_of("kites", 0))
    composer = Composer(house)
    for reader, topic in ((ada, "bees"), (bo, "kites")):
        told = composer.issue(WISH, NOW, reader=reader.id)
        assert told.issue.title == "For you, Tuesday, 29 July 2025"
        assert [topic_of(entry.key) for entry in told.issue.entries] == [topic] * 5
        assert "you voted for it" in told.issue.entries[0].votes
        assert str(reader.id) in told.issue.edition
        following = composer.issue(WISH, NOW + timedelta(days=1), told=told.upto, reader=reader.id)
        told_before = {entry.key for entry in told.issue.entries}
        assert not told_before & {entry.key for entry in following.issue.entries}


def test_nobodys_is_nothing_and_cannot_be_asked_for(make_house):
    house = make_house(smtp_host="127.0.0.1", mail_from="paper@example.org")
    assert Composer(house).issue(WISH, NOW) is None
    with pytest.raises(MailError, match="sign in first"):
        house.mail.subscribe("ada@example.org", WISH)
    ada = house.people.create("ada", email="ada@example.org", confirmed=True)
    assert house.mail.subscribe("ada@example.org", WISH, reader=ada.id).wish.kind is Kind.FOR_YOU
