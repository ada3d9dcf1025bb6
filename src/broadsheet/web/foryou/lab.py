"""The dashboard of the living lab: which of two rankers readers prefer, for admins."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from broadsheet.foryou.drafting import ALPHA
from broadsheet.readers import Reader, Role
from broadsheet.web.api import JSON
from broadsheet.web.foryou.pages import for_you_of
from broadsheet.web.marks import ERRORS
from broadsheet.web.pages import press_of
from broadsheet.web.session import require
from broadsheet.web.wire import written

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["for you"], responses=ERRORS)


def administering(request: Request) -> Reader:
    """The admin who asks."""
    return require(request, Role.ADMIN)


Admin = Annotated[Reader, Depends(administering)]


@router.get("/lab")
def page(request: Request, admin: Admin) -> Response:
    """Every experiment, its course and what can be said of it."""
    verdicts = for_you_of(request).lab.verdicts()
    return press_of(request).fresh(request, "lab.html", verdicts=verdicts, line=line, alpha=ALPHA)


@api.get("/lab", response_model=list[dict[str, Any]])
def lab(request: Request, admin: Admin, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Response:
    """Every experiment of the living lab, the running one first."""
    told = [verdict.told() for verdict in for_you_of(request).lab.verdicts()[:limit]]
    return Response(written(told), media_type=JSON, headers={"Cache-Control": "no-store"})


def line(evidence: tuple[float, ...]) -> tuple[str, float]:
    """The course of the evidence as points of a line in a box of 100 by 100, and the height of the limit.

    The height is a logarithm: 1 stands at 60, the limit 1/α at 20.

    >>> line((1.0, 20.0))
    ('0.0,60.0 100.0,20.0', 20.0)
    """

    def height(value: float) -> float:
        return round(min(max(60 - 40 * math.log(max(value, 1e-9)) / math.log(1 / ALPHA), 0), 100), 1)

    step = 100 / max(1, len(evidence) - 1)
    points = " ".join(f"{round(at * step, 1)},{height(value)}" for at, value in enumerate(evidence))
    return points, height(1 / ALPHA)
