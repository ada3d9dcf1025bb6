"""Letters to one person: queued, sent once, tried again, given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import broadsheet
from broadsheet.exceptions import MailAddressError, MailError, NoMailServerError
from broadsheet.mailing.relay import RelayError
from broadsheet.subscriptions import State

SOON = timedelta(minutes=30)


def later(by):
    return lambda: datetime.now(UTC) + by


def test_a_letter_arrives_as_it_was_written(house, sink):
    text = "Grüße,\n.\n.. and a line of " + "dots " * 80 + "\nFrom here on\n"
    number = house.mail.send_plain("Ada@example.org", "Ein Schlüssel – für dich", text)
    assert sink.taken == []
    assert str(house.mail.send()) == "1 sent"
    sender, recipient, _ = sink.taken[0]
    assert (sender, recipient) == ("broadsheet@papers.example.org", "ada@example.org")
    mail = sink.mails()[0]
    assert mail["Subject"] == "Ein Schlüssel – für dich"
    assert mail["From"] == "Broadsheet <broadsheet@papers.example.org>"
    assert mail["Message-ID"] == f"<{number}@papers.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert mail.get_content().replace("\r\n", "\n") == text
    assert all(len(line) <= 78 for line in sink.taken[0][2].splitlines())
    kept = house.store.mailing.delivery(number)
    assert kept.state is State.DONE
    assert kept.body == ""
    assert kept.receipt == "250 2.0.0 kept as 1"
    assert str(house.mail.send()) == "0 sent"


@pytest.mark.parametrize("bad", ["a\nBcc: b@example.org", "a\r\n", "a\x00", "a\u2028b"])
def test_a_subject_is_one_line(house, bad):
    with pytest.raises(MailError, match="one line"):
        house.mail.send_plain("ada@example.org", bad, "text")
    assert house.mail.send().done == 0


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "ada@example.org, b@example.org",
        "ada@example.org\nb@example.org",
        "ada@example..org",
        "ada@-x.org",
        "ada@localhost.",
        "ada@[127.0.0.1]",
        "ada@127.0.0.1",
        "<ada@example.org>",
        '"a b"@example.org',
        "ada@example.org> SIZE=1",
        "æ@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a." * 130 + "org",
        "ada@intranet",
    ],
)
def test_an_address_is_an_address(house, bad):
    with pytest.raises(MailAddressError):
        house.mail.send_plain(bad, "subject", "text")


def test_without_a_mail_server_one_is_told_so():
    with broadsheet.open(":memory:", encoder="none") as house:
        assert not house.mail.ready
        with pytest.raises(NoMailServerError, match="BROADSHEET_SMTP_HOST"):
            house.mail.send_plain("ada@example.org", "subject", "text")
        assert str(house.mail.send()) == "0 sent"


def test_one_bad_address_stops_nobody(house, sink):
    sink.refuse = {"b@example.org": "550 5.1.1 no such user", "d@example.org": "452 4.2.2 mailbox full"}
    for name in "abcdefgh":
        house.mail.send_plain(f"{name}@example.org", "subject", name)
    assert str(house.mail.send()) == "6 sent, 1 failed, 1 to be tried again"
    assert sorted(sink.recipients()) == [f"{name}@example.org" for name in "acefgh"]
    assert house.store.mailing.suppressed("B@example.org")
    # Not at once again, but later; and never to who is not there.
    assert house.mail.send().done == 0
    sink.refuse = {}
    house.mail.send_plain("b@example.org", "subject", "again")
    assert str(house.mail.send(clock=later(SOON))) == "1 sent"
    assert set(sink.recipients().values()) == {1}
    assert sink.recipients()["d@example.org"] == 1
    assert "b@example.org" not in sink.recipients()


def test_trying_is_given_up_after_days(house, sink):
    sink.refuse = {"a@example.org": "451 4.3.0 later"}
    number = house.mail.send_plain("a@example.org", "subject", "text")
    for day in range(20):
        house.mail.send(clock=later(timedelta(days=day)))
    kept = house.store.mailing.delivery(number)
    assert (kept.state, kept.tries) == (State.FAILED, 7)
    assert "given up after 8 tries: 451 4.3.0 later" in kept.error


def test_a_refusal_at_the_last_word_is_no_delivery(house, sink):
    sink.reject = {"a@example.org": ["451 4.7.1 greylisted"], "b@example.org": ["554 5.7.1 spam"]}
    for name in "ab":
        house.mail.send_plain(f"{name}@example.org", "subject", name)
    assert str(house.mail.send()) == "0 sent, 1 failed, 1 to be tried again"
    assert str(house.mail.send(clock=later(SOON))) == "1 sent"
    assert sink.recipients() == {"a@example.org": 1}
    assert not house.store.mailing.suppressed("b@example.org"), (
        "a word about us says nothing about the address"
    )


def test_a_server_that_is_away_loses_nothing(house, sink, tmp_path):
    with broadsheet.open(
        house.settings.data_dir, encoder="none", smtp_host="127.0.0.1", smtp_port=1, smtp_security="none"
    ) as away:
        number = away.mail.send_plain("a@example.org", "subject", "text")
        with pytest.raises(RelayError, match=r"127\.0\.0\.1:1"):
            away.mail.send()
        assert away.store.mailing.delivery(number).state is State.COMPOSED
    assert house.mail.send().done == 1


def test_a_server_that_refuses_us_costs_no_message(house, sink):
    sink.refuse_sender = "553 5.7.1 who are you"
    for name in "abc":
        house.mail.send_plain(f"{name}@example.org", "subject", name)
    with pytest.raises(RelayError, match="who are you"):
        house.mail.send()
    sink.refuse_sender = ""
    assert house.mail.send().done == 3


def test_a_server_that_refuses_everything_is_not_given_everything(house, sink):
    names = [f"a{n}@example.org" for n in range(40)]
    sink.reject = {name: ["554 5.7.1 blocked"] for name in names}
    for name in names:
        house.mail.send_plain(name, "subject", name)
    with pytest.raises(RelayError, match="in a row"):
        house.mail.send()
    assert house.store.mailing.counts()[1] == {"failed": 12, "composed": 28}


def test_connections_are_used_again(house, sink):
    for n in range(30):
        house.mail.send_plain(f"a{n}@example.org", "subject", "text")
    assert house.mail.send().done == 30
    assert sink.connections == house.settings.smtp_connections


def test_a_rate_is_kept():
    from broadsheet.mailing.sending import Pace

    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(60, monotonic=lambda: now[0], sleep=sleep)
    for _ in range(10):
        pace.wait(4)
    assert now[0] == pytest.approx(36)
    assert Pace(0, sleep=sleep).wait(1000) is None
    assert sum(slept) == pytest.approx(36)
