"""Acting on reports: only on those about mail of ours."""

from __future__ import annotations

from datetime import UTC, datetime

from broadsheet.subscriptions import Standing

REPORT = """\
From: MAILER-DAEMON@mx.example.org
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}

--B1
Content-Type: text/rfc822-headers

Message-ID: <{number}@papers.example.org>

--B1--
"""


def report(recipient, number="", status="5.1.1"):
    return REPORT.format(recipient=recipient, number=number, status=status).encode()


def test_an_address_that_is_gone_is_written_to_no_more(house, sink, subscribe):
    mine = subscribe("ada@example.org", datetime.now(UTC))
    number = house.mail.send_plain("ada@example.org", "subject", "text")
    house.mail.send()
    (outcome,) = house.mail.take_bounces(report("ada@example.org", number))
    assert outcome.outcome == "stopped"
    assert house.mail.store.subscription(mine.id).standing is Standing.ENDED
    house.mail.send_plain("ada@example.org", "subject", "again")
    assert house.mail.send().done == 0
    house.mail.store.lift("ada@example.org")
    house.mail.send_plain("ada@example.org", "subject", "again")
    assert house.mail.send().done == 1


def test_mail_that_was_passed_on_stops_where_we_wrote_to(house):
    number = house.mail.send_plain("list@example.org", "subject", "text")
    house.mail.send()
    (outcome,) = house.mail.take_bounces(report("somebody@elsewhere.example", number))
    assert (outcome.recipient, outcome.outcome) == ("list@example.org", "stopped")


def test_a_full_mailbox_is_noted_and_no_more(house, subscribe):
    subscribe("ada@example.org", datetime.now(UTC))
    (outcome,) = house.mail.take_bounces(report("ada@example.org", status="4.2.2"))
    assert outcome.outcome == "noted"
    assert not house.mail.store.suppressed("ada@example.org")


def test_a_forged_report_of_a_stranger_does_nothing(house):
    (outcome,) = house.mail.take_bounces(report("eve@example.org", "0000000000000000"))
    assert outcome.outcome == "unknown"
    assert house.mail.store.suppressions() == []
