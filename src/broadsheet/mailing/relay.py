"""Connections to the mail server that takes our mail, several side by side.

A message goes in two steps. `begin` says everything but the last word: until then the server has nothing.
`end` says the last word, the lone dot, and hears whether the server has taken the message. Between the two
the caller notes that the message is given away. The connections go in step: each command is said on all of
them before the first answer is read, so that a far server costs one journey and not many.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from broadsheet.config import Settings
from broadsheet.exceptions import MailError, NoMailServerError

TIMEOUT: Final = 60.0
MOST_MESSAGES: Final = 100  # over one connection; servers tend to close it themselves some time
_READY: Final = 354


class RelayError(MailError):
    """The mail server cannot be used at all, for whatever message."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server's no to one message. permanent: it will not change its mind."""

    code: int
    words: str

    @property
    def permanent(self) -> bool:
        """Whether trying again is of no use."""
        return 500 <= self.code < 600

    @property
    def nobody_there(self) -> bool:
        """Whether the address itself is what is wrong, by the enhanced code (RFC 3463) or the plain one."""
        if self.words[:2] in ("4.", "5."):
            return self.permanent and self.words.startswith("5.1.")
        return self.code in (550, 551, 553)

    def __str__(self) -> str:
        return f"{self.code} {self.words}".strip()


@dataclass(slots=True)
class Parcel:
    """A message on the counter: where from, where to, its bytes, and what has become of it."""

    key: str
    sender: str
    recipient: str
    message: bytes
    refusal: Refusal | None = None
    lost: str = ""
    line: _Line | None = None
    receipt: str = ""


class _Line(smtplib.SMTP):
    """One connection."""

    used: int = 0


class _SafeLine(smtplib.SMTP_SSL):
    """One connection that is TLS from the first byte."""

    used: int = 0


