"""What MiniLM makes of texts, kept on the disk, so that an experiment is run again without encoding again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import platformdirs

from octavo.encode.minilm import MiniLM
from octavo.protocols import Array, Ids

CACHE: Final = Path(platformdirs.user_cache_dir("octavo")) / "experiments"
_BLOCK: Final = 1000


class Encoded(NamedTuple):
    """Of N texts: vectors (N, D), the tokens' vectors (T, D) of each, and the ids (T,) of their pieces."""

    vectors: Array
    tokens: list[Array]
    pieces: list[Ids]


def encoded(texts: Sequence[str], *, cache: Path | None = None) -> Encoded:
    """Return MiniLM's vectors and token vectors, rounded to float16 as they are kept in the cache.

    cache: by default a folder in the user's cache, which may be deleted at any time.
    """
    encoder = MiniLM()
    path = _place(cache, encoder.name, texts, "npz")
    if not path.exists():
        tokens = encoder.encode_tokens(texts)
        beside = path.with_suffix(".part.npz")
        np.savez(
            beside,
            vectors=encoder.encode_documents(texts).astype(np.float16),
            tokens=np.concatenate(tokens).astype(np.float16),
            pieces=np.concatenate(encoder.pieces(texts)),
            lengths=[len(each) for each in tokens],
        )
        beside.replace(path)
    with np.load(path, allow_pickle=False) as kept:
        bounds = np.cumsum(kept["lengths"])[:-1]
        tokens = np.split(kept["tokens"].astype(np.float32), bounds)
        return Encoded(kept["vectors"].astype(np.float32), tokens, np.split(kept["pieces"], bounds))


def vectors(texts: Sequence[str], *, cache: Path | None = None) -> Array:
    """Return MiniLM's vectors (N, D) alone, kept by the thousand: a longer sample begins with a known one."""
    encoder = MiniLM()
    made = [np.empty((0, encoder.dim), np.float32)]
    for low in range(0, len(texts), _BLOCK):
        block = texts[low : low + _BLOCK]
        path = _place(cache, encoder.name, block, "npy")
        if not path.exists():
            beside = path.with_suffix(".part.npy")
            np.save(beside, encoder.encode_documents(block).astype(np.float16))
            beside.replace(path)
        made.append(np.load(path, allow_pickle=False).astype(np.float32))
    return np.concatenate(made)


def _place(cache: Path | None, name: str, texts: Sequence[str], kind: str) -> Path:
    folder = cache or CACHE
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256("\0".join([name, *texts]).encode("utf-8", "replace")).hexdigest()
    return folder / f"{digest[:24]}.{kind}"
