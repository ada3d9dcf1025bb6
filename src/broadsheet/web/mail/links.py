"""What the links in mails lead to. The token in the address is all that is asked for.

Programs that look for harm follow every link of a mail before a person does. So nothing here changes by being
looked at: each page has a button. The one exception is made for mail programs that know it (RFC 8058): a POST
to the address of `List-Unsubscribe` ends a subscription at once, from anywhere, and answers 200 itself.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from broadsheet.digest.issue import Entry, Issue
from broadsheet.digest.letters import wish_in_words
from broadsheet.digest.tokens import Purpose
from broadsheet.exceptions import MailError, NotFoundError, TokenError
from broadsheet.mailing.mail import Mail
from broadsheet.papers import Paper
from broadsheet.subscriptions import Delivery, Standing, Subscription
from broadsheet.web.lists import PaperList
from broadsheet.web.mail import wishes
from broadsheet.web.mail.wishes import Filled, WishForm
from broadsheet.web.people.forms import door_page, go, press_of
from broadsheet.web.session import csrf_exempt, house_of, open_to_all

DEEDS: Final = {"up": "vote", "save": "save", "hide": "hide"}
FED: Final = 30  # digests that a feed reaches back

router = APIRouter()


@router.get("/mail/confirm/{token}")
@open_to_all
def confirmation(request: Request, token: str) -> Response:
    """Asks whether the address is theirs."""
    return _confirm(request, token, _named(request, Purpose.CONFIRM, token), done=False)


@router.post("/mail/confirm/{token}")
@open_to_all
def confirm(request: Request, token: str) -> Response:
    """It is theirs."""
    _named(request, Purpose.CONFIRM, token)
    return _confirm(request, token, _mail(request).confirm(token), done=True)


def _confirm(request: Request, token: str, subscription: Subscription, *, done: bool) -> Response:
    mail = _mail(request)
    return door_page(
        request,
        "mail_confirm.html",
        path=f"/mail/confirm/{token}",
        subscription=subscription,
        done=done or subscription.standing is Standing.ACTIVE,
        in_words=wish_in_words,
        settings_path=f"/mail/settings/{mail.tokens.sign(Purpose.SETTINGS, subscription.id)}",
    )


@router.get("/mail/unsubscribe/{token}")
@open_to_all
def leaving(request: Request, token: str) -> Response:
    """Asks whether they want to leave; a program that only looks changes nothing."""
    return _leave(request, token, _named(request, Purpose.UNSUBSCRIBE, token))


@router.post("/mail/unsubscribe/{token}")
@open_to_all
@csrf_exempt
def leave(request: Request, token: str) -> Response:
    """They leave: by the button, or by their mail program's (RFC 8058), which has no cookies and no page."""
    _named(request, Purpose.UNSUBSCRIBE, token)
    mail = _mail(request)
    mail.unsubscribe(token)
    return _leave(request, token, mail.named(Purpose.UNSUBSCRIBE, token))


def _leave(request: Request, token: str, subscription: Subscription) -> Response:
    return door_page(
        request,
        "unsubscribe.html",
        path=f"/mail/unsubscribe/{token}",
        subscription=subscription,
        done=subscription.standing is Standing.ENDED,
        in_words=wish_in_words,
    )


@router.get("/mail/settings/{token}")
@open_to_all
def settings(request: Request, token: str, done: str = "") -> Response:
    """How they want it."""
    subscription = _named(request, Purpose.SETTINGS, token)
    return _settings(request, token, subscription, WishForm.of_wish(subscription.wish), done=bool(done))


@router.post("/mail/settings/{token}")
@open_to_all
def change(request: Request, token: str, form: Filled) -> Response:
    """They want it otherwise; what it is about stays."""
    subscription = _named(request, Purpose.SETTINGS, token)
    wish = subscription.wish
    form = WishForm(
        wish.kind.value,
        wish.object,
        wish.cadence.value,
        form.weekday,
        form.hour,
        form.zone,
        form.length,
        form.quiet,
        form.away_from,
        form.away_until,
    )
    try:
        _mail(request).change(subscription, form.wish())
    except MailError as error:
        return _settings(request, token, subscription, form, 400, problem=str(error))
    return go(request, f"/mail/settings/{token}", done="1")


