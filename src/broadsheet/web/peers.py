"""Where a request really comes from, when proxies stand between."""

from __future__ import annotations

import ipaddress
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import Headers

from broadsheet.people.door import Visitor

DEVICE_COOKIE: Final = "broadsheet-device"
_MOST: Final = 20  # proxies in a row


def look_through(scope: MutableMapping[str, Any], headers: Headers, networks: Sequence[str]) -> None:
    """Put the visitor's address and scheme into a scope, as trusted proxies tell them.

    An address is believed from the right, for as long as who tells it is itself a trusted proxy. The peer
    that the connection came from is kept in the state.
    """
    client = scope.get("client")
    peer = client[0] if client else ""
    scope.setdefault("state", {})["peer"] = peer
    if not is_inside(peer, networks):
        return
    address = peer
    for said in reversed(headers.get("x-forwarded-for", "").split(",")[-_MOST:]):
        told = said.strip()
        if not _parsed(told):
            break
        address = told
        if not is_inside(told, networks):
            break
    scope["client"] = (address, 0)
    if headers.get("x-forwarded-proto", "").strip().lower() in ("http", "https"):
        scope["scheme"] = headers["x-forwarded-proto"].strip().lower()


def is_proxy(request: Request) -> bool:
    """Whether the connection comes from a trusted proxy."""
    peer: str = request.scope.get("state", {}).get("peer", "")
    return is_inside(peer, request.app.state.press.house.settings.proxy_networks)


def visitor(request: Request) -> Visitor:
    """Who is at the door."""
    return Visitor(
        address=request.client.host if request.client else "",
        agent=request.headers.get("user-agent", "")[:300],
        device=request.cookies.get(DEVICE_COOKIE, "")[:200],
    )


def is_inside(address: str, networks: Sequence[str]) -> bool:
    """Whether an address is in one of the networks.

    >>> is_inside("10.1.2.3", ["10.0.0.0/8"]), is_inside("::ffff:10.1.2.3", ["10.0.0.0/8"])
    (True, True)
    >>> is_inside("11.0.0.1", ["10.0.0.0/8"]), is_inside("", ["10.0.0.0/8"])
    (False, False)
    """
    ip = _parsed(address)
    return ip is not None and any(ip in network for network in _networks(tuple(networks)))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip


@lru_cache(maxsize=8)
def _networks(networks: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in networks)
