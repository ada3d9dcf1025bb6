"""HTML and JATS fragments to text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from broadsheet.sources.reading.text import paragraphs

_BLOCK = re.compile(
    "p|div|br|li|ul|ol|h[1-6]|tr|table|blockquote|section|article|header|footer|sec|title|list|list-item"
    "|disp-formula|disp-quote|abstract"
)
_INLINE = re.compile(
    "a|b|i|em|strong|span|u|s|small|big|font|tt|code|kbd|sc|abbr|cite|q|mark|del|ins|pre|img|hr|td|th|tbody|thead"
    "|html|body|head|main|nav|italic|bold|underline|monospace|roman|strike|overline|ext-link|xref|email|uri|fn"
    "|named-content|styled-content|inline-formula|inline-graphic|alternatives|tex-math"
    "|m[inos]|mtext|mrow|msup|msub|msubsup|mfrac|msqrt|mover|munder|mfenced|mspace|mstyle|semantics"
)
_DROPPED: Final = frozenset(("script", "style", "annotation", "label"))
_TAG = re.compile(r"<(/?)(?:(jats|mml|m|html|xhtml):)?([a-zA-Z][a-zA-Z0-9-]*)(?=[\s/>])[^<>]*>|<!--")
_TEX_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.S)
_SECTION_TITLE: Final = frozenset(("abstract", "summary", "zusammenfassung", "résumé", "resumen"))


def html_to_text(text: object) -> str:
    """Text of an HTML fragment, paragraphs kept; only known tags are taken for tags ("a < b" stays).

    >>> html_to_text("<p>x &lt; 10<sup>6</sup> of H<sub>2</sub>O</p><p>a <b and c</p>")
    'x < 10^6 of H2O\\n\\na <b and c'
    """
    if not isinstance(text, str):
        return ""
    if "<" not in text:
        return paragraphs(html.unescape(text) if "&" in text else text)
    return paragraphs("".join(_unmarked(text)))


def jats_to_text(text: object) -> str:
    """Text of a JATS fragment as Crossref keeps abstracts: TeX preferred to MathML, no "Abstract" heading.

    >>> jats_to_text("<jats:title>Abstract</jats:title><jats:p>Let <jats:italic>x</jats:italic> be</jats:p>")
    'Let x be'
    """
    parts = html_to_text(text).split("\n\n")
    if len(parts) > 1 and parts[0].casefold().rstrip(".:") in _SECTION_TITLE:
        del parts[0]
    return "\n\n".join(parts)


def _unmarked(text: str) -> Iterator[str]:
    position = 0
    raised = ""  # the tag we stand in: sup or sub
    dropped = ""
    tex_seen = False
    in_math = 0
    previous = ""
    while position < len(text):
        found = _TAG.search(text, position)
        piece = text[position : found.start() if found else len(text)]
        position = found.end() if found else len(text)
        if piece and not dropped and not (in_math and tex_seen):
            piece = html.unescape(piece)
            if raised:
                piece = _raise(raised, piece, previous)
            elif "\\begin{document}" in piece and (document := _TEX_DOCUMENT.search(piece)):
                piece = document[1].strip().replace("$$", "$")
            elif in_math:
                piece = "".join(piece.split())
            previous = piece
            yield piece
        if not found:
            break
        if found[0] == "<!--":
            end = text.find("-->", position)
            position = end + 3 if end >= 0 else len(text)
            continue
        closing, prefix, name = found[1], found[2], found[3].lower()
        if name in ("inline-formula", "disp-formula"):
            tex_seen = not closing and "tex-math" in text[position : text.find("formula>", position) + 1]
        if name == "math" and not found[0].endswith("/>"):
            in_math = max(0, in_math + (-1 if closing else 1))
        elif dropped:
            if closing and name == dropped:
                dropped = ""
        elif name in _DROPPED:
            dropped = "" if closing or found[0].endswith("/>") else name
        elif name in ("sup", "sub"):
            raised = "" if closing else name
        elif _BLOCK.fullmatch(name):
            yield "\n\n" if name != "br" else "\n"
        elif not prefix and not _INLINE.fullmatch(name):
            yield found[0]  # no tag we know: "<x>" may be maths


def _raise(kind: str, piece: str, previous: str) -> str:
    inner = piece.strip()
    if not inner or not previous or previous[-1].isspace():
        return piece
    if kind == "sub":
        return inner if inner.isdigit() and previous[-1].isalpha() else f"_{_braced(inner)}"
    return inner if inner.isalpha() and previous[-1].isdigit() else f"^{_braced(inner)}"  # 1st, but 10^6


def _braced(text: str) -> str:
    return text if len(text) == 1 or text.isdigit() else "{" + text + "}"
