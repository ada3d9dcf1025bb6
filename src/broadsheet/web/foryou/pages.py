"""For You: the page with its reasons, the corrections, and the page that tells what is known of a reader."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadSignature

from broadsheet.exceptions import UnreadableInputError
from broadsheet.foryou.foryou import ForYou
from broadsheet.readers import Reader
from broadsheet.web.addresses import local_path
from broadsheet.web.api import JSON
from broadsheet.web.lists import PaperList
from broadsheet.web.pages import press_of
from broadsheet.web.press import Press, Sheet
from broadsheet.web.session import house_of, open_to_all
from broadsheet.web.who import Signed
from broadsheet.web.wire import written

Format = Annotated[str, Query(alias="format", max_length=40)]
Limit = Annotated[int, Query(ge=1, le=100)]
Text = Annotated[str, Form(max_length=500)]
Back = Annotated[str, Form(max_length=4096)]

TITLE: Final = "For you"
SALT: Final = "for-you"
DEEDS: Final = {
    "down": "Fewer like it",
    "undown": "It counts against nothing any more",
    "ignore": "It says nothing of your taste",
    "unignore": "It counts again",
    "less": "Less of",
    "unless": "No less of",
    "mute": "Never again",
    "unmute": "No longer muted",
    "away": "Never by this author",
    "unaway": "This author may come again",
    "unfollow": "No longer followed",
    "drop": "Not an interest of yours",
    "undrop": "An interest again",
    "release": "Taken out again",
    "up": "More like it",
    "unup": "It counts for nothing any more",
}
"""What one click corrects, and what the page says when it is done. Each with its opposite, but unfollow
and release."""

router = APIRouter(include_in_schema=False)


def for_you_of(request: Request) -> ForYou:
    """The facet of the house that was asked."""
    return house_of(request).for_you


@router.get("/for-you")
def page(
    request: Request,
    reader: Signed,
    done: Annotated[str, Query(max_length=20)] = "",
    what: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """The newest papers in a reader's own order, each with its reasons."""
    press = press_of(request)
    found = press.house.for_you.page(reader, note=True)
    return press.fresh(
        request,
        "foryou.html",
        page=found,
        listed=found.papers,
        go=lambda paper: _go(press, request, reader, paper.key),
        done=DEEDS.get(done, ""),
        undo=_opposite(done) if what else "",
        what=what,
        feeds=_feed(press, reader).links(press.addresses(request)),
    )


