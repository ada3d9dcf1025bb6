"""A mail as bytes, read back by the standard library's parser."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.digest.message import Heading, write
from broadsheet.digest.signature import SIGNED, Signer, signed_headers
from broadsheet.exceptions import ConfigError, MailError

PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=300)


def heading(**given):
    return Heading(
        **{
            "sender": ("Der Tägliche, e.V.", "paper@example.org"),
            "recipient": "ada@example.org",
            "subject": "Paper 1",
            "message_id": "5f2e@example.org",
            "date": datetime(2025, 7, 29, 7, tzinfo=UTC),
            "unsubscribe": "https://papers.example.org/mail/unsubscribe/" + "x" * 80,
            "list_id": "edition.papers.example.org",
            "list_name": "Der Tägliche",
            **given,
        }
    )


def parsed(data):
    mail = message_from_bytes(data, policy=policy.default)
    assert not mail.defects
    return mail


def unix(text):
    return text.replace("\r\n", "\n")


@settings(max_examples=100, deadline=None)
@given(PLAIN, PLAIN.filter(lambda text: text.strip()), PLAIN, st.text(max_size=2000))
def test_what_is_written_is_read_back(subject, name, html, text):
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    data = write(heading(subject=subject, sender=(name, "paper@example.org")), text, f"<p>{html}</p>")
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) < 998
    mail = parsed(data)
    assert " ".join(mail["Subject"].split()) == " ".join(subject.split())
    assert unix(mail.get_body(("plain",)).get_content()).rstrip("\n") == text.rstrip("\n")
    assert unix(mail.get_body(("html",)).get_content()).strip() == f"<p>{html}</p>"
    assert mail["List-Unsubscribe"] == f"<{heading().unsubscribe}>"
    assert mail["From"].addresses[0].addr_spec == "paper@example.org"


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\x00", "\x0b", "\u2028", "\x85"])
@pytest.mark.parametrize(
    "field", ["subject", "recipient", "message_id", "unsubscribe", "list_id", "list_name"]
)
def test_no_value_begins_a_header_of_its_own(field, break_):
    with pytest.raises(MailError, match="one line"):
        write(heading(**{field: f"a{break_}Bcc: eve@example.org"}), "text", "<p>html</p>")
    with pytest.raises(MailError, match="one line"):
        write(heading(sender=(f"a{break_}Bcc: x", "paper@example.org")), "text")


def test_a_letter_is_no_list():
    mail = parsed(write(heading(unsubscribe=""), "text"))
    assert not [name for name in mail if name.startswith("List-")]
    assert mail["Precedence"] is None


@pytest.fixture(scope="module")
def key():
    private = rsa.generate_private_key(65537, 2048)
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_the_signature_holds_and_covers_both_headers_of_one_click(key):
    signer = Signer("example.org", "daily", key)
    record = signer.public_record().encode()
    data = signer.sign(write(heading(subject="Größe"), "text\n.\n", "<p>html</p>"))

    def looked_up(name, timeout=5):
        return record if name == b"daily._domainkey.example.org." else None

    assert dkim.verify(data, dnsfunc=looked_up)
    names = signed_headers(parsed(data)["DKIM-Signature"])
    assert {"from", "subject", "date", "list-unsubscribe", "list-unsubscribe-post", "list-id"} <= names
    assert names <= {name.lower() for name in SIGNED}
    changed = data.replace(b"One-Click", b"Two-Click")
    assert not dkim.verify(changed, dnsfunc=looked_up)
    assert not dkim.verify(data.replace(b"html", b"hxml"), dnsfunc=looked_up)


def test_a_key_that_is_none_is_said_so():
    for broken in (b"", b"key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(ConfigError, match="BROADSHEET_DKIM_KEY"):
            Signer("example.org", "s", broken).sign(write(heading(), "text"))
