"""Becoming a reader here, choosing a new password, and saying that an address is one's own.

A GET of a link from a letter shows a page and changes nothing: programs that read mail follow links, too.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from starlette.background import BackgroundTask

from broadsheet.exceptions import PeopleError, SignInError
from broadsheet.people import People
from broadsheet.people.limits import Limit, network
from broadsheet.web.peers import visitor
from broadsheet.web.people.forms import (
    Text,
    door_page,
    let_in,
    many,
    press_of,
)
from broadsheet.web.session import open_to_all, require_visit

ACCOUNTS: Final = Limit(10, 3600)  # new accounts of one network
ASKING: Final = Limit(20, 3600)  # requests for a new password of one network

router = APIRouter()


@router.get("/sign-up")
@open_to_all
def sign_up(request: Request) -> Response:
    """The form for a new reader, where everybody may become one."""
    _opened(request)
    return _join(request, path="/sign-up")


@router.post("/sign-up")
@open_to_all
def become(
    request: Request,
    name: Text = "",
    password: Text = "",
    email: Text = "",
) -> Response:
    """Become a reader; the address is asked in a letter whether it is the reader's."""
    people = _opened(request)
    require_visit(request)
    try:
        people.limiter.take(ACCOUNTS, "accounts", network(visitor(request).address))
        reader = people.join(name.strip(), password)
        response = let_in(request, reader, "password")
        if email.strip():
            at = press_of(request).addresses(request).absolute
            response.background = BackgroundTask(_confirm, people, reader, email.strip(), at)
    except PeopleError as error:
        return _join(request, 400, path="/sign-up", name=name, email=email, problem=str(error))
    return response


def _confirm(people: People, reader: Any, email: str, at: Any) -> None:
    try:
        people.links.send_confirmation(reader, email, at)
    except PeopleError:
        return  # what is no address is found missing on the account's page


@router.get("/invitation/{token}")
@open_to_all
def invitation(request: Request, token: str) -> Response:
    """The form of who was invited."""
    if many(request).links.whose("invitation", token) is None:
        return _outdated(request)
    return _join(request, path=f"/invitation/{token}", invited=True)


@router.post("/invitation/{token}")
@open_to_all
def accept(request: Request, token: str, name: Text = "", password: Text = "") -> Response:
    """Become a reader by an invitation."""
    people = many(request)
    require_visit(request)
    try:
        reader = people.links.accept(token, name.strip(), password)
    except SignInError:
        return _outdated(request)
    except PeopleError as error:
        path = f"/invitation/{token}"
        return _join(request, 400, path=path, invited=True, name=name, problem=str(error))
    return let_in(request, reader, "link")


@router.get("/reset")
@open_to_all
def forgotten(request: Request) -> Response:
    """Where to ask for a new password."""
    people = many(request)
    return door_page(request, "forgotten.html", has_mail=people.links.post is not None, sent=False)


@router.post("/reset")
@open_to_all
def ask(request: Request, email: Text = "") -> Response:
    """Ask for a letter; the answer is the same whoever is known here, and comes before we look."""
    people = many(request)
    require_visit(request)
    people.limiter.take(ASKING, "asking", network(visitor(request).address))
    at = press_of(request).addresses(request).absolute
    response = door_page(request, "forgotten.html", has_mail=people.links.post is not None, sent=True)
    response.background = BackgroundTask(people.links.send_reset, email.strip(), at)
    return response


@router.get("/reset/{token}")
@open_to_all
def choose(request: Request, token: str) -> Response:
    """The form for a new password."""
    if many(request).links.whose("reset", token) is None:
        return _outdated(request)
    return _reset(request, token)


@router.post("/reset/{token}")
@open_to_all
def chosen(request: Request, token: str, password: Text = "") -> Response:
    """A new password; every browser is signed out, and this one in."""
    people = many(request)
    require_visit(request)
    try:
        reader = people.links.reset(token, password)
    except SignInError:
        return _outdated(request)
    except PeopleError as error:
        return _reset(request, token, 400, problem=str(error))
    return let_in(request, reader, "link")


def _reset(request: Request, token: str, status: int = 200, problem: str = "") -> Response:
    people = many(request)
    ticket = people.links.whose("reset", token)
    name = people.reader(ticket.account_id).name if ticket and ticket.account_id else ""
    path = f"/reset/{token}"
    return door_page(request, "reset.html", status=status, path=path, name=name, problem=problem)


@router.get("/confirm/{token}")
@open_to_all
def confirmation(request: Request, token: str) -> Response:
    """Ask whether the address is the reader's."""
    ticket = many(request).links.whose("confirm", token)
    if ticket is None:
        return _outdated(request)
    return door_page(request, "confirm.html", path=f"/confirm/{token}", email=ticket.email, done=False)


@router.post("/confirm/{token}")
@open_to_all
def confirm(request: Request, token: str) -> Response:
    """The address is the reader's."""
    people = many(request)
    try:
        reader = people.links.confirm(token)
    except SignInError:
        return _outdated(request)
    return door_page(request, "confirm.html", path="", email=reader.email, done=True)


def _opened(request: Request) -> People:
    people = many(request)
    if people.settings.registration != "open":
        raise HTTPException(404, "New readers come by invitation here.")
    return people


def _join(request: Request, status: int = 200, **context: Any) -> Response:
    given = {"name": "", "email": "", "problem": "", "invited": False, **context}
    has_mail = many(request).links.post is not None
    return door_page(request, "sign_up.html", status=status, has_mail=has_mail, **given)


def _outdated(request: Request) -> Response:
    return door_page(request, "outdated.html", status=410)
