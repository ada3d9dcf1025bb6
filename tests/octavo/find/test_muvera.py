import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import SavedFileError, ShapeError
from octavo.find.bags import stacked
from octavo.find.exact import ExactIndex
from octavo.find.maxsim import MaxSim, chamfer
from octavo.find.muvera import FixedDimensional, Muvera
from octavo.find.quantised import QuantisedIndex

DIM = 12


def random_bags(count, seed=0, longest=20):
    """Unit vectors around a few directions that all bags share, as tokens are around meanings."""
    rng = np.random.default_rng(seed)
    meanings = np.random.default_rng(99).standard_normal((30, DIM))
    made = []
    for _ in range(count):
        n = rng.integers(1, longest + 1)
        bag = meanings[rng.integers(0, 30, n)] + 0.4 * rng.standard_normal((n, DIM))
        made.append((bag / np.linalg.norm(bag, axis=1, keepdims=True)).astype(np.float32))
    return made


def by_hand(encoding, bag, *, document):
    """The paper's encoding, part by part and token by token."""
    k, whole = encoding.bits, []
    for r in range(encoding.repetitions):
        planes = encoding._planes[:, r * k : (r + 1) * k]
        codes = [[float(x @ plane) > 0 for plane in planes.T] for x in bag]
        if encoding.inner is None:
            moved = list(bag)
        else:
            moved = [x @ encoding._signs[:, r * encoding.inner : (r + 1) * encoding.inner] for x in bag]
        for part in range(2**k):
            wanted = [bool(part >> bit & 1) for bit in range(k)]
            inside = [m for m, code in zip(moved, codes, strict=True) if code == wanted]
            if inside:
                block = sum(inside) / (len(inside) if document else 1)
            elif document and encoding.fill:
                far = [sum(a != b for a, b in zip(code, wanted, strict=True)) for code in codes]
                block = moved[far.index(min(far))]
            else:
                block = np.zeros(encoding.inner or DIM)
            whole.append(block)
    whole = np.concatenate(whole) / np.sqrt(encoding.repetitions)
    if encoding.final is None:
        return whole
    sketch = np.zeros(encoding.final)
    for value, place, flip in zip(whole, *encoding._sketch, strict=True):
        sketch[place] += flip * value
    return sketch


@settings(max_examples=30)
@given(
    st.integers(0, 4),
    st.integers(1, 4),
    st.sampled_from([None, 1, 5]),
    st.sampled_from([None, 1, 40]),
    st.booleans(),
)
def test_both_sides_by_plain_loops(bits, repetitions, inner, final, fill):
    encoding = FixedDimensional(
        DIM, bits=bits, repetitions=repetitions, inner=inner, final=final, fill=fill, seed=bits
    )
    bags = random_bags(4, seed=repetitions, longest=6)
    for document, encode in ((False, encoding.encode_queries), (True, encoding.encode_documents)):
        expected = np.array([by_hand(encoding, bag, document=document) for bag in bags])
        assert expected.shape == (4, encoding.dim)
        np.testing.assert_allclose(encode(bags), expected, atol=1e-4)


def errors(**options):
    """How far the inner product of encodings is from Chamfer's similarity a token, for all pairs."""
    queries, documents = random_bags(12, seed=1, longest=6), random_bags(40, seed=2)
    encoding = FixedDimensional(DIM, **options)
    lengths = np.array([len(query) for query in queries])[:, None]
    found = encoding.encode_queries(queries) @ encoding.encode_documents(documents).T / lengths
    whole = stacked(documents, "documents", None)
    return found - np.array([chamfer(query, whole) for query in queries]) / lengths


def test_the_error_shrinks_with_every_dimension_spent():
    def typical(**options):
        return np.mean([np.sqrt(np.mean(errors(seed=seed, **options) ** 2)) for seed in range(4)])

    by_bits = [typical(bits=bits, repetitions=10, inner=None) for bits in (0, 2, 4, 7)]
    by_inner = [typical(bits=4, repetitions=4, inner=inner) for inner in (1, 4, 32)]
    by_repetitions = [typical(bits=4, repetitions=repetitions, inner=4) for repetitions in (1, 4, 32)]
    by_final = [typical(bits=4, repetitions=10, inner=8, final=final) for final in (16, 128, 1280)]
    for series in (by_bits, by_inner, by_repetitions, by_final):
        assert series == sorted(series, reverse=True), series
        assert series[-1] < 0.75 * series[0], series


