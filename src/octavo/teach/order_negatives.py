"""Order-aware negatives: the same words in another order are another title.

When and why vision-language models behave like bags-of-words, and what to do about it?
(Yüksekgönül, Bianchi, Kalluri, Jurafsky and Zou, 2022), arXiv:2210.01936. Contrast does not teach word
order, since random negatives are told apart without it. So every batch is given, for each text, one with two
of its words exchanged, and an answer must choose its text among both:

    L = -1/2N Σ_i [ log p(d_i | q_i) over N documents + log p(q_i | d_i) over N texts and their N swaps ].

Differs from the paper: titles and abstracts stand for captions and pictures, and a linear map behind the
frozen encoder is taught. Two content words (longer than three letters) are exchanged, without a tagger to
tell nouns from verbs.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from torch import Tensor, nn

from octavo.teach.info_nce import InfoNCE

_WORD: Final = re.compile(r"\w[\w'-]{3,}")


def swapped(text: str, rng: np.random.Generator) -> str:
    """Return the text with two different content words exchanged; as it is where there are no two.

    >>> swapped("transfer to Latin", np.random.default_rng(0))
    'Latin to transfer'
    """
    words = list(_WORD.finditer(text))
    pairs = [
        (a, b)
        for place, a in enumerate(words)
        for b in words[place + 1 :]
        if a.group().lower() != b.group().lower()
    ]
    if not pairs:
        return text
    a, b = pairs[int(rng.integers(len(pairs)))]
    return "".join((text[: a.start()], b.group(), text[a.end() : b.start()], a.group(), text[b.end() :]))


class OrderAware(nn.Module):
    """InfoNCE whose documents also meet the swapped form of every text. temperature: τ."""

    def __init__(self, temperature: float = 0.05) -> None:
        super().__init__()
        self.loss = InfoNCE(temperature, both=False)

    def forward(self, texts: Tensor, swaps: Tensor, documents: Tensor) -> Tensor:
        """Return the loss of texts (N, D), their swapped forms (N, D) and their documents (N, D)."""
        loss: Tensor = (self.loss(texts, documents) + self.loss(documents, texts, swaps)) / 2
        return loss
