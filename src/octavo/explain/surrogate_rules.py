"""Surrogate rules: a small tree of readable conditions in the place of a black box, and how faithful it is.

Interpreting Black-box Machine Learning Models for High Dimensional Datasets (Karim, Shajalal, Grass, Doehmen,
Chala, Boden, Beecks and Decker, 2022), arXiv:2208.13405. The black box b is probed: feature j matters by

    I_j = P( b(x with x_j of another row) ≠ b(x) ),

the k features that matter most are kept, a tree t of small depth is fitted to what b says (not to the truth),
and every path from its root to a leaf is a rule. What the rules are worth as reasons is their

    fidelity = P( t(x) = b(x) )

on rows that neither has seen.

Differs from the paper: no embedding network, attention or Shapley values come first. Features are
pre-selected by how much their means differ between the labels that b gives, four times as many as are kept,
and only these are perturbed. The counterfactual of a row is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, matrix
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids

BlackBox = Callable[[Array], npt.ArrayLike]
_PERTURBED: Final = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """A path of the tree.

    conditions: (feature, whether it is above, threshold) each. label: what the tree says there. support: of
    the rows it was fitted on, the share that came here. purity: of those, how many the black box gives that
    label.
    """

    conditions: tuple[tuple[int, bool, float], ...]
    label: int
    support: float
    purity: float

    def told(self, names: list[str] | tuple[str, ...]) -> str:
        """Return the rule in words, for features that count words.

        >>> Rule(((0, True, 0.5), (1, False, 0.5)), 1, 0.2, 0.9).told(["graph", "protein"])
        'has “graph” and not “protein”'
        """
        words = [f"{'' if above else 'not '}“{names[feature]}”" for feature, above, _ in self.conditions]
        return f"has {' and '.join(words)}" if words else "always"


class SurrogateRules:
    """Rules over the features of a black box. features_: (k,), those kept, the most important first.

    importance_: (k,), I_j of each. fidelity_: on the quarter of the rows that was held back.
    """

    def __init__(self, features: int = 50, depth: int = 4, *, seed: int = 0) -> None:
        if features < 1 or depth < 1:
            raise ValueError(f"features and depth must be at least 1, got {features} and {depth}")
        self.features, self.depth, self.seed = features, depth, seed
        self._tree: Any = None

    def fit(self, x: npt.ArrayLike, black_box: BlackBox) -> Self:
        """Learn from rows (N, F) and the labels (N,) that the black box gives them. Raises ShapeError."""
        from sklearn.tree import DecisionTreeClassifier

        given = matrix(x, "x", least=8)
        rng = np.random.default_rng(self.seed)
        said = integers(np.asarray(black_box(given)), "what the black box says", len(given))
        order = rng.permutation(len(given))
        learn, held = order[: len(order) * 3 // 4], order[len(order) * 3 // 4 :]
        some = _apart(given[learn], said[learn])[: _PERTURBED * self.features]
        importance = np.zeros(len(some))
        for place, feature in enumerate(some):
            changed = given[learn].copy()
            changed[:, feature] = changed[rng.permutation(len(learn)), feature]
            importance[place] = float((np.asarray(black_box(changed)) != said[learn]).mean())
        best = np.argsort(-importance, kind="stable")[: self.features]
        self.features_, self.importance_ = some[best], importance[best]
        tree = DecisionTreeClassifier(max_depth=self.depth, min_samples_leaf=3, random_state=self.seed)
        self._tree = tree.fit(given[learn][:, self.features_], said[learn])
        self.dim_ = given.shape[1]
        self.fidelity_ = self.fidelity(given[held], said[held])
        return self

    def predict(self, x: npt.ArrayLike) -> Ids:
        """Return what the rules say (N,) of rows (N, F). Raises NotFittedError, ShapeError."""
        said: Ids = self._fitted().predict(self._kept(x)).astype(np.int64)
        return said

    def fidelity(self, x: npt.ArrayLike, said: npt.ArrayLike) -> float:
        """Return how often the rules say of rows (N, F) what the black box said (N,). Raises as predict."""
        ours = self.predict(x)
        return float((ours == integers(said, "said", len(ours))).mean())

    def rules(self) -> list[Rule]:
        """Return every rule, that with the most support first. Raises NotFittedError."""
        tree = self._fitted().tree_
        found = [self._rule(path) for path in _paths(tree)]
        return sorted(found, key=lambda rule: -rule.support)

    def reason(self, row: npt.ArrayLike) -> Rule:
        """Return the rule that decides a row (F,). Raises NotFittedError, ShapeError."""
        given = np.asarray(row)
        if given.ndim != 1:
            raise ShapeError(f"row must have the shape ({getattr(self, 'dim_', 'F')},), got {given.shape}")
        path = self._fitted().decision_path(self._kept(given[None])).indices.tolist()
        return self._rule(path)

    def _rule(self, path: list[int]) -> Rule:
        tree, classes = self._fitted().tree_, self._fitted().classes_
        conditions = []
        for node, child in pairwise(path):
            above = bool(child == tree.children_right[node])
            feature = int(self.features_[tree.feature[node]])
            conditions.append((feature, above, float(tree.threshold[node])))
        counts = tree.value[path[-1]][0]
        label = int(classes[counts.argmax()])
        support = float(tree.n_node_samples[path[-1]] / tree.n_node_samples[0])
        return Rule(tuple(conditions), label, support, float(counts.max() / counts.sum()))

    def _kept(self, x: npt.ArrayLike) -> Array:
        self._fitted()
        kept: Array = matrix(x, "x", dim=self.dim_)[:, self.features_]
        return kept

    def _fitted(self) -> Any:
        if self._tree is None:
            raise NotFittedError("fit before the rules are used")
        return self._tree


def _apart(x: Array, said: Ids) -> Ids:
    """Return the features (F,), those first whose means differ most between labels, for their spread."""
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    labels, counts = np.unique(said, return_counts=True)
    differences = np.zeros(x.shape[1])
    for label, count in zip(labels, counts, strict=True):
        differences += count * ((x[said == label].mean(axis=0) - middle) / scale) ** 2
    order: Ids = np.argsort(-differences, kind="stable").astype(np.int64)
    return order


def _paths(tree: Any, node: int = 0) -> list[list[int]]:
    if tree.children_left[node] < 0:
        return [[node]]
    children = (int(tree.children_left[node]), int(tree.children_right[node]))
    return [[node, *path] for child in children for path in _paths(tree, child)]
