"""1-to-K contrastive learning: one text and all its translations at once, so that no language comes second.

Improving the Consistency in Cross-Lingual Cross-Modal Retrieval with 1-to-K Contrastive Learning (Nie,
Zhang, Feng, Huang and Liu, 2024), arXiv:2406.18254. With anchors a_i and K texts t_ik of each in one batch,
all K stand in one softmax:

    L = −(1 / 2BK) Σ_i Σ_k [ log (e^{a_i·t_ik/τ} / Σ_{j,l} e^{a_i·t_jl/τ})
                             + log (e^{a_i·t_ik/τ} / Σ_j e^{a_j·t_ik/τ}) ]

    MRV = (1 / N) Σ_i (1 / K) Σ_k (r_ik − r̄_i)²,    r_ik the rank of i's own answer asked for in language k

which is 0 where the same question finds its answer at the same place in every language.

Differs from the paper: texts take the place of images as anchors, and there are no other losses beside it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.arrays import matrix, unit
from octavo.exceptions import ShapeError
from octavo.protocols import Ids


class OneToK(nn.Module):
    """The loss. temperature: τ."""

    def __init__(self, temperature: float = 0.05) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"temperature must be positive, got {temperature}")
        self.temperature = temperature

    def forward(self, anchors: Tensor, texts: Tensor) -> Tensor:
        """Return the scalar loss of anchors (B, D) and their texts (B, K, D), at unit length or not."""
        if anchors.ndim != 2 or texts.ndim != 3 or anchors.shape != (texts.shape[0], texts.shape[2]):
            raise ShapeError(
                f"anchors, texts must be (B, D), (B, K, D), got {tuple(anchors.shape)}, {tuple(texts.shape)}"
            )
        batch, languages, _ = texts.shape
        a, t = nn.functional.normalize(anchors, dim=-1), nn.functional.normalize(texts, dim=-1)
        logits = torch.einsum("id,jkd->ijk", a, t) / self.temperature
        own = torch.arange(batch)
        to_texts = logits.reshape(batch, -1).log_softmax(dim=1).reshape(logits.shape)[own, own]
        to_anchors = logits.log_softmax(dim=0)[own, own]
        return -(to_texts + to_anchors).sum() / (2 * batch * languages)


def ranks(queries: npt.ArrayLike, documents: npt.ArrayLike) -> Ids:
    """Return (N,), from 1, the rank of document i asked for by query i, both (N, D). Raises ShapeError.

    Of equally near documents the own one counts as the last.
    """
    documents_ = matrix(documents, "documents")
    queries_ = matrix(queries, "queries", rows=len(documents_), dim=documents_.shape[1])
    likeness = unit(queries_) @ unit(documents_).T
    placed: Ids = (likeness >= np.diag(likeness)[:, None]).sum(axis=1).astype(np.int64)
    return placed


def mean_rank_variance(placed: npt.ArrayLike) -> float:
    """Return MRV of ranks (K, N), one row a language. Raises ShapeError."""
    given = np.asarray(placed, np.float64)
    if given.ndim != 2 or not given.size or not np.isfinite(given).all():
        raise ShapeError(f"placed must be finite, (K, N), got {given.shape}")
    return float(given.var(axis=0).mean())
