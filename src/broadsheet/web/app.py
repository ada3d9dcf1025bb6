"""The web face of a house: pages, JSON, feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

import broadsheet
from broadsheet.web import api, errors, pages, site
from broadsheet.web.gate import Gate
from broadsheet.web.press import Press

if TYPE_CHECKING:
    from broadsheet.house import House


def create_app(house: House) -> FastAPI:
    """An ASGI app that serves the house. The caller owns the house and closes it."""
    app = FastAPI(
        title=house.settings.title,
        version=broadsheet.__version__,
        summary="A daily paper of research papers.",
        description="Papers, editions and search. `/api/daily_papers`, `/api/papers/search` and "
        "`/api/papers/{key}` answer as Hugging Face's do.",
        docs_url=None,
        redoc_url=None,
        # A proxy may or may not take the path away on which the paper is mounted; both work.
        root_path=urlsplit(house.settings.base_url).path.rstrip("/"),
        root_path_in_servers=False,
    )
    app.state.press = Press(house)
    app.include_router(api.router)
    app.include_router(site.router)
    app.include_router(pages.router)  # last: a paper's address may be anything below /papers/
    errors.add_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Gate)
    return app
