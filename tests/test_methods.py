"""Which papers are implemented: by identifier, by title, and never by mistake."""

import pytest

from broadsheet.exceptions import MethodNotFoundError
from broadsheet.methods import UNMEASURED, Implemented, Methods
from broadsheet.papers import Author, Description, Identifier
from octavo.catalogue import Cited, Evidence, Method

FOLDING = Cited("On the Folding of Vectors", "Sheet and Quire", 2031, "arxiv:3101.00001")
LEAVES = Cited("Leaves", "Octavo", 2029, "doi:10.5555/LEAF")
NETWORKS = Cited("Pointer Leaves", "Sheet", 2028, "arxiv:2801.00002")


def method(name, *papers, room="shrink"):
    return Method(name, f"octavo.{room}.{name}", name.capitalize(), "it folds.", papers, "y = x", "not.")


MEASURED = Evidence("Halves fit.", {"so": True}, ("system", "share"), (("whole", 0.5), ("Folding", 1.0)))
METHODS = Methods(
    [
        Implemented(method("folding", FOLDING, LEAVES), MEASURED),
        Implemented(method("creasing", FOLDING, room="find"), None),
        Implemented(method("pointing", NETWORKS, room="check"), None),
    ]
)


def names(found):
    return [each.name for each in found]


def paper(title="Another title", *identifiers, authors=()):
    return Description(
        title=title,
        identifiers=tuple(Identifier(*name.split(":", 1)) for name in identifiers),
        authors=tuple(map(Author, authors)),
    )


def test_a_paper_is_known_by_its_identifier_whatever_its_title():
    found = METHODS.of(paper("Renamed since", "doi:10.1/x", "arxiv:3101.00001"))
    assert names(found) == ["folding", "creasing"]
    assert names(METHODS.of(paper("Renamed since", "arxiv:3101.00009"))) == []


def test_a_paper_that_others_build_on_is_not_said_to_be_implemented():
    leaves = paper("Leaves", "doi:10.5555/leaf")
    assert METHODS.of(leaves) == ()
    assert names(METHODS.building_on(leaves)) == ["folding"]
    assert METHODS.building_on(paper("", "arxiv:3101.00001")) == ()


@pytest.mark.parametrize(
    ("title", "identifiers", "authors", "known"),
    [
        ("On the folding of vectors.", (), (), True),
        ("On the Folding of Vectors", ("doi:10.1/x",), ("B. Quire", "A. Nobody"), True),
        ("On the Folding of Vectors", (), ("Some Body",), False),
        ("On the Folding of Vectors", ("arxiv:3105.00005",), ("B. Quire",), False),
        ("On the Folding", (), (), False),
        ("Pointer leaves", (), (), True),
        ("Pointer leaves", (), ("A. Sheet",), True),
        ("Pointer leaves", (), ("Z. Other",), False),
        ("", (), (), False),
    ],
)
def test_without_the_identifier_the_title_tells_unless_something_speaks_against_it(
    title, identifiers, authors, known
):
    found = METHODS.of(paper(title, *identifiers, authors=authors))
    assert bool(found) is known


def test_one_word_is_no_title_to_go_by_where_nobody_signs():
    assert METHODS.building_on(paper("Leaves")) == ()
    assert names(METHODS.building_on(paper("Leaves", authors=["Q. Octavo"]))) == ["folding"]


def test_they_stand_in_the_order_of_the_catalogue():
    assert names(METHODS) == ["folding", "creasing", "pointing"]
    assert [(question, names(inside)) for question, inside in METHODS.rooms()] == [
        ("Fewer bytes, same ranking", ["folding"]),
        ("Finding", ["creasing"]),
        ("Is this embedding healthy?", ["pointing"]),
    ]


def test_what_was_measured_is_told():
    found = METHODS.named("folding")
    assert (found.verdict, found.headline) == ("holds", "share: 1; whole 0.500")
    assert found.summary == "It folds."
    assert 'class="own"' in found.figure
    assert METHODS.named("creasing").verdict == UNMEASURED
    assert METHODS.named("creasing").headline == METHODS.named("creasing").figure == ""
    with pytest.raises(MethodNotFoundError, match="no such method: 'alchemy'"):
        METHODS.named("alchemy")


def test_the_installed_ones_are_all_measured_and_found_again_by_every_spelling_of_their_papers():
    shipped = Methods.shipped()
    assert len(shipped) >= 4
    for each in shipped:
        assert each.verdict != UNMEASURED
        own = each.method.papers[0]
        assert each in shipped.of(paper(own.title))
        scheme, _, value = own.identifier.partition(":")
        known = Description(title="x", identifiers=(Identifier(scheme, value.lower()),))
        assert each in shipped.of(known)
