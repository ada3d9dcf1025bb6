"""A polite and careful client: the one way the house reaches out.

Polite: requests take turns (see `fetch_pace`); a User-Agent says who we are and whom to write to; requests
are conditional; when a server is busy (429, 503, or arXiv's "Rate exceeded." in an answer that claims to be
fine) we wait as long as it asks, else longer each time, and give up after a few tries with words that say
when to come back.

Careful: see `fetch_guard` for where a request may go; every redirect is checked anew; an answer may not be
larger than a cap (counted after decompression) nor take longer than a cap.

No cookies, no credentials, no proxies from the environment. Every request is logged to `broadsheet.fetch`.
"""

from __future__ import annotations

import email.utils
import html
import logging
import random
import re
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from http import HTTPStatus
from typing import Final, Literal

import httpcore
import httpx

from broadsheet import __version__
from broadsheet.exceptions import ConfigError, FetchError, RateLimitedError, TooLargeError
from broadsheet.sources.fetch.guard import Guard, GuardedBackend, Resolver, port_of, system_resolver
from broadsheet.sources.fetch.pace import PACES, Clock, Turns

logger = logging.getLogger("broadsheet.fetch")

MAX_REDIRECTS: Final = 5
BUSY: Final = frozenset({429, 503})
BROKEN: Final = frozenset({500, 502, 504})  # troubles of a server that tend to pass
FIRST_WAIT: Final = 5.0  # seconds, after the first "busy" without Retry-After; doubled each time
FIRST_RETRY: Final = 1.0  # seconds, after the first network error; doubled each time

