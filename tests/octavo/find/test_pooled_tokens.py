import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.find.bags import Bags
from octavo.find.maxsim import chamfer
from octavo.find.pooled_tokens import PooledTokens, _dealt, joined

DIM, WORDS = 16, 60
MEANINGS = np.random.default_rng(5).standard_normal((WORDS, DIM)).astype(np.float32)


def texts(count, seed=0, length=12):
    """Bags of noisy words, each a piece of its own, and their means; piece 0 stands in every text."""
    rng = np.random.default_rng(seed)
    pieces = [np.append(0, rng.integers(1, WORDS, length)) for _ in range(count)]
    bags = [MEANINGS[own] + 0.1 * rng.standard_normal((len(own), DIM)) for own in pieces]
    bags = [(bag / np.linalg.norm(bag, axis=1, keepdims=True)).astype(np.float32) for bag in bags]
    return bags, pieces, np.stack([bag.mean(axis=0) for bag in bags])


@pytest.fixture(scope="module")
def pooled():
    return PooledTokens(many=12, kept=DIM, together=2).fit(*texts(150))


def test_every_text_finds_itself(pooled):
    bags, pieces, own = texts(40, seed=1)
    codes = np.stack([pooled.encode(*each) for each in zip(bags, pieces, own, strict=True)])
    assert codes.shape == (40, 12, 8)
    assert codes.dtype == np.uint8
    assert pooled.nbytes == codes[0].nbytes
    for place, asked in enumerate(zip(bags, pieces, strict=True)):
        assert pooled.scores(pooled.question(*asked), codes, own).argmax() == place


def test_scores_are_maxsim_of_what_codes_and_own_vectors_tell(pooled):
    bags, pieces, own = texts(5, seed=2)
    codes = np.stack([pooled.encode(*each) for each in zip(bags, pieces, own, strict=True)])
    asked = pooled.question(bags[0], pieces[0])
    told = pooled.decode(codes) + (own @ pooled.lead_)[:, None]
    whole = Bags(told.reshape(-1, DIM), np.full(5, 12))
    np.testing.assert_allclose(pooled.scores(asked, codes, own), chamfer(asked, whole), rtol=1e-4)


def test_codes_are_of_what_the_own_vector_does_not_tell():
    """Tokens that are nothing but their text's vector leave rests of nothing, and are scored for all that."""
    rng = np.random.default_rng(0)
    own = rng.standard_normal((80, DIM)).astype(np.float32)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    bags = [np.repeat(vector[None], 6, axis=0) for vector in own]
    pieces = [rng.permutation(WORDS)[:6] for _ in own]
    fitted = PooledTokens(many=4, kept=DIM, together=4).fit(bags, pieces, own)
    codes = np.stack([fitted.encode(*each) for each in zip(bags, pieces, own, strict=True)])
    assert np.abs(fitted.decode(codes)).max() < 0.1
    asked = fitted.question(bags[7], pieces[7])
    scores = fitted.scores(asked, codes, own)
    assert scores.argmax() == 7
    assert np.corrcoef(scores, own @ own[7])[0, 1] > 0.999


def test_dimensions_are_dealt_out_evenly():
    variances = 0.5 ** np.arange(12.0)
    dealt = _dealt(variances, 4)
    assert sorted(dealt.tolist()) == list(range(12))
    products = np.log2(variances[dealt]).reshape(3, 4).sum(axis=1)
    assert products.max() - products.min() <= 2, "side by side they would be 32 apart"
    assert sorted(_dealt(variances, 5).tolist()) == list(range(12))
    assert sorted(_dealt(np.zeros(3), 2).tolist()) == [0, 1, 2]


def test_a_question_is_turned_and_weighs_as_it_is_rare(pooled):
    bags, pieces, _ = texts(1, seed=3)
    asked = pooled.question(bags[0], pieces[0])
    lengths = np.linalg.norm(asked, axis=1)
    rarity = np.append(pooled.rarity_, pooled.rarity_.max())
    np.testing.assert_allclose(lengths, rarity[pieces[0]], rtol=2e-2)  # all dimensions are kept
    assert lengths[0] < 0.1 * lengths[1:].min()  # piece 0 is in every text
    unseen = pooled.question(bags[0], pieces[0] + 10_000)
    np.testing.assert_allclose(np.linalg.norm(unseen, axis=1), pooled.rarity_.max(), rtol=2e-2)


def test_long_questions_keep_their_rarest_tokens():
    short = PooledTokens(many=4, kept=8, together=4, asked=3).fit(*texts(60))
    bags, pieces, _ = texts(1, seed=4, length=30)
    asked = short.question(bags[0], pieces[0])
    rarest = np.sort(short.rarity_[pieces[0]])[-3:]
    assert asked.shape == (3, 8)
    assert (np.sort(np.linalg.norm(asked, axis=1)) <= rarest + 1e-3).all()


def test_common_pieces_are_left_out_where_there_are_others(pooled):
    bags, pieces, own = texts(1, seed=6)
    without = pooled.encode(bags[0][1:], pieces[0][1:], own[0])
    np.testing.assert_array_equal(pooled.encode(bags[0], pieces[0], own[0]), without)
    alone = pooled.encode(bags[0][:1], pieces[0][:1], own[0])
    assert (alone == alone[0]).all()