class Relay:
    """The mail server of the settings. Connections are made when first needed, and used again.

    Raises NoMailServerError when none is set.
    """

    def __init__(self, config: Settings) -> None:
        if not config.smtp_host:
            raise NoMailServerError
        self._config = config
        self._lines: list[Any] = []
        self.width = config.smtp_connections

    def greet(self) -> None:
        """Connect and sign in, as for a message. Raises RelayError."""
        self._open(1)

    def close(self) -> None:
        """Say goodbye on every connection."""
        for line in self._lines:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                line.quit()
        self._lines.clear()

    def begin(self, parcels: Sequence[Parcel]) -> None:
        """Say everything of the parcels but the last word, on a connection each (at most `width`).

        A parcel that the server does not want has its `refusal`; one whose connection broke is `lost` and may
        be tried again. Raises RelayError when the server cannot be used.
        """
        lines = self._open(len(parcels))
        for parcel, line in zip(parcels, lines, strict=True):
            parcel.line = line
        self._say(parcels, lambda p: f"mail FROM:<{p.sender}>", 250, whole=True)
        self._say(parcels, lambda p: f"rcpt TO:<{p.recipient}>", 250)
        self._say(parcels, lambda _: "data", _READY)
        for parcel in self._standing(parcels):
            try:
                parcel.line.send(_dotted(parcel.message))  # type: ignore[union-attr]
            except (OSError, smtplib.SMTPException) as error:
                self._lose(parcel, error)
        for parcel in parcels:
            self._clear(parcel)

    def end(self, parcels: Sequence[Parcel]) -> None:
        """Say the last word of those that got so far, and hear the answers: a receipt or a refusal.

        A parcel that is `lost` here may have arrived, and may not.
        """
        for parcel in self._standing(parcels):
            try:
                parcel.line.send(b".\r\n")  # type: ignore[union-attr]
            except (OSError, smtplib.SMTPException) as error:
                self._lose(parcel, error)
        for parcel in self._standing(parcels):
            answer = self._answer(parcel)
            if answer is None:
                continue
            code, words = answer
            if code == 250:
                parcel.receipt = f"{code} {words}"
            else:
                parcel.refusal = Refusal(code, words)

    def drop(self, parcels: Sequence[Parcel]) -> None:
        """Hang up on parcels that were begun and are not to be ended: the server throws them away."""
        for parcel in parcels:
            if parcel.line is not None:
                parcel.line.close()
                self._forget(parcel)

    def _standing(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        return [p for p in parcels if p.line is not None and p.refusal is None and not p.lost]

    def _say(self, parcels: Sequence[Parcel], words: Any, wanted: int, *, whole: bool = False) -> None:
        """Say a command for each parcel, then read the answers. whole: a no concerns every message."""
        asked = []
        for parcel in self._standing(parcels):
            try:
                parcel.line.putcmd(words(parcel))  # type: ignore[union-attr]
                asked.append(parcel)
            except (OSError, smtplib.SMTPException) as error:
                self._lose(parcel, error)
        trouble = ""
        for parcel in asked:
            answer = self._answer(parcel)
            if answer is None or answer[0] == wanted or (wanted == 250 and answer[0] == 251):
                continue
            parcel.refusal = Refusal(*answer)
            if whole and parcel.refusal.permanent:
                trouble = f"{self._config.smtp_host} refuses mail from {parcel.sender}: {parcel.refusal}"
        if trouble:
            raise RelayError(trouble)

    def _answer(self, parcel: Parcel) -> tuple[int, str] | None:
        try:
            code, words = parcel.line.getreply()  # type: ignore[union-attr]
        except (OSError, smtplib.SMTPException) as error:
            self._lose(parcel, error)
            return None
        if code == 421:  # the server closes the connection, whatever was said
            self._lose(parcel, OSError(f"421 {words.decode('utf-8', 'replace')}"))
            return None
        return code, " ".join(words.decode("utf-8", "replace").split())

    def _clear(self, parcel: Parcel) -> None:
        """Make a connection ready for the next message after a no."""
        if parcel.refusal is None or parcel.line is None or parcel.lost:
            return
        try:
            parcel.line.rset()
        except (OSError, smtplib.SMTPException):
            self._forget(parcel)

    def _lose(self, parcel: Parcel, error: Exception) -> None:
        parcel.lost = f"the connection to {self._config.smtp_host} broke: {error}"
        if parcel.line is not None:
            parcel.line.close()
        self._forget(parcel)

    def _forget(self, parcel: Parcel) -> None:
        if parcel.line in self._lines:
            self._lines.remove(parcel.line)
        parcel.line = None

    def _open(self, count: int) -> list[Any]:
        for line in [line for line in self._lines if line.used >= MOST_MESSAGES]:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                line.quit()
            self._lines.remove(line)
        while len(self._lines) < count:
            self._lines.append(self._connect())
        for line in self._lines[:count]:
            line.used += 1
        return self._lines[:count]

    def _connect(self) -> Any:
        config = self._config
        place = (config.smtp_host, config.smtp_port)
        try:
            line: _Line | _SafeLine
            if config.smtp_security == "tls":
                line = _SafeLine(*place, timeout=TIMEOUT, context=ssl.create_default_context())
            else:
                line = _Line(*place, timeout=TIMEOUT)
            # The last word is a packet of its own. Held back until the one before it is acknowledged, which
            # the other side puts off for a twenty-fifth of a second, it would be most of a message's time.
            assert line.sock is not None
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.ehlo_or_helo_if_needed()
            if config.smtp_security == "starttls":
                line.starttls(context=ssl.create_default_context())
                line.ehlo()
            if config.smtp_user:
                line.login(config.smtp_user, config.smtp_password.get_secret_value())
        except smtplib.SMTPAuthenticationError as error:
            reason = f"{config.smtp_host} does not let {config.smtp_user!r} in ({error.smtp_code})"
            raise RelayError(f"{reason}: check BROADSHEET_SMTP_USER and BROADSHEET_SMTP_PASSWORD") from error
        except (OSError, smtplib.SMTPException) as error:
            reason = f"no mail server can be used at {config.smtp_host}:{config.smtp_port} ({error})"
            raise RelayError(f"{reason}; see BROADSHEET_SMTP_HOST, _PORT and _SECURITY") from error
        return line


def _dotted(message: bytes) -> bytes:
    """A message as it goes over the wire, but for the last dot: lines end in CR LF, dots are doubled."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
