from __future__ import annotations

import pytest

import broadsheet
from broadsheet.exceptions import NotAllowedError, NotFoundError, PaperNotFoundError, PeopleError

KEY, OTHER = "2603.00001", "2603.00002"


def test_a_shelf_holds_papers_with_notes_and_tags(house, people, clock):
    community, ada = house.community, people["ada"]
    shelf = community.make_shelf(ada, "  Lamps ", about="For winter")
    assert (shelf.name, shelf.access, shelf.papers) == ("Lamps", "private", 0)
    assert community.shelve(ada, shelf.number, KEY, note="Read *first*", tags=["Winter", "winter", " glass "])
    assert not community.shelve(ada, shelf.number, KEY, note="Read *first*", tags=["winter", "glass"])
    then = clock.now
    clock.forward(minutes=3)
    community.shelve(ada, shelf.number, OTHER)
    assert [(s.paper.key, s.note, s.tags) for s in community.on_shelf(shelf)] == [
        (OTHER, "", ()),
        (KEY, "Read *first*", ("winter", "glass")),
    ]
    assert [s.paper.key for s in community.on_shelf(shelf, at=then)] == [KEY]
    assert community.shelf(shelf.number, ada).papers == 2
    assert list(community.shelves_with(ada, house.paper(KEY))) == [shelf.number]
    community.unshelve(ada, shelf.number, OTHER)
    assert [s.paper.key for s in community.on_shelf(shelf)] == [KEY]


@pytest.mark.parametrize("access", ["private", "link", "public"])
def test_who_sees_a_shelf(house, people, access):
    community = house.community
    shelf = community.make_shelf(people["ada"], "Lamps", access=access)
    number = shelf.number
    assert community.shelf(number, people["ada"]).token == shelf.token != ""
    seen = {}
    for who, reader, token in (
        ("bo", people["bo"], ""),
        ("curator", people["cy"], ""),
        ("owner", people["owner"], ""),
        ("stranger", None, ""),
        ("guesser", None, "x" * len(shelf.token)),
        ("link", None, shelf.token),
    ):
        try:
            seen[who] = community.shelf(number, reader, token=token).token == ""
        except NotFoundError:
            seen[who] = False
    everybody = access == "public"
    assert seen == {
        **dict.fromkeys(("bo", "curator", "owner", "stranger", "guesser"), everybody),
        "link": access in ("link", "public"),
    }
    assert [s.number for s in community.public_shelves()] == ([number] if everybody else [])


def test_nobody_else_changes_a_shelf(house, people):
    community, bo = house.community, people["bo"]
    for access, error in (("private", NotFoundError), ("link", NotFoundError), ("public", NotAllowedError)):
        number = community.make_shelf(people["ada"], "Lamps", access=access).number
        for act in (
            lambda number=number: community.shelve(bo, number, KEY),
            lambda number=number: community.unshelve(bo, number, KEY),
            lambda number=number: community.change_shelf(bo, number, name="Mine"),
            lambda number=number: community.remove_shelf(bo, number),
        ):
            with pytest.raises(error):
                act()


def test_a_link_is_void_when_the_shelf_was_closed_in_between(house, people):
    community, ada = house.community, people["ada"]
    shelf = community.make_shelf(ada, "Lamps", access="link")
    renamed = community.change_shelf(ada, shelf.number, name="Lights", access="link")
    assert renamed.token == shelf.token
    community.change_shelf(ada, shelf.number, name="Lights", access="private")
    community.change_shelf(ada, shelf.number, name="Lights", access="link")
    with pytest.raises(NotFoundError):
        community.shelf(shelf.number, None, token=shelf.token)


def test_a_shelf_that_was_taken_down_is_gone(house, people):
    community, ada = house.community, people["ada"]
    shelf = community.make_shelf(ada, "Lamps", access="public")
    community.shelve(ada, shelf.number, KEY)
    community.remove_shelf(ada, shelf.number)
    assert community.shelves(ada) == []
    assert community.of_shelf(shelf.number) == []
    with pytest.raises(NotFoundError):
        community.shelf(shelf.number, ada)


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": " \u202e "}, {"name": "a", "access": "secret"}, {"name": "\0"}]
)
def test_a_shelf_that_cannot_be_is_refused(house, people, given):
    with pytest.raises(PeopleError):
        house.community.make_shelf(people["ada"], **given)


def test_what_cannot_be_shelved(house, people):
    shelf = house.community.make_shelf(people["ada"], "Lamps")
    with pytest.raises(PaperNotFoundError):
        house.community.shelve(people["ada"], shelf.number, "2609.99999")
    with pytest.raises(PeopleError, match="a note has at most"):
        house.community.shelve(people["ada"], shelf.number, KEY, note="x" * 2001)


def test_a_house_in_memory_has_shelves_too(record):
    with broadsheet.open(":memory:", encoder="none") as house:
        house.store.ingest([record(1)])
        owner = house.people.owner()
        shelf = house.community.make_shelf(owner, "Lamps")
        house.community.shelve(owner, shelf.number, KEY)
        number = house.community.comment(owner, KEY, "Hello @owner")
        house.community.report(owner, KEY, f"comment:{number}", reason="a test")
        house.community.hide_comment(owner, number)
        house.community.claim(owner, KEY, "Ada Example")
        house.community.verify(owner, owner, KEY)
        house.community.remove_shelf(owner, shelf.number)
        assert house.community.trending().total == 1
