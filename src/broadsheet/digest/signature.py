"""Signing mail with DKIM (RFC 6376), so that receivers know which domain answers for it.

Both headers of one-click unsubscription are among the signed ones: receivers that offer the button demand it
(RFC 8058, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from broadsheet.exceptions import ConfigError

SIGNED: Final = (
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
    *("Content-Transfer-Encoding", "Auto-Submitted", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"),
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for a domain with a private key whose public half stands at `selector._domainkey.domain`."""

    domain: str
    selector: str
    key: bytes

    def sign(self, message: bytes) -> bytes:
        """The message with its signature before it. Raises ConfigError for a key that is none."""
        import dkim

        head = message.partition(b"\r\n\r\n")[0].lower()
        present = [name.encode() for name in SIGNED if f"\r\n{name.lower()}:".encode() in b"\r\n" + head]
        try:
            signature = dkim.sign(
                message,
                self.selector.encode(),
                self.domain.encode(),
                self.key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=present,
                linesep=b"\r\n",
            )
        except (dkim.DKIMException, dkim.KeyFormatError, ValueError) as error:
            raise ConfigError(f"BROADSHEET_DKIM_KEY: mail cannot be signed with it ({error})") from error
        return bytes(signature) + message

    def public_record(self) -> str:
        """The TXT record that belongs at `selector._domainkey.domain`. Raises ConfigError."""
        from cryptography.hazmat.primitives import serialization

        try:
            private = serialization.load_pem_private_key(self.key, None)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"BROADSHEET_DKIM_KEY: not a private key in PEM ({error})") from error
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        body = "".join(public.decode().splitlines()[1:-1])
        return f"v=DKIM1; k=rsa; p={body}"


def signed_headers(signature: str) -> frozenset[str]:
    """The names in `h=` of a DKIM-Signature header, in lower case.

    >>> sorted(signed_headers("v=1; a=rsa-sha256; h=From : List-Unsubscribe\\r\\n : Subject; b=x"))
    ['from', 'list-unsubscribe', 'subject']
    """
    tags = (tag.partition("=") for tag in signature.split(";"))
    names = next((value for name, _, value in tags if name.strip() == "h"), "")
    return frozenset(name.strip().lower() for name in names.split(":") if name.strip())
