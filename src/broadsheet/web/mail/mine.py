"""A reader's own subscriptions, and deliveries to programs: webhooks and ntfy."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from broadsheet.digest.tokens import Purpose
from broadsheet.exceptions import FetchError, MailError, NotFoundError
from broadsheet.readers import Reader
from broadsheet.subscriptions import Channel, Standing
from broadsheet.web.mail import wishes
from broadsheet.web.mail.wishes import Filled, Text, WishForm
from broadsheet.web.people.forms import go, press_of
from broadsheet.web.session import house_of
from broadsheet.web.who import Signed

router = APIRouter()


@router.get("/subscriptions")
def subscriptions(request: Request, reader: Signed, done: str = "") -> Response:
    """What comes to this reader, by mail and to programs."""
    return _mine(request, reader, WishForm(), done=done)


@router.post("/subscriptions")
def add(request: Request, reader: Signed, form: Filled, channel: Text = "", target: Text = "") -> Response:
    """Have it delivered to a webhook or to ntfy."""
    try:
        if channel not in (Channel.WEBHOOK, Channel.NTFY):
            raise MailError("a digest goes to a webhook or to ntfy")
        house_of(request).mail.deliver_to(Channel(channel), target.strip(), form.wish(), reader.id)
    except (MailError, FetchError) as error:
        return _mine(request, reader, form, 400, problem=str(error), target=target, channel=channel)
    return go(request, "/subscriptions", done="added")


@router.post("/subscriptions/end")
def end(request: Request, reader: Signed, id: Text = "") -> Response:  # noqa: A002
    """Have it no more."""
    store = house_of(request).mail.store
    try:
        found = store.subscription(id)
    except NotFoundError as error:
        raise HTTPException(404, "There is no such subscription of yours.") from error
    if found.reader != reader.id:
        raise HTTPException(404, "There is no such subscription of yours.")
    store.end(found.id, "unsubscribed")
    return go(request, "/subscriptions", done="ended")


def _mine(
    request: Request,
    reader: Reader,
    form: WishForm,
    status: int = 200,
    *,
    done: str = "",
    problem: str = "",
    target: str = "",
    channel: str = Channel.WEBHOOK.value,
) -> Response:
    mail = house_of(request).mail
    listed = [
        each for each in mail.store.subscriptions(reader=reader.id) if each.standing is not Standing.ENDED
    ]
    given = wishes.context(request, form, problem=problem, done=done, target=target, channel=channel)
    return press_of(request).fresh(
        request,
        "subscriptions.html",
        status=status,
        subscriptions=[
            (
                each,
                f"/mail/settings/{mail.tokens.sign(Purpose.SETTINGS, each.id)}",
                f"/mail/feed/{mail.tokens.sign(Purpose.FEED, each.id)}",
                next(iter(mail.store.deliveries(subscription=each.id, limit=1)), None),
            )
            for each in listed
        ],
        has_mail=mail.ready,
        **given,
    )
