"""How often something may be tried.

What counts is who tries, never who is tried: a thousand wrong passwords for Ada from elsewhere do not keep
Ada out. A browser in which Ada was signed in once is known (see `door`) and has a count of its own, so that
not even a stranger in the same network keeps her out.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broadsheet.exceptions import TooOftenError

_MOST: Final = 50_000  # who is remembered; beyond it the one longest unseen is forgotten


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `seconds`; they come back evenly."""

    tries: int
    seconds: float


class Limiter:
    """Counts tries, by what is tried and who tries. Safe to share between threads.

    clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()

    def check(self, limit: Limit, *key: str) -> None:
        """Raise TooOftenError if whoever this is has no tries left; nothing is counted."""
        with self._lock:
            over = self._level(limit, key) + 1 - limit.tries
        if over > 0:
            raise TooOftenError(over * limit.seconds / limit.tries)

    def count(self, limit: Limit, *key: str) -> None:
        """Count a try."""
        with self._lock:
            self._spent[key] = (self._level(limit, key) + 1, self._clock())
            self._spent.move_to_end(key)
            while len(self._spent) > _MOST:
                self._spent.popitem(last=False)

    def take(self, limit: Limit, *key: str) -> None:
        """Count a try, or raise TooOftenError."""
        self.check(limit, *key)
        self.count(limit, *key)

    def forgive(self, *key: str) -> None:
        """Forget what was counted."""
        with self._lock:
            self._spent.pop(key, None)

    def _level(self, limit: Limit, key: tuple[str, ...]) -> float:
        level, at = self._spent.get(key, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) * limit.tries / limit.seconds)


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
