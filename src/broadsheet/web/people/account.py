"""A reader's own account: how they are called, how they come in, what they made."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.background import BackgroundTask

from broadsheet.exceptions import PeopleError
from broadsheet.people.keys import SCOPES
from broadsheet.readers import Reader, Role
from broadsheet.web.people.forms import Text, go, many, people_of, press_of, sign_in
from broadsheet.web.session import SESSION_COOKIE, put_cookie, require, session_of

DAYS: Final = (30, 90, 365, 0)

router = APIRouter()


@router.get("/account")
def account(request: Request) -> Response:
    """Everything about oneself."""
    return _account(request, me(request))


def me(request: Request) -> Reader:
    """The reader in person; no key reaches the account."""
    return require(request, Role.READER, in_person=True)


def _account(request: Request, reader: Reader, status: int = 200, **context: Any) -> Response:
    people = people_of(request)
    kept = people.store.accounts.account(reader.id)
    given = {"problem": "", "new_key": "", "done": request.query_params.get("done", ""), **context}
    entrances = people.store.entrances
    return press_of(request).fresh(
        request,
        "account.html",
        status=status,
        account=kept,
        zones=sorted(available_timezones()),
        sessions=entrances.sessions(reader.id),
        session=session_of(request),
        passkeys=entrances.passkeys(reader.id),
        keys=people.keys.of(reader),
        identities=entrances.identities(reader.id),
        elsewhere=people.settings.oidc_name if people.settings.oidc_issuer else "",
        scopes=SCOPES,
        days=DAYS,
        **given,
    )


@router.post("/account/profile")
def profile(request: Request, shown: Text = "", zone: Text = "") -> Response:
    """How one is called, and when one's day begins."""
    reader = me(request)
    try:
        people_of(request).describe(reader, shown=shown, zone=zone)
    except PeopleError as error:
        return _account(request, reader, 400, problem=str(error))
    return go(request, "/account", done="profile")


@router.post("/account/email")
def email(request: Request, email: Text = "") -> Response:
    """A new address; it counts when somebody has answered from there. '' takes the old one away."""
    reader, people = me(request), people_of(request)
    where = press_of(request).addresses(request)
    if not email.strip():
        people.store.accounts.change(reader.id, email="", confirmed=False)
        return go(request, "/account", done="email")
    try:
        if people.links.post is None:
            raise PeopleError("mail is not set up here, so that no address can be confirmed")
        people.check_email(email.strip())
    except PeopleError as error:
        return _account(request, reader, 400, problem=str(error))
    response = go(request, "/account", done="letter")
    response.background = BackgroundTask(
        people.links.send_confirmation, reader, email.strip(), where.absolute
    )
    return response


@router.post("/account/password")
def password(request: Request, old: Text = "", new: Text = "") -> Response:
    """A new password; every other browser is signed out."""
    reader, people = me(request), many(request)
    try:
        people.change_password(reader, old, new)
    except PeopleError as error:
        return _account(request, reader, 400, problem=str(error))
    response = go(request, "/account", done="password")
    if session_of(request):
        sign_in(request, response, reader, "password")
    return response


@router.post("/account/sessions/end")
def end_session(request: Request, id: Text = "") -> Response:  # noqa: A002
    """Sign a browser out: one of one's own, or all others."""
    reader, people = me(request), many(request)
    if id:
        people.store.entrances.close_session(reader.id, id)
    else:
        people.store.entrances.close_sessions(reader.id, but=session_of(request))
    return go(request, "/account", done="sessions")


@router.post("/account/keys")
def make_key(
    request: Request,
    label: Text = "",
    scope: Annotated[list[str], Form()] = [],  # noqa: B006
    days: Annotated[int, Form(ge=0, le=3650)] = 90,
) -> Response:
    """A new key for a program; it is shown once."""
    reader = me(request)
    try:
        made = people_of(request).keys.make(reader, label, frozenset(scope), days or None)
    except PeopleError as error:
        return _account(request, reader, 400, problem=str(error))
    return _account(request, reader, new_key=made)


@router.post("/account/keys/end")
def end_key(request: Request, id: Text = "") -> Response:  # noqa: A002
    """Take a key back."""
    people_of(request).keys.take_back(me(request), id)
    return go(request, "/account", done="keys")


@router.post("/account/elsewhere/end")
def end_elsewhere(request: Request, issuer: Text = "") -> Response:
    """Come in by another house no more."""
    reader, people = me(request), many(request)
    try:
        people.check_way_in(reader, without="elsewhere")
    except PeopleError as error:
        return _account(request, reader, 400, problem=str(error))
    people.store.entrances.remove_identity(reader.id, issuer)
    return go(request, "/account", done="elsewhere")


@router.get("/account/export")
def export(request: Request) -> Response:
    """Everything one made, and everything kept about one, as a file."""
    reader = me(request)
    body = json.dumps(people_of(request).export(reader), ensure_ascii=False, indent=2)
    headers = {
        "Content-Disposition": f'attachment; filename="{reader.name}.json"',
        "Cache-Control": "no-store",
    }
    return Response(body, headers=headers, media_type="application/json")


@router.post("/account/delete")
def delete(request: Request, name: Text = "", password: Text = "") -> Response:
    """Leave, and take everything along. The name is typed, so that it is no slip."""
    reader, people = me(request), many(request)
    try:
        people.check_it_is(reader, name, password)
        people.delete(reader)
    except PeopleError as error:
        return _account(request, reader, 400, problem=str(error))
    response = go(request, "/sign-in")
    put_cookie(request, response, SESSION_COOKIE, "")
    return response
