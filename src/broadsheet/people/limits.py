"""How often something may be tried.

What counts is who tries, never who is tried: a thousand wrong passwords for Ada from elsewhere do not keep
Ada out. A browser in which Ada was signed in once is known (see `door`) and has a count of its own, so that
not even a stranger in the same network keeps her out.

Where several processes serve one house they count in one file, so that there are not as many tries as
processes. It may be thrown away at any time: then everybody begins anew.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broadsheet.exceptions import TooOftenError
from broadsheet.store.tries import Tries


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `seconds`; they come back evenly."""

    tries: int
    seconds: float


class Limiter:
    """Counts tries, by what is tried and who tries. Safe to share between threads, and its file by processes.

    path: the file; in memory without one. clock: seconds. Raises StoreError where the file cannot be used.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.tries = Tries(path)
        self._clock = clock

    def check(self, limit: Limit, *key: str) -> None:
        """Raise TooOftenError if whoever this is has no tries left; nothing is counted."""
        with self.tries.alone():
            self._refuse(limit, key)

    def count(self, limit: Limit, *key: str) -> None:
        """Count a try."""
        with self.tries.alone():
            self._count(limit, key)

    def take(self, limit: Limit, *key: str) -> None:
        """Count a try, or raise TooOftenError."""
        with self.tries.alone():
            self._refuse(limit, key)
            self._count(limit, key)

    def forgive(self, *key: str) -> None:
        """Forget what was counted."""
        with self.tries.alone():
            self.tries.forget(key)

    def _refuse(self, limit: Limit, key: tuple[str, ...]) -> None:
        over = self._level(limit, key) + 1 - limit.tries
        if over > 0:
            raise TooOftenError(over * limit.seconds / limit.tries)

    def _count(self, limit: Limit, key: tuple[str, ...]) -> None:
        now, level = self._clock(), self._level(limit, key) + 1
        self.tries.keep(key, level, now, now + level * limit.seconds / limit.tries)

    def _level(self, limit: Limit, key: tuple[str, ...]) -> float:
        level, at = self.tries.level(key)
        since = self._clock() - at
        if since < -limit.seconds:
            return 0.0  # the clock was far ahead then; nobody waits until it is there again
        return max(0.0, level - max(0.0, since) * limit.tries / limit.seconds)


def network(address: str) -> str:
    """Who tries, as far as an address tells: of IPv6 the /64, which is one household's.

    >>> network("192.0.2.7"), network("2001:db8::1:2:3:4"), network("::ffff:192.0.2.7"), network("testclient")
    ('192.0.2.7', '2001:db8::/64', '192.0.2.7', 'testclient')
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
