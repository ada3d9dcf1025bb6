from __future__ import annotations

from broadsheet import fields
from broadsheet.categories import ARCHIVES

from .conftest import CATEGORIES, PLANTED, planted


def test_papers_without_categories_get_those_of_papers_like_them(make_house):
    records = [planted(topic, number, category=number < 20) for topic in PLANTED for number in range(30)]
    house = make_house(records)
    assert house.subjects.learn()
    assert not house.subjects.learn()
    bare = [planted(topic, number).key for topic in PLANTED for number in range(20, 30)]
    papers = house.store.named(bare)
    guesses = house.subjects.guesses(papers)
    assert len(guesses) >= 0.9 * len(papers)
    right = []
    for paper in papers:
        if paper.id in guesses:
            topic = tuple(PLANTED)[int(paper.key.partition(".")[2][0])]
            guess = guesses[paper.id]
            right.append(CATEGORIES[topic].startswith(guess.category))
            assert 0 < guess.sure <= 1
            assert guess.name
    assert sum(right) >= 0.9 * len(right)


def test_a_category_that_a_source_gave_is_never_guessed(make_house, keys):
    house = make_house([planted(topic, number) for topic in PLANTED for number in range(20)])
    house.subjects.learn()
    assert house.subjects.guesses(house.store.papers(house.store.ids())) == {}


def test_a_guess_is_never_in_the_paper_nor_in_what_leaves_the_house(make_house):
    house = make_house(
        [planted(topic, number, category=number < 20) for topic in PLANTED for number in range(30)]
    )
    house.subjects.learn()
    paper = house.paper(planted("bees", 25).key)
    assert house.subjects.guess(paper)
    assert not paper.categories
    for name in ("jsonl", "bibtex", "ris", "csl-json", "csv", "markdown"):
        assert "q-bio" not in "".join(house.export(name, [house.paper(paper.key)]))


def test_what_is_said_of_the_fields_is_encoded_once(make_house, monkeypatch):
    house = make_house([planted("tides", number) for number in range(6)])
    house.subjects.learn()
    saved = sorted((house.folder / "subjects" / "fields").iterdir())
    assert saved
    fresh = type(house.subjects)(house.store, house.index, house.folder)
    encoder = house.index.encoder()
    monkeypatch.setattr(encoder, "encode_documents", lambda texts: 1 / 0)
    assert fresh.learn()
    saved[0].write_bytes(b"broken")
    monkeypatch.undo()
    assert type(house.subjects)(house.store, house.index, house.folder).learn()


def test_every_field_is_told_in_words():
    every = fields.every()
    assert len({field.category for field in every}) == len(every)
    for field in every:
        assert field.name
        assert field.phrases
        assert all(phrase.strip() == phrase and phrase for phrase in field.phrases)
        assert field.category.partition(".")[0] in ARCHIVES
