from __future__ import annotations

import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet import identifiers
from broadsheet.identifiers import arxiv_version, find_all, of, parse, resolve, title_key, url_of
from broadsheet.papers import Identifier

SPELLINGS = {
    "arxiv:2601.15621": [
        "2601.15621",
        "  2601.15621v3 ",
        "arXiv:2601.15621v2",
        "arxiv: 2601.15621",
        "arXiv:2601.15621v2 [cs.LG] 3 Feb 2026",
        "https://arxiv.org/abs/2601.15621",
        "http://www.arxiv.org/abs/2601.15621v12?context=cs.LG",
        "https://export.arxiv.org/pdf/2601.15621v1.pdf",
        "arxiv.org/html/2601.15621v2#S3",
        "https://www.alphaxiv.org/abs/2601.15621",
        "https://alphaxiv.org/overview/2601.15621v1",
        "https://ar5iv.labs.arxiv.org/html/2601.15621",
        "https://ar5iv.org/abs/2601.15621",
        "https://scirate.com/arxiv/2601.15621",
        "https://huggingface.co/papers/2601.15621",
        "https://huggingface.co/papers/2601.15621.md",
        "https://hf.co/papers/2601.15621",
        "10.48550/arXiv.2601.15621",
        "https://doi.org/10.48550/ARXIV.2601.15621v2",
        "doi:10.48550/arxiv.2601.15621",
        "oai:arXiv.org:2601.15621",
        "<https://arxiv.org/abs/2601.15621>",
    ],
    "arxiv:astro-ph/0601001": [
        "astro-ph/0601001",
        "arXiv:astro-ph/0601001v2",
        "https://arxiv.org/pdf/astro-ph/0601001",
    ],
    "arxiv:math/0601001": ["math/0601001", "math.GT/0601001", "https://arxiv.org/abs/math.GT/0601001v3"],
    "doi:10.1145/3292500.3330701": [
        "10.1145/3292500.3330701",
        "doi:10.1145/3292500.3330701",
        "DOI: 10.1145/3292500.3330701.",
        "https://doi.org/10.1145/3292500.3330701",
        "http://dx.doi.org/10.1145/3292500.3330701",
        "https://dl.acm.org/doi/abs/10.1145/3292500.3330701",
        "info:doi/10.1145/3292500.3330701",
    ],
    "doi:10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o": [
        "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O",
        "10.1002%2F(SICI)1097-4571(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-O",
        "https://doi.org/10.1002/(SICI)1097-4571(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-O",
    ],
    "doi:10.18653/v1/n19-1423": ["10.18653/v1/N19-1423", "https://doi.org/10.18653/v1/N19-1423"],
    "doi:10.1101/2024.01.02.573456": [
        "https://www.biorxiv.org/content/10.1101/2024.01.02.573456v2.full.pdf",
        "https://www.medrxiv.org/content/10.1101/2024.01.02.573456v1",
    ],
    "acl:N19-1423": [
        "N19-1423",
        "acl:N19-1423",
        "https://aclanthology.org/N19-1423/",
        "https://aclanthology.org/N19-1423.pdf",
        "https://www.aclweb.org/anthology/N19-1423",
    ],
    "acl:2022.acl-long.1": ["2022.acl-long.1", "https://aclanthology.org/2022.acl-long.1.pdf"],
    "openreview:ld6JUQ_h-s": [
        "openreview:ld6JUQ_h-s",
        "https://openreview.net/forum?id=ld6JUQ_h-s&noteId=x",
        "https://openreview.net/pdf?id=ld6JUQ_h-s",
        "openreview.net/forum?id=ld6JUQ_h-s",
    ],
    "pmid:31452104": ["pmid:31452104", "PMID: 31452104", "https://pubmed.ncbi.nlm.nih.gov/31452104/"],
    "pmcid:PMC6814190": [
        "PMC6814190",
        "pmcid:6814190",
        "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC6814190/",
    ],
    "corpusid:215416146": ["CorpusID:215416146", "https://api.semanticscholar.org/CorpusID:215416146"],
    f"s2:{'0a' * 20}": [f"s2:{'0A' * 20}", f"https://www.semanticscholar.org/paper/Some-Title/{'0a' * 20}"],
    "dblp:conf/nips/AdaB17": ["dblp:conf/nips/AdaB17", "https://dblp.org/rec/conf/nips/AdaB17.html"],
    "isbn:9780262035613": ["isbn:978-0-262-03561-3"],
    "mag:2963341956": ["mag:2963341956"],
    "url:https://example.org/p?a=1": ["https://Example.org/p?a=1#top", "url:https://example.org/p?a=1"],
}
PAIRS = [(canonical, spelling) for canonical, spellings in SPELLINGS.items() for spelling in spellings]


@pytest.mark.parametrize(("canonical", "spelling"), PAIRS)
def test_every_spelling_resolves(canonical, spelling):
    assert str(resolve(spelling)) == canonical


