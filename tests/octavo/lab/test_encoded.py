import numpy as np

from octavo.encode.minilm import MiniLM
from octavo.lab.encoded import encoded

TEXTS = ["An owl hunts.", "", "Bread rises because of yeast."]


def test_the_second_time_comes_from_the_disk(tmp_path, monkeypatch):
    first = encoded(TEXTS, cache=tmp_path)
    monkeypatch.setattr(MiniLM, "encode_tokens", None)
    second = encoded(TEXTS, cache=tmp_path)
    assert [len(each) for each in second.tokens] == [len(each) for each in first.tokens] == [4, 0, 6]
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert len(list(tmp_path.iterdir())) == 1


def test_it_is_what_the_encoder_says(tmp_path):
    encoder, found = MiniLM(), encoded(TEXTS, cache=tmp_path)
    np.testing.assert_allclose(found.vectors, encoder.encode_documents(TEXTS), atol=1e-3)
    for kept, tokens, pieces in zip(found.tokens, encoder.encode_tokens(TEXTS), found.pieces, strict=True):
        assert kept.shape == tokens.shape
        assert len(pieces) == len(tokens)
        np.testing.assert_allclose(kept, tokens, atol=1e-3)


def test_a_piece_has_one_number_wherever_it_stands():
    owl, barn = MiniLM().pieces(["owl", "the barn owl"])
    assert owl.tolist() == barn[-1:].tolist()
