"""Moments in addresses: what is asked for as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import HTTPException, Query

AsOf = Annotated[
    str, Query(alias="as_of", max_length=40, description="As of this moment (ISO 8601), or the end of a day.")
]


def moment_of(text: str) -> datetime | None:
    """The moment of an `as_of`: a day is asked for as of its end. Raises HTTPException for what is none.

    >>> moment_of("2026-03-02T08:00Z"), moment_of("")
    (datetime.datetime(2026, 3, 2, 8, 0, tzinfo=datetime.timezone.utc), None)
    """
    text = text.strip().replace(" ", "+")  # a plus sign in an address reads as a space
    if not text:
        return None
    try:
        if len(text) == len("2026-03-02"):
            text += "T23:59:59.999999"
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        reason = f"as_of is a moment such as 2026-03-02T08:00Z, or a day, got {text!r}"
        raise HTTPException(400, reason) from error


def spelled(moment: datetime) -> str:
    """A moment as `as_of` takes it.

    >>> spelled(datetime(2026, 3, 2, 8, 0, 0, 5, tzinfo=UTC))
    '2026-03-02T08:00:00.000005Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
