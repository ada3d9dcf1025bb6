"""Who is here: for admins."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from broadsheet.exceptions import PeopleError
from broadsheet.readers import Reader, Role
from broadsheet.web.people.forms import Text, go, many, press_of
from broadsheet.web.session import require

router = APIRouter()


def _admin(request: Request) -> Reader:
    many(request)
    return require(request, Role.ADMIN, in_person=True)


@router.get("/people")
def people(request: Request) -> Response:
    """Everybody who has an account, and who is invited."""
    _admin(request)
    return _people(request)


def _people(request: Request, status: int = 200, **context: Any) -> Response:
    house = press_of(request).house
    given = {"problem": "", "link": "", "link_for": "", "done": request.query_params.get("done", "")}
    return press_of(request).fresh(
        request,
        "people.html",
        status=status,
        accounts=house.store.accounts.every(),
        invitations=house.store.tickets.waiting("invitation"),
        roles=list(Role),
        has_mail=house.people.links.post is not None,
        **{**given, **context},
    )


@router.post("/people/invitations")
def invite(request: Request, role: Text = "reader", email: Text = "") -> Response:
    """Invite somebody, by mail or with a link to pass on."""
    admin, house = _admin(request), many(request)
    where = press_of(request).addresses(request)
    try:
        wanted = Role(role) if role in set(Role) else Role.READER
        if email.strip():
            house.links.send_invitation(admin, wanted, email.strip(), where.absolute)
            return go(request, "/people", done="invited")
        token, _ = house.links.invite(admin, wanted)
    except PeopleError as error:
        return _people(request, 400, problem=str(error))
    link = where.absolute(f"/invitation/{token}")
    return _people(request, link=link, link_for=f"a new {wanted.value}")


@router.post("/people/invitations/withdraw")
def withdraw(request: Request, id: Text = "") -> Response:  # noqa: A002
    """Take an invitation back."""
    _admin(request)
    many(request).store.tickets.withdraw(id)
    return go(request, "/people", done="withdrawn")


@router.post("/people/role")
def change_role(request: Request, name: Text = "", role: Text = "") -> Response:
    """Make somebody a reader, a curator or an admin."""
    _admin(request)
    try:
        house = many(request)
        house.give_role(house.named(name), Role(role) if role in set(Role) else Role.READER)
    except PeopleError as error:
        return _people(request, 400, problem=str(error))
    return go(request, "/people", done="role")


@router.post("/people/disable")
def disable(request: Request, name: Text = "", to: Text = "yes") -> Response:
    """Let somebody in no more, or again."""
    _admin(request)
    try:
        house = many(request)
        house.disable(house.named(name), to == "yes")
    except PeopleError as error:
        return _people(request, 400, problem=str(error))
    return go(request, "/people", done="disabled" if to == "yes" else "enabled")


@router.post("/people/link")
def reset_link(request: Request, name: Text = "") -> Response:
    """A link with which somebody chooses a new password, to pass on by hand."""
    _admin(request)
    house = many(request)
    reader = house.named(name)
    link = press_of(request).addresses(request).absolute(f"/reset/{house.links.reset_token(reader)}")
    return _people(request, link=link, link_for=reader.name)
