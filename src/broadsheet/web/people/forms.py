"""What the forms of people have in common."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.people import People
from broadsheet.readers import Reader
from broadsheet.web.addresses import local_path
from broadsheet.web.peers import visitor
from broadsheet.web.press import Press
from broadsheet.web.session import (
    DEVICE_COOKIE,
    SESSION_COOKIE,
    VISIT_COOKIE,
    YEAR,
    begin_visit,
    keep_visit,
    put_cookie,
)

Text = Annotated[str, Form(max_length=400)]


def press_of(request: Request) -> Press:
    """The press of the app that got the request."""
    press: Press = request.app.state.press
    return press


def people_of(request: Request) -> People:
    """The readers of the house that got the request."""
    return press_of(request).house.people


def many(request: Request) -> People:
    """The same, where readers sign in; there is no door in the house of one reader."""
    people = people_of(request)
    if people.settings.readers == "one":
        raise HTTPException(
            404, "Nobody signs in here: this is the paper of one reader (BROADSHEET_READERS)."
        )
    return people


def door_page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page with a form for strangers; the form is good in the browser that got it, and in no other."""
    visit = begin_visit(request)
    response = press_of(request).fresh(request, template, status=status, **context)
    keep_visit(request, response, visit)
    return response


def go(request: Request, path: str, **query: str) -> Response:
    """On to a page of ours, after a form."""
    where = press_of(request).addresses(request)
    return RedirectResponse(where.at(path, **query), 303, {"Cache-Control": "no-store"})


def go_back(request: Request, path: str) -> Response:
    """On to where a reader wanted to go before the door; nowhere else than on this site."""
    where = press_of(request).addresses(request)
    safe = local_path(path)
    aim = where.root + safe if safe != "/" else where.at("/papers")
    return RedirectResponse(aim, 303, {"Cache-Control": "no-store"})


def let_in(request: Request, reader: Reader, method: str, path: str = "/") -> Response:
    """Sign a browser in and send it on."""
    response = go_back(request, path)
    sign_in(request, response, reader, method)
    return response


def sign_in(request: Request, response: Response, reader: Reader, method: str) -> None:
    """Sign a browser in; what it was before it came in is over, so that nobody can have prepared it."""
    people = people_of(request)
    old = request.cookies.get(SESSION_COOKIE)
    if old and (found := people.door.inside(old, visitor(request))):
        people.store.entrances.close_session(found[0].id, found[1].id)
    token = people.door.open(reader, method, visitor(request))
    put_cookie(request, response, SESSION_COOKIE, token, people.settings.session_days * 86_400)
    put_cookie(request, response, DEVICE_COOKIE, people.door.device(reader), YEAR)
    put_cookie(request, response, VISIT_COOKIE, "")
