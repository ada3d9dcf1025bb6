"""How tokens are kept: the codecs that come with the house, and which encoders they are for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from octavo.exceptions import SavedFileError
from octavo.find.pooled_tokens import PooledTokens
from octavo.protocols import Encoder, TokenEncoder, Whole

_log = logging.getLogger(__name__)

CODECS: Final[dict[str, Path]] = {
    "minilm-2": Path(__file__).parent / "minilm-2",
}
"""Codecs that come with the house, learned by benchmarks/token_codec.py. Another name for every change: what
was coded is read by its own."""

CODEC_OF: Final[dict[str, str]] = {"minilm-l6-v2-int8-1-": "minilm-2"}
"""The codec of an encoder, by how the encoder's name begins."""


@dataclass(frozen=True, slots=True)
class Codec:
    """name: under which its codes are kept."""

    name: str
    pooled: PooledTokens

    def encode(self, whole: Whole) -> npt.NDArray[np.uint8]:
        """The codes (N, B) of N texts' tokens; a text without any has its own vector for one."""
        codes = np.empty((len(whole.vectors), self.pooled.nbytes), np.uint8)
        for row, (vector, tokens, pieces) in enumerate(zip(*whole, strict=True)):
            bag, own = (tokens, pieces) if len(tokens) else (vector[None], np.zeros(1, np.int64))
            codes[row] = self.pooled.encode(bag, own, vector).reshape(-1)
        return codes


@lru_cache
def codec(name: str) -> Codec:
    """The codec of a name. Raises SavedFileError, and KeyError for a name there is none of."""
    return Codec(name, PooledTokens.load(CODECS[name]))


def codec_of(encoder: Encoder) -> Codec | None:
    """The codec for an encoder's tokens; None for one that tells none, or of which none was learned."""
    if not isinstance(encoder, TokenEncoder):
        return None
    name = str(getattr(encoder, "name", ""))
    found = next((codec for start, codec in CODEC_OF.items() if name.startswith(start)), None)
    try:
        return codec(found) if found else None
    except SavedFileError as error:
        _log.warning("no tokens are kept: %s", error)
        return None
