"""Nested ordering: the loss in plain loops, a planted order, the promises of a transform."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, SavedFileError
from octavo.shrink.nested_ordering import NestedOrdering, neighbours_lost
from octavo.testing import check_transform


def unit(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def test_contract():
    check_transform(lambda: NestedOrdering(8, steps=20, size=60))


@settings(max_examples=20)
@given(st.integers(0, 99), st.integers(2, 7), st.integers(1, 5), st.sampled_from([0.05, 0.5, 2.0]))
def test_the_loss_in_plain_loops(seed, count, dim, temperature):
    rng = np.random.default_rng(seed)
    whole, short = (unit(rng.standard_normal((count, d))).astype(np.float64) for d in (8, dim))
    lost = 0.0
    for i in range(count):
        others = [j for j in range(count) if j != i]
        p, q = (np.array([np.exp(float(x[i] @ x[j]) / temperature) for j in others]) for x in (whole, short))
        p, q = p / p.sum(), q / q.sum()
        lost += float((p * np.log(p / q)).sum()) / count
    measured = neighbours_lost(torch.from_numpy(whole), torch.from_numpy(short), temperature)
    assert float(measured) == pytest.approx(lost, abs=1e-6)
    assert float(measured) > -1e-9


def test_nothing_is_lost_by_turning():
    rng = np.random.default_rng(1)
    x = torch.from_numpy(unit(rng.standard_normal((9, 6)))).double()
    turn = torch.from_numpy(np.linalg.qr(rng.standard_normal((6, 6)))[0])
    assert float(neighbours_lost(x, x @ turn, 0.1)) == pytest.approx(0, abs=1e-9)


@pytest.fixture(scope="module")
def planted():
    """Loud directions of which each is one text's own, and quieter ones that whole subjects share."""
    rng = np.random.default_rng(0)
    subject = np.arange(240) % 12
    x = 0.25 * rng.standard_normal((240, 24))
    x[:, 12:] += 0.55 * np.eye(12)[subject]
    x[:, :4] += np.where(rng.random((240, 4)) > 0.5, 0.45, -0.45)
    return unit(x @ np.linalg.qr(rng.standard_normal((24, 24)))[0])


def lost(x, short):
    return float(neighbours_lost(torch.from_numpy(x), torch.from_numpy(unit(short)), 0.1))


def test_every_prefix_keeps_more_neighbours_than_principal_components(planted):
    made = NestedOrdering(6, temperature=0.1, steps=300, size=240, rate=3e-3).fit(planted).transform(planted)
    _, directions = np.linalg.eigh(planted.T @ planted)
    turned = planted @ directions[:, ::-1]
    for m in (2, 4, 6, 8):
        assert lost(planted, made[:, :m]) < 0.98 * lost(planted, turned[:, :m])


def test_numbers_asked_for_whole_alone_have_no_order(planted):
    """Without dropping, short prefixes are nobody's business, and lose more."""
    options = {"temperature": 0.1, "steps": 300, "size": 240, "rate": 3e-3}
    nested = NestedOrdering(6, **options).fit(planted).transform(planted)
    whole = NestedOrdering(6, least=24, **options).fit(planted).transform(planted)
    assert lost(planted, nested[:, :4]) < lost(planted, whole[:, :4])


def test_it_begins_as_the_principal_components(planted):
    made = NestedOrdering(6, steps=1, rate=1e-12).fit(planted).transform(planted)
    energy = np.square(made).sum(axis=0)
    assert (np.diff(energy) <= 1e-3).all()
    np.testing.assert_allclose(energy, np.linalg.eigvalsh(planted.T @ planted)[::-1], atol=1e-3)


def test_length_does_not_matter_and_chance_is_the_seeds(planted):
    x = planted[:60]
    one, other = (NestedOrdering(6, steps=5, size=30).fit(each) for each in (x, 7 * x))
    np.testing.assert_allclose(one.map_, other.map_, atol=1e-4)
    assert np.abs(NestedOrdering(6, steps=5, size=30, seed=1).fit(x).map_ - one.map_).max() > 1e-4


def test_of_two_there_is_nothing_to_learn():
    for x in (np.eye(4, dtype=np.float32)[:2], np.ones((1, 4), np.float32), np.zeros((5, 4), np.float32)):
        made = NestedOrdering(2, steps=3).fit(x).transform(x)
        assert np.isfinite(made).all()
        np.testing.assert_allclose(np.linalg.norm(made, axis=1), np.linalg.norm(unit_or_zero(x), axis=1))


def unit_or_zero(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def test_saved_and_read_again(planted, tmp_path):
    ordering = NestedOrdering(6, steps=2).fit(planted)
    ordering.save(tmp_path)
    again = NestedOrdering.load(tmp_path)
    np.testing.assert_array_equal(again.transform(planted), ordering.transform(planted))
    assert again.sigma == 6
    (tmp_path / "saved.json").write_text("{}")
    with pytest.raises(SavedFileError):
        NestedOrdering.load(tmp_path)


def test_bad_options():
    for wrong in ({"sigma": 0}, {"temperature": -1}, {"rate": float("nan")}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be above 0"):
            NestedOrdering(**wrong)
    for wrong in ({"steps": 0}, {"size": 2}, {"least": 0}):
        with pytest.raises(ValueError, match="at least one step"):
            NestedOrdering(**wrong)
    with pytest.raises(NotFittedError):
        NestedOrdering().save("nowhere")
