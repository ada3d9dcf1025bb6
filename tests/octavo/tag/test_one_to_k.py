import numpy as np
import pytest

from octavo.exceptions import ShapeError

torch = pytest.importorskip("torch")

from octavo.tag.one_to_k import OneToK, mean_rank_variance, ranks  # noqa: E402


def test_the_loss_is_the_paper_s_in_plain_loops():
    rng = np.random.default_rng(0)
    a, t = rng.standard_normal((3, 5)), rng.standard_normal((3, 2, 5))
    loss = OneToK(0.5)(torch.tensor(a), torch.tensor(t))
    a, t = a / np.linalg.norm(a, axis=-1, keepdims=True), t / np.linalg.norm(t, axis=-1, keepdims=True)
    total = 0.0
    for i in range(3):
        for k in range(2):
            own = np.exp(a[i] @ t[i, k] / 0.5)
            texts = sum(np.exp(a[i] @ t[j, m] / 0.5) for j in range(3) for m in range(2))
            anchors = sum(np.exp(a[j] @ t[i, k] / 0.5) for j in range(3))
            total -= np.log(own / texts) + np.log(own / anchors)
    assert float(loss) == pytest.approx(total / (2 * 3 * 2), rel=1e-5)


def test_the_order_of_languages_and_the_length_of_vectors_mean_nothing():
    generator = torch.Generator().manual_seed(0)
    a, t = torch.randn(4, 6, generator=generator), torch.randn(4, 3, 6, generator=generator)
    torch.testing.assert_close(OneToK()(a, t), OneToK()(3 * a, t.flip(1)))
    with pytest.raises(ShapeError, match="texts"):
        OneToK()(a, t[:, :, :5])
    with pytest.raises(ValueError, match="positive"):
        OneToK(0)


def test_ranks_and_their_variance():
    documents = np.eye(3, dtype=np.float32)
    assert ranks(documents, documents).tolist() == [1, 1, 1]
    assert ranks(documents[[1, 0, 2]], documents).tolist() == [3, 3, 1]
    assert mean_rank_variance([[1, 2], [1, 4]]) == pytest.approx((0 + 1) / 2)
    assert mean_rank_variance(np.ones((5, 9))) == 0
    with pytest.raises(ShapeError):
        mean_rank_variance([1, 2])
    with pytest.raises(ShapeError, match=r"\(3, 3\)"):
        ranks(documents[:2], documents)
