"""What doctor sees of mail, and what settings of mail can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import broadsheet
from broadsheet.config import settings
from broadsheet.exceptions import ConfigError
from broadsheet.mailing import health


def seen(house, **changes):
    """What is said of the house with other settings, by level."""
    house.settings = house.mail.settings = house.settings.model_copy(update=changes)
    house.mail.__dict__.pop("signer", None)
    found = list(health.examine(house))
    return {
        level: " | ".join(ill.detail for ill in found if ill.level == level)
        for level in ("ok", "warning", "problem")
    }


def test_a_healthy_house(house):
    found = seen(house)
    assert (found["warning"], found["problem"]) == ("", "")
    assert "127.0.0.1:" in found["ok"]
    assert "not signed here" in found["ok"]


def test_without_a_server_there_is_nothing_to_look_at():
    with broadsheet.open(":memory:", encoder="none") as house:
        assert [ill.level for ill in house.mail.examine()] == ["ok"]


def test_a_server_that_does_not_answer_is_a_problem(house):
    assert "no mail server can be used at 127.0.0.1:1" in seen(house, smtp_port=1)["problem"]


@pytest.mark.parametrize(
    ("base", "said"), [("", "only this machine knows"), ("http://papers.example.org", "http://")]
)
def test_links_that_lead_nowhere_are_told(house, base, said):
    assert said in seen(house, base_url=base)["warning"]


def test_the_signature_is_checked_and_the_record_told(house):
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    from pydantic import SecretStr

    found = seen(house, dkim_key=SecretStr(pem.decode()))
    assert "signed for papers.example.org" in found["ok"]
    advice = next(ill.advice for ill in house.mail.examine() if "signed for" in ill.detail)
    assert advice.startswith("broadsheet._domainkey.papers.example.org TXT v=DKIM1; k=rsa; p=MII")
    assert "DMARC" in seen(house, dkim_domain="elsewhere.example")["warning"]
    assert seen(house, dkim_domain="example.org")["warning"] == ""
    assert "BROADSHEET_DKIM_KEY" in seen(house, dkim_key=SecretStr("nonsense"))["problem"]


def test_mail_that_is_stuck_is_told(house):
    house.mail.store.queue_letter("a@example.org", "s", "t", datetime.now(UTC) - timedelta(hours=3))
    assert "1 messages have been waiting" in seen(house)["warning"]


def test_what_was_handed_over_without_a_receipt_is_told(house):
    number = house.mail.send_plain("a@example.org", "s", "t")
    assert house.mail.store.claim("x", datetime.now(UTC), timedelta(minutes=1), 5)
    assert house.mail.store.settle("x", datetime.now(UTC), hand=[number]) == [number]
    assert "1 handed over without a receipt" in seen(house)["warning"]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("mail_from", "nobody"),
        ("mail_from", "a@example.org\nBcc: b@example.org"),
        ("mail_bounces", "a b@example.org"),
        ("mail_from", "Größe <größe@example.org>"),
        ("smtp_security", "maybe"),
        ("smtp_port", 0),
        ("mail_rate", -1),
    ],
)
def test_a_setting_that_cannot_be_is_named(name, bad):
    with pytest.raises(ConfigError, match=f"BROADSHEET_{name.upper()}"):
        settings(**{name: bad})


def test_secrets_come_from_files_and_are_not_shown(tmp_path, monkeypatch):
    (tmp_path / "password").write_text("open sesame\n", encoding="utf-8")
    monkeypatch.setenv("BROADSHEET_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    found = settings()
    assert found.smtp_password.get_secret_value() == "open sesame"
    assert "sesame" not in repr(found) + found.model_dump_json()


def test_who_mail_comes_from():
    assert settings(mail_from="Der Tägliche <a@example.org>").sender == ("Der Tägliche", "a@example.org")
    assert settings(mail_from="a@example.org", title="X").sender == ("X", "a@example.org")
    assert settings(base_url="https://p.example.org/daily").sender == (
        "Broadsheet",
        "broadsheet@p.example.org",
    )
    assert settings(port=8010).site == "http://localhost:8010"
