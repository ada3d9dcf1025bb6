"""The web face of a house: pages, JSON, feeds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

import broadsheet
from broadsheet.web import (
    api,
    curators,
    desk,
    errors,
    following,
    foryou,
    jobs,
    mail,
    marks,
    methods,
    pages,
    people,
    shelves,
    site,
    tags,
    talk,
    topics,
    trends,
)
from broadsheet.web.gate import MOST, Gate
from broadsheet.web.press import Press
from broadsheet.web.session import guard

if TYPE_CHECKING:
    from broadsheet.house import House


_SOON: Final = 0.2  # seconds


class App(FastAPI):
    """FastAPI behind a gate that also sees the answers to failures nobody caught."""

    def build_middleware_stack(self) -> ASGIApp:
        """The layers a request passes, the gate before all others."""
        config = self.state.press.house.settings
        root = urlsplit(config.base_url).path.rstrip("/")
        return Gate(super().build_middleware_stack(), root, config.proxy_networks)


@asynccontextmanager
async def _warmed(app: FastAPI) -> AsyncIterator[None]:
    """Make ready for the first question while nobody has asked one yet."""
    warming = threading.Thread(target=app.state.press.house.index.warm, name="warming")
    begun = asyncio.get_running_loop().call_later(_SOON, warming.start)  # after the doors are open
    yield
    begun.cancel()
    if warming.ident is not None:
        warming.join()


def create_app(house: House) -> FastAPI:
    """An ASGI app that serves the house. The caller owns the house and closes it."""
    app = App(
        title=house.settings.title,
        version=broadsheet.__version__,
        summary="A daily paper of research papers.",
        description="Papers, editions and search. `/api/daily_papers`, `/api/papers/search` and "
        "`/api/papers/{key}` answer as Hugging Face's do.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # a page of ours, which passes the guard as all do
        lifespan=_warmed,
        max_body_size=MOST,  # counted, where a request does not say how long it is
        dependencies=[Depends(guard)],
    )
    app.state.press = Press(house)
    for community in (marks, trends, talk, shelves, following, curators, foryou, foryou.lab):
        app.include_router(community.api)
        app.include_router(community.router)
    app.include_router(desk.api)
    app.include_router(api.router)
    app.include_router(methods.api)
    app.include_router(methods.pages)
    app.include_router(site.router)
    app.include_router(people.router)
    app.include_router(mail.router)
    app.include_router(jobs.router)
    app.include_router(tags.api)
    app.include_router(topics.api)
    app.include_router(topics.pages)
    app.include_router(tags.pages)
    app.include_router(pages.router)  # last: a paper's address may be anything below /papers/
    errors.add_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    return app
