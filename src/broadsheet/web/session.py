"""Who asks, what they may, and whether a form came from a page of ours.

Every request passes `guard`. In a private house it lets nobody by who is not signed in, but to what is marked
`@open_to_all`. Everything that is not a GET must carry the token of its page, but for what is marked
`@csrf_exempt`, and for programs, which sign in with a key and not with a cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from broadsheet.readers import Reader, Role

if TYPE_CHECKING:
    from broadsheet.house import House

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf-token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_ABSENT: Final = object()
_F = TypeVar("_F", bound=Callable[..., Any])

log = logging.getLogger("broadsheet.web")


def csrf_exempt(endpoint: _F) -> _F:
    """Mark a route whose requests carry no token: what it does is allowed by something else, or harmless."""
    endpoint.csrf_exempt = True  # type: ignore[attr-defined]
    return endpoint


def open_to_all(endpoint: _F) -> _F:
    """Mark a route that answers strangers in a private house too: the door, and what shows no paper."""
    endpoint.open_to_all = True  # type: ignore[attr-defined]
    return endpoint


def house_of(request: Request) -> House:
    """The house of the app that got the request."""
    house: House = request.app.state.press.house
    return house


def reader_of(request: Request) -> Reader | None:
    """Who asks; None for somebody who is not signed in."""
    found: Any = getattr(request.state, "reader", _ABSENT)
    if found is _ABSENT:
        found = request.state.reader = _identify(request)
    reader: Reader | None = found
    return reader


def require(request: Request, role: Role = Role.READER) -> Reader:
    """Who asks, if they may; otherwise 401 (which a page turns into the way to the door) or 403."""
    reader = reader_of(request)
    if reader is None:
        raise HTTPException(401, "Please sign in first.")
    if not reader.role.at_least(role):
        raise HTTPException(403, f"This is for {role.value}s.")
    return reader


def csrf_token(request: Request) -> str:
    """The token that forms of this request's page carry; it is good for whoever asks, and for nobody else."""
    reader = reader_of(request)
    return _token(request, f"reader:{reader.id}" if reader else "anonymous")


async def guard(request: Request) -> None:
    """Let a request by, or refuse it; every route depends on it."""
    endpoint = request.scope.get("endpoint")
    house = house_of(request)
    if house.settings.private and not getattr(endpoint, "open_to_all", False):
        await run_in_threadpool(require, request)
    if request.method in SAFE_METHODS or getattr(endpoint, "csrf_exempt", False):
        return
    token = request.headers.get(CSRF_HEADER, "")
    if not token and "form" in request.headers.get("content-type", ""):
        sent = (await request.form()).get(CSRF_FIELD, "")
        token = sent if isinstance(sent, str) else ""
    await run_in_threadpool(_check_form, request, token)


def _identify(request: Request) -> Reader | None:
    house = house_of(request)
    if house.settings.readers == "one":
        return house.people.owner()
    return None


def _check_form(request: Request, token: str) -> None:
    _check_origin(request)
    if not hmac.compare_digest(token.encode(), csrf_token(request).encode()):
        raise HTTPException(403, "This form is out of date. Please go back, load the page again, and resend.")


def _check_origin(request: Request) -> None:
    """Refuse a form that another site's page sent; a browser says where a form was."""
    site = request.headers.get("sec-fetch-site", "")
    if site and site not in ("same-origin", "none"):
        raise HTTPException(403, "Another site's page may not change anything here.")
    origin = request.headers.get("origin", "null")  # 'null' is what a page that tells no referrer sends
    if origin != "null" and not site:
        where = request.app.state.press.addresses(request)
        hosts = {urlsplit(where.origin).netloc.lower(), request.headers.get("host", "").lower()}
        if urlsplit(origin).netloc.lower() not in hosts:
            raise HTTPException(403, "Another site's page may not change anything here.")


def _token(request: Request, bound_to: str) -> str:
    key: bytes = request.app.state.press.csrf_key
    return hmac.new(key, bound_to.encode(), hashlib.sha256).hexdigest()
