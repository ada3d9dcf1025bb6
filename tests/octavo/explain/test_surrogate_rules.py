import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.explain.surrogate_rules import SurrogateRules

RNG = np.random.default_rng(0)
X = (RNG.uniform(size=(400, 30)) < 0.4).astype(np.float32)


def planted(x):
    """Says 2 where word 7 is, else 1 where word 3 is and 11 is not, else 0."""
    return np.where(x[:, 7] > 0.5, 2, np.where((x[:, 3] > 0.5) & (x[:, 11] < 0.5), 1, 0))


RULES = SurrogateRules(features=5, depth=3).fit(X, planted)


def test_planted_rules_are_found_again():
    assert set(RULES.features_[:3].tolist()) == {3, 7, 11}
    assert RULES.fidelity_ == 1
    fresh = (RNG.uniform(size=(200, 30)) < 0.5).astype(np.float32)
    assert RULES.fidelity(fresh, planted(fresh)) == 1


def test_importance_is_the_share_of_answers_that_change():
    # Word 7 decides alone: a change of it changes the answer, unless it is drawn as it was.
    share = X[:, 7].mean()
    assert RULES.importance_[RULES.features_.tolist().index(7)] == pytest.approx(
        2 * share * (1 - share), abs=0.08
    )


def test_every_row_is_decided_by_the_rule_whose_conditions_it_meets():
    rules = RULES.rules()
    assert sum(rule.support for rule in rules) == pytest.approx(1)
    for row, said in zip(X[:50], RULES.predict(X[:50]), strict=True):
        meeting = [r for r in rules if all((row[f] > t) == above for f, above, t in r.conditions)]
        assert meeting == [RULES.reason(row)]
        assert meeting[0].label == said


def test_a_rule_is_told_in_words():
    names = [f"word{n}" for n in range(30)]
    row = np.zeros(30, np.float32)
    row[7] = 1
    assert RULES.reason(row).told(names) == "has “word7”"
    assert RULES.reason(row).purity == 1
    assert "not “word7”" in RULES.reason(np.zeros(30, np.float32)).told(names)


def test_rules_are_less_faithful_to_what_no_small_tree_can_say():
    def parity(x):
        return (x[:, :6].sum(axis=1) % 2).astype(int)

    assert SurrogateRules(features=10, depth=3).fit(X, parity).fidelity_ < 0.75


def test_the_same_seed_gives_the_same_rules():
    again = SurrogateRules(features=5, depth=3).fit(X, planted)
    assert again.rules() == RULES.rules()


def test_what_cannot_be_explained_is_refused():
    with pytest.raises(NotFittedError):
        SurrogateRules().rules()
    with pytest.raises(
        ShapeError, match=r"what the black box says must have the shape \(400,\), got \(400, 30\)"
    ):
        SurrogateRules().fit(X, lambda x: x)
    with pytest.raises(ShapeError, match="x must have at least 8 rows"):
        SurrogateRules().fit(X[:5], planted)
    with pytest.raises(ShapeError, match=r"x must have the shape \(N, 30\)"):
        RULES.predict(X[:, 1:])
    with pytest.raises(ShapeError, match=r"row must have the shape \(30,\), got \(2, 30\)"):
        RULES.reason(X[:2])
    with pytest.raises(ValueError, match="at least 1, got 0 and 4"):
        SurrogateRules(features=0)
