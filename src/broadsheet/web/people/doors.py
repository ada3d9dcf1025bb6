"""Signing in and out: by password, and by what another house knows. Passkeys are in `devices`."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadSignature

from broadsheet.exceptions import PeopleError, SignInError, TooOftenError
from broadsheet.web.addresses import local_path
from broadsheet.web.peers import visitor
from broadsheet.web.people.forms import (
    Text,
    door_page,
    go,
    go_back,
    let_in,
    many,
    press_of,
)
from broadsheet.web.session import (
    SESSION_COOKIE,
    open_to_all,
    put_cookie,
    reader_of,
    require_visit,
    session_of,
)

FLOW_COOKIE: Final = "broadsheet-elsewhere"
FLOW_LIFE: Final = 600  # seconds that somebody may take at the other house

router = APIRouter()


@router.get("/sign-in")
@open_to_all
def door(request: Request, next: str = "/") -> Response:  # noqa: A002
    """The door."""
    many(request)
    if reader_of(request):
        return go_back(request, next)
    return _door(request, next=local_path(next))


@router.post("/sign-in")
@open_to_all
def enter(
    request: Request,
    name: Text = "",
    password: Text = "",
    next: Text = "/",  # noqa: A002,
) -> Response:
    """Come in by name and password."""
    people = many(request)
    require_visit(request)
    try:
        reader = people.door.with_password(name.strip(), password, visitor(request))
    except TooOftenError as error:
        response = _door(request, 429, next=local_path(next), name=name, problem=str(error))
        response.headers["Retry-After"] = str(max(1, round(error.wait)))
        return response
    except SignInError as error:
        return _door(request, 401, next=local_path(next), name=name, problem=str(error))
    return let_in(request, reader, "password", next)


def _door(request: Request, status: int = 200, **context: str) -> Response:
    people = many(request)
    return door_page(
        request,
        "sign_in.html",
        status=status,
        **{"name": "", "problem": "", **context},
        elsewhere=people.settings.oidc_name if people.settings.oidc_issuer else "",
        has_mail=people.links.post is not None,
        is_open=people.settings.registration == "open",
    )


@router.post("/sign-out")
@open_to_all
def leave(request: Request) -> Response:
    """Sign this browser out."""
    people = many(request)
    reader, session = reader_of(request), session_of(request)
    if reader and session:
        people.store.entrances.close_session(reader.id, session)
    response = go(request, "/sign-in")
    put_cookie(request, response, SESSION_COOKIE, "")
    return response


@router.get("/sign-in/elsewhere")
@open_to_all
def to_elsewhere(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Off to the provider. Nothing is changed here but a cookie that remembers what was begun."""
    people = many(request)
    provider = people.elsewhere.provider
    if provider is None:
        return go(request, "/sign-in")
    try:
        begun = provider.begin(_back(request))
    except SignInError as error:
        return _door(request, 502, next=local_path(next), problem=str(error))
    response = RedirectResponse(begun.address, 303, {"Cache-Control": "no-store"})
    kept = [begun.state, begun.nonce, begun.verifier, local_path(next)]
    put_cookie(request, response, FLOW_COOKIE, people.signer("elsewhere").dumps(kept), FLOW_LIFE)
    return response


@router.get("/sign-in/elsewhere/back")
@open_to_all
def from_elsewhere(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
    """Back from the provider, with a code or without."""
    people = many(request)
    provider = people.elsewhere.provider
    if provider is None:
        return go(request, "/sign-in")
    wanted = "/"
    try:
        kept = people.signer("elsewhere").loads(request.cookies.get(FLOW_COOKIE, ""), max_age=FLOW_LIFE)
        begun, nonce, verifier, wanted = kept
        if error or not code or state != begun:
            raise SignInError("The other house did not let you in." if error else "That came too late.")
        claims = provider.finish(code, _back(request), nonce, verifier)
        reader = people.elsewhere.by_claims(claims, reader_of(request))
    except BadSignature:
        response = _door(request, 401, next="/", problem="That took too long. Please try again.")
    except PeopleError as problem:
        response = _door(request, 401, next=wanted, problem=str(problem))
    else:
        response = let_in(request, reader, "oidc", wanted)
    put_cookie(request, response, FLOW_COOKIE, "")
    return response


def _back(request: Request) -> str:
    return press_of(request).addresses(request).absolute("/sign-in/elsewhere/back")
