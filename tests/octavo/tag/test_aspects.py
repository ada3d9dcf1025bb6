import numpy as np
import pytest

from octavo.exceptions import ShapeError
from octavo.testing import check_tagger

pytest.importorskip("torch")

from octavo.tag.aspects import ASPECTS, Aspects, answers


def test_it_keeps_the_contract():
    check_tagger(lambda: Aspects(steps=60))


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("Our source code is on GitHub.", {"code"}),
        ("We introduce a large dataset of birds.", {"dataset"}),
        ("A survey of graph methods.", {"survey"}),
        ("We prove convergence guarantees.", {"theory"}),
        ("It outperforms all others in experiments.", {"experiment"}),
        ("Nothing of the kind.", set()),
    ],
)
def test_patterns_answer(text, yes):
    told = answers([text])[0]
    assert {name for name, answer in zip(ASPECTS, told, strict=True) if answer} == yes


def test_answers_are_learned_beside_the_labels_also_from_rows_without_one():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 12)).astype(np.float32)
    told = (x[:, :2] > 0).astype(np.float32)
    labels = np.where(np.arange(200) < 20, (x[:, 2] > 0).astype(int), -1)
    tagger = Aspects(steps=80).fit(x[:150], labels[:150], told[:150])
    guessed = tagger.answer(x[150:])
    assert ((guessed > 0.5) == (told[150:] > 0.5)).mean() > 0.85
    assert ((guessed >= 0) & (guessed <= 1)).all()
    assert tagger.scores(x[150:]).shape == (50, 2)


def test_what_cannot_be_is_refused():
    x = np.eye(4, dtype=np.float32)
    with pytest.raises(ShapeError, match=r"within 0 \.\. 1"):
        Aspects().fit(x, np.array([0, 1, 0, 1]), 2 * x)
    with pytest.raises(ShapeError, match="told"):
        Aspects().fit(x, np.array([0, 1, 0, 1]), x[:2])
    with pytest.raises(ValueError, match="weight"):
        Aspects(weight=-1)