def test_nearly_every_pair_is_within_the_epsilon_of_the_theorem():
    """For bags of m tokens, ε = ln m / k, up to a constant: here 1 is enough."""
    quantiles = {k: np.quantile(np.abs(errors(bits=k, repetitions=20, inner=None)), 0.95) for k in (3, 5, 7)}
    for k, far in quantiles.items():
        assert far < np.log(20) / k
    assert quantiles[3] > quantiles[5] > quantiles[7]


def test_without_projection_the_encoding_never_exceeds_chamfer():
    """A mean, or any one token, is no nearer than the nearest."""
    for seed in range(5):
        assert errors(bits=3, repetitions=3, inner=None, seed=seed).max() <= 1e-5


def test_one_token_each_is_exact_when_filled():
    """Whatever part the query falls into holds the document's one token."""
    queries, documents = random_bags(5, longest=1), random_bags(9, seed=3, longest=1)
    encoding = FixedDimensional(DIM, bits=3, repetitions=2, inner=None)
    found = encoding.encode_queries(queries) @ encoding.encode_documents(documents).T
    exact = np.concatenate(queries) @ np.concatenate(documents).T
    np.testing.assert_allclose(found, exact, atol=1e-5)


def test_no_planes_are_the_sum_and_the_mean():
    bag = random_bags(1)
    encoding = FixedDimensional(DIM, bits=0, repetitions=1, inner=None)
    np.testing.assert_allclose(encoding.encode_queries(bag)[0], bag[0].sum(axis=0), atol=1e-5)
    np.testing.assert_allclose(encoding.encode_documents(bag)[0], bag[0].mean(axis=0), atol=1e-5)


def test_a_bag_is_encoded_alone_and_one_seed_is_one_encoding():
    bags = random_bags(300)
    encoding = FixedDimensional(DIM, bits=3, repetitions=3, inner=4, seed=5)
    together = encoding.encode_documents(bags)
    np.testing.assert_allclose(encoding.encode_documents(bags[200:203]), together[200:203], atol=1e-5)
    again = FixedDimensional(DIM, bits=3, repetitions=3, inner=4, seed=5)
    np.testing.assert_array_equal(again.encode_documents(bags), together)
    other = FixedDimensional(DIM, bits=3, repetitions=3, inner=4, seed=6)
    assert not np.allclose(other.encode_documents(bags), together)


def test_an_empty_bag_is_zeros():
    encoding = FixedDimensional(DIM, bits=2, repetitions=2, inner=3)
    bags = [np.empty((0, DIM), np.float32), *random_bags(1)]
    assert (encoding.encode_documents(bags)[0] == 0).all()
    assert (encoding.encode_documents(bags)[1] != 0).any()
    assert encoding.encode_documents([]).shape == (0, encoding.dim)
    assert encoding.encode_queries(bags[:1]).shape == (1, encoding.dim)


@pytest.mark.parametrize("make_index", [ExactIndex, lambda: QuantisedIndex(exact_below=100)])
def test_two_stages_find_what_exact_chamfer_finds(make_index):
    documents, queries = random_bags(400), random_bags(20, seed=1, longest=6)
    encoding = FixedDimensional(DIM, bits=4, repetitions=20, inner=None)
    muvera = Muvera(encoding, make_index(), MaxSim()).add(documents[:250]).add([]).add(documents[250:])
    assert len(muvera) == 400
    expected = MaxSim().add(documents).search(queries, 5)
    hits = muvera.search(queries, 5, candidates=60)
    assert hits.ids.shape == (20, 5)
    assert np.mean([np.isin(e, h).mean() for e, h in zip(expected.ids, hits.ids, strict=True)]) >= 0.9
    np.testing.assert_array_equal(muvera.search(queries, 5, candidates=400).ids, expected.ids)


def test_what_cannot_be_used_is_refused():
    for options in ({"bits": -1}, {"bits": 17}, {"repetitions": 0}, {"inner": 0}, {"final": 0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            FixedDimensional(DIM, **options)
    with pytest.raises(ShapeError, match="documents"):
        FixedDimensional(DIM + 1).encode_documents(random_bags(1))
    with pytest.raises(ShapeError, match="queries"):
        FixedDimensional(DIM).encode_queries([np.full((1, DIM), np.nan)])


def test_saved_with_its_matrices(tmp_path):
    encoding = FixedDimensional(DIM, bits=2, repetitions=2, inner=3, final=7, seed=3)
    encoding.save(tmp_path)
    loaded = FixedDimensional.load(tmp_path)
    bags = random_bags(3)
    np.testing.assert_array_equal(loaded.encode_documents(bags), encoding.encode_documents(bags))
    next(tmp_path.glob("planes-*")).unlink()
    with pytest.raises(SavedFileError):
        FixedDimensional.load(tmp_path)
