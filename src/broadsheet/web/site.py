"""What belongs to the site and to no list: health, robots, search in the browser's bar, the look's files."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from broadsheet.jobs.schedule import reports
from broadsheet.web.assets import assets
from broadsheet.web.lists import FORMATS
from broadsheet.web.pages import press_of
from broadsheet.web.press import Sheet
from broadsheet.web.session import open_to_all, reader_of

IMMUTABLE: Final = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
@open_to_all
def healthz() -> Response:
    """The process lives."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.get("/readyz")
@open_to_all
def readyz(request: Request) -> Response:
    """The store answers. Sources that have gone stale are named, and do not make the house unready."""
    house = press_of(request).house
    strangers = house.settings.private and reader_of(request) is None
    stale = [
        {
            "source": harvest.source,
            "query": harvest.query,
            "last_success": harvest.last_success.isoformat() if harvest.last_success else None,
            "last_error": harvest.last_error,
        }
        for harvest, is_stale in house.harvests()
        if is_stale and not strangers
    ]
    late = [report.run.name for report in reports(house) if report.stale and not strangers]
    body: dict[str, Any] = {"status": "ok", "stamp": house.stamp(), "stale": stale, "stale_jobs": late}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.get("/static/{name}")
@open_to_all
def static(name: str) -> Response:
    """A file of the look; under its hashed name it never changes."""
    asset = assets().get(name)
    if asset is None:
        raise HTTPException(404)
    kept = IMMUTABLE if name == asset.hashed else "no-cache"
    return Response(asset.body, headers={"Cache-Control": kept}, media_type=asset.media_type)


@router.get("/favicon.ico")
@open_to_all
def favicon(request: Request) -> Response:
    """Browsers that ask for the old name get the new one."""
    where = press_of(request).addresses(request)
    return RedirectResponse(where.at(f"/static/{assets()['favicon.svg'].hashed}"), 307)


@router.get("/robots.txt")
@open_to_all
def robots(request: Request) -> Response:
    """Robots may read everything but endless searches and a reader's own; in a private house, nothing."""
    press = press_of(request)
    where = press.addresses(request)
    if press.house.settings.private:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
    return PlainTextResponse(
        f"User-agent: *\nDisallow: {where.at('/papers')}?q=\nDisallow: {where.at('/api/')}\n"
        f"Disallow: {where.at('/sign-in')}\nDisallow: {where.at('/account')}\n"
    )


@router.get("/manifest.webmanifest")
@open_to_all
def manifest(request: Request) -> Response:
    """What a phone needs to keep the paper among its apps."""
    press = press_of(request)
    where = press.addresses(request)
    icon = {
        "src": where.at(f"/static/{assets()['favicon.svg'].hashed}"),
        "sizes": "any",
        "type": "image/svg+xml",
    }
    body = {
        "name": press.house.settings.title,
        "short_name": press.house.settings.title[:12],
        "description": "A daily paper of research papers",
        "start_url": where.at("/papers"),
        "scope": where.at("/"),
        "display": "minimal-ui",
        "background_color": "#fbf9f4",
        "theme_color": "#fbf9f4",
        "icons": [{**icon, "purpose": "any"}],
    }
    return Response(json.dumps(body), media_type="application/manifest+json")


@router.get("/opensearch.xml")
def opensearch(request: Request) -> Response:
    """Lets a browser search here from its own bar."""
    press = press_of(request)
    return press.answer(
        request,
        lambda: press.page(
            request, "opensearch.xml", media_type="application/opensearchdescription+xml; charset=utf-8"
        ),
    )


@router.get("/llms.txt")
def llms(request: Request) -> Response:
    """The site in a page of text, for agents."""
    press = press_of(request)
    return press.answer(
        request,
        lambda: press.page(
            request,
            "llms.txt",
            media_type="text/plain; charset=utf-8",
            counts=press.counts(),
            latest=press.house.latest(),
            formats=FORMATS,
        ),
    )


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The description of the JSON API, for programs."""
    return JSONResponse(request.app.openapi())


@router.get("/docs/api")
def api_page(request: Request) -> Response:
    """The API, read off its own description."""
    press = press_of(request)

    def make() -> Sheet:
        return press.page(request, "api.html", api=request.app.openapi())

    return press.answer(request, make)
