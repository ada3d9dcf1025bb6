"""Signing in with an OpenID Connect provider: the authorisation code flow with PKCE, state and nonce.

The provider is named in the settings, by who keeps the house; its keys are read from its own description.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import httpx
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from broadsheet.exceptions import SignInError

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""How a provider may sign; never with the client's secret and never not at all."""
FAILED: Final = "Signing in with the other house did not work. Please try again."
TIMEOUT: Final = 10.0  # seconds
_KEPT: Final = 600.0  # seconds for which a provider's description is believed
_LEEWAY: Final = 60  # seconds that clocks may differ
_SCOPES: Final = "openid profile email"

log = logging.getLogger("broadsheet.people")


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a provider says somebody is; `issuer` and `subject` together name one person for ever."""

    issuer: str
    subject: str
    username: str = ""
    name: str = ""
    email: str = ""
    email_verified: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A sign-in that was begun: where the browser goes, and what has to be remembered until it is back."""

    address: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """An OpenID Connect provider. Safe to share between threads. clock: seconds since 1970."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self._id, self._secret = client_id, client_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], KeySet] | None = None

    def begin(self, back: str) -> Request:
        """Begin a sign-in that comes back to an address of ours. Raises SignInError."""
        about, _ = self._about()
        verifier = secrets.token_urlsafe(48)
        nonce = secrets.token_urlsafe(24)
        digest = hashlib.sha256(verifier.encode()).digest()
        with self._open() as client:
            address, state = client.create_authorization_url(
                about["authorization_endpoint"],
                redirect_uri=back,
                nonce=nonce,
                code_challenge=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                code_challenge_method="S256",
            )
        return Request(address, state, nonce, verifier)

    def finish(self, code: str, back: str, nonce: str, verifier: str) -> Claims:
        """Who came back with a code. Raises SignInError; the log says why."""
        about, _ = self._about()
        try:
            with self._open() as client:
                answer = client.fetch_token(
                    about["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=back,
                    code_verifier=verifier,
                )
        except Exception as error:  # the library raises what it likes; its words may hold the answer
            raise _failure(f"the token could not be had: {type(error).__name__}") from error
        return self._read(str(answer.get("id_token", "")), nonce)

    def _read(self, token: str, nonce: str) -> Claims:
        try:
            read = self._decode(token)
            about, _ = self._about()
            rules = jwt.JWTClaimsRegistry(
                now=lambda: int(self._clock()),
                leeway=_LEEWAY,
                iss={"essential": True, "value": about["issuer"]},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            rules.validate(read)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _failure(f"the identity is not sound: {type(error).__name__}: {error}") from error
        audience = read.get("aud", [])
        listed = [audience] if isinstance(audience, str) else audience
        if self._id not in listed or (len(listed) > 1 and read.get("azp") != self._id):
            raise _failure("the identity is meant for somebody else")
        subject = read["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise _failure("the identity names nobody")
        return Claims(
            self.issuer,
            subject,
            username=_text(read.get("preferred_username")),
            name=_text(read.get("name")),
            email=_text(read.get("email")),
            email_verified=read.get("email_verified") is True,
        )

    def _decode(self, token: str) -> dict[str, Any]:
        _, keys = self._about()
        try:
            return jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError):
            # Keys are changed now and then: ask once more, then it is what it is.
            _, keys = self._about(anew=True)
            return jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims

    def _about(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        """What the provider says of itself, and its keys."""
        with self._lock:
            now = self._clock()
            if self._known and not anew and now - self._known[0] < _KEPT:
                return self._known[1], self._known[2]
            try:
                about = self._fetch(f"{self.issuer}/.well-known/openid-configuration")
                if about["issuer"].rstrip("/") != self.issuer:
                    raise _failure(f"{self.issuer} calls itself {about['issuer']!r}")
                found = self._fetch(about["jwks_uri"])
                keys = KeySet.import_key_set({"keys": found["keys"]})
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise _failure(f"{self.issuer} cannot be asked: {type(error).__name__}: {error}") from error
            self._known = (now, about, keys)
            return self._known[1], keys

    def _fetch(self, address: str) -> dict[str, Any]:
        answer = httpx.get(address, timeout=TIMEOUT, follow_redirects=False).raise_for_status().json()
        return cast(dict[str, Any], answer)

    def _open(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._id,
            client_secret=self._secret or None,
            scope=_SCOPES,
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            timeout=TIMEOUT,
            follow_redirects=False,
        )


def _failure(why: str) -> SignInError:
    log.warning("OpenID Connect: %s", why)
    return SignInError(FAILED)


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""
