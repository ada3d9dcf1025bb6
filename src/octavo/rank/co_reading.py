"""Co-read embeddings: concepts of a reading life, in one space with the reader, without a word of text.

Medical Concept Representation Learning from Electronic Health Records and its Application on Heart Failure
Prediction (Choi, Schuetz, Stewart and Sun, 2016), arXiv:1602.03686. A patient's record is visits in time, a
visit the codes of one day, in no order. They are put in a line, shuffled within each visit, and skip-gram
learns a vector u_c of every code from those at most `window` places away; a patient is what their codes sum
up to,

    r = Σ_{c seen} u_c,

and a plain classifier tells from r what will come. Here a code is a paper, a tag or an attribute, and a visit
a sitting.

Differs from the paper: r is the mean, so that long histories are not far out; older codes may count less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers
from octavo.exceptions import ShapeError
from octavo.protocols import Array
from octavo.rank.skip_gram import SkipGram


class CoReading(SkipGram):
    """A vector for every code. Learned as `SkipGram` is, from `visit_pairs`."""

    def readers(self, histories: Sequence[npt.ArrayLike], *, fading: float = 1.0) -> Array:
        """Return (R, D), where readers stand who have read these codes, the last one last.

        fading: how much less every older code counts; 1 not at all. An empty history stands at 0. Raises
        ShapeError.
        """
        if not 0 < fading <= 1:
            raise ValueError(f"want 0 < fading ≤ 1, got {fading}")
        middle, _ = self.vectors()
        made = np.zeros((len(histories), middle.shape[1]), np.float32)
        for row, history in zip(made, histories, strict=True):
            given = np.asarray(history)
            if not given.size:
                continue
            codes = integers(given, "a history", given.size)
            if codes.min() < 0 or codes.max() >= len(middle):
                raise ShapeError(
                    f"a history must hold codes from 0 to {len(middle) - 1}, got {codes.min()} to "
                    f"{codes.max()}"
                )
            weights = fading ** np.arange(len(codes) - 1, -1, -1, dtype=np.float32)
            row[:] = weights @ middle[codes] / weights.sum()
        return made
