"""Errors in the same dress as everything else: a page for readers, one JSON shape for machines."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from broadsheet import identifiers
from broadsheet.exceptions import (
    BroadsheetError,
    DerivedIndexError,
    NameTakenError,
    NotAllowedError,
    NotFoundError,
    PaperNotFoundError,
    PeopleError,
    SignInError,
    StoreError,
    TooOftenError,
)
from broadsheet.web.pages import press_of
from broadsheet.web.session import brings_key

log = logging.getLogger("broadsheet.web")

_ADVICE: Final = {
    401: "Some things here are for readers who have signed in.",
    403: "If you think that you should be able to do this, ask whoever runs this paper.",
    429: "Others would like to get in, too.",
    400: "The address asks for something this paper cannot make sense of.",
    404: "Perhaps the address is mistyped, or the paper has not been brought in here.",
    405: "That address cannot be used in this way.",
    422: "One of the values in the address is out of its range.",
    500: "Something broke on our side, and was written to the log.",
    503: "A part of the house cannot be reached just now. Please try again in a moment.",
}


def add_handlers(app: FastAPI) -> None:
    """Let every error of the app be answered here."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(BroadsheetError, _failed)
    app.add_exception_handler(Exception, _broke)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    by_hand = request.method == "GET" and not brings_key(request) and not wants_json(request)
    if error.status_code == 401 and by_hand:
        return _to_the_door(request)
    detail = "" if error.detail == HTTPStatus(error.status_code).phrase else str(error.detail)
    return respond(request, error.status_code, detail, headers)


def _to_the_door(request: Request) -> Response:
    """Somebody who is not signed in asked for a page that wants it: in by the door, and back to the page."""
    where = press_of(request).addresses(request)
    here = request.url.path.removeprefix(where.root) or "/"
    wanted = f"{here}?{request.url.query}" if request.url.query else here
    address = where.at("/sign-in", next=wanted)
    return RedirectResponse(address, 303, {"Cache-Control": "no-store", "Vary": "Cookie"})


def _misunderstood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = "; ".join(f"{e['loc'][-1]}: {e['msg'].lower()}" for e in error.errors())
    return respond(request, 422, problems)


def _failed(request: Request, error: Exception) -> Response:
    if isinstance(error, PaperNotFoundError):
        detail = str(error) if wants_json(request) else f"There is no “{error.reference}” here."
        return respond(request, 404, detail, reference=error.reference)
    if isinstance(error, TooOftenError):
        return respond(request, 429, str(error), {"Retry-After": str(max(1, round(error.wait)))})
    if isinstance(error, PeopleError):
        status = {SignInError: 401, NotAllowedError: 403, NameTakenError: 409}.get(type(error), 400)
        return respond(request, status, str(error))
    if isinstance(error, NotFoundError):
        return respond(request, 404, str(error))
    log.error("%s: %s", type(error).__name__, error, exc_info=error)
    status = 503 if isinstance(error, StoreError | DerivedIndexError) else 500
    return respond(request, status, "")  # what happened may name files and hosts: it is in the log


def _broke(request: Request, error: Exception) -> Response:
    log.error("%s %r broke", request.method, request.url.path, exc_info=error)
    return respond(request, 500, "")


def respond(
    request: Request, status: int, detail: str, headers: dict[str, str] | None = None, reference: str = ""
) -> Response:
    """An error as the one who asks can read it. `reference` is the paper that was wanted, if one was."""
    phrase = HTTPStatus(status).phrase
    headers = {**(headers or {}), "Vary": "Accept, Cookie"}
    if wants_json(request):
        body = {"error": detail or phrase, "status": status}
        return JSONResponse(body, status, headers=headers)
    press = press_of(request)
    request_id = request.scope.get("state", {}).get("request_id", "")
    try:
        sheet = press.page(
            request,
            "error.html",
            status=status,
            code=status,
            phrase=phrase,
            detail=detail,
            advice=_ADVICE.get(status, ""),
            request_id=request_id,
            reference=reference,
            identifier=identifiers.resolve(reference) if reference else None,
        )
    except Exception:  # the page of an error must not depend on what broke
        log.exception("the page of an error broke")
        return Response(f"{status} {phrase}\n", status, headers, "text/plain; charset=utf-8")
    sheet = press.with_token(request, sheet)
    return Response(sheet.body, status, headers, sheet.media_type)


def wants_json(request: Request) -> bool:
    """Whether a machine asks: below /api, or where JSON is accepted and HTML is not."""
    root = str(request.scope.get("root_path", ""))
    path = request.url.path.removeprefix(root)
    accepted = request.headers.get("accept", "")
    return path.startswith("/api/") or ("json" in accepted and "html" not in accepted)
