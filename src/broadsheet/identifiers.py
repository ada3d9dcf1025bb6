"""The names of papers: one resolver for every spelling, for imports, search box, pages and command line.

Canonical spellings: `arxiv:2205.13147` and `arxiv:math/0309136` (no version, no subject class), `doi:` in
lower case, `acl:N19-1423`, `acl:2022.acl-long.1`, `openreview:` as the site writes it, `pmcid:PMC123`,
`s2:` 40 hex digits. An arXiv DOI (10.48550/arXiv.X) is an arXiv identifier.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from broadsheet.papers import Identifier

SCHEMES: Final = (
    *("arxiv", "doi", "openreview", "acl", "pmid", "pmcid"),
    *("s2", "corpusid", "dblp", "mag", "isbn", "zotero", "url"),
)

_ARCHIVES: Final = (
    "astro-ph|cond-mat|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|nlin|nucl-ex|nucl-th|physics|quant-ph|math|cs|q-bio"
    "|q-fin|stat|econ|eess|acc-phys|adap-org|alg-geom|ao-sci|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas"
    "|dg-ga|funct-an|mtrl-th|patt-sol|plasm-ph|q-alg|solv-int|supr-con"
)
_NEW_ARXIV: Final = r"(?:0[7-9]|[1-9]\d)(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD_ARXIV: Final = rf"(?:{_ARCHIVES})(?:\.[A-Z]{{2}}|\.[A-Za-z]{{2}}(?=/))?/\d{{2}}(?:0[1-9]|1[0-2])\d{{3}}"
_ARXIV = re.compile(rf"(?P<id>{_NEW_ARXIV}|{_OLD_ARXIV})(?:v(?P<version>[1-9]\d{{0,2}}))?", re.I)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"\\^`{|}\x00-\x20\x7f]+", re.I)
_DOI_LONGEST: Final = 300
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.I)
_ACL = re.compile(r"(?:[A-Z]\d{2}-\d{4,5}|\d{4}\.[a-z0-9_]+(?:-[a-z0-9_]+)*\.\d{1,4})")
_PREPRINT_DOI_VERSION = re.compile(r"(10\.(?:1101|64898)/[\d.]+?)v\d+.*")
_DOI_PAGE_SUFFIX = re.compile(r"(?:\.full|\.e?pdf|/full|/e?pdf|/abstract|/meta|/html|/fulltext)+$", re.I)

_SHAPES: Final[dict[str, re.Pattern[str]]] = {
    "openreview": re.compile(r"[A-Za-z0-9_-]{2,64}"),
    "pmid": re.compile(r"[1-9]\d{0,9}"),
    "pmcid": re.compile(r"PMC[1-9]\d{0,9}"),
    "s2": re.compile(r"[0-9a-f]{40}"),
    "corpusid": re.compile(r"[1-9]\d{0,14}"),
    "dblp": re.compile(r"[A-Za-z0-9]+(?:/[^\s/?#]+){1,4}"),
    "mag": re.compile(r"[1-9]\d{0,14}"),
    "isbn": re.compile(r"\d{13}|\d{9}[\dX]"),
    "zotero": re.compile(r"(?:(?:users|groups)/\d+/)?(?:items/)?[A-Z0-9]{8}"),
    "url": re.compile(r"https?://[^\s<>\"]{3,2000}"),
}


def arxiv_version(text: str) -> tuple[str, int | None]:
    """Split an arXiv id into its canonical form and its version; ('', None) if it is not one.

    >>> arxiv_version("2601.15621v2"), arxiv_version("math.GT/0309136"), arxiv_version("2601.1")
    (('2601.15621', 2), ('math/0309136', None), ('', None))
    """
    found = _ARXIV.fullmatch(text)
    if not found:
        return "", None
    name = found["id"]
    if "/" in name:
        archive, number = name.lower().split("/")
        name = f"{archive.partition('.')[0]}/{number}"
    elif len(name) != (10 if name >= "1501" else 9):  # five digits since January 2015, four before
        return "", None
    version = found["version"]
    return name, int(version) if version else None


def _arxiv(value: str) -> str:
    return arxiv_version(value)[0]


def _doi(value: str) -> str:
    value = value.strip()
    if "/" not in value:  # as it stands in an address
        value = unquote(value)
    if not _DOI.fullmatch(value) or len(value) > _DOI_LONGEST:
        return ""
    return value.lower()


def _acl(value: str) -> str:
    value = value.removesuffix(".pdf").removesuffix(".bib").removesuffix("/")
    if re.match(r"[a-z]\d\d-", value):
        value = value.upper()
    elif value[:4].isdigit():
        value = value.lower()
    if re.fullmatch(r"[A-Z]\d\d-\d{4}v\d", value):
        value = value[:-2]
    return value if _ACL.fullmatch(value) else ""


def _pmcid(value: str) -> str:
    return value.upper() if value[:3].upper() == "PMC" else f"PMC{value}"


def _isbn(value: str) -> str:
    return value.replace("-", "").replace(" ", "").upper()


_SPELLERS: Final[dict[str, Callable[[str], str]]] = {
    "arxiv": _arxiv,
    "doi": _doi,
    "acl": _acl,
    "pmcid": _pmcid,
    "isbn": _isbn,
    "s2": str.lower,
}


def of(scheme: str, value: str) -> Identifier | None:
    """The identifier a field of a known scheme holds, canonically spelled; None if the value cannot be one.

    A DOI may come as a URL or with `doi:` before it; an arXiv DOI gives an arXiv identifier.

    >>> str(of("doi", "https://doi.org/10.1145/ABC")), str(of("doi", "10.48550/arXiv.2205.13147v2"))
    ('doi:10.1145/abc', 'arxiv:2205.13147')
    """
    value = value.strip()
    if scheme == "doi":
        if not value.startswith("10."):
            found = resolve(value) if ":" in value or "/" in value else None
            return found if found and found.scheme in ("doi", "arxiv") else None
        if ours := _ARXIV_DOI.fullmatch(value):
            name = _arxiv(ours[1])
            return Identifier("arxiv", name) if name else None
    speller = _SPELLERS.get(scheme)
    if speller:
        value = speller(value)
    shape = _SHAPES.get(scheme)
    if not value or (shape is None and speller is None) or (shape and not shape.fullmatch(value)):
        return None
    return Identifier(scheme, value)


def parse(text: str) -> Identifier:
    """Read `scheme:value` in canonical spelling; the inverse of `str(identifier)`.

    Raises ValueError where the scheme is unknown or the value is not spelled canonically.
    """
    scheme, colon, value = text.partition(":")
    identifier = of(scheme, value) if colon and scheme in SCHEMES else None
    if identifier is None or identifier.scheme != scheme or identifier.value != value:
        raise ValueError(f"not an identifier: {text!r}; want scheme:value with one of {', '.join(SCHEMES)}")
    return identifier


_PREFIXES: Final = {"s2cid": "corpusid", "oai:arxiv.org": "arxiv", "info:doi/": "doi", "info:arxiv/": "arxiv"}
_PREFIX = re.compile(
    r"(oai:arxiv\.org|arxiv|doi|openreview|acl|pmid|pmcid|s2cid|s2|corpusid|dblp|mag|isbn|zotero|url)\s*:\s*"
    r"|(info:(?:doi|arxiv)/)",
    re.I,
)
_SUBJECT = re.compile(r"\s+\[.*")  # arXiv:2205.13147v2 [cs.LG] 3 Feb 2024, as its pages say to cite
_LONGEST: Final = 2048


def resolve(text: str) -> Identifier | None:
    """The identifier that text spells, in any spelling: bare, with a scheme, or a page's address; else None.

    >>> str(resolve("https://arxiv.org/pdf/2601.15621v2.pdf")), str(resolve("doi:10.18653/v1/N19-1423"))
    ('arxiv:2601.15621', 'doi:10.18653/v1/n19-1423')
    """
    text = unicodedata.normalize("NFC", text[: _LONGEST + 1]).strip().strip("<>\"'").strip()
    text = _SUBJECT.sub("", text) if text[:6].lower() == "arxiv:" else text
    if not text or len(text) > _LONGEST or any(c.isspace() for c in text.partition(":")[2].strip()):
        return None
    if re.match(r"https?://", text, re.I):
        return _of_address(text)
    if found := _PREFIX.match(text):
        prefix = (found[1] or found[2]).lower()
        scheme = _PREFIXES.get(prefix, prefix)
        rest = text[found.end() :]
        if re.match(r"https?://", rest, re.I) and scheme != "url":
            return _of_address(rest)
        return of(scheme, rest.rstrip(".,;") if scheme != "url" else rest)
    if name := _arxiv(text.removesuffix(".pdf")):
        return Identifier("arxiv", name)
    if text.startswith("10."):
        return of("doi", _trim(text))
    if acl := _acl(text):
        return Identifier("acl", acl)
    if re.fullmatch(r"PMC\d+", text, re.I):
        return of("pmcid", text)
    host = text.partition("/")[0].lower()
    if "/" in text and re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", host):  # an address without https://
        found_there = _of_address("https://" + text)
        return found_there if found_there and found_there.scheme != "url" else None
    return None


def _trim(doi: str) -> str:
    """Take off what prose puts behind a DOI: full stops, brackets it did not open."""
    while doi and (
        doi[-1] in ".,;:!?'\"*"
        or (doi[-1] == ")" and doi.count(")") > doi.count("("))
        or (doi[-1] == "]" and doi.count("]") > doi.count("["))
    ):
        doi = doi[:-1]
    return doi


def _of_address(url: str) -> Identifier | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return None
    if not host or "." not in host:
        return None
    path = unquote(parts.path)
    found: Identifier | None = None
    for ends, reader in _SITES:
        if host == ends or host.endswith("." + ends):
            found = reader(path, query)
            break
    else:
        if doi := _DOI.search(path):
            found = of("doi", _doi_of_path(doi[0]))
    if found:
        return found
    canonical = parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), fragment="")
    return of("url", canonical.geturl().rstrip(".,;"))


def _doi_of_path(doi: str) -> str:
    doi = _DOI_PAGE_SUFFIX.sub("", _trim(doi.rstrip("/")))
    return _PREPRINT_DOI_VERSION.sub(r"\1", doi)


_Query = dict[str, list[str]]


def _arxiv_site(path: str, query: _Query) -> Identifier | None:
    for found in _ARXIV.finditer(path):
        before, after = path[: found.start()], path[found.end() :]
        if before.endswith("/") and (not after or after[0] in "/." or after.endswith(".pdf")):
            return of("arxiv", found["id"])
    return None


def _doi_site(path: str, query: _Query) -> Identifier | None:
    return of("doi", _trim(path.lstrip("/"))) if path.startswith("/10.") else None


def _openreview_site(path: str, query: _Query) -> Identifier | None:
    if path.split("/")[1:2] in (["forum"], ["pdf"], ["attachment"], ["references"]) and query.get("id"):
        return of("openreview", query["id"][0])
    return None


def _acl_site(path: str, query: _Query) -> Identifier | None:
    for piece in reversed(path.split("/")):
        if found := of("acl", piece):
            return found
    return None


def _pubmed_site(path: str, query: _Query) -> Identifier | None:
    if found := re.search(r"/(PMC\d+)\b", path, re.I):
        return of("pmcid", found[1])
    found = re.fullmatch(r"/(?:pubmed/)?(\d+)/?", path)
    return of("pmid", found[1]) if found else None


def _europepmc_site(path: str, query: _Query) -> Identifier | None:
    if found := re.search(r"/(?:article/MED|abstract/MED)/(\d+)", path, re.I):
        return of("pmid", found[1])
    found = re.search(r"/(PMC\d+)\b", path, re.I)
    return of("pmcid", found[1]) if found else None


def _s2_site(path: str, query: _Query) -> Identifier | None:
    if found := re.search(r"/CorpusID:(\d+)", path, re.I):
        return of("corpusid", found[1])
    found = re.search(r"/([0-9a-f]{40})(?:/|$)", path, re.I)
    return of("s2", found[1]) if found else None


def _dblp_site(path: str, query: _Query) -> Identifier | None:
    found = re.fullmatch(r"/rec/(?:html/|bibtex/)?(.+?)(?:\.(?:html|bib|xml|rdf|json))?", path)
    return of("dblp", found[1]) if found else None


_SITES: Final[tuple[tuple[str, Callable[[str, _Query], Identifier | None]], ...]] = (
    ("arxiv.org", _arxiv_site),
    ("xxx.lanl.gov", _arxiv_site),
    ("alphaxiv.org", _arxiv_site),
    ("ar5iv.org", _arxiv_site),
    ("scirate.com", _arxiv_site),
    ("huggingface.co", _arxiv_site),
    ("hf.co", _arxiv_site),
    ("paperswithcode.co", _arxiv_site),
    ("doi.org", _doi_site),
    ("openreview.net", _openreview_site),
    ("aclanthology.org", _acl_site),
    ("aclweb.org", _acl_site),
    ("ncbi.nlm.nih.gov", _pubmed_site),
    ("europepmc.org", _europepmc_site),
    ("semanticscholar.org", _s2_site),
    ("dblp.org", _dblp_site),
)

_PAGES: Final[dict[str, str]] = {
    "arxiv": "https://arxiv.org/abs/{}",
    "doi": "https://doi.org/{}",
    "openreview": "https://openreview.net/forum?id={}",
    "acl": "https://aclanthology.org/{}/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/{}/",
    "s2": "https://www.semanticscholar.org/paper/{}",
    "corpusid": "https://api.semanticscholar.org/CorpusID:{}",
    "dblp": "https://dblp.org/rec/{}",
    "isbn": "https://search.worldcat.org/search?q=bn%3A{}",
}


def url_of(identifier: Identifier) -> str:
    """The public page of that paper; '' for schemes without pages (mag, zotero)."""
    if identifier.scheme == "url":
        return identifier.value
    page = _PAGES.get(identifier.scheme)
    return page.format(quote(identifier.value, safe="/():;,.-_")) if page else ""


_ANYWHERE = re.compile(
    r"https?://[^\s<>\"]{3,2000}"
    rf"|(?<![\w./-])(?:arxiv\s?:\s?)?(?:{_NEW_ARXIV}|{_OLD_ARXIV})(?:v[1-9]\d{{0,2}})?(?![\w/-])(?!\.\d)"
    r"|(?<![\w./])(?:doi\s?:\s?)?10\.\d{4,9}(?:\.\d{1,9}){0,4}/[^\s\"<>\\^`{|}]{1,300}"
    r"|(?<![\w./-])(?:[A-Z]\d{2}-\d{4}|\d{4}\.[a-z0-9_]{2,40}(?:-[a-z0-9_]{1,40}){1,4}\.\d{1,4})(?![\w-])(?!\.\d)"
    r"|(?<!\w)(?:pmid|pmcid|corpusid|openreview|acl|dblp|s2)\s?:\s?[\w./-]{2,100}",
    re.I,
)


def find_all(text: str) -> list[Identifier]:
    """Every identifier in a pasted text, in order, each once; addresses that name no paper are left out."""
    found: dict[Identifier, None] = {}
    for match in _ANYWHERE.finditer(text):
        piece = match[0]
        if piece.lower().startswith("http"):
            piece = _trim(piece)
        identifier = resolve(piece)
        if identifier and identifier.scheme != "url":
            found.setdefault(identifier)
    return list(found)


_GREEK = re.compile("[α-ω]")
_FOLDED: Final = str.maketrans(
    dict(zip("øłđðþæœıħ", ("o", "l", "d", "d", "th", "ae", "oe", "i", "h"), strict=True))
    | dict.fromkeys("’'`´ʼ‘\u200b\u00ad", "")
)
_TEX_ACCENT = re.compile(r"\\(?:[`'^\"~=.]\s?|[uvHtcdbkr](?:\s+|(?=\{)))\{?\\?([A-Za-z])\}?")
_TEX_STYLE = re.compile(
    r"\\(?:math(?:bf|cal|rm|bb|sf|it|frak|scr|tt)|bm|boldsymbol|text(?:it|bf|sc|tt|rm|sf|sl|superscript|subscript)?"
    r"|emph|rm|it|bf|sc|tt|sf|em|left|right|operatorname|ensuremath|mbox|hbox|quad|qquad|displaystyle|xspace)"
    r"(?![A-Za-z])\*?"
)
_TEX_VARIANT = re.compile(r"\\var(epsilon|phi|theta|rho|sigma|pi)(?![A-Za-z])")
_TEX_JOINED = re.compile(r"[{}$^_~]|\\[()\[\],;!]")
_NOT_WORD = re.compile(r"[^\w]+|_+")
_ACCENT_MARK = re.compile("[\u0300-\u036f]+")
_PLAIN_WORDS = re.compile(r"[a-z0-9]+")


def title_key(title: str) -> str:
    """A title as titles are compared: no case, accents, TeX or punctuation; '' if nothing is left.

    >>> title_key("The $\\\\alpha$-Divergence of M\\\\\\"uller's  Method"), title_key("0"), title_key("?!")
    ('the alpha divergence of mullers method', '0', '')
    """
    if title.isascii() and not any(mark in title for mark in "\\$^_{}'`~"):
        return " ".join(_PLAIN_WORDS.findall(title.lower()))
    if "\\" in title:
        title = _TEX_ACCENT.sub(r"\1", title)
        title = _TEX_STYLE.sub("", title)
        title = _TEX_VARIANT.sub(r" \1 ", title).replace("\\ell", "l")
    title = _TEX_JOINED.sub(lambda found: " " if found[0] == "~" else "", title)
    title = unicodedata.normalize("NFKC", title).casefold()
    title = _ACCENT_MARK.sub("", unicodedata.normalize("NFD", title))
    title = _GREEK.sub(_greek_name, unicodedata.normalize("NFC", title).translate(_FOLDED))
    return " ".join(_NOT_WORD.sub(" ", title).split())


def _greek_name(letter: re.Match[str]) -> str:
    name = unicodedata.name(letter[0]).rpartition(" ")[2].lower()
    return f" {'lambda' if name == 'lamda' else name} "
