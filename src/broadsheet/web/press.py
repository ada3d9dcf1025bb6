"""Rendering pages, and keeping them until something a reader can see has changed.

A page with a form is kept without its token (see `session`): where the token goes stands a word that nobody
can guess, and the token is put in when the page is sent.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from broadsheet import identifiers
from broadsheet.categories import section_of
from broadsheet.feed.editions import standfirst
from broadsheet.web import layout, saying, session, signs, typeset, wording
from broadsheet.web.addresses import Addresses
from broadsheet.web.assets import assets
from broadsheet.web.turnstile import Turnstile

if TYPE_CHECKING:
    from broadsheet.house import House
    from broadsheet.store import Counts

THEMES: Final = ("light", "dark")
THEME_COOKIE: Final = "broadsheet-theme"
HTML: Final = "text/html; charset=utf-8"
CACHE_BYTES: Final = 48 << 20
PLACES: Final = 3
"""Answers made at once: one may wait for the disk, or be in a part that runs beside the interpreter."""
# What the addresses of pages ask for; whatever else is in an address is not carried on into links.
PARAMETERS: Final = ("q", "sort", "page", "category", "days", "year", "by", "as_of", "order")
MAX_VALUE: Final = 4096
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A finished answer: what is sent, and what is needed to say "you have it already".

    hurried: there was no time to do all of it, so it is not kept.
    """

    body: bytes
    media_type: str
    status: int = 200
    modified: datetime | None = None
    filename: str = ""
    hurried: bool = False

    @property
    def etag(self) -> str:
        """A weak validator: the same words give the same tag, whatever else has changed in the house."""
        return f'W/"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'


