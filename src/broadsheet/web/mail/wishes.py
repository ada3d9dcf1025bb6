"""A wish as a form: its fields, and what is read from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from fastapi import Depends, Form, Request

from broadsheet.digest.letters import wish_in_words
from broadsheet.exceptions import MailError
from broadsheet.subscriptions import DAYS, Cadence, Kind, Wish
from broadsheet.web.session import house_of, reader_of

Text = Annotated[str, Form(max_length=1000)]
Numbers = Annotated[list[str], Form()]
LENGTHS: Final = (5, 10, 20, 30, 50)


@dataclass(frozen=True, slots=True)
class WishForm:
    """What somebody has filled in, as it came."""

    kind: str = Kind.EDITION.value
    of: str = ""
    cadence: str = Cadence.DAILY.value
    weekday: str = "0"
    hour: str = "7"
    zone: str = ""
    length: str = "10"
    quiet: list[str] = field(default_factory=list)
    away_from: str = ""
    away_until: str = ""

    @classmethod
    def of_wish(cls, wish: Wish) -> WishForm:
        """The form as it stands for a wish."""
        first, last = wish.away or ("", "")
        return cls(
            kind=wish.kind.value,
            of=wish.object,
            cadence=wish.cadence.value,
            weekday=str(wish.weekday),
            hour=str(wish.hour),
            zone=wish.zone,
            length=str(wish.length),
            quiet=[str(day) for day in sorted(wish.quiet)],
            away_from=str(first),
            away_until=str(last),
        )

    def wish(self) -> Wish:
        """What is wanted. Raises MailError with a sentence for who filled it in."""
        try:
            kind, cadence = Kind(self.kind), Cadence(self.cadence)
            weekday, hour, length = int(self.weekday), int(self.hour), int(self.length)
            quiet = frozenset(int(day) for day in self.quiet)
            away = self._away()
        except ValueError as error:
            raise MailError("one of the values cannot be understood") from error
        named = " ".join(self.of.split()) if kind in (Kind.QUERY, Kind.SHELF, Kind.PERSON) else ""
        if kind is Kind.QUERY and not named:
            raise MailError("what shall be searched for?")
        return Wish(
            kind=kind,
            object=named,
            cadence=cadence,
            weekday=weekday,
            hour=hour,
            zone=self.zone,
            length=length,
            quiet=quiet,
            away=away,
        )

    def _away(self) -> tuple[date, date] | None:
        if not self.away_from and not self.away_until:
            return None
        first = date.fromisoformat(self.away_from or self.away_until)
        last = date.fromisoformat(self.away_until or self.away_from)
        if not 1 <= (last - first).days + 1 <= 400:
            raise MailError("a vacation ends after it has begun, and within a year")
        return first, last


def filled_in(
    kind: Text = Kind.EDITION.value,
    of: Text = "",
    cadence: Text = Cadence.DAILY.value,
    weekday: Text = "0",
    hour: Text = "7",
    zone: Text = "UTC",
    length: Text = "10",
    quiet: Numbers = [],  # noqa: B006 — FastAPI's way to say that it may be missing
    away_from: Text = "",
    away_until: Text = "",
) -> WishForm:
    """The form that came with a request."""
    return WishForm(kind, of, cadence, weekday, hour, zone, length, quiet[:7], away_from, away_until)


Filled = Annotated[WishForm, Depends(filled_in)]


def context(request: Request, form: WishForm, **more: Any) -> dict[str, Any]:
    """What the template of the form needs."""
    config = house_of(request).settings
    reader = reader_of(request)
    zone = form.zone or (reader.zone if reader and reader.zone else config.timezone)
    return {
        "form": form,
        "zone": zone,
        "zones": sorted({*available_timezones(), zone}),
        "weekdays": list(enumerate(DAYS)),
        "lengths": LENGTHS,
        "in_words": wish_in_words,
        **more,
    }
