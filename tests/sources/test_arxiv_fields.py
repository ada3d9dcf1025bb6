from __future__ import annotations

import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.papers import Status
from broadsheet.sources import arxiv_fields
from broadsheet.sources.arxiv_fields import accented, authors_of, names_of, status_of

WITHDRAWN_COMMENTS = [
    "withdrawn",
    "Withdrawn.",
    "WITHDRAWN",
    "Paper withdrawn",
    "paper withdrawn due to an error in section 2",
    "Withdrawn by the authors",
    "withdrawn: the proof of Lemma 4 is wrong",
    "This paper has been withdrawn",
    "This paper has been withdrawn by the author due to a crucial sign error in equation 1",
    "5 pages. This paper is withdrawn because of a copyright question",
    "This submission has been withdrawn by arXiv administrators due to an authorship dispute",
    "arXiv admin note: This paper has been withdrawn by arXiv due to inflammatory content",
    "This article has been temporarily withdrawn, pending a correction",
    "The manuscript has been withdrawn from arXiv",
    "This work was withdrawn from publication by its authors",
    "arXiv admin note: this version has been removed by arXiv administrators",
]
STANDING_COMMENTS = [
    "",
    "12 pages, 3 figures",
    "withdrawn from ICLR 2024",
    "This paper has been withdrawn from ICML and resubmitted to NeurIPS",
    "A study of withdrawn papers, 12 pages",
    "Data on withdrawn drugs",
    "Withdrawn papers are listed in Table 2",
    "We discuss when a paper is withdrawn by its authors",
    "Cash withdrawal data included",
    "removed a typo; 3 pages",
    "Section 4 has been removed",
]
WITHDRAWN_ABSTRACTS = [
    "This paper has been withdrawn by the author.",
    "This paper has been withdrawn by the authors due to a gap in the proof of Theorem 2.",
    "The present paper has been withdrawn because the data were wrong.",
    "  (This submission has been withdrawn.)",
    "This article has been withdrawn",
    "Paper withdrawn by the authors",
    "Withdrawn due to an error.",
    "We withdraw this paper since its claim is known.",
    "We have withdrawn the manuscript.",
]
STANDING_ABSTRACTS = [
    "Withdrawn behaviour in zebrafish is measured.",
    "Withdrawn: an ethnography of people who leave.",
    "When a paper has been withdrawn by its authors, citations continue. We count them.",
    "This paper studies papers that have been withdrawn by their authors.",
    "This paper has been withdrawn articles as its subject.",
    "We study retraction notices. This paper has been withdrawn is a phrase we search for.",
    "The drug was withdrawn from the market in 2004.",
    "This work is about removed nodes in graphs.",
    "This paper was withdrawn from a conference; here is the extended account of it.",
]


@pytest.mark.parametrize("comment", WITHDRAWN_COMMENTS)
def test_a_comment_that_withdraws(comment):
    assert status_of(comment, "An abstract.") is Status.WITHDRAWN


@pytest.mark.parametrize("comment", STANDING_COMMENTS)
def test_a_comment_that_does_not(comment):
    assert status_of(comment, "An abstract.") is Status.STANDING


@pytest.mark.parametrize("abstract", WITHDRAWN_ABSTRACTS)
def test_an_abstract_that_withdraws(abstract):
    assert status_of("", abstract) is Status.WITHDRAWN


@pytest.mark.parametrize("abstract", STANDING_ABSTRACTS)
def test_an_abstract_about_withdrawal(abstract):
    assert status_of("3 pages", abstract) is Status.STANDING


def test_a_retraction_is_one():
    assert status_of("This paper has been retracted by the journal's editors", "") is Status.RETRACTED
    assert status_of("Retracted.", "") is Status.RETRACTED


@pytest.mark.parametrize(
    ("signed", "meant"),
    [
        ("", []),
        ("A. One", [("A. One", "")]),
        ("A. One, B. Two and C. Three", [("A. One", ""), ("B. Two", ""), ("C. Three", "")]),
        ("A. One, B. Two, and C. Three", [("A. One", ""), ("B. Two", ""), ("C. Three", "")]),
        ("A. One & B. Two", [("A. One", ""), ("B. Two", "")]),
        ("Andrew Anders and Anders Sand", [("Andrew Anders", ""), ("Anders Sand", "")]),
        (
            "A. One (Inst, City), B. Two (Inst (Branch), Town)",
            [("A. One", "Inst, City"), ("B. Two", "Inst (Branch), Town")],
        ),
        ("Sammy Davis, Jr., Ann Other", [("Sammy Davis Jr.", ""), ("Ann Other", "")]),
        ("A. One (1), B. Two (1,2) ((1) Here, (2) There)", [("A. One", "Here"), ("B. Two", "Here; There")]),
        (
            "P. M\\\"uller, E. Erd\\H{o}s and \\'E. Tale",
            [("P. Müller", ""), ("E. Erdős", ""), ("É. Tale", "")],
        ),
        ("The Loop Collaboration: A. One", [("The Loop Collaboration: A. One", "")]),
        ("A. One (unclosed, B. Two", [("A. One", "unclosed, B. Two")]),
    ],
)
def test_authors_in_one_string(signed, meant):
    assert [(author.name, author.affiliation) for author in authors_of(signed)] == meant


@given(st.lists(st.text("abcdeé", min_size=2, max_size=8), min_size=1, max_size=9))
def test_as_many_authors_as_names(names):
    assert [author.name for author in authors_of(", ".join(names))] == names


@given(st.text("ab ,()and&12\\'{}", max_size=80))
def test_no_string_of_authors_does_harm(signed):
    assert all(author.name for author in authors_of(signed))


@pytest.mark.parametrize(
    "junk", ["(" * 100_000, "a, " * 50_000, " and " * 50_000, "\\'" * 50_000, "((1) " * 30_000 + ")" * 9]
)
def test_authors_take_linear_time(junk):
    start = time.process_time()
    authors_of(junk)
    accented(junk)
    status_of(junk, junk)
    assert time.process_time() - start < 5


def test_tex_accents_become_letters_and_maths_stays():
    assert accented(r"Schr\"odinger's {\'E}tale \o re") == "Schrödinger's Étale øre"
    assert accented(r"$\tilde{O}(n)$ and $\'{}$") == r"$\tilde{O}(n)$ and $\'{}$"
    assert accented(r"\textbf{bold} 50\% \alpha") == r"\textbf{bold} 50\% \alpha"


def test_several_dois_are_several_identifiers():
    assert [
        str(i)
        for i in names_of("2401.00001", "10.1/a 10.5555/B;10.5555/b nonsense 10.48550/arXiv.2401.00001")
    ] == [
        "arxiv:2401.00001",
        "doi:10.5555/b",
    ]


def test_examples_in_the_documentation():
    assert doctest.testmod(arxiv_fields).failed == 0