class Press:
    """Makes answers out of a house and keeps the last ones. Safe to share between threads."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._lock = threading.Lock()
        self._stamp = ""
        self._sheets: OrderedDict[tuple[Hashable, ...], tuple[Sheet, str]] = OrderedDict()
        self._bytes = 0
        place = hmac.new(house.people.key("csrf"), b"place of the token", hashlib.sha256).hexdigest()
        field = Markup('<input type="hidden" name="{}" value="{}">').format(session.CSRF_FIELD, place)
        self._token_place = place.encode()
        self._turnstile = Turnstile(PLACES)
        self._turn = threading.local()
        self._counts: tuple[str, Counts] | None = None
        self.templates = Environment(
            loader=PackageLoader("broadsheet.web"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            auto_reload=False,
        )
        self.templates.filters |= {
            "typeset": typeset.typeset,
            "paragraphs": typeset.paragraphs,
            "day": wording.day,
            "short": wording.short,
            "number": wording.number,
            "decimal": wording.decimal,
            "percent": wording.percent,
            "age": wording.age,
            "moment": wording.moment,
            "plural": wording.plural,
            "ordinal": wording.ordinal,
            "said": saying.said,
            "source": wording.source,
            "browser": wording.browser,
            "by_line": wording.by_line,
            "votes": wording.votes,
            "where": wording.where,
            "sentence": wording.sentence,
            "host": wording.host,
            "leading": wording.leading,
            "markdown": wording.markdown,
            "scheme": wording.scheme,
            "url_of": identifiers.url_of,
            "standfirst": lambda abstract: standfirst(abstract, 1),
        }
        self.templates.tests["web"] = wording.is_web
        self.templates.globals |= {
            "bands": layout.bands,
            "wider": layout.wider,
            "section_of": section_of,
            "where": wording.where,
            "facet_names": wording.FACETS,
            "STATUS": wording.STATUS,
            "LINKS": wording.LINKS,
            "settings": house.settings,
            "csrf_field": lambda: field,
            "csrf_meta": lambda: Markup('<meta name="csrf" content="{}">').format(place),
            "methods": house.methods,
            "guess": house.subjects.guess,
        }

    @property
    def csrf_key(self) -> bytes:
        """What the tokens of forms are made with."""
        return self.house.people.key("csrf")

    def addresses(self, request: Request) -> Addresses:
        """Where the pages of this request are."""
        return Addresses.of(request, self.house.settings.base_url)

    def page(
        self, request: Request, template: str, *, status: int = 200, media_type: str = HTML, **context: Any
    ) -> Sheet:
        """Render a page in the dress of the house."""
        where = self.addresses(request)
        here = request.url.path.removeprefix(where.root) or "/"
        given = request.query_params
        reader = session.reader_of(request)
        asked = {name: given[name][:MAX_VALUE] for name in PARAMETERS if name in given}
        context = {
            "at": where.at,
            "absolute": where.absolute,
            "origin": where.origin,
            "to": where.paper,
            "asset": lambda name: where.at(f"/static/{assets()[name].hashed}"),
            "theme": theme_of(request),
            "reader": reader,
            "turn": lambda **given: where.at(here, **{**asked, **given}),
            "here": here,
            "place": where.at(here, **asked).removeprefix(where.root),
            "asked": asked,
            "feeds": (),
            "stale": () if self.house.settings.private and reader is None else self.stale(request),
            "people_of": lambda comment: {n.casefold(): where.at(f"/readers/{n}") for n in comment.mentions},
            "demo": False,
            **context,
        }
        if "signs" not in context:
            context["signs"] = signs.signs_of(
                self.house, request, signs.papers_in(context), context.get("as_of")
            )
        text = self.templates.get_template(template).render(context)
        return Sheet(text.encode("utf-8", "replace"), media_type, status)

    @property
    def waited_ms(self) -> float:
        """How long the answer that this thread is making had to wait for its turn."""
        return float(getattr(self._turn, "waited_ms", 0.0))

    def counts(self) -> Counts:
        """How much there is of everything; counted once for each state of the house."""
        stamp, known = self.house.stamp(), self._counts
        if known is None or known[0] != stamp:
            known = self._counts = stamp, self.house.counts()
        return known[1]

    def stale(self, request: Request) -> tuple[str, ...]:
        """Sources that have been silent for too long, to be said loudly; looked up once a request."""
        known: tuple[str, ...] | None = getattr(request.state, "stale", None)
        if known is None:
            names = (harvest.source for harvest, is_stale in self.house.harvests() if is_stale)
            known = request.state.stale = tuple(dict.fromkeys(names))
        return known

    def answer(self, request: Request, make: Callable[[], Sheet]) -> Response:
        """Answer with a kept sheet, else with what `make` makes; 304 where the reader has it already."""
        where = self.addresses(request)
        key = (
            where,
            request.url.path,
            request.url.query,
            theme_of(request),
            session.reader_of(request),
            self.house.today(),
            self.stale(request),
        )
        sheet, etag = self._kept(key, make)
        if self._token_place in sheet.body:
            sheet = self.with_token(request, sheet)
            etag = sheet.etag
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Cookie"}
        if sheet.modified:
            headers["Last-Modified"] = format_datetime(sheet.modified.astimezone(UTC), usegmt=True)
        if sheet.filename:
            name = _UNSAFE.sub("_", sheet.filename)
            headers["Content-Disposition"] = f'inline; filename="{name}"'
        if sheet.status == 200 and _has_it(request, etag, sheet.modified):
            return Response(status_code=304, headers=headers)
        return Response(sheet.body, sheet.status, headers, sheet.media_type)

    def with_token(self, request: Request, sheet: Sheet) -> Sheet:
        """The sheet with the token of who asks in each of its forms."""
        token = session.csrf_token(request).encode()
        return replace(sheet, body=sheet.body.replace(self._token_place, token))

    def fresh(self, request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
        """Answer with a page that is for this reader and this moment, and that nobody keeps."""
        sheet = self.with_token(request, self.page(request, template, status=status, **context))
        return Response(sheet.body, status, {"Cache-Control": "no-store"}, sheet.media_type)

    def _kept(self, key: tuple[Hashable, ...], make: Callable[[], Sheet]) -> tuple[Sheet, str]:
        known = self._known(key, self.house.stamp())
        if known:
            return known
        since = time.perf_counter()
        with self._turnstile:
            self._turn.waited_ms = (time.perf_counter() - since) * 1000
            stamp = self.house.stamp()
            known = self._known(key, stamp)  # somebody may have made it meanwhile
            if known:
                return known
            sheet = make()
        kept = sheet, sheet.etag
        with self._lock:
            # What was made while the house changed is sent but not kept.
            sound = stamp == self._stamp == self.house.stamp() and not sheet.hurried
            if sound and key not in self._sheets:
                self._sheets[key] = kept
                self._bytes += _weight(key, sheet)
                while self._bytes > CACHE_BYTES:
                    oldest, (dropped, _) = self._sheets.popitem(last=False)
                    self._bytes -= _weight(oldest, dropped)
        return kept

    def _known(self, key: tuple[Hashable, ...], stamp: str) -> tuple[Sheet, str] | None:
        with self._lock:
            if stamp != self._stamp:
                self._stamp, self._bytes = stamp, 0
                self._sheets.clear()
            if key in self._sheets:
                self._sheets.move_to_end(key)
                return self._sheets[key]
        return None


def _weight(key: tuple[Hashable, ...], sheet: Sheet) -> int:
    """Bytes a kept sheet takes, about; an address can be longer than what it leads to."""
    return len(sheet.body) + 4 * sum(len(part) for part in key if isinstance(part, str)) + 1024


def theme_of(request: Request) -> str:
    """The theme a reader has chosen by hand; '' follows the system."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def _has_it(request: Request, etag: str, modified: datetime | None) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:
        strong = etag.removeprefix("W/")
        return any(tag.strip().removeprefix("W/") in (strong, "*") for tag in tags.split(","))
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return modified.astimezone(UTC).replace(microsecond=0) <= parsedate_to_datetime(since).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
