"""Passkeys: the four steps between a browser and the house, as JSON; `passkeys.js` walks them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from broadsheet.exceptions import PeopleError, SignInError
from broadsheet.people.limits import Limit, network
from broadsheet.readers import Role
from broadsheet.web.addresses import local_path
from broadsheet.web.peers import visitor
from broadsheet.web.people.account import me
from broadsheet.web.people.forms import Text, go, many, press_of, sign_in
from broadsheet.web.session import VISIT_COOKIE, open_to_all, require, session_of

TRIES: Final = Limit(60, 900)  # passkeys that open nothing, of one network

router = APIRouter()


@router.post("/sign-in/passkey/begin")
@open_to_all
def ask(request: Request) -> Response:
    """What the browser needs to prove who is there."""
    visit = _visit(request)
    return _json(many(request).passkeys.ask(_host(request), visit))


@router.post("/sign-in/passkey")
@open_to_all
def enter(request: Request, answer: dict[str, Any] = Body(default={})) -> Response:
    """Come in with a passkey."""
    people, visit = many(request), _visit(request)
    at = network(visitor(request).address)
    people.limiter.check(TRIES, "passkey", at)
    try:
        reader = people.passkeys.enter(answer, origin=_origin(request), host=_host(request), visit=visit)
    except SignInError as error:
        people.limiter.count(TRIES, "passkey", at)
        return _json({"error": str(error)}, 401)
    where = press_of(request).addresses(request)
    wanted = local_path(str(answer.get("next", "/")))
    response = _json({"go": where.at("/papers") if wanted == "/" else where.root + wanted})
    sign_in(request, response, reader, "passkey")
    return response


@router.post("/account/passkeys/begin")
def offer(request: Request) -> Response:
    """What the browser needs to make a passkey."""
    reader = require(request, Role.READER, in_person=True)
    visit = session_of(request) or "owner"
    return _json(many(request).passkeys.offer(reader, _host(request), visit))


@router.post("/account/passkeys")
def add(request: Request, answer: dict[str, Any] = Body(default={})) -> Response:
    """Keep the passkey that the browser made."""
    reader, visit = me(request), session_of(request) or "owner"
    label = str(answer.get("label", ""))
    try:
        many(request).passkeys.add(
            reader, answer, label, origin=_origin(request), host=_host(request), visit=visit
        )
    except PeopleError as error:
        return _json({"error": str(error)}, 400)
    return _json({"go": press_of(request).addresses(request).at("/account", done="passkeys")})


@router.post("/account/passkeys/end")
def end(request: Request, id: Text = "") -> Response:  # noqa: A002
    """Take a passkey away."""
    reader, people = me(request), many(request)
    people.check_way_in(reader, without="passkey")
    people.passkeys.remove(reader, id)
    return go(request, "/account", done="passkeys")


def _visit(request: Request) -> str:
    visit = request.cookies.get(VISIT_COOKIE, "")
    if not visit:
        raise HTTPException(403, "Please load the page again.")
    return visit


def _origin(request: Request) -> str:
    return press_of(request).addresses(request).origin


def _host(request: Request) -> str:
    return urlsplit(_origin(request)).hostname or "localhost"


def _json(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