def _settings(
    request: Request,
    token: str,
    subscription: Subscription,
    form: WishForm,
    status: int = 200,
    *,
    done: bool = False,
    problem: str = "",
) -> Response:
    tokens = _mail(request).tokens
    given = wishes.context(request, form, problem=problem, done=done, subscription=subscription)
    return door_page(
        request,
        "mail_settings.html",
        status=status,
        path=f"/mail/settings/{token}",
        leave_path=f"/mail/unsubscribe/{tokens.sign(Purpose.UNSUBSCRIBE, subscription.id)}",
        feed_path=f"/mail/feed/{tokens.sign(Purpose.FEED, subscription.id)}",
        **given,
    )


@router.get("/mail/digest/{token}")
@open_to_all
def digest(request: Request, token: str) -> Response:
    """A digest as a page."""
    _, issue = _delivered(request, token)
    path = f"/mail/digest/{token}"
    return press_of(request).fresh(request, "digest.html", issue=issue, path=path, deed="", entry=None)


@router.get("/mail/digest/{token}/{deed}")
@open_to_all
def asking(request: Request, token: str, deed: str, paper: str = "") -> Response:
    """Asks whether that is what they think of a paper."""
    _, issue, entry = _meant(request, token, deed, paper)
    return _deed(request, token, deed, issue, entry, done=False)


@router.post("/mail/digest/{token}/{deed}")
@open_to_all
@csrf_exempt
def act(request: Request, token: str, deed: str, paper: str = "") -> Response:
    """It is what they think. The token says who they are, and only papers of that digest can be meant."""
    delivery, issue, entry = _meant(request, token, deed, paper)
    reader = _mail(request).reader_of(delivery)
    if reader is None:
        raise HTTPException(403, "This digest belongs to no account, so nothing can be kept for it.")
    house_of(request).community.mark(reader, entry.key, DEEDS[deed], True)
    return _deed(request, token, deed, issue, entry, done=True)


def _meant(request: Request, token: str, deed: str, paper: str) -> tuple[Delivery, Issue, Entry]:
    delivery, issue = _delivered(request, token)
    entry = next((entry for entry in issue.entries if entry.key == paper), None)
    if deed not in DEEDS or entry is None:
        raise HTTPException(404, "There is no such paper in this digest.")
    return delivery, issue, entry


def _deed(request: Request, token: str, deed: str, issue: Issue, entry: Entry, *, done: bool) -> Response:
    path = f"/mail/digest/{token}"
    return door_page(request, "mail_deed.html", issue=issue, entry=entry, path=path, deed=deed, done=done)


@router.get("/mail/feed/{token}")
@open_to_all
def feed(request: Request, token: str, format: str = "atom") -> Response:  # noqa: A002
    """What the last digests told, as a feed or an export, for who has its address."""
    subscription = _named(request, Purpose.FEED, token)
    if subscription.standing is not Standing.ACTIVE:
        raise HTTPException(410, "This subscription has ended.")
    house, where = house_of(request), press_of(request).addresses(request)
    papers = PaperList(
        wish_in_words(subscription.wish),
        f"/mail/feed/{token}",
        {},
        lambda most: _told(request, subscription, most),
    )
    sheet = papers.sheet(house, where, format, FED * 10)
    return Response(sheet.body, sheet.status, {"Cache-Control": "private, no-cache"}, sheet.media_type)


def _told(request: Request, subscription: Subscription, most: int) -> list[Paper]:
    mail, house = _mail(request), house_of(request)
    papers: dict[str, Paper] = {}
    for delivery in mail.store.deliveries(subscription=subscription.id, limit=FED):
        for entry in mail.digest(delivery.digest).entries:
            if entry.key in papers or len(papers) >= most:
                continue
            try:
                papers[entry.key] = house.paper(entry.key)
            except NotFoundError:
                continue
    return list(papers.values())


def _mail(request: Request) -> Mail:
    return house_of(request).mail


def _named(request: Request, purpose: Purpose, token: str) -> Subscription:
    try:
        return _mail(request).named(purpose, token)
    except TokenError as error:
        raise HTTPException(404, _sentence(error)) from error


def _delivered(request: Request, token: str) -> tuple[Delivery, Issue]:
    try:
        return _mail(request).delivered(token)
    except TokenError as error:
        raise HTTPException(404, _sentence(error)) from error


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
