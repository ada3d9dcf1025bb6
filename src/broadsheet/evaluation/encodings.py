"""What the encoder makes of a collection, kept on the disk, so that it is measured again in no time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np

from octavo import protocols
from octavo.protocols import Array, Ids, Whole

_BLOCK: Final = 500  # texts; so often progress is told


class TokenEncoder(protocols.TokenEncoder, Protocol):
    """An encoder that also tells the vectors of tokens alone, such as MiniLM."""

    @property
    def name(self) -> str:
        """Another name means other vectors."""

    def encode_tokens(self, texts: Sequence[str]) -> list[Array]:
        """Return for each text (T, D)."""

    def pieces(self, texts: Sequence[str]) -> list[Ids]:
        """Return for each text (T,): which pieces its tokens are."""


class Encodings:
    """The vectors and token vectors of known texts; an Encoder that looks up what it knows.

    Texts that differ in white space alone are the same to it, as they are to the encoder it stands for.
    """

    def __init__(self, encoder: TokenEncoder) -> None:
        self.encoder = encoder
        self.dim = encoder.dim
        self.name = encoder.name
        self._known: dict[str, tuple[Array, Array, Ids]] = {}

    def learn(self, texts: Sequence[str], folder: Path, progress: Any = None) -> Self:
        """Encode texts, or read what was encoded before from a file in the folder."""
        path = folder / f"{_digest([self.name, *texts])}.npz"
        if not path.exists():
            self._encode(texts, path, progress)
        with np.load(path, allow_pickle=False) as kept:
            vectors, bounds = kept["vectors"].astype(np.float32), np.cumsum(kept["lengths"])[:-1]
            tokens, pieces = np.split(kept["tokens"], bounds), np.split(kept["pieces"], bounds)
        for text, *known in zip(texts, vectors, tokens, pieces, strict=True):
            self._known[_plain(text)] = (known[0], known[1], known[2])
        return self

    def _encode(self, texts: Sequence[str], path: Path, progress: Any) -> None:
        vectors, tokens, pieces = [], [], []
        for low in range(0, len(texts), _BLOCK):
            block = texts[low : low + _BLOCK]
            whole = self.encoder.encode_whole(block)
            vectors.append(whole.vectors.astype(np.float16))
            tokens += [each.astype(np.float16) for each in whole.tokens]
            pieces += whole.pieces
            if progress:
                progress(min(low + _BLOCK, len(texts)), len(texts))
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part.npz")
        np.savez(
            beside,
            vectors=np.concatenate(vectors),
            tokens=np.concatenate(tokens),
            pieces=np.concatenate(pieces),
            lengths=[len(each) for each in tokens],
        )
        beside.replace(path)

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D), of texts it does not know by asking the encoder."""
        known = [self._known.get(_plain(text)) for text in texts]
        made = [
            found[0] if found else self.encoder.encode_documents([text])[0]
            for found, text in zip(known, texts, strict=True)
        ]
        return np.stack(made) if made else np.empty((0, self.dim), np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D), as with documents."""
        return self.encode_documents(texts)

    def encode_whole(self, texts: Sequence[str]) -> Whole:
        """Return all that is known of the texts."""
        return Whole(self.encode_documents(texts), self.encode_tokens(texts), self.pieces(texts))

    def encode_tokens(self, texts: Sequence[str]) -> list[Array]:
        """Return for each text (T, D)."""
        known = [self._known.get(_plain(text)) for text in texts]
        return [
            found[1].astype(np.float32) if found else self.encoder.encode_tokens([text])[0]
            for found, text in zip(known, texts, strict=True)
        ]

    def pieces(self, texts: Sequence[str]) -> list[Ids]:
        """Return for each text (T,)."""
        known = [self._known.get(_plain(text)) for text in texts]
        return [
            found[2] if found else self.encoder.pieces([text])[0]
            for found, text in zip(known, texts, strict=True)
        ]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _digest(parts: Sequence[str]) -> str:
    # As `octavo.lab.encoded` names its files: what an experiment encoded is not encoded again.
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]
