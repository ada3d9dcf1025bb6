"""Vectors from any server that speaks OpenAI's embeddings: a model on another machine, or somebody's service.

    POST URL/embeddings  {"model": .., "input": [..]}  →  {"data": [{"index": 0, "embedding": [..]}, ..]}

Texts leave the machine. A server that is busy is asked again, a few times and later each time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from octavo.encode.borrowed import finished, sendable
from octavo.exceptions import EncoderError
from octavo.protocols import Array

URL, MODEL, KEY = "OCTAVO_ENDPOINT_URL", "OCTAVO_ENDPOINT_MODEL", "OCTAVO_ENDPOINT_KEY"

_TRIES: Final = 4
_BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_WAIT: Final = 20.0  # seconds, whatever the server asks for


class EndpointEncoder:
    """Encoder that asks a server.

    url: up to what stands before `/embeddings`, such as http://localhost:11434/v1. model: as the server
    names it. key: sent as a bearer token. What is not given is read from the environment:
    OCTAVO_ENDPOINT_URL, _MODEL and _KEY, or _KEY_FILE for a file that holds the key. before_query,
    before_document: put before each text, as some models want it. batch: texts sent at once. timeout:
    seconds for an answer. cache, threads: taken for the sake of the house, which gives them to every
    encoder, and not used.

    Raises ValueError where no server or model is named, and EncoderError where the server fails.
    """

    def __init__(
        self,
        url: str | None = None,
        model: str | None = None,
        *,
        key: str | None = None,
        before_query: str = "",
        before_document: str = "",
        batch: int = 64,
        timeout: float = 30.0,
        pause: float = 0.5,
        cache: Path | None = None,
        threads: int = 1,
    ) -> None:
        self.url = (url or os.environ.get(URL, "")).rstrip("/")
        self.model = model or os.environ.get(MODEL, "")
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise ValueError(
                f"url must be an address such as http://localhost:11434/v1, got {self.url!r}; or set {URL}"
            )
        if not self.model:
            raise ValueError(f"model must be named, as the server names it; or set {MODEL}")
        if batch < 1:
            raise ValueError(f"batch must be at least 1, got {batch}")
        self._key = key or os.environ.get(KEY, "") or _from_file(os.environ.get(f"{KEY}_FILE", ""))
        self.before_query, self.before_document = before_query, before_document
        self.batch, self.timeout, self.pause = batch, timeout, pause
        self._dim = 0

    @property
    def name(self) -> str:
        """The model and the prefixes; wherever it runs, its vectors are the same."""
        marks = (
            f"-{self.before_query}-{self.before_document}" if self.before_query + self.before_document else ""
        )
        return f"endpoint-{self.model}{marks}"

    @property
    def dim(self) -> int:
        """D; the server is asked once."""
        if not self._dim:
            self._dim = self._asked(["dimensions"]).shape[1]
        return self._dim

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D) of unit length. Raises EncoderError."""
        return self._encoded(sendable(texts, self.before_document))

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D) of unit length. Raises EncoderError."""
        return self._encoded(sendable(texts, self.before_query))

    def _encoded(self, texts: Sequence[str]) -> Array:
        blocks = [self._asked(texts[low : low + self.batch]) for low in range(0, len(texts), self.batch)]
        return np.concatenate(blocks) if blocks else np.empty((0, self.dim), np.float32)

    def _asked(self, texts: Sequence[str]) -> Array:
        answer = self._posted({"model": self.model, "input": list(texts), "encoding_format": "float"})
        try:
            data = sorted(answer["data"], key=lambda entry: entry["index"])
            vectors = [entry["embedding"] for entry in data]
        except (KeyError, TypeError) as error:
            raise EncoderError(f"{self.url} returned no embeddings: {str(answer)[:200]!r}") from error
        made = finished(vectors, len(texts), self.url, self._dim or None)
        self._dim = made.shape[1]
        return made

    def _posted(self, content: dict[str, Any]) -> Any:
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        problem = ""
        for attempt in range(_TRIES):
            try:
                answer = httpx.post(
                    f"{self.url}/embeddings", json=content, headers=headers, timeout=self.timeout
                )
            except httpx.HTTPError as error:
                problem, wait = f"{type(error).__name__}: {error}", None
            else:
                if answer.status_code == httpx.codes.OK:
                    try:
                        return answer.json()
                    except ValueError as error:
                        raise EncoderError(
                            f"{self.url} answered with no JSON: {answer.text[:200]!r}"
                        ) from error
                problem = f"status {answer.status_code}: {answer.text[:200]}"
                if answer.status_code not in _BUSY:
                    break
                wait = answer.headers.get("Retry-After")
            if attempt < _TRIES - 1:
                time.sleep(min(_seconds(wait, self.pause * 2**attempt), _LONGEST_WAIT))
        raise EncoderError(f"{self.url} does not encode with {self.model!r}: {problem}")


def _seconds(asked: str | None, otherwise: float) -> float:
    try:
        return max(0.0, float(asked)) if asked else otherwise
    except ValueError:  # a date: servers that are busy for so long are not waited for
        return otherwise


def _from_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip() if path else ""
