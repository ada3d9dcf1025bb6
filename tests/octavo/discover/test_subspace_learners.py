import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError

torch = pytest.importorskip("torch")

from octavo.discover.subspace_learners import SubspaceLearners, margin_loss  # noqa: E402


def test_the_loss_in_plain_loops():
    rng = np.random.default_rng(0)
    z, labels = rng.standard_normal((6, 3)), np.array([0, 0, 1, 1, 2, 2])
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    near, far = [], []
    for i in range(6):
        for j in range(6):
            away = np.linalg.norm(z[i] - z[j])
            if i != j and labels[i] == labels[j]:
                near.append(max(away - 1 + 0.2, 0))
            elif labels[i] != labels[j]:
                far.append(max(1 + 0.2 - away, 0))
    wanted = sum(sum(part) / max(sum(value > 0 for value in part), 1) for part in (near, far))
    made = margin_loss(torch.tensor(z), torch.tensor(labels[:, None] == labels[None]))
    assert float(made) == pytest.approx(wanted, abs=1e-5)


@pytest.fixture
def planted():
    rng = np.random.default_rng(1)
    labels = np.arange(120) % 4
    return (rng.standard_normal((4, 16))[labels] + rng.standard_normal((120, 16))).astype(np.float32), labels


def test_rows_of_a_label_come_nearer(planted):
    x, labels = planted
    model = SubspaceLearners(dim=12, learners=2, rounds=6, seed=0).fit(x[:80], labels[:80])
    z = model.transform(x[80:])
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(z[:, :6], axis=1), np.sqrt(0.5), atol=1e-4)
    likeness = z @ z.T
    np.fill_diagonal(likeness, -np.inf)
    assert (labels[80:][likeness.argmax(axis=1)] == labels[80:]).mean() > 0.7
    assert model.learners_ == 2


def test_learners_are_added_when_nothing_is_gained(planted):
    # Two rows of each label, all alike: nothing can be gained.
    x, labels = np.ones((8, 16), np.float32), np.arange(8) % 4
    x[0, 0] = 1.01
    grown = SubspaceLearners(dim=12, most=3, rounds=8, steps=2, patience=1, seed=0).fit(x, labels)
    assert grown.learners_ == 3
    x, labels = planted
    kept = SubspaceLearners(dim=12, most=3, rounds=3, steps=2, patience=9, seed=0).fit(x, labels)
    assert kept.learners_ == 1
    assert len(kept.losses_) == 3


def test_what_cannot_be_is_refused(planted):
    x, labels = planted
    with pytest.raises(NotFittedError):
        SubspaceLearners().transform(x)
    with pytest.raises(ShapeError, match="every row"):
        SubspaceLearners().fit(x, np.where(labels == 0, -1, labels - 1))
    with pytest.raises(ValueError, match="within 1"):
        SubspaceLearners(dim=4, learners=5)
