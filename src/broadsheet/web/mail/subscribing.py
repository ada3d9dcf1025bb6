"""Subscribing, with an account or without: the form, and the letter that asks."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from broadsheet.digest.letters import wish_in_words
from broadsheet.exceptions import MailError, NoMailServerError, TooOftenError
from broadsheet.people.limits import Limit, network
from broadsheet.subscriptions import Cadence, Kind
from broadsheet.web.mail import wishes
from broadsheet.web.mail.wishes import Filled, Text, WishForm
from broadsheet.web.peers import visitor
from broadsheet.web.people.forms import door_page
from broadsheet.web.session import house_of, reader_of, require_visit

SUBSCRIBING: Final = Limit(10, 3600)  # letters that one network may have sent to strangers

router = APIRouter()


@router.get("/subscribe")
def subscribe(request: Request, q: str = "", kind: str = "", cadence: str = "", of: str = "") -> Response:
    """Where to ask for a digest."""
    reader = reader_of(request)
    wanted = kind if kind in set(Kind) else Kind.QUERY.value if q.strip() else Kind.EDITION.value
    often = cadence if cadence in set(Cadence) else Cadence.DAILY.value
    form = WishForm(kind=wanted, of=(q or of)[:1000], cadence=often)
    return _form(request, form, address=reader.email if reader else "")


@router.post("/subscribe")
def ask(request: Request, form: Filled, address: Text = "") -> Response:
    """Ask the address whether it is its own; the answer is the same whoever is known here."""
    require_visit(request)
    house, reader = house_of(request), reader_of(request)
    try:
        wish = form.wish()
        house.people.limiter.take(SUBSCRIBING, "subscribing", network(visitor(request).address))
        house.mail.subscribe(address, wish, reader=reader.id if reader else None)
    except TooOftenError as error:
        return _form(request, form, 429, address=address, problem=str(error))
    except NoMailServerError:
        return _form(request, form, 409, address=address)
    except MailError as error:
        return _form(request, form, 400, address=address, problem=str(error))
    return door_page(request, "subscribed.html", address=address.strip(), wish=wish, in_words=wish_in_words)


def _form(
    request: Request, form: WishForm, status: int = 200, *, address: str = "", problem: str = ""
) -> Response:
    has_mail = house_of(request).mail.ready
    given = wishes.context(request, form, address=address, problem=problem, has_mail=has_mail)
    return door_page(request, "subscribe.html", status=status, **given)
