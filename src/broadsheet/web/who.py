"""Who asks, as a parameter of a route, looked at before the form is: a stranger learns nothing of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from broadsheet.readers import Reader, Role
from broadsheet.web.session import is_known, require


async def signed_in(request: Request) -> Reader:
    """The reader who asks."""
    return await _required(request, Role.READER)


async def curating(request: Request) -> Reader:
    """The curator who asks."""
    return await _required(request, Role.CURATOR)


async def _required(request: Request, role: Role) -> Reader:
    if is_known(request):  # the guard has looked already, and nothing waits for the store
        return require(request, role)
    return await run_in_threadpool(require, request, role)


Signed = Annotated[Reader, Depends(signed_in)]
Curating = Annotated[Reader, Depends(curating)]