@pytest.mark.parametrize("canonical", SPELLINGS)
def test_canonical_spellings_round_trip(canonical):
    identifier = parse(canonical)
    assert str(identifier) == canonical
    assert resolve(canonical) == identifier
    page = url_of(identifier)
    assert page == "" if identifier.scheme in ("mag", "zotero") else page.startswith("https://")
    if identifier.scheme not in ("mag", "isbn"):
        assert resolve(page) == identifier


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "hello",
            "hello world",
            "3.14159",
            "1234.56789",
            "2513.00001",
            "2501.1234",
            "0701.12345",
            "cs.LG",
        ),
        *(
            "and/or",
            "a/b",
            "10.1145",
            "arxiv:",
            "doi:nonsense",
            "pmid:abc",
            "author: Ada",
            "transformers: a survey",
        ),
        *("what is arxiv:2601.15621 about", "http://", "https://x", "https://[::1", "v2", "N19", "x" * 5000),
    ],
)
def test_what_is_no_identifier(text):
    assert resolve(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "arxiv",
        "arxiv:2601.15621v2",
        "doi:10.1145/ABC",
        "doi:10.48550/arxiv.2601.15621",
        "foo:1",
        "arxiv:x",
    ],
)
def test_parse_is_strict(text):
    with pytest.raises(ValueError, match="not an identifier"):
        parse(text)


def test_old_identifiers_keep_their_archive():
    assert arxiv_version("astro-ph/0601001v1") == ("astro-ph/0601001", 1)
    assert arxiv_version("math/0601001") != arxiv_version("astro-ph/0601001")
    assert arxiv_version("nonsense/0601001") == ("", None)


def test_of_reads_a_field_of_a_known_scheme():
    assert of("doi", " https://doi.org/10.1145/ABC ") == Identifier("doi", "10.1145/abc")
    assert of("doi", "10.48550/arXiv.2205.13147v2") == Identifier("arxiv", "2205.13147")
    assert of("doi", "not one") is None
    assert of("doi", "https://example.org/x") is None
    assert of("unheard", "1") is None
    assert of("arxiv", "") is None


def test_find_all_reads_a_pasted_list():
    text = """Read (arXiv:2601.15621v2), 2601.15621 and https://arxiv.org/abs/math/0309136v1.
    doi: 10.1145/ABC.1; N19-1423, 2022.acl-long.1! see https://example.org and https://openreview.net/forum?id=abc12).
    The value 3.14159 and version 1.2.3 of 2024-01-02 are none."""
    assert [str(identifier) for identifier in find_all(text)] == [
        "arxiv:2601.15621",
        "arxiv:math/0309136",
        "doi:10.1145/abc.1",
        "acl:N19-1423",
        "acl:2022.acl-long.1",
        "openreview:abc12",
    ]


@pytest.mark.parametrize(
    "junk", ["10.1000/" * 20000, "a-b." * 30000, "2022." + "a-" * 60000, "http://" * 30000, "(" * 99999]
)
def test_find_all_takes_linear_time(junk):
    start = time.process_time()
    find_all(junk)
    assert time.process_time() - start < 5


@given(st.text(max_size=200))
def test_resolve_never_raises_and_what_it_finds_is_canonical(text):
    identifier = resolve(text)
    if identifier:
        assert parse(str(identifier)) == identifier
        assert resolve(str(identifier)) == identifier


@given(st.integers(7, 35), st.integers(1, 12), st.integers(1, 9999), st.integers(1, 20))
def test_every_arxiv_number_survives_its_addresses(year, month, number, version):
    name = f"{year:02d}{month:02d}.{number:0{5 if year >= 15 else 4}d}"
    if name < "0704":
        name = f"08{name[2:]}"
    for spelling in (f"https://arxiv.org/pdf/{name}v{version}", f"arXiv:{name}", f"10.48550/arXiv.{name}"):
        assert str(resolve(spelling)) == f"arxiv:{name}"


TITLES = [
    ("Attention Is All You Need", "attention is all  you need."),
    ('Erd\\H{o}s and M\\"{u}ller', "Erdős and Müller"),
    ("Łódź, Ångström & Straße", "lodz angstrom strasse"),
    ("Learning the $\\alpha$-Divergence", "Learning the α–divergence"),
    ("On $\\mathcal{O}(n)$ H$_2$O", "on O(n) H₂O"),
    ("Müller’s Method", "Muller's method"),
    ("{BERT}: Pre-training", "BERT: pre training"),
    ("The $\\ell_1$ norm", "The ℓ₁ norm"),
    ("\\emph{Fast} and \\textbf{Loose}", "Fast and loose"),
]


@pytest.mark.parametrize(("one", "other"), TITLES)
def test_titles_that_are_the_same_have_the_same_key(one, other):
    assert title_key(one) == title_key(other) != ""


def test_title_keys_keep_what_differs():
    assert title_key("0") == "0"
    assert title_key("GPT-3") != title_key("GPT-4")
    assert title_key("日本語の題名") == "日本語の題名"
    assert title_key("???") == ""
    assert title_key("") == ""


@given(st.text(max_size=100))
def test_a_title_key_is_its_own_key(title):
    key = title_key(title)
    assert title_key(key) == key
    assert key == " ".join(key.split())


def test_examples_in_the_documentation():
    assert doctest.testmod(identifiers).failed == 0
