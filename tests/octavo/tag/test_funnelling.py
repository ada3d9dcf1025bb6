import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.tag.funnelling import Funnelling, Ridge


@pytest.fixture
def languages():
    """Two languages without a common word, four labels of which pairs go together; one language is poor."""
    rng = np.random.default_rng(0)

    def speak(count, dim, seed):
        own = np.random.default_rng(seed).standard_normal((4, dim))
        labels = np.arange(count) % 4
        return (own[labels] + 0.8 * rng.standard_normal((count, dim))).astype(np.float32), labels

    return {"rich": speak(200, 20, 1), "poor": speak(16, 30, 2)}


def test_a_ridge_is_the_same_in_rows_and_in_columns():
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 3
    wide = rng.standard_normal((12, 20)).astype(np.float32)
    by_rows = Ridge(0.5).fit(wide, labels, 3)
    rows = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    rows = rows - rows.mean(axis=0)
    wanted = np.where(np.eye(3)[labels] > 0, 1, -0.5)
    inner = rows.T @ rows + 0.5 * np.eye(20)
    by_columns = np.linalg.solve(inner, rows.T @ (wanted - wanted.mean(axis=0)))
    np.testing.assert_allclose(by_rows.weights_, by_columns, atol=1e-5)


def test_documents_of_every_language_are_told(languages):
    x = {name: rows for name, (rows, _) in languages.items()}
    y = {name: labels for name, (_, labels) in languages.items()}
    funnel = Funnelling().fit(x, y)
    for name in x:
        assert (funnel.scores(name, x[name]).argmax(axis=1) == y[name]).mean() > 0.9
        assert funnel.alone(name, x[name]).shape == (len(x[name]), 4)


def test_the_numbers_of_labels_mean_nothing(languages):
    x = {name: rows for name, (rows, _) in languages.items()}
    y = {name: labels for name, (_, labels) in languages.items()}
    turned = Funnelling().fit(x, {name: 3 - labels for name, labels in y.items()})
    plain = Funnelling().fit(x, y)
    np.testing.assert_allclose(
        turned.scores("poor", x["poor"])[:, ::-1], plain.scores("poor", x["poor"]), atol=1e-4
    )


def test_what_cannot_be_is_refused(languages):
    x = {name: rows for name, (rows, _) in languages.items()}
    y = {name: labels for name, (_, labels) in languages.items()}
    with pytest.raises(NotFittedError):
        Funnelling().scores("rich", x["rich"])
    with pytest.raises(ShapeError, match="of the languages of x"):
        Funnelling().fit(x, {"rich": y["rich"]})
    with pytest.raises(ShapeError, match="the same labels"):
        Funnelling().fit(x, {"rich": y["rich"], "poor": y["poor"] % 2})
    funnel = Funnelling().fit(x, y)
    with pytest.raises(ShapeError, match="one of"):
        funnel.scores("third", x["rich"])
    with pytest.raises(ShapeError, match=r"\(N, 20\)"):
        funnel.scores("rich", x["poor"])
