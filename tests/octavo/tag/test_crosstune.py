import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError

torch = pytest.importorskip("torch")

from octavo.tag.crosstune import CrossTune, LabelAttention, padded  # noqa: E402


def test_the_layer_is_the_paper_s_in_plain_loops():
    torch.manual_seed(0)
    layer = LabelAttention(6, heads=2, sharpness=1.5)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    labels, tokens = torch.randn(3, 6), torch.randn(2, 4, 6)
    mask = torch.tensor([[True, True, True, True], [True, True, False, False]])
    made = layer(labels, tokens, mask)
    for b in range(2):
        for c in range(3):
            seen = []
            for head in range(2):
                part = slice(3 * head, 3 * head + 3)
                q = layer.query(labels[c])[part]
                inside = [t for t in range(4) if mask[b, t]]
                fit = torch.stack([1.5 * q @ layer.key(tokens[b, t])[part] for t in inside])
                weight = fit.softmax(dim=0)
                seen.append(
                    sum(w * layer.value(tokens[b, t])[part] for w, t in zip(weight, inside, strict=True))
                )
            z = torch.nn.functional.normalize(torch.cat(seen), dim=0)
            wanted = layer.out(torch.cat([z, labels[c] * z]))[0]
            torch.testing.assert_close(made[b, c], wanted, rtol=1e-4, atol=1e-5)


@pytest.fixture
def bags():
    """Texts of six tokens of which two tell the label, and its description beside."""
    rng = np.random.default_rng(0)
    said = rng.standard_normal((3, 8)).astype(np.float32)
    labels = np.arange(45) % 3
    texts = []
    for label in labels:
        noise = rng.standard_normal((4, 8))
        texts.append(
            np.concatenate([noise, said[label] + 0.6 * rng.standard_normal((2, 8))]).astype(np.float32)
        )
    return texts, labels, said


def test_descriptions_alone_and_with_examples(bags):
    texts, labels, said = bags
    alone = CrossTune(heads=2).fit([], np.empty(0, np.int64), said).scores(texts)
    learned = CrossTune(heads=2).fit(texts[:15], labels[:15], said).scores(texts[15:])
    assert (alone.argmax(axis=1) == labels).mean() > 0.6
    assert (learned.argmax(axis=1) == labels[15:]).mean() > 0.7
    assert learned.shape == (30, 3)


def test_what_is_padded_is_not_looked_at(bags):
    texts, labels, said = bags
    tagger = CrossTune(heads=2, steps=3).fit(texts, labels, said)
    lone = tagger.scores([texts[0][:2]])
    beside = tagger.scores([texts[0][:2], texts[1]])
    np.testing.assert_allclose(lone[0], beside[0], atol=1e-5)
    tokens, mask = padded([texts[0][:2], texts[1]], 8)
    assert tokens.shape == (2, 6, 8)
    assert mask.sum(dim=1).tolist() == [2, 6]


def test_what_cannot_be_is_refused(bags):
    texts, labels, said = bags
    with pytest.raises(NotFittedError):
        CrossTune().scores(texts)
    with pytest.raises(ShapeError, match="below 3"):
        CrossTune(heads=2).fit(texts, labels + 1, said)
    with pytest.raises(ShapeError, match=r"texts\[0\]"):
        CrossTune(heads=2).fit([texts[0][:, :3]], labels[:1], said)
    with pytest.raises(ShapeError, match="at least 1 rows"):
        CrossTune(heads=2).fit([texts[0][:0]], labels[:1], said)
    with pytest.raises(ValueError, match="divide"):
        LabelAttention(6, heads=4)
