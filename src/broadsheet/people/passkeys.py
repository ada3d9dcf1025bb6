"""Passkeys (WebAuthn): a device proves who is there, and no secret is ever sent.

The challenge of a ceremony travels signed with the page; it is good once, for five minutes, and for the
ceremony and the browser it was made for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

import webauthn
from itsdangerous import BadSignature, URLSafeTimedSerializer
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from broadsheet.exceptions import PeopleError, SignInError
from broadsheet.people.limits import Limit, Limiter
from broadsheet.readers import Reader, tidy
from broadsheet.store import Store
from broadsheet.store.entrances import Passkey

_LIFE: Final = 300  # seconds
MOST: Final = 20
REFUSED: Final = "That passkey does not open a door here."


class Passkeys:
    """Takes in and checks passkeys.

    signer: makes what signs for a purpose. title: what the device shows as the name of the site.
    limiter: remembers what was used.
    """

    def __init__(
        self, store: Store, signer: Callable[[str], URLSafeTimedSerializer], title: str, limiter: Limiter
    ) -> None:
        self.store = store
        self._signer = signer
        self._title = title
        self._limiter = limiter

    def of(self, reader: Reader) -> list[Passkey]:
        """The passkeys of a reader, the newest first."""
        return self.store.entrances.passkeys(reader.id)

    def remove(self, reader: Reader, passkey_id: str) -> bool:
        """Take a passkey away; whether there was one."""
        return self.store.entrances.remove_passkey(reader.id, passkey_id)

    def offer(self, reader: Reader, host: str, visit: str) -> dict[str, Any]:
        """What a browser needs to make a passkey: `options` for it, `state` to send back.

        host: of the site, without a port. visit: what is the same in both halves of the ceremony, and in no
        other browser.
        """
        options = webauthn.generate_registration_options(
            rp_id=host,
            rp_name=self._title,
            user_id=self._handle(reader),
            user_name=reader.name,
            user_display_name=reader.shown,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential))
                for key in self.of(reader)
            ],
        )
        return self._sent(options, "add", f"{visit}:{reader.id}")

    def add(
        self, reader: Reader, answer: dict[str, Any], label: str, *, origin: str, host: str, visit: str
    ) -> None:
        """Keep the passkey that a browser has made. Raises PeopleError."""
        if len(self.of(reader)) >= MOST:
            raise PeopleError(f"there are {MOST} passkeys already; remove one first")
        challenge = self._challenge(answer, "add", f"{visit}:{reader.id}")
        try:
            made = webauthn.verify_registration_response(
                credential=answer.get("credential", {}),
                expected_challenge=challenge,
                expected_rp_id=host,
                expected_origin=origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise PeopleError("that passkey could not be checked; please try again") from error
        credential, key = (
            bytes_to_base64url(made.credential_id),
            bytes_to_base64url(made.credential_public_key),
        )
        if not self.store.entrances.add_passkey(
            reader.id, credential, key, made.sign_count, tidy(label) or "a passkey"
        ):
            raise PeopleError("that passkey is here already")

    def ask(self, host: str, visit: str) -> dict[str, Any]:
        """What a browser needs to prove who is there; whom it knows is the device's to say, never ours."""
        options = webauthn.generate_authentication_options(
            rp_id=host, user_verification=UserVerificationRequirement.REQUIRED
        )
        return self._sent(options, "enter", visit)

    def enter(self, answer: dict[str, Any], *, origin: str, host: str, visit: str) -> Reader:
        """Who is there. Raises SignInError, in the same words whatever is wrong."""
        try:
            challenge = self._challenge(answer, "enter", visit)
            given = answer.get("credential", {})
            found = self.store.entrances.by_passkey(str(given["id"]))
            if found is None:
                raise SignInError(REFUSED)
            reader, key = found
            seen = webauthn.verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=host,
                expected_origin=origin,
                credential_public_key=base64url_to_bytes(key.public_key),
                credential_current_sign_count=key.count,  # one that goes back is a copy's, and is refused
                require_user_verification=True,
            )
        except (WebAuthnException, PeopleError, ValueError, KeyError, TypeError) as error:
            raise SignInError(REFUSED) from error
        self.store.entrances.passkey_used(key.id, seen.new_sign_count)
        return reader

    def _sent(self, options: Any, ceremony: str, bound_to: str) -> dict[str, Any]:
        challenge = bytes_to_base64url(options.challenge)
        state = self._signer(f"passkey.{ceremony}").dumps([challenge, bound_to])
        return {"options": options_to_json_dict(options), "state": state}

    def _challenge(self, answer: dict[str, Any], ceremony: str, bound_to: str) -> bytes:
        try:
            challenge, bound = self._signer(f"passkey.{ceremony}").loads(
                str(answer.get("state", "")), max_age=_LIFE
            )
        except (BadSignature, ValueError, TypeError) as error:
            raise PeopleError("that took too long; please load the page again") from error
        if not secrets.compare_digest(str(bound), bound_to):
            raise PeopleError("that was begun in another browser; please load the page again")
        self._limiter.take(Limit(1, _LIFE), "challenge", str(challenge))
        return base64url_to_bytes(challenge)

    def _handle(self, reader: Reader) -> bytes:
        """What a device knows a reader as: the number, which says nothing and never changes."""
        return f"reader:{reader.id}".encode()
