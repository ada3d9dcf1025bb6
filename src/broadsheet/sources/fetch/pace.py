"""Whose turn it is to ask a server, and when.

One request at a time to a server and a pause after each; a server that asked for peace is left alone by
everyone in this process until the moment it named.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

# Seconds between two requests. A domain stands for all its hosts together: arXiv counts that way.
PACES: Final[Mapping[str, float]] = {"arxiv.org": 3.0, "api.crossref.org": 0.2, "doi.org": 0.5}
PACE: Final = 1.0


class Clock:
    """Time as a client lives it; tests bring their own."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(slots=True)
class _Server:
    """Who holds the lock may ask the server, once `ready` (a moment of the clock) has come."""

    pace: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    ready: float = float("-inf")


class Turns:
    """Hands out turns. Safe to share between threads.

    paces: host, or domain with all its hosts → seconds between two requests; any other host: PACE.
    """

    def __init__(self, paces: Mapping[str, float], clock: Clock) -> None:
        self._paces = dict(paces)
        self._clock = clock
        self._servers: dict[str, _Server] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for our turn with a host's server and keep it: nobody else asks it meanwhile."""
        server = self._server(host)
        with server.lock:
            while (wait := server.ready - self._clock.monotonic()) > 0:
                self._clock.sleep(wait)
            try:
                yield
            finally:
                server.ready = max(server.ready, self._clock.monotonic() + server.pace)

    def hold(self, host: str, seconds: float) -> None:
        """Leave a host's server alone for so long."""
        server = self._server(host)
        server.ready = max(server.ready, self._clock.monotonic() + seconds)

    def _server(self, host: str) -> _Server:
        parts = host.split(".")
        domains = (".".join(parts[i:]) for i in range(len(parts)))
        name = next((domain for domain in domains if domain in self._paces), host)
        with self._lock:
            return self._servers.setdefault(name, _Server(self._paces.get(name, PACE)))
