import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from octavo.check.shortcut_bias import TwoLatents, shortcut_bias
from octavo.exceptions import ShapeError

TASK = TwoLatents(dim=6, availability=3.0)


def latents_of(x, task):
    """Back from the inputs, by least squares."""
    basis = task.inputs(np.eye(2))
    return x @ np.linalg.pinv(basis)


def test_each_latent_tells_the_label_as_often_as_was_said():
    x, y = TASK.sample(40_000)
    z = latents_of(x, TASK)
    assert ((z > 0) == y[:, None].astype(bool)).mean(axis=0) == pytest.approx([0.9, 0.8], abs=0.01)


def test_the_best_decision_is_better_than_either_latent_alone():
    x, y = TASK.sample(40_000)
    z = latents_of(x, TASK)
    right = (TASK.best(z) == y).mean()
    assert right > ((z[:, 0] > 0) == y).mean() + 0.005
    fitted = LogisticRegression().fit(z, y)
    assert (fitted.predict(z) == TASK.best(z)).mean() > 0.98


def test_who_decides_best_has_no_bias_and_who_goes_by_one_latent_has_its_own():
    best, core, short = (
        shortcut_bias(lambda x, f=f: f(latents_of(x, TASK)), TASK)
        for f in (TASK.best, lambda z: (z[:, 0] > 0).astype(int), lambda z: (z[:, 1] > 0).astype(int))
    )
    assert best == 0
    assert core < 0 < short
    assert short - core == 1


def test_it_is_the_share_of_disagreeing_points_in_plain_loops():
    def decides(x):
        return (x.sum(axis=1) > 0.3).astype(int)

    at = [-2.5 + 5 * i / 23 for i in range(24)]
    said = best = total = 0
    for c in at:
        for s in at:
            if c * s < 0:
                total += 1
                x = TASK.inputs(np.array([[c, s]]))
                said += int(decides(x)[0] == (s > 0))
                best += int(TASK.best(np.array([[c, s]]))[0] == (s > 0))
    assert shortcut_bias(decides, TASK) == pytest.approx((said - best) / total)


def test_the_same_seed_is_the_same_task_and_draws_differ():
    one, two, other = TASK.sample(50), TASK.sample(50), TASK.sample(50, draw=1)
    assert np.array_equal(one[0], two[0])
    assert not np.array_equal(one[0], other[0])
    assert np.linalg.matrix_rank(np.concatenate([one[0], other[0]]), tol=1e-4) == 2


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ShapeError, match="labels of 0 and 1"):
        shortcut_bias(lambda x: x, TASK)
    with pytest.raises(ShapeError, match="labels of 0 and 1"):
        shortcut_bias(lambda x: np.full(len(x), 2), TASK)
    for wrong in ({"core": 1.0}, {"shortcut": 0.5}, {"dim": 1}, {"availability": 0.0}):
        with pytest.raises(ValueError, match="must"):
            TwoLatents(**wrong)
