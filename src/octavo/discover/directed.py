"""Directed structure: who cites and who is cited are two facts, and one is lost where arrows are dropped.

Towards Data-centric Machine Learning on Directed Graphs: a Survey (Sun, Li, Su, Han, Li and Wang, 2024),
arXiv:2412.01849. Of an adjacency A, A_ij = 1 where i points to j, the survey's methods keep both ways apart,
as sources and targets or as a phase:

    A ≈ U S Vᵀ,    s(i → j) = u_i·S v_j,    s(j → i) = u_j·S v_i

MagNet: A Neural Network for Directed Graphs (Zhang, He, Brugnone, Perlmutter and Hirn, 2021),
arXiv:2102.11391, puts the direction into a phase,

    H = A_s ⊙ exp(2πi q (A − Aᵀ)),    A_s = (A + Aᵀ) / 2,    L = I − D_s^(−1/2) H D_s^(−1/2)

whose eigenvectors, those of the smallest eigenvalues, place the nodes; q = 0 forgets the direction.

Differs from the paper: a survey proposes no method of its own; these are the two decompositions that its
taxonomy rests on, without the networks built on them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.protocols import Array


def adjacency(edges: npt.ArrayLike, nodes: int) -> Any:
    """Return a sparse (N, N), 1 where an edge (E, 2) of node numbers points from the first to the second.

    Loops are left out, repeated edges count once. Raises ShapeError.
    """
    from scipy.sparse import csr_array  # of the extra `learn`

    given = np.asarray(edges)
    if given.ndim != 2 or given.shape[1] != 2 or not np.issubdtype(given.dtype, np.integer):
        raise ShapeError(f"edges must be integers of the shape (E, 2), got {given.dtype} of {given.shape}")
    if given.size and (given.min() < 0 or given.max() >= nodes):
        raise ShapeError(f"edges must name nodes below {nodes}, got {int(given.min())} .. {int(given.max())}")
    kept = np.unique(given[given[:, 0] != given[:, 1]], axis=0)
    return csr_array((np.ones(len(kept)), (kept[:, 0], kept[:, 1])), shape=(nodes, nodes))


class SourcesAndTargets:
    """Two vectors a node: as one that points, and as one pointed at.

    dim: of each. sources_, targets_: (N, dim), with the root of the singular values in both.
    """

    sources_: Array
    targets_: Array

    def __init__(self, dim: int = 32, *, seed: int = 0) -> None:
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        self.dim, self.seed = dim, seed

    def fit(self, edges: npt.ArrayLike, nodes: int) -> SourcesAndTargets:
        """Learn from edges (E, 2). Raises ShapeError."""
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import svds

        a = adjacency(edges, nodes)
        if self.dim >= nodes:
            raise ShapeError(f"nodes must be more than {self.dim}, got {nodes}")
        out, into = np.asarray(a.sum(axis=1)), np.asarray(a.sum(axis=0))
        scaled = (
            diags_array(1 / np.sqrt(np.maximum(out, 1))) @ a @ diags_array(1 / np.sqrt(np.maximum(into, 1)))
        )
        start = np.random.default_rng(self.seed).standard_normal(nodes)
        u, s, vt = svds(scaled, k=self.dim, v0=start)
        self.sources_ = (u * np.sqrt(s)).astype(np.float32)
        self.targets_ = (vt.T * np.sqrt(s)).astype(np.float32)
        return self

    def scores(self, pairs: npt.ArrayLike) -> Array:
        """Return (M,), how much the first node of each pair (M, 2) is likely to point to the second."""
        given = np.asarray(pairs)
        fitting: Array = np.einsum("md,md->m", self.sources_[given[:, 0]], self.targets_[given[:, 1]])
        return fitting


def magnetic(edges: npt.ArrayLike, nodes: int, dim: int, *, charge: float = 0.25) -> Array:
    """Return (N, 2 dim), the magnetic Laplacian's eigenvectors of least eigenvalue, real beside imaginary.

    charge: q; 0 forgets the direction. Raises ShapeError.
    """
    a = adjacency(edges, nodes).toarray()
    if not 1 <= dim <= nodes:
        raise ShapeError(f"dim must be within 1 .. {nodes}, got {dim}")
    symmetric = (a + a.T) / 2
    hermitian = symmetric * np.exp(2j * np.pi * charge * (a - a.T))
    scale = 1 / np.sqrt(np.maximum(symmetric.sum(axis=1), 1e-12))
    laplacian = np.eye(nodes) - scale[:, None] * hermitian * scale[None]
    _, vectors = np.linalg.eigh(laplacian)
    leading = vectors[:, :dim]
    # A vector has no phase of its own: its largest entry is made real and positive.
    phase = leading[np.abs(leading).argmax(axis=0), np.arange(dim)]
    turned = leading * (np.abs(phase) / phase)
    both: Array = np.concatenate([turned.real, turned.imag], axis=1).astype(np.float32)
    return both
