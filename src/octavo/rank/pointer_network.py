"""Pointer Network: puts what it was given in an order, by pointing at one after the other.

Pointer Networks (Vinyals, Fortunato and Jaitly, 2015), arXiv:1506.03134. One recurrent network reads the
inputs x_1 .. x_T into states e_j, another writes; its state d_i attends over the inputs, and the attention is
the answer:

    u_ij = vᵀ tanh(W₁ e_j + W₂ d_i),    p(the i-th is j) = softmax_j(u_ij),

so that the answer may be as long as the question, whatever was learned from. What was pointed at is read
next.

Differs from the paper: unless `once` is false, nothing is pointed at twice, in learning as in writing, since
an order is wanted; there is no sign for the end. A state keeps what was read beside what the network made of
it. It is written greedily or with a beam of partial orders.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError
from octavo.protocols import Ids

Step: TypeAlias = tuple[Tensor, tuple[Tensor, Tensor]]


class Writer(nn.Module):
    """Points at one of (N, T, D) states after another.

    glimpse: look once at all before pointing. once: at each only once.
    """

    def __init__(self, width: int, *, glimpse: bool = False, once: bool = True) -> None:
        super().__init__()
        self.once = once
        self.cell = nn.LSTMCell(width, width)
        self.begin = nn.Parameter(torch.zeros(width))
        self.keys, self.ask = nn.Linear(width, width, bias=False), nn.Linear(width, width)
        self.weigh = nn.Linear(width, 1, bias=False)
        self.look = nn.MultiheadAttention(width, 1, batch_first=True) if glimpse else None

    def step(
        self, states: Tensor, keys: Tensor, last: Tensor, at: tuple[Tensor, Tensor], left: Tensor
    ) -> Step:
        """Return log p (N, T) of what comes after `last` (N, D), and where the writer is then; `left` (N, T)
        says what was not yet pointed at."""
        h, c = self.cell(last, at)
        asking = h
        if self.look is not None:
            asking = (
                h + self.look(h[:, None], states, states, key_padding_mask=~left, need_weights=False)[0][:, 0]
            )
        u = self.weigh(torch.tanh(keys + self.ask(asking)[:, None]))[..., 0]
        return functional.log_softmax(u.masked_fill(~left, -torch.inf), dim=1), (h, c)

    def loss(self, states: Tensor, at: tuple[Tensor, Tensor], order: Tensor) -> Tensor:
        """Return the loss of writing `order` (N, T) over states (N, T, D), each step after the right ones."""
        rows, keys = torch.arange(len(states)), self.keys(states)
        last = self.begin.expand(len(states), -1)
        left = torch.ones(states.shape[:2], dtype=torch.bool)
        total = states.new_zeros(())
        for place in range(states.shape[1]):
            logs, at = self.step(states, keys, last, at, left)
            wanted = order[:, place]
            total = total - logs[rows, wanted].mean()
            last, left = states[rows, wanted], left.clone()
            left[rows, wanted] = not self.once
        return total / states.shape[1]

    def write(self, states: Tensor, at: tuple[Tensor, Tensor], beam: int) -> Tensor:
        """Return the most likely order (N, T) that a beam of so many partial ones finds."""
        n, t, _ = states.shape
        states = states.repeat_interleave(beam, 0)
        at = (at[0].repeat_interleave(beam, 0), at[1].repeat_interleave(beam, 0))
        rows, keys = torch.arange(n * beam), self.keys(states)
        last = self.begin.expand(n * beam, -1)
        left = torch.ones(n * beam, t, dtype=torch.bool)
        sums = torch.full((n, beam), -torch.inf)
        sums[:, 0] = 0  # in the beginning all of a beam are one
        written = torch.empty(n * beam, 0, dtype=torch.int64)
        for _ in range(t):
            logs, at = self.step(states, keys, last, at, left)
            reached = (sums[:, :, None] + logs.view(n, beam, t)).flatten(1)
            # Of a beam wider than there are partial orders, the rest has nothing left to point at.
            reached = torch.where(reached.isnan(), -torch.inf, reached)
            sums, place = reached.topk(beam, dim=1)
            parent = (place // t + torch.arange(n)[:, None] * beam).flatten()
            chosen = (place % t).flatten()
            written = torch.cat([written[parent], chosen[:, None]], dim=1)
            at = (at[0][parent], at[1][parent])
            last, left = states[rows, chosen], left[parent].clone()
            left[rows, chosen] = not self.once
        return written.view(n, beam, t)[:, 0]


class PointerNetwork(nn.Module):
    """Lists (N, T, D) to orders (N, T): the position of what comes first, of what comes second, and so on.

    dim: D. width: of the states. once: nothing is pointed at twice; without, it has to learn not to.
    """

    def __init__(self, dim: int, *, width: int = 128, once: bool = True, seed: int = 0) -> None:
        super().__init__()
        if dim < 1 or width < 1:
            raise ValueError(f"want a dim and a width of at least 1, got {dim} and {width}")
        self.dim = dim
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.enter = nn.Linear(dim, width)
            self.reader = nn.LSTM(width, width, batch_first=True)
            self.writer = Writer(width, once=once)
        with torch.no_grad():
            # From small weights all inputs look alike to the pointer, and it stays there for long.
            self.enter.weight *= 4
            self.writer.weigh.weight *= 3

    def read(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the states (N, T, width) of lists (N, T, D), and where the reader is in the end."""
        entered = self.enter(x)
        states, (h, c) = self.reader(entered)
        return states + entered, (h[0], c[0])

    def loss(self, x: Tensor, order: Tensor) -> Tensor:
        """Return the loss of lists (N, T, D) whose right orders are (N, T)."""
        if order.shape != x.shape[:2]:
            raise ShapeError(f"order must be {tuple(x.shape[:2])}, as many as x, got {tuple(order.shape)}")
        states, at = self.read(x)
        return self.writer.loss(states, at, order)

    @torch.no_grad()
    def orders(self, x: npt.ArrayLike, *, beam: int = 1) -> Ids:
        """Return the orders (N, T) of lists (N, T, D). Raises ShapeError."""
        if beam < 1:
            raise ValueError(f"want a beam of at least 1, got {beam}")
        states, at = self.read(lists(x, self.dim))
        made: Ids = self.writer.write(states, at, beam).numpy()
        return made


def lists(x: npt.ArrayLike, dim: int) -> Tensor:
    """Return (N, T, D), T ≥ 1, as a float32 tensor. Raises ShapeError."""
    given = np.asarray(x)
    if given.ndim != 3 or not given.shape[1] or given.shape[2] != dim:
        raise ShapeError(f"x must have the shape (N, T, {dim}) with T ≥ 1, got {given.shape}")
    if not np.issubdtype(given.dtype, np.floating) or not np.isfinite(given).all():
        raise ShapeError(f"x must hold finite floating-point numbers, got {given.dtype}")
    return torch.from_numpy(np.array(given, np.float32))
