"""Giving something to an address that a reader has named: one POST, guarded, followed nowhere.

See `guard` for where it may go. A redirect is a no: what was meant for one address is not taken to another.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import httpcore
import httpx

from broadsheet import __version__
from broadsheet.exceptions import FetchError
from broadsheet.sources.fetch.guard import Guard, GuardedBackend, Resolver, port_of, system_resolver

TOTAL: Final = 20.0  # seconds
MOST_WORDS: Final = 2000  # bytes of an answer that are read


@dataclass(frozen=True, slots=True)
class Posted:
    """What was answered: the status and the beginning of the body in one line."""

    status: int
    words: str


class UnreachedError(FetchError):
    """The receiver cannot have got it: no connection was made."""


class UnansweredError(FetchError):
    """The receiver may have got it, and has not said so."""


def check(url: str, allow_hosts: Iterable[str] = (), *, resolve: Resolver = system_resolver) -> None:
    """Whether an address may be given anything. Raises ForbiddenAddressError or FetchError."""
    guard = Guard(allow_hosts, resolve=resolve)
    parsed = guard.check_url(url)
    guard.addresses(parsed.host, port_of(parsed))


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_hosts: Iterable[str] = (),
    resolve: Resolver = system_resolver,
    total: float = TOTAL,
) -> Posted:
    """Send a body to an address, once.

    Raises ForbiddenAddressError, UnreachedError, UnansweredError, or FetchError for no address at all.
    """
    guard = Guard(allow_hosts, resolve=resolve)
    target = guard.check_url(url)
    address = httpcore.URL(
        scheme=target.raw_scheme, host=target.raw_host, port=port_of(target), target=target.raw_path
    )
    sent = [
        ("Host", target.netloc.decode("ascii")),
        ("Connection", "close"),
        ("User-Agent", f"Broadsheet/{__version__}"),
        ("Content-Length", str(len(body))),
        *headers.items(),
    ]
    context = httpx.create_ssl_context() if target.scheme == "https" else None
    backend = GuardedBackend(guard, deadline=time.monotonic() + total)
    timeouts = {"connect": 10.0, "read": total, "write": total}
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
            pool.stream("POST", address, headers=sent, content=body, extensions={"timeout": timeouts}) as got,
        ):
            words = b""
            for chunk in got.iter_stream():
                words += chunk
                if len(words) >= MOST_WORDS:
                    break
            return Posted(got.status, " ".join(words[:MOST_WORDS].decode("utf-8", "replace").split())[:300])
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        raise UnreachedError(f"{target.host} cannot be reached ({error})", url=url) from error
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise UnansweredError(f"{target.host} did not answer ({error})", url=url) from error
