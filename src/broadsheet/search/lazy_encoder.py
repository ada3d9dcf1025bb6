"""The encoder of questions: made late, remembered, and allowed to fail."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from octavo.protocols import Array, Encoder, Ids, TokenEncoder

_REMEMBERED: Final = 512
_TRY_AGAIN: Final = 60.0
_SOMETHING: Final = "paper"
_NO_PIECES: Final = np.empty(0, np.int64)

_log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """What an encoder makes of a question: its vector (D,), and where it tells any, tokens (T, D) and their
    pieces (T,)."""

    vector: Array
    tokens: Array | None = None
    pieces: Ids = _NO_PIECES


class LazyEncoder:
    """An encoder made when first needed; a failure is remembered for a minute, then tried again.

    offered: whether there is one to make. problem: why it cannot be had now, a sentence; '' if it can.
    """

    def __init__(self, make: Callable[[], Encoder] | None) -> None:
        self.offered = make is not None
        self.problem = ""
        self._make = make
        self._made: Encoder | None = None
        self._failed_at = -_TRY_AGAIN
        self._mutex = threading.Lock()
        self._opening = threading.Lock()
        self._has_read = False
        self._known: OrderedDict[str, Asked] = OrderedDict()

    def get(self) -> Encoder | None:
        """The encoder, None if there is none or it cannot be made now."""
        with self._mutex:
            if self._made is None and self._make and time.monotonic() - self._failed_at >= _TRY_AGAIN:
                try:
                    self._made = self._make()
                    self.problem = ""
                except Exception as error:  # an encoder may come from anywhere and fail in any way
                    self._fail(error)
            return self._made

    def open(self) -> None:
        """Read something, once: what an encoder opens for that is no part of a question's time."""
        if not self._has_read:
            with self._opening:
                if not self._has_read:
                    self._has_read = self._asked(_SOMETHING) is not None

    def query(self, text: str) -> Array | None:
        """The (D,) vector of a question; None if it cannot be made."""
        asked = self._asked(text)
        return asked.vector if asked else None

    def tokens(self, text: str) -> tuple[Array, Ids] | None:
        """A question's tokens, (T, D) and (T,) pieces; None if they cannot be made."""
        asked = self._asked(text)
        return (asked.tokens, asked.pieces) if asked and asked.tokens is not None else None

    def _asked(self, text: str) -> Asked | None:
        """All of a question, read once, the last few hundred remembered; None if it cannot be made."""
        encoder = self.get()
        if encoder is None:
            return None
        with self._mutex:
            if text in self._known:
                self._known.move_to_end(text)
                return self._known[text]
        try:
            asked = _read(encoder, text)
        except Exception as error:
            with self._mutex:
                self._fail(error)
            return None
        if asked.vector.shape != (encoder.dim,) or not np.isfinite(asked.vector).all():
            return None
        with self._mutex:
            self._known[text] = asked
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return asked

    def _fail(self, error: Exception) -> None:
        _log.warning("the encoder failed: %s", error)
        self._made, self._failed_at, self._has_read = None, time.monotonic(), False
        self.problem = f"Search by meaning is out of order: {error or type(error).__name__}"


def _read(encoder: Encoder, text: str) -> Asked:
    if isinstance(encoder, TokenEncoder):
        whole = encoder.encode_whole([text])
        return Asked(np.asarray(whole.vectors, np.float32)[0], whole.tokens[0], whole.pieces[0])
    return Asked(np.asarray(encoder.encode_queries([text]), dtype=np.float32)[0])
