"""Which addresses an outgoing request may reach, and a connection that goes nowhere else.

A feed's address comes from a person or from another server, so it may point into the house's own network
(server-side request forgery). Three things stand against that:

1. `Guard.check_url` reads the address: http or https, no credentials, ports 80, 443, 8080 and 8443.
2. `Guard.addresses` resolves the host and refuses it if any of its addresses is not a public one; however
   strangely a number is written (decimal, octal, mapped into IPv6), what counts is what it resolves to.
3. `GuardedBackend` connects to the very address that was checked, so a name server cannot answer
   differently the second time (DNS rebinding); the host's name stays in the Host header and in TLS.

It also carries the deadline of a request, which bounds even a server that sends one byte a second.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import httpcore
import httpx

from broadsheet.exceptions import ConfigError, FetchError, ForbiddenAddressError

PORTS: Final = frozenset({80, 443, 8080, 8443})
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAX_URL: Final = 4096

Resolver = Callable[[str, int], Sequence[str]]

_HOST = re.compile(r"[\w.-]+|[0-9A-Fa-f:.]+")  # a name, or an IPv6 address
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64: the last four bytes are an IPv4 address


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the public internet, and so does any IPv4 address inside it.

    >>> [is_public(a) for a in ("93.184.215.14", "10.0.0.1", "100.64.0.1", "::ffff:127.0.0.1")]
    [True, False, False, False]
    >>> [is_public(a) for a in ("2a02:26f0::1", "64:ff9b::5db8:d70e", "64:ff9b::a00:1", "fe80::1")]
    [True, True, False, False]
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None or ip.teredo is not None:
            return False
        if ip in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(ip.packed[-4:])))
        if ip not in _GLOBAL_UNICAST:
            return False  # loopback, mapped IPv4, unique local, link-local, site-local, multicast, unassigned
        if ip.sixtofour is not None and not is_public(str(ip.sixtofour)):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_private or ip.is_unspecified)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Every address the system's resolver knows for a host, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _allowed(text: str) -> tuple[str, int]:
    """Read `host:port`; raises ConfigError."""
    try:
        url = httpx.URL(f"http://{text.strip()}")
    except httpx.InvalidURL as error:
        raise ConfigError(f"an allowed host is written host:port, got {text!r}") from error
    if not url.host or url.path != "/" or url.query or url.userinfo:
        raise ConfigError(f"an allowed host is written host:port, got {text!r}")
    return url.host, url.port or 80


class Guard:
    """Decides which hosts may be reached.

    allow_hosts: `host:port` pairs that may be reached although they are private, on any port, such as
        a feed server of one's own lab.
    resolve: host and port → numeric addresses; raises OSError.
    """

    def __init__(self, allow_hosts: Iterable[str] = (), *, resolve: Resolver = system_resolver) -> None:
        self._allow = frozenset(_allowed(text) for text in allow_hosts)
        self._resolve = resolve

    def check_url(self, text: str) -> httpx.URL:
        """Read an address; raises ForbiddenAddressError or FetchError. The network is not touched."""
        if len(text) > MAX_URL:
            raise FetchError(f"the address is longer than {MAX_URL} characters: {text[:80]}…", url=text[:80])
        try:
            url = httpx.URL(text)
            host = url.host
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise FetchError(f"not an address: {text!r} ({error})", url=text) from error
        if url.scheme not in DEFAULT_PORTS:
            raise ForbiddenAddressError(f"only http and https are fetched, got {text!r}", url=text)
        if not _HOST.fullmatch(host):
            raise FetchError(f"the address names no host one could ask: {text!r}", url=text)
        if url.userinfo:
            bare = str(url.copy_with(username=None, password=None))
            raise ForbiddenAddressError(f"an address may not carry credentials: {bare!r}", url=bare)
        port = port_of(url)
        if port not in PORTS and (host, port) not in self._allow:
            allowed = ", ".join(str(number) for number in sorted(PORTS))
            raise ForbiddenAddressError(
                f"port {port} is not fetched from (only {allowed}): {text!r}", url=text
            )
        return url

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host that may be reached; raises ForbiddenAddressError or FetchError."""
        url = f"{host}:{port}"
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise FetchError(
                f"cannot find the host {host!r} ({reason}); is this machine online?", url=url
            ) from error
        if not found:
            raise FetchError(f"the host {host!r} has no address", url=url)
        private = [address for address in found if not is_public(address)]
        if private and (host, port) not in self._allow:
            raise ForbiddenAddressError(
                f"{host!r} is at {private[0]}, which is not a public address; private addresses are fetched "
                f"from only when {url} is among the allowed hosts",
                url=url,
            )
        return found


def port_of(url: httpx.URL) -> int:
    """The port an address means, written or not."""
    return url.port if url.port is not None else DEFAULT_PORTS[url.scheme]


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to the addresses a guard lets through, under one deadline.

    deadline: a moment of `time.monotonic` after which nothing is read or written any more.
    inner: what really connects.
    """

    def __init__(
        self, guard: Guard, *, deadline: float, inner: httpcore.NetworkBackend | None = None
    ) -> None:
        self._guard = guard
        self._deadline = deadline
        self._inner = inner or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers."""
        host = host.strip("[]")
        failure: Exception | None = None
        for address in self._guard.addresses(host, port):
            try:
                stream = self._inner.connect_tcp(
                    address,
                    port,
                    _remaining(self._deadline, timeout, httpcore.ConnectTimeout),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address to connect to")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never: a socket file is not on the network."""
        raise ForbiddenAddressError(f"a socket file is not fetched from: {path!r}", url=path)


class _TimedStream(httpcore.NetworkStream):
    """A stream that stops at the deadline, whatever the time-outs of single reads."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _remaining(self._deadline, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _remaining(self._deadline, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = _remaining(self._deadline, timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, limit), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _remaining(deadline: float, timeout: float | None, error: type[httpcore.TimeoutException]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise error("the request took longer than it may in all")
    return left if timeout is None else min(left, timeout)