_SECRET = re.compile(r"(?i)([?&][^=&]*(?:key|token|secret|passw|auth|sig)[^=&]*=)[^&#]*")
_WEB_PAGE = re.compile(rb"(?i)<(?:!doctype\s{1,9}html|html)\b")
_TITLE = re.compile(rb"(?is)<title[^>]{0,200}>(.{0,300}?)</title>")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered, after redirects and decompression.

    status: 200, 304 (nothing new since the etag or date given; no body), or one asked for with `ok`.
    etag, last_modified: to be given with the next request for the same address.
    """

    url: str
    status: int
    body: bytes
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    retry_after: float | None = None

    @property
    def not_modified(self) -> bool:
        """Whether the server says that nothing has changed."""
        return self.status == HTTPStatus.NOT_MODIFIED

    @property
    def is_web_page(self) -> bool:
        """Whether the body is HTML, whatever its Content-Type claims."""
        head = self.body[:16384].removeprefix(b"\xef\xbb\xbf").lstrip()
        for _ in range(8):  # an XML declaration and comments may come first
            end = b"?>" if head.startswith(b"<?") else b"-->" if head.startswith(b"<!--") else b""
            if not end:
                break
            head = head.partition(end)[2].lstrip()
        return _WEB_PAGE.match(head) is not None

    def words(self) -> str:
        """The beginning of the body as one line of text, for messages."""
        title = _TITLE.search(self.body[:16384]) if self.is_web_page else None
        text = (title[1] if title else self.body[:2000]).decode("utf-8", "replace")
        return " ".join(html.unescape(re.sub(r"<[^>]{0,500}>", " ", text)).split())[:300]

    def require(self, kind: Literal["XML", "JSON"]) -> bytes:
        """The body, if it looks like that kind; raises FetchError saying what came instead."""
        head = self.body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
        openings = (b"{", b"[") if kind == "JSON" else (b"<", b"\xff\xfe", b"\xfe\xff")
        if head.startswith(openings) and not self.is_web_page:
            return self.body
        what = "a web page" if self.is_web_page else self.content_type or "something else"
        what = what if head else "nothing"
        said = f" ({self.words()!r})" if head else ""
        raise FetchError(f"{self.url} answered with {what} where {kind} was expected{said}", url=self.url)


class _CutShortError(Exception):
    """A compressed body ended before its end."""


_PASSING = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, _CutShortError)


class Client:
    """Fetches addresses politely and carefully. Safe to share between threads.

    contact: an e-mail address told to servers, as polite harvesters do.
    max_bytes: the largest answer accepted, after decompression.
    tries: how often one address is asked before giving up.
    patience: seconds one call may wait for busy servers, all waits together; a server that asks for more
        gets its peace (RateLimitedError), never an earlier visit.
    connect_timeout, read_timeout: seconds for one connection and one read; total_timeout: for one whole try.
    paces: see `Turns`.
    allow_hosts, resolve: see `Guard`.
    clock, chance: time and a number in [0, 1) for the jitter; tests bring their own.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        max_bytes: int = 64 << 20,
        tries: int = 5,
        patience: float = 900.0,
        connect_timeout: float = 10.0,
        read_timeout: float = 30.0,
        total_timeout: float = 180.0,
        paces: Mapping[str, float] = PACES,
        allow_hosts: Iterable[str] = (),
        resolve: Resolver = system_resolver,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if not contact.isascii() or not contact.isprintable():
            raise ConfigError(f"the contact sent with requests must be plain ASCII, got {contact!r}")
        write_to = f"; mailto:{contact}" if contact else ""
        self.user_agent = f"Broadsheet/{__version__} (self-hosted daily paper of research papers{write_to})"
        self.clock = clock or Clock()
        self._guard = Guard(allow_hosts, resolve=resolve)
        self._max_bytes = max_bytes
        self._tries = tries
        self._patience = patience
        self._timeouts = {"connect": connect_timeout, "read": read_timeout, "write": read_timeout}
        self._total_timeout = total_timeout
        self._turns = Turns(paces, self.clock)
        self._chance = chance

    @cached_property
    def _ssl(self) -> ssl.SSLContext:
        """Certificates are checked against the usual authorities, or those SSL_CERT_FILE names."""
        return httpx.create_ssl_context()

    def get(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        *,
        etag: str = "",
        last_modified: str = "",
        accept: str = "*/*",
        ok: Collection[int] = (200,),
        explain: Callable[[Reply], str] = Reply.words,
    ) -> Reply:
        """Fetch an address, waiting and trying again as needed.

        params: added to the address's query.
        etag, last_modified: of the copy at hand; the reply is `not_modified` when it is still current.
        ok: the statuses that are an answer; for any other, `explain` finds the server's words in the reply.

        Raises ForbiddenAddressError, TooLargeError, RateLimitedError, or FetchError for everything else.
        """
        target = self._guard.check_url(url)
        if params:
            target = target.copy_merge_params(params)
        headers = {"User-Agent": self.user_agent, "Accept": accept, "Accept-Encoding": "gzip"}
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        # One that is not plain ASCII cannot be sent back.
        headers |= {k: v for k, v in validators.items() if v and v.isascii() and v.isprintable()}
        patience = self._patience
        attempt = 0
        while True:
            attempt += 1
            retry_after: float | None = None
            busy, host = False, target.host
            try:
                reply = self._follow(target, headers)
            except _PASSING as error:
                trouble = _reason(error)
                wait = self._growing(FIRST_RETRY, attempt)
            else:
                if reply.not_modified and (etag or last_modified):
                    return reply
                if reply.status in ok and not _rate_exceeded(reply.body):
                    return reply
                if reply.status not in BUSY | BROKEN and not _rate_exceeded(reply.body):
                    raise FetchError(_refusal(reply, explain(reply)), url=_bare(target))
                busy, host = reply.status not in BROKEN, httpx.URL(reply.url).host
                trouble = "asks us to slow down" if busy else f"answers {reply.status}"
                retry_after = reply.retry_after
                wait = self._growing(FIRST_WAIT, attempt)
                if retry_after is not None:
                    wait = max(retry_after, FIRST_RETRY) * (1 + 0.1 * self._chance())
            if attempt >= self._tries or wait > patience:
                tries = "once" if attempt == 1 else f"{attempt} times"
                words = f"{host} {trouble} (tried {tries})"
                if not busy:
                    raise FetchError(f"{words}: {_bare(target)}", url=_bare(target))
                when = f"in {retry_after:.0f} seconds" if retry_after else "later"
                words = f"{words}; come back {when}: {_bare(target)}"
                raise RateLimitedError(words, url=_bare(target), retry_after=retry_after)
            patience -= wait
            logger.warning("%s %s; trying again in %.0f s", host, trouble, wait)
            self._turns.hold(host, wait)

    def back_off(self, url: str, attempt: int) -> None:
        """Let the server of that address rest before it is asked again; longer with each attempt (from 1)."""
        self._turns.hold(httpx.URL(url).host, self._growing(FIRST_WAIT, attempt))

    def _growing(self, first: float, attempt: int) -> float:
        return float(first * 2 ** (attempt - 1) * (1 + 0.5 * self._chance()))

    def _follow(self, target: httpx.URL, headers: Mapping[str, str]) -> Reply:
        """One try: the address and where it redirects to."""
        url, left = target, self._total_timeout
        for _ in range(MAX_REDIRECTS + 1):
            with self._turns.turn(url.host):
                began = time.monotonic()
                answer = self._ask(url, headers, deadline=began + left)
                took = time.monotonic() - began
            left -= took
            what = (
                f"{answer.status}, {len(answer.body)} bytes"
                if isinstance(answer, Reply)
                else f"→ {_bare(answer)}"
            )
            logger.info("GET %s: %s, %.2f s", _bare(url), what, took)
            if isinstance(answer, Reply):
                return answer
            if url.scheme == "https" and answer.scheme == "http":
                raise FetchError(
                    f"{_bare(url)} redirects from https to plain http, which is not followed", url=_bare(url)
                )
            url = answer
        raise FetchError(
            f"more than {MAX_REDIRECTS} redirects, the last one to {_bare(url)}", url=_bare(target)
        )

    def _ask(self, url: httpx.URL, headers: Mapping[str, str], *, deadline: float) -> Reply | httpx.URL:
        """One request on a connection of its own: the reply, or where it redirects to."""
        address = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path
        )
        sent = [("Host", url.netloc.decode("ascii")), ("Connection", "close"), *headers.items()]
        backend = GuardedBackend(self._guard, deadline=deadline)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._ssl, network_backend=backend) as pool,
                pool.stream("GET", address, headers=sent, extensions={"timeout": self._timeouts}) as response,
            ):
                got = httpx.Headers(response.headers)
                if response.status in (301, 302, 303, 307, 308):
                    return self._location(url, got.get("location", ""))
                body = (
                    self._read(url, got, response.iter_stream())
                    if response.status != HTTPStatus.NOT_MODIFIED
                    else b""
                )
        except httpcore.TimeoutException as error:
            if time.monotonic() < deadline:
                raise
            limit = f"{self._total_timeout:g} seconds"
            raise FetchError(f"{_bare(url)} did not answer in full within {limit}", url=_bare(url)) from error
        except httpcore.ConnectError as error:
            if "CERTIFICATE_VERIFY_FAILED" not in str(error):
                raise
            raise FetchError(
                f"the certificate of {url.host} is not valid: {error}", url=_bare(url)
            ) from error
        return Reply(
            url=str(url),
            status=response.status,
            body=body,
            content_type=got.get("content-type", ""),
            etag=got.get("etag", ""),
            last_modified=got.get("last-modified", ""),
            retry_after=self._seconds(got.get("retry-after", "")),
        )

    def _location(self, url: httpx.URL, location: str) -> httpx.URL:
        if not location.strip():
            raise FetchError(f"{_bare(url)} redirects, but does not say where to", url=_bare(url))
        try:
            joined = str(url.join(location.strip()))
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise FetchError(
                f"{_bare(url)} redirects to what is no address: {location[:200]!r}", url=_bare(url)
            ) from error
        return self._guard.check_url(joined)

    def _read(self, url: httpx.URL, headers: httpx.Headers, chunks: Iterable[bytes]) -> bytes:
        """The body, decompressed as it arrives, never more than the cap of it."""
        coding = headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise FetchError(
                f"{_bare(url)} is compressed with {coding!r}, which we did not ask for", url=_bare(url)
            )
        too_large = TooLargeError(
            f"{_bare(url)} is larger than the {self._max_bytes} bytes an answer may have"
        )
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:18]) > self._max_bytes:
            raise too_large
        body = bytearray()
        received = 0
        inflate = zlib.decompressobj(wbits=31) if coding.endswith("gzip") else None
        for chunk in chunks:
            received += len(chunk)
            rest = chunk
            while inflate and rest:
                if inflate.eof:  # gzip may come in several members
                    inflate = zlib.decompressobj(wbits=31)
                try:
                    body += inflate.decompress(rest, self._max_bytes - len(body) + 1)
                except zlib.error as error:
                    raise FetchError(
                        f"{_bare(url)} is not the gzip it claims to be ({error})", url=_bare(url)
                    ) from error
                if max(received, len(body)) > self._max_bytes:
                    raise too_large
                rest = inflate.unused_data or inflate.unconsumed_tail
            if not inflate:
                body += chunk
                if received > self._max_bytes:
                    raise too_large
        if inflate and received and not inflate.eof:
            raise _CutShortError
        return bytes(body)

    def _seconds(self, retry_after: str) -> float | None:
        """What a Retry-After header asks for: a number of seconds or a date; None if it says neither."""
        text = retry_after.strip()
        if text.isascii() and text.isdecimal():
            return float(text[:9])
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self.clock.now()).total_seconds())


def _rate_exceeded(body: bytes) -> bool:
    return len(body) < 200 and body.strip().lower().startswith(b"rate exceeded")


def _bare(url: httpx.URL) -> str:
    """An address without what may be secret in its query, for logs and messages."""
    return _SECRET.sub(r"\1…", str(url))


def _reason(error: Exception) -> str:
    if isinstance(error, _CutShortError | httpcore.ProtocolError):
        return "broke off its answer"
    if isinstance(error, httpcore.ConnectTimeout | httpcore.ConnectError):
        return f"cannot be reached ({str(error) or 'time-out'})"
    return (
        "does not answer in time" if isinstance(error, httpcore.TimeoutException) else "broke the connection"
    )


def _refusal(reply: Reply, words: str) -> str:
    known = reply.status in HTTPStatus._value2member_map_
    phrase = f" {HTTPStatus(reply.status).phrase}" if known else ""
    return f"{_bare(httpx.URL(reply.url))} answered {reply.status}{phrase}{': ' + words if words else ''}"
