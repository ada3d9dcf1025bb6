"""Latent semantic analysis: an encoder as any other, whose first directions are those of a plain SVD."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from octavo.lab.latent import LatentSemantic
from octavo.testing import check_encoder, planted_corpus


def test_it_keeps_the_promises_of_an_encoder():
    documents, queries = planted_corpus()
    check_encoder(LatentSemantic(16, least=1).fit([*documents, *queries]))


def test_its_directions_are_those_of_the_weighted_counts():
    texts = ["owl mouse owl", "owl night", "bread yeast", "yeast sugar bread bread", "mouse night sugar"]
    encoder = LatentSemantic(3, least=1).fit(texts)
    words = sorted({word for text in texts for word in text.split()})
    x = np.zeros((5, len(words)))
    for row, text in enumerate(texts):
        for word, count in Counter(text.split()).items():
            containing = sum(word in other.split() for other in texts)
            x[row, words.index(word)] = (1 + math.log(count)) * (math.log(6 / (1 + containing)) + 1)
        x[row] /= math.sqrt((x[row] ** 2).sum())
    plain = x @ np.linalg.svd(x, full_matrices=False)[2][:3].T
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    made = encoder.encode_documents(texts)
    np.testing.assert_allclose(made @ made.T, plain @ plain.T, atol=1e-5)


def test_its_name_tells_what_it_was_fitted_on():
    texts = ["owl mouse", "owl night", "bread yeast", "yeast sugar", "mouse night sugar"]
    one, same = (LatentSemantic(2, least=1).fit(texts).name for _ in range(2))
    assert one == same != LatentSemantic(2, least=1).fit([*texts, "violin bow"]).name