@router.get("/for-you/go")
def go(
    request: Request,
    reader: Signed,
    paper: Annotated[str, Query(max_length=500)] = "",
    t: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Lead to a paper, and note that it was opened; only links of one's own page can do that."""
    press = press_of(request)
    if hmac.compare_digest(t.encode(), _mark(press, reader, paper).encode()):
        press.house.for_you.opened(reader, paper)
    return RedirectResponse(press.addresses(request).at(f"/papers/{paper}"), 303)


@router.post("/for-you/correct")
def correct(
    request: Request, reader: Signed, do: Text = "", what: Text = "", back: Back = "/for-you"
) -> Response:
    """Correct what is known of a reader, in one click."""
    apply(for_you_of(request), reader, do, what)
    where = press_of(request).addresses(request)
    path = local_path(back).partition("?")[0]
    return RedirectResponse(where.at(path, done=do, what=what), 303)


def apply(for_you: ForYou, reader: Reader, do: str, what: str) -> None:
    """Do one of DEEDS. Raises HTTPException for another, TasteError, PaperNotFoundError."""
    said, what = for_you.said(reader), what.replace("\0", "").strip()
    match do:
        case "up" | "down" | "ignore" | "unup" | "undown" | "unignore":
            for_you.judge(reader, what, do.removeprefix("un"), not do.startswith("un"))
        case "less" | "unless":
            for_you.say(reader, said.with_word("less", what, do == "less"))
        case "mute" | "unmute":
            for_you.say(reader, said.with_word("muted", what, do == "mute"))
        case "away" | "unaway":
            for_you.say(reader, said.with_author(what, do == "away"))
        case "drop" | "undrop":
            for_you.say(reader, said.with_dropped(what, do == "drop"))
        case "release":
            for_you.take_out(reader, what)
        case "unfollow":
            for_you.house.community.follow(reader, f"author:{what}", on=False)
        case _:
            raise HTTPException(400, f"One can {', '.join(DEEDS)}, not {do!r}.")


async def answers(request: Request) -> list[tuple[str, str]]:
    """The answers of a form of ratings: (paper, up, down or none)."""
    form = await request.form()
    given = [(name.removeprefix("rate-"), str(value)) for name, value in form.multi_items()]
    return [(name[:500], value) for name, value in given if value in ("up", "down")][:20]


@router.get("/for-you/begin")
def begin(request: Request, reader: Signed) -> Response:
    """Ten papers to rate, that differ."""
    papers = for_you_of(request).to_rate(reader)
    return press_of(request).fresh(request, "foryou_begin.html", papers=papers, listed=papers)


@router.post("/for-you/begin")
def rate(
    request: Request, reader: Signed, said: Annotated[list[tuple[str, str]], Depends(answers)]
) -> Response:
    """Take the ratings, and show what they make of the page."""
    for key, value in said:
        for_you_of(request).judge(reader, key, value)
    return RedirectResponse(press_of(request).addresses(request).at("/for-you"), 303)


@router.post("/for-you/library")
def library(request: Request, reader: Signed, file: UploadFile) -> Response:
    """Take a library in, and say what became of it."""
    press = press_of(request)
    try:
        brought = press.house.for_you.bring(reader, file.filename or "library", file.file)
    except UnreadableInputError as error:
        return press.fresh(request, "foryou_brought.html", status=400, brought=None, problem=str(error))
    return press.fresh(request, "foryou_brought.html", brought=brought, problem="")


@router.get("/for-you/model.json")
def take_along(request: Request, reader: Signed) -> Response:
    """The same as a file."""
    told = written(for_you_of(request).known(reader).told())
    name = 'attachment; filename="for-you.json"'
    return Response(told, media_type=JSON, headers={"Content-Disposition": name, "Cache-Control": "no-store"})


@router.get("/for-you/model")
def model(
    request: Request,
    reader: Signed,
    done: Annotated[str, Query(max_length=20)] = "",
    what: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Everything that is known of a reader, in words."""
    press = press_of(request)
    where = press.addresses(request)
    return press.fresh(
        request,
        "foryou_model.html",
        known=press.house.for_you.known(reader),
        done=DEEDS.get(done, "") or {"kept": "Kept", "reset": "Forgotten: it begins anew"}.get(done, ""),
        undo=_opposite(done) if what else "",
        what=what,
        private=_feed(press, reader).links(where),
    )


@router.post("/for-you/model")
def change(request: Request, reader: Signed, do: Text = "", explore: Text = "", word: Text = "") -> Response:
    """Change how the feed goes: the share from beyond, on or off, alone or together with others, a new
    address, or from the beginning."""
    for_you = for_you_of(request)
    said = for_you.said(reader)
    match do:
        case "explore":
            try:
                share = min(max(float(explore) / 100, 0.0), 0.5)
            except ValueError as error:
                raise HTTPException(400, "The share is a number of per cent.") from error
            for_you.say(reader, replace(said, explore=share))
        case "mute":
            for_you.say(reader, said.with_word("muted", word))
        case "less":
            for_you.say(reader, said.with_word("less", word))
        case "on" | "off":
            for_you.say(reader, replace(said, off=do == "off"))
        case "alone" | "together":
            for_you.say(reader, replace(said, alone=do == "alone"))
        case "feed":
            for_you.say(reader, replace(said, feed=said.feed + 1))
        case "reset":
            for_you.reset(reader)
        case _:
            raise HTTPException(400, f"There is no such thing to do: {do!r}.")
    where = press_of(request).addresses(request)
    return RedirectResponse(where.at("/for-you/model", done="reset" if do == "reset" else "kept"), 303)


@router.get("/for-you/feed/{token}")
@open_to_all  # the token is what lets in: a feed reader cannot sign in
def feed(request: Request, token: str, format_: Format = "atom", limit: Limit = 20) -> Response:
    """The same papers as a feed, for whoever has its address."""
    press = press_of(request)
    people = press.house.people
    try:
        number, count = people.signer(SALT).loads(token)
        reader = people.reader(int(number))
    except (BadSignature, ValueError, TypeError) as error:
        raise HTTPException(404) from error
    said = press.house.for_you.said(reader)
    if not press.house.store.accounts.account(reader.id).open or said.feed != count or said.off:
        raise HTTPException(404)

    def make() -> Sheet:
        return _feed(press, reader).sheet(press.house, press.addresses(request), format_, limit)

    return press.answer(request, make)


def _feed(press: Press, reader: Reader) -> PaperList:
    for_you = press.house.for_you
    token = press.house.people.signer(SALT).dumps([reader.id, for_you.said(reader).feed])
    return PaperList(
        TITLE, f"/for-you/feed/{token}", {}, lambda most: for_you.page(reader, limit=most).papers
    )


def _go(press: Press, request: Request, reader: Reader, key: str) -> str:
    return press.addresses(request).at("/for-you/go", paper=key, t=_mark(press, reader, key))


def _mark(press: Press, reader: Reader, key: str) -> str:
    said = f"for-you-go:{reader.id}:{key}".encode()
    return hmac.new(press.csrf_key, said, hashlib.sha256).hexdigest()[:32]


def _opposite(done: str) -> str:
    if done in ("unfollow", "release"):
        return ""
    if done == "unless":
        return "less"
    found = done.removeprefix("un") if done.startswith("un") else f"un{done}"
    return found if found in DEEDS else ""
