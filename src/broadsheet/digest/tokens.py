"""The links of a mail: signed for what they may do, so that whoever holds one needs no account.

A token is a text (the id of a subscription, say) with a moment and a signature; what it is for goes into the
signature, so that a link to look at a digest cannot end a subscription.
"""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Final

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner

from broadsheet.exceptions import TokenError

LONGEST: Final = 200


class Purpose(enum.StrEnum):
    """What a link is for, and what it names."""

    CONFIRM = "confirm"  # a subscription
    SETTINGS = "settings"  # a subscription
    UNSUBSCRIBE = "unsubscribe"  # a subscription
    DIGEST = "digest"  # a delivery: to look at it, and to say what one thinks of its papers
    FEED = "feed"  # a subscription


LIFETIMES: Final[dict[Purpose, timedelta | None]] = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.SETTINGS: timedelta(days=90),
    Purpose.UNSUBSCRIBE: None,  # one can always leave
    Purpose.DIGEST: timedelta(days=60),
    Purpose.FEED: None,  # until the subscription ends
}


class Tokens:
    """Signs and reads tokens with one key."""

    def __init__(self, key: str) -> None:
        self._signers = {
            purpose: TimestampSigner(key, salt=f"broadsheet.mail.{purpose}", key_derivation="hmac")
            for purpose in Purpose
        }

    def sign(self, purpose: Purpose, name: str) -> str:
        """A token that lets its holder do one thing to what is named; it fits into a path.

        >>> tokens = Tokens("key")
        >>> tokens.read(Purpose.UNSUBSCRIBE, tokens.sign(Purpose.UNSUBSCRIBE, "5f2e"))
        '5f2e'
        """
        return self._signers[purpose].sign(name).decode("ascii")

    def read(self, purpose: Purpose, token: str) -> str:
        """What a token names. Raises TokenError when it is not one for that, or no longer one."""
        lifetime = LIFETIMES[purpose]
        age = int(lifetime.total_seconds()) if lifetime else None
        if len(token) > LONGEST or not token.isascii():
            raise TokenError("this link is damaged; take the whole of it from the mail")
        try:
            return self._signers[purpose].unsign(token, max_age=age).decode("ascii")
        except SignatureExpired as error:
            raise TokenError("this link has expired; newer mails have newer ones") from error
        except (BadSignature, UnicodeDecodeError) as error:
            raise TokenError("this link is damaged; take the whole of it from the mail") from error
