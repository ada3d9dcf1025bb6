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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, matrix
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Kept

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


class SurrogateRules(Kept):
    """Rules over the features of a black box. features_: (k,), those kept, the most important first.

    importance_: (k,), I_j of each. fidelity_: on the quarter of the rows that was held back.

    The tree is arrays of its nodes, the root first: left_ and right_, where either branch begins, -1 at a
    leaf; split_, which of the kept features is looked at, and threshold_, above which it goes right; shares_
    (nodes, C), of the rows that came there by label; rows_, how many came; labels_ (C,).
    """

    _kind = "octavo.explain.surrogate_rules"
    _asked = ("features", "depth", "seed")
    _kept: ClassVar[Mapping[str, str]] = {
        "features": "features_",
        "importance": "importance_",
        "fidelity": "fidelity_",
        "dim": "dim_",
        "left": "left_",
        "right": "right_",
        "split": "split_",
        "threshold": "threshold_",
        "shares": "shares_",
        "rows": "rows_",
        "labels": "labels_",
    }

    def __init__(self, features: int = 50, depth: int = 4, *, seed: int = 0) -> None:
        if features < 1 or depth < 1:
            raise ValueError(f"features and depth must be at least 1, got {features} and {depth}")
        self.features, self.depth, self.seed = features, depth, seed

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
        grown = DecisionTreeClassifier(max_depth=self.depth, min_samples_leaf=3, random_state=self.seed)
        grown.fit(given[learn][:, self.features_], said[learn])
        tree, self.labels_, self.dim_ = grown.tree_, grown.classes_, given.shape[1]
        self.left_, self.right_ = tree.children_left, tree.children_right
        self.split_, self.threshold_ = np.maximum(tree.feature, 0), tree.threshold
        self.shares_, self.rows_ = tree.value[:, 0], tree.n_node_samples
        self.fidelity_ = self.fidelity(given[held], said[held])
        return self

    def predict(self, x: npt.ArrayLike) -> Ids:
        """Return what the rules say (N,) of rows (N, F). Raises NotFittedError, ShapeError."""
        kept = self._known(x)
        said: Ids = self.labels_[self.shares_[self._walks(kept)[:, -1]].argmax(axis=1)].astype(np.int64)
        return said

    def fidelity(self, x: npt.ArrayLike, said: npt.ArrayLike) -> float:
        """Return how often the rules say of rows (N, F) what the black box said (N,). Raises as predict."""
        ours = self.predict(x)
        return float((ours == integers(said, "said", len(ours))).mean())

    def rules(self) -> list[Rule]:
        """Return every rule, that with the most support first. Raises NotFittedError."""
        self._fitted()
        return sorted(map(self._rule, self._paths()), key=lambda rule: -rule.support)

    def reason(self, row: npt.ArrayLike) -> Rule:
        """Return the rule that decides a row (F,). Raises NotFittedError, ShapeError."""
        given = np.asarray(row)
        if given.ndim != 1:
            raise ShapeError(f"row must have the shape ({getattr(self, 'dim_', 'F')},), got {given.shape}")
        return self._rule(self._walks(self._known(given[None]))[0].tolist())

    def _rule(self, path: list[int]) -> Rule:
        conditions = [
            (
                int(self.features_[self.split_[node]]),
                bool(child == self.right_[node]),
                float(self.threshold_[node]),
            )
            for node, child in pairwise(path)
            if node != child
        ]
        shares = self.shares_[path[-1]]
        support = float(self.rows_[path[-1]] / self.rows_[0])
        return Rule(
            tuple(conditions), int(self.labels_[shares.argmax()]), support, float(shares.max() / shares.sum())
        )

    def _walks(self, kept: Array) -> Ids:
        """Return the nodes (N, steps) by which rows (N, k) come to their leaves, where they stay."""
        rows, walk = np.arange(len(kept)), [np.zeros(len(kept), np.int64)]
        for _ in range(self.depth):
            node = walk[-1]
            on = np.where(
                kept[rows, self.split_[node]] <= self.threshold_[node], self.left_[node], self.right_[node]
            )
            walk.append(np.where(self.left_[node] < 0, node, on))
        return np.stack(walk, axis=1)

    def _paths(self, node: int = 0) -> list[list[int]]:
        """Return the nodes from one to each leaf below it."""
        if self.left_[node] < 0:
            return [[node]]
        children = int(self.left_[node]), int(self.right_[node])
        return [[node, *path] for child in children for path in self._paths(child)]

    def _known(self, x: npt.ArrayLike) -> Array:
        self._fitted()
        kept: Array = matrix(x, "x", dim=self.dim_)[:, self.features_]
        return kept

    def _fitted(self) -> None:
        if not hasattr(self, "left_"):
            raise NotFittedError("fit before the rules are used")


def _apart(x: Array, said: Ids) -> Ids:
    """Return the features (F,), those first whose means differ most between labels, for their spread."""
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    labels, counts = np.unique(said, return_counts=True)
    differences = np.zeros(x.shape[1])
    for label, count in zip(labels, counts, strict=True):
        differences += count * ((x[said == label].mean(axis=0) - middle) / scale) ** 2
    order: Ids = np.argsort(-differences, kind="stable").astype(np.int64)
    return order
