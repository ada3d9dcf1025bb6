import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from octavo.encode.minilm import MiniLM
from octavo.lab.abstracts import Abstracts

TITLES = ["Owls hunt", "Bread rises", "Stars burn", "Rivers bend", "Cells divide"]


@pytest.fixture
def data(tmp_path):
    columns = {
        "title": TITLES,
        "abstract": [f"{title} at night." for title in TITLES],
        "primary_category": ["q-bio", "cs.LG", "astro-ph", "physics", "q-bio"],
        "date": [f"2020-01-0{day}" for day in range(1, 6)],
    }
    folder = tmp_path / "papers" / "arxiv_100k"
    folder.mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "papers.parquet")
    return tmp_path


def test_a_smaller_sample_begins_a_larger_one(data):
    few, all_of_them = Abstracts.read(data, 2), Abstracts.read(data, 99)
    assert (len(few), len(all_of_them)) == (2, 5)
    assert few.titles == all_of_them.titles[:2]
    assert sorted(all_of_them.titles) == sorted(TITLES)
    for title, text in zip(all_of_them.titles, all_of_them.texts, strict=True):
        assert text == f"{title} at night."


def test_vectors_are_the_encoders_and_are_kept(data, tmp_path, monkeypatch):
    sample = Abstracts.read(data, 5)
    made = sample.vectors(cache=tmp_path / "kept")
    by_hand = MiniLM().encode_documents([f"{title}\n{title} at night." for title in sample.titles])
    np.testing.assert_allclose(made, by_hand, atol=1e-3)
    titles = sample.title_vectors(cache=tmp_path / "kept")
    monkeypatch.setattr(MiniLM, "encode_documents", None)
    np.testing.assert_array_equal(sample.vectors(cache=tmp_path / "kept"), made)
    assert titles.shape == made.shape
    assert not np.allclose(titles, made)
