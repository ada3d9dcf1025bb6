"""The page of jobs: when each last went well, loud about what has not; for admins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from broadsheet.jobs.schedule import first_due, jobs, reports
from broadsheet.readers import Reader, Role
from broadsheet.web.mail.wishes import Text
from broadsheet.web.people.forms import go, press_of
from broadsheet.web.session import house_of, require

router = APIRouter(include_in_schema=False)


def administering(request: Request) -> Reader:
    """The admin who asks."""
    return require(request, Role.ADMIN)


Admin = Annotated[Reader, Depends(administering)]


@router.get("/jobs")
def page(request: Request, admin: Admin, done: str = "") -> Response:
    """Every job: when it last went well, when it runs next, what it said."""
    house = house_of(request)
    now = datetime.now(UTC)
    subscriptions, deliveries = house.mail.store.counts()
    return press_of(request).fresh(
        request,
        "jobs.html",
        reports=reports(house, now),
        lasting=lasting,
        now=now,
        done=done,
        subscriptions=subscriptions,
        deliveries=deliveries,
        has_mail=house.mail.ready,
    )


def lasting(span: timedelta) -> str:
    """How long something is, roughly.

    >>> [lasting(timedelta(seconds=s)) for s in (0.4, 70, 150, 8000, 200_000)]
    ['a moment', 'a minute', '2 minutes', '2 hours', '2 days']
    """
    seconds = span.total_seconds()
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (size == 60 and seconds >= size):
            number = int(seconds // size)
            return f"a {unit}" if number == 1 else f"{number} {unit}s"
    return "a moment"


@router.post("/jobs/run")
def run(request: Request, admin: Admin, name: Text = "") -> Response:
    """Let a job run now, whether it is failing or not."""
    house = house_of(request)
    if name not in jobs(house):
        raise HTTPException(404, "There is no such job.")
    now = datetime.now(UTC)
    house.store.jobs.ensure({name: first_due(house, name, now)})
    house.store.jobs.hurry(name, now, failing=True)
    return go(request, "/jobs", done=name)
