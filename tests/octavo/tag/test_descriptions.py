import numpy as np

from octavo.tag.descriptions import Descriptions
from octavo.testing import check_tagger


def test_it_keeps_the_contract():
    check_tagger(Descriptions)


def test_a_score_is_the_mean_likeness_to_the_descriptors():
    rng = np.random.default_rng(0)
    said, labels = rng.standard_normal((7, 5)).astype(np.float32), np.array([0, 1, 0, 2, 2, 2, -1])
    x = rng.standard_normal((4, 5)).astype(np.float32)
    scores = Descriptions().fit(said, labels).scores(x)
    for m, row in enumerate(x):
        for label in range(3):
            own = [d for d, whose in zip(said, labels, strict=True) if whose == label]
            cosines = [row @ d / (np.linalg.norm(row) * np.linalg.norm(d)) for d in own]
            np.testing.assert_allclose(scores[m, label], np.mean(cosines), rtol=1e-4, atol=1e-6)


def test_the_reasons_are_of_each_descriptor_and_make_the_score():
    x = np.eye(4, dtype=np.float32)
    tagger = Descriptions().fit(x, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(tagger.reasons(x), np.eye(4), atol=1e-6)
    assert tagger.scores(x)[0].tolist() == [0.5, 0.0]
