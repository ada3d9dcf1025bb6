from __future__ import annotations

from typing import Any

import pytest

from broadsheet.papers import Author, Description, Identifier
from broadsheet.store import match


def paper(title: str = "", *names: str, authors: tuple[str, ...] = (), abstract: str = "") -> Description:
    return Description(
        title=title,
        abstract=abstract,
        authors=tuple(Author(name) for name in authors),
        identifiers=tuple(Identifier(*name.split(":", 1)) for name in names),
    )


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        (["arxiv:1"], ["arxiv:1"], "same arXiv id 1"),
        (["doi:10.1/x"], ["arxiv:1", "doi:10.1/x"], "same DOI 10.1/x"),
        (["acl:N19-1423"], ["acl:N19-1423"], "same ACL id N19-1423"),
        (["arxiv:1", "doi:10.1/x"], ["doi:10.1/x", "arxiv:1"], "same arXiv id 1"),
        (["arxiv:1", "doi:10.1/x"], ["arxiv:1", "doi:10.1/y"], "same arXiv id 1"),
        # the DOI of a whole volume, which two preprints give
        (["arxiv:1", "doi:10.1/x"], ["arxiv:2", "doi:10.1/x"], ""),
        (["isbn:9780000000002"], ["isbn:9780000000002"], ""),
        (["doi:10.1/x"], ["doi:10.1/y"], ""),
        ([], [], ""),
    ],
)
def test_shared_identifiers(one: list[str], other: list[str], evidence: str) -> None:
    assert match.by_identifier(paper("", *one), paper("", *other)) == evidence
    assert bool(match.by_identifier(paper("", *other), paper("", *one))) == bool(evidence)


LONG = "Weaving Looms with Care"


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        (paper(LONG), paper("weaving LOOMS: with care!"), "same title, no authors to compare"),
        (paper(LONG, authors=("Ada Weaver",)), paper(LONG, authors=("A. Weaver", "Bo Li")), "same title, 1 of 2 authors"),
        (paper(LONG, authors=("Wei Zhang",)), paper(LONG, authors=("Zhang Wei",)), "same title, 1 of 1 authors"),
        (paper(LONG, authors=("Jörg Müller",)), paper(LONG, authors=("Jorg Muller",)), "same title, 1 of 1 authors"),
        (paper(LONG, authors=("Anonymous",)), paper(LONG, authors=("Bo Li",)), "same title, no authors to compare"),
        (paper(LONG, authors=("Ada Weaver",)), paper(LONG, authors=("Bo Li",)), ""),
        (paper(LONG, "arxiv:1"), paper(LONG, "arxiv:2"), ""),
        (paper(LONG, "doi:10.1/x"), paper(LONG, "doi:10.1/y"), ""),
        (paper(LONG, "doi:10.1101/x"), paper(LONG, "doi:10.1/y"), "same title, no authors to compare"),
        (paper("Looms"), paper("Looms"), ""),
        (paper("Looms", abstract="We weave tall looms"), paper("Looms", abstract="We weave tall looms."), "same title and abstract"),
        (paper("Looms", abstract="We weave"), paper("Looms", abstract="On quite different matters"), ""),
        (paper("?!"), paper("!?"), ""),
        (paper(LONG), paper("Another Title of Four"), ""),
    ],
)  # fmt: skip
def test_equal_titles(one: Description, other: Description, evidence: str) -> None:
    assert match.by_title(one, other) == evidence
    assert bool(match.by_title(other, one)) == bool(evidence)


def test_likeness_is_the_share_of_common_words() -> None:
    assert match.likeness("a b c", "b c d") == pytest.approx(2 / 4)
    assert match.likeness("Ä b", "a B") == 1
    assert match.likeness("", "") == 0


def test_keys(record: Any) -> None:
    from broadsheet.store import keys

    names = [
        Identifier("acl", "N19-1"),
        Identifier("isbn", "9"),
        Identifier("openreview", "Ab"),
        Identifier("doi", "10.1/x"),
    ]
    assert [key for _, key in keys.names(names)] == ["10.1/x", "N19-1", "openreview:Ab"]
    slug = keys.slug("Ünïcode & " + "very " * 30 + "long", "bibtex:a")
    assert slug.startswith("unicode-very-very-")
    assert len(slug) < 70
    assert slug != keys.slug("Ünïcode & " + "very " * 30 + "long", "bibtex:b")
    assert keys.slug("数学", "x").startswith("paper-")