def by_hand(x, weights, many):
    """The pooling, pair by pair."""
    groups = [(np.array(row, np.float64), float(weight)) for row, weight in zip(x, weights, strict=True)]
    while len(groups) > many:
        cost = [
            [
                np.inf if i == j else a[1] * b[1] / (a[1] + b[1]) * float(((a[0] - b[0]) ** 2).sum())
                for j, b in enumerate(groups)
            ]
            for i, a in enumerate(groups)
        ]
        near = [row.index(min(row)) for row in cost]
        pairs = [(cost[i][j], i, j) for i, j in enumerate(near) if near[j] == i and i < j]
        pairs = sorted(pairs)[: min(-(-len(pairs) // 2), len(groups) - many)]
        for _, i, j in pairs:
            (a, v), (b, w) = groups[i], groups[j]
            groups[i] = (a * v + b * w) / (v + w), v + w
        gone = {j for _, _, j in pairs}
        groups = [group for place, group in enumerate(groups) if place not in gone]
    return np.array([group / np.linalg.norm(group) for group, _ in groups])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 25), st.integers(1, 12), st.integers(0, 10_000))
def test_joining_is_as_by_hand(count, many, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 5)).astype(np.float32)
    weights = rng.uniform(0.1, 5, count).astype(np.float32)
    found = joined(x.copy(), weights.copy(), many)
    assert len(found) == min(count, many)
    np.testing.assert_allclose(found, by_hand(x, weights, many), atol=1e-3)


def test_equal_vectors_are_joined_and_the_loop_ends():
    same = np.ones((40, 3), np.float32)
    found = joined(same, np.ones(40, np.float32), 2)
    assert len(found) == 2
    np.testing.assert_allclose(found, 3**-0.5, rtol=1e-6)


def test_saving(pooled, tmp_path):
    pooled.save(tmp_path)
    again = PooledTokens.load(tmp_path)
    bags, pieces, own = texts(3, seed=7)
    codes = pooled.encode(bags[0], pieces[0], own[0])
    np.testing.assert_array_equal(again.encode(bags[0], pieces[0], own[0]), codes)
    asked = pooled.question(bags[1], pieces[1])
    np.testing.assert_array_equal(again.question(bags[1], pieces[1]), asked)
    np.testing.assert_array_equal(
        again.scores(asked, codes[None], own[:1]), pooled.scores(asked, codes[None], own[:1])
    )
    assert again.nbytes == pooled.nbytes
    damaged = next(tmp_path.glob("points-*.npy"))
    damaged.write_bytes(damaged.read_bytes()[:-7])
    with pytest.raises(SavedFileError):
        PooledTokens.load(tmp_path)


def test_nothing_before_it_is_fitted(tmp_path):
    bare = PooledTokens()
    for act in (
        lambda: bare.encode(MEANINGS[:2], [0, 1], MEANINGS[0]),
        lambda: bare.decode(np.zeros((1, 32, 16), np.uint8)),
        lambda: bare.question(MEANINGS[:2], [0, 1]),
        lambda: bare.save(tmp_path),
    ):
        with pytest.raises(NotFittedError):
            act()


@pytest.mark.parametrize(
    ("bag", "pieces"),
    [
        (MEANINGS[:3, :5], [1, 2, 3]),
        (MEANINGS[:3], [1, 2]),
        (MEANINGS[:3], [1, 2, -3]),
        (MEANINGS[:3], [0.5, 1.0, 2.0]),
        (MEANINGS[:0], []),
        (np.full((1, DIM), np.nan, np.float32), [1]),
        (MEANINGS[0], [1]),
    ],
)
def test_bad_bags_are_refused(pooled, bag, pieces):
    with pytest.raises(ShapeError):
        pooled.encode(bag, pieces, MEANINGS[0])


@pytest.mark.parametrize("own", [MEANINGS[0, :5], MEANINGS[:1], np.full(DIM, np.nan, np.float32)])
def test_bad_vectors_are_refused(pooled, own):
    with pytest.raises(ShapeError):
        pooled.encode(MEANINGS[:3], [1, 2, 3], own)
    with pytest.raises(ShapeError):
        pooled.scores(np.ones((2, DIM), np.float32), np.zeros((1, 12, 8), np.uint8), own[None])
    with pytest.raises(ShapeError):
        pooled.scores(np.ones((2, DIM), np.float32), np.zeros((2, 12, 8), np.uint8), MEANINGS[:1])


@pytest.mark.parametrize(
    "codes", [np.zeros((2, 12, 7), np.uint8), np.zeros((12, 8), np.uint8), np.zeros((2, 12, 8))]
)
def test_bad_codes_are_refused(pooled, codes):
    with pytest.raises(ShapeError):
        pooled.decode(codes)


def test_nothing_asked_or_kept_scores_nothing(pooled):
    codes = np.zeros((3, 12, 8), np.uint8)
    own = MEANINGS[:3]
    assert pooled.scores(np.empty((0, DIM), np.float32), codes, own).tolist() == [0, 0, 0]
    assert pooled.scores(np.ones((2, DIM), np.float32), codes[:0], own[:0]).shape == (0,)


@pytest.mark.parametrize("bad", [{"many": 0}, {"kept": 0}, {"together": 0}, {"common": 0.0}, {"common": 2.0}])
def test_parameters_have_bounds(bad):
    with pytest.raises(ValueError, match="must be"):
        PooledTokens(**bad)


def test_fitting_on_nothing_is_refused():
    with pytest.raises(ShapeError):
        PooledTokens().fit([], [], MEANINGS[:0])
    with pytest.raises(ShapeError):
        PooledTokens().fit([MEANINGS[:0]], [[]], MEANINGS[:1])
    with pytest.raises(ShapeError, match="one for each of 1"):
        PooledTokens().fit([MEANINGS[:4]], [[1, 2, 3, 4]], MEANINGS[:2])
