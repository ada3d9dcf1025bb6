"""Order Matters: a set is read as a set, thought over for some steps, and only then answered.

Order Matters: Sequence to sequence for sets (Vinyals, Bengio and Kudlur, 2015), arXiv:1511.06391. Every
member of a set gets a memory m_i by itself. A recurrent network without input asks the memory T times,

    q_t = LSTM(q*_{t-1}),    a_i = softmax_i ⟨m_i, q_t⟩,    r_t = Σ_i a_i m_i,    q*_t = [q_t; r_t],

so q*_T is the same in whatever order the members were given. It stands for the set, or a pointer begins to
write there, with one look at all before it points.

Differs from the paper: unless `once` is false, the writer points at each member once. Answers that are sets
themselves, for which the paper searches an order while learning, are not here.
"""

from __future__ import annotations

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError
from octavo.protocols import Ids
from octavo.rank.pointer_network import Writer, lists


class ReadProcess(nn.Module):
    """Sets (N, T, D) to vectors (N, 2 width), whatever the order of the members.

    dim: D. width: of memory. steps: T of the equation; with none, every set is the same.
    """

    def __init__(self, dim: int, *, width: int = 64, steps: int = 5, seed: int = 0) -> None:
        super().__init__()
        if min(dim, width) < 1 or steps < 0:
            raise ValueError(
                f"want a dim and a width of at least 1 and steps ≥ 0, got {dim}, {width} and {steps}"
            )
        self.dim, self.width, self.steps = dim, width, steps
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.memory = nn.Sequential(nn.Linear(dim, width), nn.ReLU(), nn.Linear(width, width))
            self.cell = nn.LSTMCell(2 * width, width)

    def forward(self, x: Tensor, there: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return q* (N, 2 width) and the memories (N, T, width) of sets (N, T, D); `there` (N, T) says which
        members are real."""
        memory = self.memory(x)
        q = memory.new_zeros(len(x), self.width)
        c, r = q, q
        for _ in range(self.steps):
            q, c = self.cell(torch.cat([q, r], dim=1), (q, c))
            scores = (memory @ q[:, :, None])[..., 0]
            if there is not None:
                scores = scores.masked_fill(~there, -torch.inf)
            r = (functional.softmax(scores, dim=1)[..., None] * memory).sum(dim=1)
        return torch.cat([q, r], dim=1), memory


class ReadProcessWrite(nn.Module):
    """Sets (N, T, D) to orders (N, T), as a PointerNetwork gives them.

    glimpse: look once at all before pointing. once: nothing is pointed at twice. The others as of
    ReadProcess.
    """

    def __init__(
        self,
        dim: int,
        *,
        width: int = 64,
        steps: int = 5,
        glimpse: bool = True,
        once: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.process = ReadProcess(dim, width=width, steps=steps, seed=seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed + 1)
            self.start = nn.Linear(2 * width, 2 * width)
            self.writer = Writer(width, glimpse=glimpse, once=once)

    def _read(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        gathered, memory = self.process(x)
        h, c = self.start(gathered).chunk(2, dim=1)
        return memory, (torch.tanh(h), c)

    def loss(self, x: Tensor, order: Tensor) -> Tensor:
        """Return the loss of sets (N, T, D) whose right orders are (N, T)."""
        if order.shape != x.shape[:2]:
            raise ShapeError(f"order must be {tuple(x.shape[:2])}, as many as x, got {tuple(order.shape)}")
        memory, at = self._read(x)
        return self.writer.loss(memory, at, order)

    @torch.no_grad()
    def orders(self, x: npt.ArrayLike, *, beam: int = 1) -> Ids:
        """Return the orders (N, T) of sets (N, T, D). Raises ShapeError."""
        if beam < 1:
            raise ValueError(f"want a beam of at least 1, got {beam}")
        memory, at = self._read(lists(x, self.process.dim))
        made: Ids = self.writer.write(memory, at, beam).numpy()
        return made
