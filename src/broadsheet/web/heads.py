"""uvicorn's fast reader of requests, with a limit on how long a request's head may be.

The parser keeps what it has of a head until the head is complete, however long that takes to come. The other
reader of uvicorn has a limit of its own, and takes several times as long over each request.
"""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST: Final = 256 << 10  # people paste whole abstracts into the search box


class Heads(HttpToolsProtocol):
    """One connection."""

    _inside = False
    _length = 0

    def data_received(self, data: bytes) -> None:
        """Read on; a head of more than `MOST` bytes is answered with 400, and the connection closed."""
        super().data_received(data)
        self._length = self._length + len(data) if self._inside else 0
        if self._length > MOST and not self.transport.is_closing():
            self.send_400_response("The head of this request is too long.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._inside = True

    def on_headers_complete(self) -> None:
        """It is complete, and a body may follow."""
        self._inside = False
        super().on_headers_complete()
