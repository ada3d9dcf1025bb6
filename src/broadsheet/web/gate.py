"""What every request passes on its way in and out: identity, limits, headers of safety, the log.

One plain ASGI layer, so that it costs next to nothing and also covers answers that are errors.
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broadsheet.web.addresses import SAFE, is_host
from broadsheet.web.peers import look_through

MAX_BODY: Final = 64 << 10
LARGER: Final = {"/for-you/library": 4 << 20, "/api/for-you/library": 4 << 20}
"""Where a file may be sent, and how large."""
MOST: Final = max(MAX_BODY, *LARGER.values())
CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    # What does not say how long it may be kept is asked for again: a redirect follows merges and splits.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HIDDEN_PARAMETER: Final = "token"
"""A parameter of a path that is called so is a secret, and is not written to the log."""
_SECRET_VALUE: Final = re.compile(r"(?i)((?:^|&)(?:token|code|state|key|secret|password)=)[^&]*")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

access = logging.getLogger("broadsheet.access")


class Gate:
    """The outermost layer of the app.

    root: the path the site is mounted at. A proxy may take it away from addresses or leave it; both work.
    proxies: the networks of proxies that are believed.
    """

    def __init__(self, app: ASGIApp, root: str = "", proxies: Sequence[str] = ()) -> None:
        self.app = app
        self.root = root
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        look_through(scope, headers, self.proxies)
        given = headers.get("x-request-id", "")
        if self.root:
            scope["root_path"] = self.root
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        is_head = scope["method"] == "HEAD"
        if is_head:  # every page answers HEAD as it answers GET
            scope["method"] = "GET"
        started, status = time.perf_counter(), 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    out.setdefault(name, value)
                out["X-Request-ID"] = request_id
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            refused = _refusal(scope["method"], headers, scope["path"].removeprefix(self.root))
            if refused:
                await _refuse(*refused, send_on)
            else:
                await self.app(scope, receive, send_on)
        finally:
            client = scope.get("client")
            line = {
                "method": "HEAD" if is_head else scope["method"],
                "path": _loggable_path(scope),
                "query": _SECRET_VALUE.sub(r"\1…", scope["query_string"].decode("latin-1")),
                "status": status,
                "ms": round((time.perf_counter() - started) * 1000, 1),
                "client": client[0] if client else "",
                "request_id": request_id,
            }
            access.info("%(method)s %(path)s %(status)s %(ms)s ms", line, extra={"access": line})


def _loggable_path(scope: Scope) -> str:
    """The path as it was sent, so that a line of the log stays one; without the secret of a link."""
    path = quote(scope["path"], safe=SAFE)
    secret = scope.get("path_params", {}).get(HIDDEN_PARAMETER)
    return path.replace(quote(str(secret), safe=SAFE), "…") if secret else path


def _refusal(method: str, headers: Headers, path: str) -> tuple[int, str] | None:
    if not is_host(headers.get("host", "localhost")):
        return 400, "The Host header is not a host name."
    if method != "GET" and headers.get("sec-fetch-site") == "cross-site":
        return 403, "Another site's page may not change anything here."
    length = headers.get("content-length", "0")
    most = LARGER.get(path, MAX_BODY)
    if not length.isdecimal() or int(length) > most:
        return 413, f"A request may carry at most {most} bytes."
    return None


async def _refuse(status: int, reason: str, send: Send) -> None:
    body = json.dumps({"error": reason, "status": status}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class JsonLines(logging.Formatter):
    """Log records as JSON, one a line; an access record with its parts as fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "access", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
