"""Addresses of pages: below the root they are mounted at, and absolute for feeds and machines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request

from broadsheet.papers import Paper

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this request's pages are.

    root: the path it is mounted at, without a slash at its end ("" or "/daily").
    origin: scheme and host, from the setting `base_url` or else from the request.
    """

    root: str
    origin: str

    @classmethod
    def of(cls, request: Request, base_url: str) -> Addresses:
        """The addresses for a request; `base_url` wins over what the request says of itself."""
        if base_url:
            parts = urlsplit(base_url)
            return cls(parts.path.rstrip("/"), f"{parts.scheme}://{parts.netloc}")
        root = str(request.scope.get("root_path", "")).rstrip("/")
        return cls(root, f"{request.url.scheme}://{request.headers.get('host', 'localhost')}")

    def at(self, path: str, **query: str | int | None) -> str:
        """The address of a path of ours on this site; parameters that are empty are left out."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{self.root}{quote(path, safe=SAFE)}" + (f"?{urlencode(given)}" if given else "")

    def absolute(self, path: str, **query: str | int | None) -> str:
        """The same with scheme and host."""
        return self.origin + self.at(path, **query)

    def paper(self, paper: Paper, suffix: str = "") -> str:
        """The address of a paper's page, or of another form of it (`.md`, `.bib`)."""
        return self.at(f"/papers/{paper.key}{suffix}")


SAFE: Final = "/:@!$&'()*+,;=~-._"


def is_host(text: str) -> bool:
    """Whether a Host header is one that may be repeated in an answer.

    >>> is_host("papers.example.org:8000"), is_host("[::1]:80"), is_host("a/b"), is_host("")
    (True, True, False, False)
    """
    return _HOST.fullmatch(text) is not None


def local_path(text: str) -> str:
    r"""A path on this site that is safe to send a browser to; "/" for anything else.

    >>> local_path("/papers?q=x"), local_path("//evil.example"), local_path("/\\evil"), local_path("https://x")
    ('/papers?q=x', '/', '/', '/')
    """
    if re.fullmatch(r"/(?![/\\])[^\x00-\x20\\\x7f-\x9f]*", text):
        return text
    return "/"
