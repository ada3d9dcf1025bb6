"""Static encoder: a table of word pieces, learned from what a transformer makes of them in real text.

Interpreting Pretrained Contextualized Representations via Reductions to Static Counterparts
(Bommasani, Davis and Cardie, 2020), doi:10.18653/v1/2020.acl-main.431: the best single vector for a piece p,
with the least squared error over all places where it stands, is the mean of the vectors it has there,

    E[p] = (Σ_{i: p_i = p} t_i + κ · t̄) / (n_p + κ),    text ↦ (Σ_p w_p E[p]) W / ‖ .. ‖,    w_p = a / (a +
    f_p),

and a text's vector is the weighted mean of its pieces', as in A Simple but Tough-to-Beat Baseline for
Sentence Embeddings, with f_p how often the piece stands among all.

Differs from the paper: means are drawn towards the mean t̄ of all places by κ, since rare pieces were seen
in few; and a linear map W, learned by ridge regression, brings the result nearest to the transformer's own
vectors of the same texts, which teaches it what searching needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from octavo.arrays import matrix, unit
from octavo.encode.borrowed import sendable
from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.encode.static"
_VERSION: Final = 1


class StaticEncoder:
    """Encoder that looks up and adds: no network, thousands of texts a second.

    tokenizer: as JSON, of the transformer it is learned from. drawn: κ. common: a, the share of all pieces
    from which one counts for half. ridge: of the map, in parts of the mean square of what is mapped.
    max_pieces: a text is cut after so many.
    """

    def __init__(
        self,
        tokenizer: str,
        *,
        drawn: float = 5.0,
        common: float = 1e-3,
        ridge: float = 0.1,
        max_pieces: int = 512,
    ) -> None:
        for name, value in (("drawn", drawn), ("common", common), ("ridge", ridge)):
            if not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")
        if max_pieces < 1:
            raise ValueError(f"max_pieces must be at least 1, got {max_pieces}")
        self.tokenizer, self.drawn, self.common, self.ridge = tokenizer, drawn, common, ridge
        self.max_pieces = max_pieces
        self._cutter = _opened(tokenizer)
        self.table_: Array | None = None

    def fit(self, tokens: Sequence[Array], pieces: Sequence[Ids], vectors: Array) -> Self:
        """Learn from N texts: their tokens' vectors, each (T, D), which pieces these are (T,), and (N, D).

        Raises ShapeError.
        """
        goal = matrix(vectors, "vectors", least=1)
        if not len(tokens) == len(pieces) == len(goal):
            raise ShapeError(
                "tokens, pieces and vectors must be of as many texts, "
                f"got {len(tokens)}, {len(pieces)} and {len(goal)}"
            )
        size, dim = self._cutter.get_vocab_size(), goal.shape[1]
        sums, counts = np.zeros((size, dim)), np.zeros(size)
        for place, (own, ids) in enumerate(zip(tokens, pieces, strict=True)):
            given = (
                matrix(own, f"tokens[{place}]", rows=len(ids), dim=dim) if len(ids) else np.empty((0, dim))
            )
            np.add.at(sums, ids, given)
            counts += np.bincount(ids, minlength=size)
        places = counts.sum()
        if not places:
            raise ShapeError("tokens must hold at least one vector, got none")
        table = (sums + self.drawn * sums.sum(axis=0) / places) / (counts + self.drawn)[:, None]
        table *= (self.common / (self.common + counts / places))[:, None]
        x = np.stack([table[ids].mean(axis=0) if len(ids) else np.zeros(dim) for ids in pieces])
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        square = x.T @ x
        ridge = self.ridge * np.trace(square) / dim
        mapped = table @ np.linalg.solve(square + ridge * np.eye(dim), x.T @ goal)
        self.table_ = mapped.astype(np.float32)
        return self

    @property
    def dim(self) -> int:
        """D, that of the transformer."""
        return int(self._learned().shape[1])

    @property
    def name(self) -> str:
        """Says which vectors these are, by a few numbers of the table."""
        table = self._learned()
        return f"static-{table.shape[0]}x{table.shape[1]}-{float(np.abs(table).sum(dtype=np.float64)):.6g}"

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D) vectors of unit length. Raises NotFittedError before `fit`."""
        table = self._learned()
        means = [table[ids].mean(axis=0) for ids in self.pieces(texts)]
        if not means:
            return np.empty((0, table.shape[1]), np.float32)
        x = np.stack(means)
        # Pieces that cancel each other out: any direction is as good, and this one is fixed.
        x[np.linalg.norm(x, axis=1) == 0] = 1.0
        return unit(x)

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D) vectors of unit length."""
        return self.encode_documents(texts)

    def pieces(self, texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
        """Return for each text (T,), its pieces."""
        cut = self._cutter.encode_batch(sendable(texts), add_special_tokens=False)
        return [np.array(each.ids[: self.max_pieces] or [0], dtype=np.int64) for each in cut]

    def save(self, folder: Path) -> None:
        """Write to a folder, the table in float16. Raises NotFittedError."""
        facts = {
            "tokenizer": self.tokenizer,
            "drawn": self.drawn,
            "common": self.common,
            "ridge": self.ridge,
            "max_pieces": self.max_pieces,
        }
        save(folder, _KIND, _VERSION, Saved(facts, {"table": self._learned().astype(np.float16)}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        try:
            encoder = cls(**saved.facts)
        except ValueError as error:
            raise SavedFileError(f"{str(folder)!r} holds no static encoder: {error}") from error
        encoder.table_ = saved.arrays["table"].astype(np.float32)
        return encoder

    def _learned(self) -> Array:
        if self.table_ is None:
            raise NotFittedError("fit the encoder before it encodes")
        return self.table_


def _opened(tokenizer: str) -> Tokenizer:
    try:
        opened: Tokenizer = Tokenizer.from_str(tokenizer)
    except Exception as error:  # the tokenizers raise nothing narrower
        raise ValueError(f"tokenizer must be one of the tokenizers library, as JSON: {error}") from error
    opened.no_padding()
    opened.no_truncation()
    return opened
