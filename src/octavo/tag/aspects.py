"""Multi-aspect distillation: what a teacher answers to yes-or-no questions is learned beside the label.

Multi-aspect Knowledge Distillation with Large Language Model (Lee, Bang, Kwon and Kim, 2025),
arXiv:2501.13341. A teacher answers Q questions of every example (is there code? is it a survey?) with
probabilities p_q; the student has C + Q outputs z and learns

    L = CE(softmax(z_1 .. z_C), y) + α (1 / Q) Σ_q BCE(σ(z_{C+q}), p_q)

and its last Q outputs answer the questions of papers that the teacher never saw.

Differs from the paper: the teacher is any function of a text, here plain patterns and not a language model;
the student is a small network on an encoder's vectors; the questions' losses are averaged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from octavo.arrays import labels_of, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Kept
from octavo.tensors import learned, put

ASPECTS: Final[Mapping[str, str]] = {
    "code": r"\b(github|gitlab|source code|code is|code will be|codes? (are|is) available|"
    r"open[- ]sourced?)\b",
    "dataset": r"\b(new (dataset|corpus|benchmark)|we (release|introduce|present|collect)[^.]{0,60}"
    r"(dataset|corpus|benchmark))\b",
    "survey": r"\b(survey|systematic review|literature review|overview of|this review|we review)\b",
    "theory": r"\b(we prove|theorem|lower bound|upper bound|convergence (rate|guarantee)s?|proofs?)\b",
    "experiment": r"\b(experiments?|empirical(ly)?|ablations?|benchmarks?|outperforms?)\b",
}
"""Questions and the patterns that answer them where nobody better is asked."""


def answers(texts: Sequence[str], aspects: Mapping[str, str] = ASPECTS) -> Array:
    """Return (N, Q), 1 where a text fits the pattern of a question, 0 elsewhere.

    >>> answers(["Code is available on GitHub.", "We prove a lower bound."])[:, [0, 3]].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in aspects.values()]
    told = [[float(pattern.search(text) is not None) for pattern in patterns] for text in texts]
    return np.array(told, np.float32).reshape(len(texts), len(patterns))


class Aspects(Kept):
    """Tagger with a teacher's answers beside the labels.

    weight: α; 0 learns the labels alone. hidden: width of the student's layer. steps: of the whole batch.
    """

    _kind = "octavo.tag.aspects"
    _asked = ("weight", "hidden", "steps", "seed")

    def __init__(self, *, weight: float = 1.0, hidden: int = 64, steps: int = 150, seed: int = 0) -> None:
        if weight < 0 or hidden < 1 or steps < 1:
            raise ValueError(
                f"weight must not be negative, hidden and steps at least 1, got {weight}, {hidden}, {steps}"
            )
        self.weight, self.hidden, self.steps, self.seed = weight, hidden, steps, seed

    def fit(self, x: Array, labels: Ids, told: Array | None = None) -> Self:
        """Learn from (N, D), labels (N,) with -1 for none, and the teacher's answers (N, Q) within 0 .. 1.

        Rows without a label are learned from for their answers. Raises ShapeError.
        """
        given = matrix(x, "x", least=1)
        known, self._count = labels_of(labels, "labels", len(given))
        answered = np.zeros((len(given), 0), np.float32)
        if told is not None:
            answered = matrix(told, "told", rows=len(given))
            if answered.min() < 0 or answered.max() > 1:
                raise ShapeError("told must hold probabilities, within 0 .. 1")
        self.middle_ = given.mean(axis=0)
        rows = torch.from_numpy(self._seen(given))
        questions = answered.shape[1]
        self._student = self._fresh(rows.shape[1], self._count + questions)
        optimiser = torch.optim.AdamW(self._student.parameters(), lr=5e-3, weight_decay=1e-2)
        labelled = torch.from_numpy(known >= 0)
        truth, wanted = torch.from_numpy(known)[labelled], torch.from_numpy(answered)
        for _ in range(self.steps):
            out = self._student(rows)
            loss = nn.functional.cross_entropy(out[labelled, : self._count], truth)
            if questions and self.weight:
                own = nn.functional.binary_cross_entropy_with_logits(out[:, self._count :], wanted)
                loss = loss + self.weight * own
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return self

    def _fresh(self, width: int, outputs: int) -> nn.Sequential:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return nn.Sequential(nn.Linear(width, self.hidden), nn.ReLU(), nn.Linear(self.hidden, outputs))

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        self._fitted()
        outputs = self._student[2].out_features
        sizes = np.array([self._count, outputs])
        return {"middle": self.middle_, "sizes": sizes, "student": learned(self._student)}

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.middle_ = arrays["middle"]
        self._count, outputs = arrays["sizes"].tolist()
        self._student = self._fresh(len(self.middle_), outputs)
        put(self._student, arrays["student"])

    def _fitted(self) -> None:
        if not hasattr(self, "_student"):
            raise NotFittedError("the tagger has no examples yet; call fit first")

    def _seen(self, x: Array) -> Array:
        moved = unit(x - self.middle_)
        return moved * np.float32(np.sqrt(x.shape[1]))

    def _outputs(self, x: Array) -> Array:
        self._fitted()
        given = matrix(x, "x", dim=len(self.middle_))
        with torch.no_grad():
            out: Array = self._student(torch.from_numpy(self._seen(given))).numpy()
        return out

    def scores(self, x: Array) -> Array:
        """Return (M, C), the logits of the labels. Raises ShapeError, NotFittedError."""
        return self._outputs(x)[:, : self._count]

    def answer(self, x: Array) -> Array:
        """Return (M, Q), the probability of yes to each question. Raises ShapeError, NotFittedError."""
        out = self._outputs(x)[:, self._count :]
        probable: Array = (1 / (1 + np.exp(-out))).astype(np.float32)
        return probable
