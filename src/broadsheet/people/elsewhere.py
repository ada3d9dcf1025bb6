"""Coming in with what another house knows: an OpenID Connect provider, or a proxy that signs readers in.

Somebody known elsewhere is known here by issuer and subject, never by an address: whoever could set an
address there would be anybody here. A reader who is signed in can add the other house to the account.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING, Final

from broadsheet.exceptions import AccountNotFoundError, NameTakenError, PeopleError, SignInError
from broadsheet.readers import Reader, Role, is_email, is_name, tidy

if TYPE_CHECKING:
    from broadsheet.people.oidc import Claims, Provider
    from broadsheet.people.people import People

PROXY: Final = "proxy"
UNKNOWN: Final = (
    "There is no account here for you. Ask for an invitation; then add this way in to your account."
)
_NOT_PLAIN: Final = re.compile(r"[^a-z0-9_-]+")

log = logging.getLogger("broadsheet.people")


class Elsewhere:
    """Knows readers by who they are at other houses."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.store = people.store
        config = people.settings
        self.provider: Provider | None = None
        if config.oidc_issuer:
            from broadsheet.people.oidc import Provider  # brings an HTTP client, which few need

            self.provider = Provider(
                config.oidc_issuer, config.oidc_client_id, config.oidc_client_secret.get_secret_value()
            )

    def by_claims(self, claims: Claims, reader: Reader | None = None) -> Reader:
        """Who that is here; `reader`: who is signed in and wants to come in that way, too.

        Raises SignInError for a stranger where strangers get no account, PeopleError.
        """
        found = self.store.entrances.by_identity(claims.issuer, claims.subject)
        if found:
            known, is_open = found
            if not is_open:
                raise SignInError(UNKNOWN)
            if reader and known.id != reader.id:
                raise PeopleError("that is the way in of another account here")
            return known
        if reader is None:
            if not self.people.settings.oidc_create:
                raise SignInError(UNKNOWN)
            email = claims.email if claims.email_verified and is_email(claims.email) else ""
            reader = self._create(claims.username or email, claims.name, email)
        if not self.store.entrances.add_identity(reader.id, claims.issuer, claims.subject):
            raise PeopleError("that is the way in of another account here")
        log.info("reader %d also comes in by %s", reader.id, claims.issuer)
        return reader

    def by_proxy(self, said: str) -> Reader | None:
        """Who a trusted proxy says that is: the reader of that name, made when first seen; None if closed."""
        said = said.strip()
        if not said or len(said) > 200 or not said.isprintable():
            return None
        found = self.store.entrances.by_identity(PROXY, said)
        if found:
            known, is_open = found
            return known if is_open else None
        try:
            account = self.store.accounts.named(said)
        except AccountNotFoundError:
            email = said if is_email(said) else ""
            reader = self._create(said, "", email)
        else:
            if not account.open:
                return None
            reader = account.reader
        self.store.entrances.add_identity(reader.id, PROXY, said)
        return reader

    def _create(self, wanted: str, shown: str, email: str) -> Reader:
        plain = _NOT_PLAIN.sub("-", wanted.partition("@")[0].lower()).strip("-_")[:30] or "reader"
        name = plain if is_name(plain) and not plain.startswith("gone-") else "reader"
        for attempt in range(20):
            try:
                tail = f"-{secrets.randbelow(10 ** (attempt // 4 + 2))}" if attempt else ""
                return self.people.create(
                    name + tail, role=Role.READER, shown=tidy(shown), email=email, confirmed=True
                )
            except NameTakenError:
                continue
        raise PeopleError("no name could be found for a new account; please try again")
