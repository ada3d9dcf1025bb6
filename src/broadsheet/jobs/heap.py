"""The heap of a process that serves for weeks: what was needed once goes back to the system.

The allocator of Linux gives every thread an arena, and an arena keeps what lies below anything still in use.
A server of a dozen threads, one of which groups all papers into topics for a minute, would hold the memory
of that minute for good.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any, Final

_ARENAS: Final = 2
_ARENA_MAX: Final = -8  # M_ARENA_MAX of malloc.h


def share() -> None:
    """Let all threads of this process allocate from a few arenas; call it before there are threads."""
    if libc := _glibc():
        libc.mallopt(_ARENA_MAX, _ARENAS)


def settle() -> None:
    """Let the collector of garbage pass over everything that is there now.

    What a server begins with stays until it ends. To look through it once more held up all requests for a
    quarter of a second, every few thousand of them.
    """
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Return to the system what lies free between what is in use."""
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> Any:
    """The C library, if it is the one that has arenas; None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None
