import numpy as np
import pytest

from broadsheet.subjects.learning import learn
from octavo.arrays import unit

NONE = np.empty((0, 6), np.float32)


@pytest.fixture
def pool():
    return unit(np.random.default_rng(0).standard_normal((60, 6)).astype(np.float32))


def test_it_is_the_examples_their_lookalikes_and_away_from_what_was_refused(pool):
    fitting, refused, said = pool[:3], pool[3:5], pool[5:6]
    known = np.arange(60) < 5
    learned = learn(fitting, refused, said, pool, known)
    examples = np.concatenate([fitting, said])
    first = examples.mean(axis=0) - 0.5 * refused.mean(axis=0)
    ranked = sorted(range(5, 60), key=lambda i: -(pool[i] @ first))[:20]
    by_hand = first + 0.7 * 3 / 4 * pool[ranked].mean(axis=0)
    np.testing.assert_allclose(learned.direction, by_hand / np.linalg.norm(by_hand), atol=1e-5)
    scores = pool @ learned.direction
    middle = sorted(scores)[29:31]
    away = sorted(abs(scores - np.mean(middle)))[29:31]
    assert learned.level == pytest.approx(min(np.mean(middle) + 2.5 * 1.4826 * np.mean(away), 0.95), abs=1e-5)


def test_the_order_in_which_answers_came_means_nothing(pool):
    known = np.arange(60) < 8
    one = learn(pool[:5], pool[5:8], NONE, pool, known)
    other = learn(pool[:5][::-1], pool[5:8][::-1], NONE, pool, known)
    np.testing.assert_allclose(one.direction, other.direction, atol=1e-6)


def test_refusing_a_paper_lowers_the_papers_like_it(pool):
    known = np.arange(60) < 4
    before = learn(pool[:3], NONE, NONE, pool, known).scores(pool[3:4])
    after = learn(pool[:3], pool[3:4], NONE, pool, known).scores(pool[3:4])
    assert after < before


def test_what_contradicts_itself_still_has_a_direction(pool):
    twice = np.concatenate([pool[:1], pool[:1]])
    learned = learn(pool[:1], twice, NONE, pool[:1], np.ones(1, bool))
    assert np.linalg.norm(learned.direction) == pytest.approx(1, abs=1e-5)
