"""Who asks, what they may, and whether a form came from a page of ours.

Every request passes `guard`. In a private house it lets nobody by who is not signed in, but to what is marked
`@open_to_all`. Everything that is not a GET must carry the token of its page, but for what is marked
`@csrf_exempt`, and for programs, which sign in with a key and not with a cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from broadsheet.people.limits import Limit, network
from broadsheet.readers import Reader, Role
from broadsheet.web import peers

if TYPE_CHECKING:
    from broadsheet.house import House

SESSION_COOKIE: Final = "broadsheet-session"
DEVICE_COOKIE: Final = "broadsheet-device"
VISIT_COOKIE: Final = "broadsheet-visit"
CSRF_FIELD: Final = "csrf"
KEY_PARAMETER: Final = "key"
CSRF_HEADER: Final = "x-csrf-token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
WRONG_KEYS: Final = Limit(60, 60)  # keys that are none, of one network
YEAR: Final = 31_536_000
OUT_OF_DATE: Final = "This form is out of date. Please go back, load the page again, and resend."
_ABSENT: Final = object()
_F = TypeVar("_F", bound=Callable[..., Any])


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
    """Who asks; None for somebody who is not signed in. Raises 401 for a key that is none."""
    found: Any = getattr(request.state, "reader", _ABSENT)
    if found is _ABSENT:
        request.state.reader = request.state.bound = request.state.scopes = None
        found = request.state.reader = _identify(request)
    reader: Reader | None = found
    return reader


def is_known(request: Request) -> bool:
    """Whether it was looked already who asks."""
    return getattr(request.state, "reader", _ABSENT) is not _ABSENT


def require(request: Request, role: Role = Role.READER, *, in_person: bool = False) -> Reader:
    """Who asks, if they may; otherwise 401 (which a page turns into the way to the door) or 403.

    A program with a key needs the scope `read` to ask, `write` to change, and `admin` for what is not every
    reader's. in_person: no key will do, as where new keys are made.
    """
    reader = reader_of(request)
    if reader is None:
        raise HTTPException(401, "Please sign in first.", {"WWW-Authenticate": "Bearer"})
    if not reader.role.at_least(role):
        raise HTTPException(403, f"This is for {role.value}s.")
    scopes: frozenset[str] | None = request.state.scopes
    if scopes is not None:
        if in_person:
            raise HTTPException(403, "This is for readers in person, not for keys.")
        needed = {"read" if request.method in SAFE_METHODS else "write"}
        needed |= {"admin"} if role is not Role.READER else set()
        if missing := needed - scopes:
            raise HTTPException(403, f"This key lacks the scope {min(missing)!r}.")
    return reader


def session_of(request: Request) -> str:
    """The id of the session that asks; '' for a key, a proxy's reader, or the owner without a sign-in."""
    reader_of(request)
    kind, _, name = (request.state.bound or "").partition(":")
    return name if kind == "session" else ""


def csrf_token(request: Request) -> str:
    """The token that forms of this request's page carry; it is good for whoever asks, and for nobody else."""
    reader_of(request)
    return _token(request, request.state.bound or _visit(request) or "anonymous")


def begin_visit(request: Request) -> str | None:
    """Tell apart the browsers of strangers, before a page with a form of theirs is made.

    Returns what `keep_visit` has to put into a cookie, None if it is there.
    """
    if request.cookies.get(VISIT_COOKIE):
        return None
    request.state.visit = secrets.token_urlsafe(18)
    return str(request.state.visit)


def keep_visit(request: Request, response: Response, visit: str | None) -> None:
    """Let the browser keep what `begin_visit` made."""
    if visit:
        put_cookie(request, response, VISIT_COOKIE, visit)


def put_cookie(request: Request, response: Response, name: str, value: str, age: int | None = None) -> None:
    """Give a browser a cookie that no script reads and no other site's form brings; '' takes it away."""
    where = request.app.state.press.addresses(request)
    response.set_cookie(
        name,
        value,
        max_age=age if value else 0,
        path=where.root or "/",
        secure=where.origin.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


async def guard(request: Request) -> None:
    """Let a request by, or refuse it; every route depends on it."""
    endpoint = request.scope.get("endpoint")
    if house_of(request).settings.private and not getattr(endpoint, "open_to_all", False):
        await run_in_threadpool(require, request)
    if request.method in SAFE_METHODS or getattr(endpoint, "csrf_exempt", False):
        return
    token = request.headers.get(CSRF_HEADER, "")
    if not token and "form" in request.headers.get("content-type", ""):
        sent = (await request.form()).get(CSRF_FIELD, "")
        token = sent if isinstance(sent, str) else ""
    request.state.form_token = token
    await run_in_threadpool(_check_form, request, token)


def _identify(request: Request) -> Reader | None:
    people = house_of(request).people
    key, in_address = _key(request)
    if key is not None:
        at = network(peers.visitor(request).address)
        people.limiter.check(WRONG_KEYS, "key", at)
        held = people.keys.holder(key)
        if held is None or (in_address and held[1] != {"read"}):
            people.limiter.count(WRONG_KEYS, "key", at)
            raise HTTPException(401, "That key opens nothing here.", {"WWW-Authenticate": "Bearer"})
        request.state.scopes, request.state.bound = held[1], "key"
        return held[0]
    config = people.settings
    if config.readers == "one":
        request.state.bound = "owner"
        return people.owner()
    if config.proxy_header and (said := request.headers.get(config.proxy_header)):
        reader = people.elsewhere.by_proxy(said) if peers.is_proxy(request) else None
        request.state.bound = f"proxy:{reader.id}" if reader else None
        return reader
    token = request.cookies.get(SESSION_COOKIE)
    found = people.door.inside(token, peers.visitor(request)) if token else None
    if found is None:
        return None
    request.state.bound = f"session:{found[1].id}"
    return found[0]


def _key(request: Request) -> tuple[str | None, bool]:
    """The key that a request brings, and whether it stands in the address.

    Feed readers send no headers, so that a key which only reads may stand in the address of a feed.
    """
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return key.strip(), False
    if request.method in SAFE_METHODS and KEY_PARAMETER in request.query_params:
        return request.query_params[KEY_PARAMETER], True
    return None, False


def brings_key(request: Request) -> bool:
    """Whether a program asks, with a key."""
    return _key(request)[0] is not None


def _check_form(request: Request, token: str) -> None:
    reader_of(request)
    if request.state.bound == "key":
        return  # no other site's page can make a browser send a key
    _check_origin(request)
    good = [csrf_token(request)]
    if request.state.bound is None:
        good.append(_token(request, "anonymous"))  # from a page that was made before the visit began
    if not any(hmac.compare_digest(token.encode(), each.encode()) for each in good):
        raise HTTPException(403, OUT_OF_DATE)


def require_visit(request: Request) -> None:
    """Refuse a stranger's form that another browser's page began: nobody is signed in as somebody else."""
    if reader_of(request):
        return  # the token was this session's own
    visit, token = _visit(request), str(getattr(request.state, "form_token", ""))
    if not visit or not hmac.compare_digest(token.encode(), _token(request, visit).encode()):
        raise HTTPException(403, OUT_OF_DATE)


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


def _visit(request: Request) -> str:
    visit = getattr(request.state, "visit", "") or request.cookies.get(VISIT_COOKIE, "")
    return f"visit:{visit}" if visit else ""


def _token(request: Request, bound_to: str) -> str:
    key: bytes = request.app.state.press.csrf_key
    return hmac.new(key, bound_to.encode(), hashlib.sha256).hexdigest()
