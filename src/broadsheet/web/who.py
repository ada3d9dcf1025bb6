"""Who asks, as a parameter of a route, looked at before the form is: a stranger learns nothing of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from broadsheet.readers import Reader, Role
from broadsheet.web.session import require


def signed_in(request: Request) -> Reader:
    """The reader who asks."""
    return require(request)


def curating(request: Request) -> Reader:
    """The curator who asks."""
    return require(request, Role.CURATOR)


Signed = Annotated[Reader, Depends(signed_in)]
Curating = Annotated[Reader, Depends(curating)]
