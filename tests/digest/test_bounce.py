"""Reports of failed deliveries, as servers of every age write them; and what is none."""

from __future__ import annotations

import mailbox
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.digest.bounce import Bounce, messages, parse

POSTFIX = b"""\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: paper@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.org. I'm sorry.

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Tue, 29 Jul 2025 07:00:02 +0000 (UTC)

Final-Recipient: rfc822; ada@example.com
Original-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address
    rejected: User unknown in virtual mailbox table

--B1
Content-Type: message/rfc822

From: The Daily <paper@example.org>
To: ada@example.com
Subject: Paper 1
Message-ID: <0011223344556677@example.org>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain

Hello.
--inner--

--B1--
"""
EXCHANGE = b"""\
From: postmaster@example.net
Content-Type: multipart/report; report-type=delivery-status;\tboundary="X"

--X
Content-Type: message/delivery-status

Reporting-MTA: dns;SRV.example.net

Final-Recipient: RFC822; Bob@Example.NET
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp;550 5.2.1 Mailbox disabled

--X
Content-Type: text/rfc822-headers

From: paper@example.org
Message-Id: <8899aabbccddeeff@example.org>

--X--
"""
FULL = POSTFIX.replace(b"5.1.1", b"5.2.2").replace(b"User unknown in virtual mailbox table", b"over quota")
SPAM = POSTFIX.replace(b"5.1.1", b"5.7.1").replace(b"User unknown in virtual mailbox table", b"spam")
DELAYED = POSTFIX.replace(b"Action: failed", b"Action: delayed").replace(b"5.1.1", b"4.4.1")
DELIVERED = POSTFIX.replace(b"Action: failed", b"Action: delivered").replace(b"5.1.1", b"2.0.0")
QMAIL_LIKE = POSTFIX.replace(b"Status: 5.1.1\n", b"").replace(b"550 5.1.1", b"550")
COMPLAINT = b"""\
From: feedback@isp.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="F"

--F
Content-Type: text/plain

This is an email abuse report.

--F
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <carol@isp.example>

--F
Content-Type: message/rfc822

From: paper@example.org
Message-ID: <aabbccddeeff0011@example.org>

hello
--F--
"""
HOLIDAY = b"""\
From: ada@example.com
To: paper@example.org
Subject: Automatic reply: Paper 1
Auto-Submitted: auto-replied

I am away. 550 5.1.1 is my lucky number: ada@example.com
"""


def test_a_report_of_postfix():
    assert parse(POSTFIX) == [
        Bounce(
            "ada@example.com",
            "hard",
            "5.1.1",
            "smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
            "0011223344556677@example.org",
        )
    ]


def test_the_words_of_the_last_server_say_more_than_a_general_code():
    (found,) = parse(EXCHANGE)
    assert (found.recipient, found.kind, found.status) == ("Bob@example.net", "hard", "5.2.1")
    assert found.message_id == "8899aabbccddeeff@example.org"


@pytest.mark.parametrize(
    ("report", "kind"),
    [(FULL, "soft"), (SPAM, "soft"), (DELAYED, "soft"), (QMAIL_LIKE, "hard"), (COMPLAINT, "complaint")],
)
def test_only_what_is_gone_is_gone(report, kind):
    assert [found.kind for found in parse(report)] == [kind]


@pytest.mark.parametrize("mail", [HOLIDAY, DELIVERED, b"", b"\x00\xff" * 500, b"From: x\n\n", HOLIDAY[:40]])
def test_what_is_no_report_says_nothing(mail):
    assert parse(mail) == []


def test_carriage_returns_make_no_difference():
    assert parse(POSTFIX.replace(b"\n", b"\r\n")) == parse(POSTFIX)


def test_an_mbox_has_many(tmp_path):
    box = mailbox.mbox(str(tmp_path / "mbox"))
    for each in (POSTFIX, HOLIDAY, EXCHANGE, COMPLAINT):
        box.add(each)
    box.close()
    found = [bounce for one in messages((tmp_path / "mbox").read_bytes()) for bounce in parse(one)]
    assert [bounce.recipient for bounce in found] == [
        "ada@example.com",
        "Bob@example.net",
        "carol@isp.example",
    ]


def test_one_report_of_several_addresses():
    block = b"\nFinal-Recipient: rfc822; eve@example.com\nAction: failed\nStatus: 5.1.1\n\n--B1\nContent-Type: message/rfc822"
    both = POSTFIX.replace(b"\n--B1\nContent-Type: message/rfc822", block)
    assert [found.recipient for found in parse(both)] == ["ada@example.com", "eve@example.com"]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([POSTFIX, EXCHANGE, COMPLAINT, DELAYED]))
def test_whatever_is_broken_in_a_report_nothing_breaks(seed, report):
    chance = random.Random(seed)
    data = bytearray(report)
    for _ in range(chance.randrange(1, 30)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randrange(1, 80)]
            case 2:
                data[at:at] = data[at // 2 : at // 2 + chance.randrange(1, 60)]
            case 3:
                data[at:at] = chance.choice(
                    [b"\n", b"\r", b"\x00", b"--B1\n", b"Status: 5.1.1\n", b"=?utf-8?b?/w?="]
                )
    for found in parse(bytes(data)):
        assert found.kind in ("hard", "soft", "complaint")
        assert "\n" not in found.recipient + found.detail + found.message_id


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_can_be_read(data):
    for one in messages(data):
        for found in parse(one):
            assert found.kind in ("hard", "soft", "complaint")
            assert "\n" not in found.recipient + found.detail + found.message_id
