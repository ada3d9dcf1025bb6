"""Text as sources send it to HTML as a reader sees it: maths to MathML, a little TeX to type, words marked.

Everything that comes out is escaped text, or an element written here; nothing of the input reaches a page
as markup.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element, tostring  # only to walk and write what defusedxml read

from defusedxml.ElementTree import fromstring
from markupsafe import Markup, escape

NO_MARKS: Final[frozenset[str]] = frozenset()
MAX_TEX: Final = 600

# In order: display maths, inline maths (a dollar that opens has ink behind it, one that closes has ink before
# it and no digit behind it: "$5 and $10" are prices), addresses, and the text-mode commands abstracts use.
# Every repetition is bounded, so the time is linear in the text.
_PIECES: Final = re.compile(
    rf"""
      \$\$(?P<display>[^$]{{1,{MAX_TEX}}})\$\$
    | \\\[(?P<bracket>.{{1,{MAX_TEX}}}?)\\\]
    | \\\((?P<paren>.{{1,{MAX_TEX}}}?)\\\)
    | (?<![\\$])\$(?P<inline>(?![\s$])[^$]{{0,{MAX_TEX}}}[^$\s\\])\$(?!\d)
    | \\href\{{(?P<href>https?://[^\s{{}}"<>]{{1,500}})\}}\{{(?P<label>[^{{}}]{{1,300}})\}}
    | \\url\{{(?P<url>https?://[^\s{{}}"<>]{{1,500}})\}}
    | (?P<address>https?://[^\s<>"'{{}}|\\^`]{{1,500}})
    | \\(?P<command>emph|textit|textbf|textsc|texttt|textrm|textsf|underline|mbox)
      \{{(?P<words>[^{{}}]{{0,300}})\}}
    """,
    re.VERBOSE | re.DOTALL,
)
_ELEMENTS: Final = {"emph": "em", "textit": "em", "textbf": "strong", "texttt": "code"}
# What a text must hold for a pattern to be worth trying, the pattern, and what it becomes.
_CHARACTERS: Final = (
    ("\\", re.compile(r"\\([%&_#$])"), r"\1"),
    ("``", re.compile(r"``"), "“"),
    ("''", re.compile(r"(?<=\s)''(?=\w)"), "“"),
    ("''", re.compile(r"''"), "”"),
    ("'", re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])|(?<=s)'(?=\s)"), "’"),
    ('"', re.compile(r'(?<![^\s(\[—–-])"(?=\w)'), "“"),
    ('"', re.compile(r'(?<=[\w.,;!?%)\]])"(?![^\W_])'), "”"),
    ("---", re.compile(r"(?<=\w)---(?=\w)|(?<=\s)---(?=\s)"), "—"),
    ("--", re.compile(r"(?<=\w)--(?=\w)|(?<=\s)--(?=\s)"), "–"),
    ("~", re.compile(r"(?<=[A-Za-z.])~(?=[\w\\$(\[])"), "\N{NO-BREAK SPACE}"),
)
_CLOSING: Final = re.compile(r"[.,;:!?)\]]{1,4}")
_UPRIGHT: Final = frozenset("ΓΔΘΛΞΠΣΥΦΨΩ")  # as TeX sets them
_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def typeset(text: str, marks: Collection[str] = NO_MARKS) -> Markup:
    """A run of text as phrasing content; words whose case-folded form is in `marks` are marked.

    >>> typeset("Depth is $O(n)$ & <b>cheap</b>, 20\\\\% less", {"depth"})[:28]
    Markup('<mark>Depth</mark> is <math ')
    """
    if "$" not in text and "\\" not in text and "http" not in text:
        return Markup(_words(text, marks))  # noqa: S704 — escaped there
    parts: list[str] = []
    at = 0
    for found in _PIECES.finditer(text):
        parts.append(_words(text[at : found.start()], marks))
        piece = _piece(found, marks)
        at = found.end()
        closing = _CLOSING.match(text, at) if piece.startswith("<math") else None
        if closing:  # no line begins with the comma behind a formula
            piece, at = f'<span class="whole">{piece}{closing[0]}</span>', closing.end()
        parts.append(piece)
    parts.append(_words(text[at:], marks))
    return Markup("".join(parts))  # noqa: S704 — every part was escaped or made here


def paragraphs(text: str, marks: Collection[str] = NO_MARKS) -> Markup:
    """Text with blank lines between paragraphs, as `<p>` elements."""
    split = (part for part in text.split("\n\n") if part.strip())
    return Markup("\n").join(Markup("<p>{}</p>").format(typeset(part, marks)) for part in split)


def _piece(found: re.Match[str], marks: Collection[str]) -> str:
    if found["href"]:
        return _link(found["href"], _words(found["label"], marks))
    if found["url"]:
        return _link(found["url"], str(escape(found["url"])))
    if found["address"]:
        address = found["address"].rstrip(".,;:!?)]*")
        if found["address"].startswith(f"{address})") and address.count("(") > address.count(")"):
            address += ")"
        rest = found["address"][len(address) :]
        return _link(address, str(escape(address))) + str(escape(rest))
    if found["command"]:
        words = typeset(found["words"], marks)
        element = _ELEMENTS.get(found["command"])
        return f"<{element}>{words}</{element}>" if element else str(words)
    display = found["display"] or found["bracket"]
    tex = display or found["paren"] or found["inline"]
    return maths(tex, display=bool(display)) or f'<span class="tex">{escape(found[0])}</span>'


def _link(address: str, label: str) -> str:
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">{label}</a>'


def _words(text: str, marks: Collection[str]) -> str:
    for sign, pattern, character in _CHARACTERS:
        if sign in text:
            text = pattern.sub(character, text)
    if not marks:
        return str(escape(text))
    parts: list[str] = []
    at = 0
    for word in _WORD.finditer(text):
        if _is_marked(word[0].casefold(), marks):
            parts += (str(escape(text[at : word.start()])), f"<mark>{escape(word[0])}</mark>")
            at = word.end()
    parts.append(str(escape(text[at:])))
    return "".join(parts)


def _is_marked(word: str, marks: Collection[str]) -> bool:
    return word in marks or any(part in marks for part in re.split(r"['’-]", word))


_TAGS: Final = frozenset(
    [
        *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msup", "msub", "msubsup", "munder", "mover"),
        *("munderover", "mfrac", "msqrt", "mroot", "mstyle", "mtable", "mtr", "mtd", "mpadded", "mphantom"),
        *("menclose", "mmultiscripts", "mprescripts", "none", "merror"),
    ]
)
_ATTRIBUTES: Final = frozenset(
    [
        *(
            "display",
            "mathvariant",
            "stretchy",
            "fence",
            "separator",
            "lspace",
            "rspace",
            "minsize",
            "maxsize",
        ),
        *("linethickness", "accent", "accentunder", "columnalign", "displaystyle", "scriptlevel", "form"),
        *("movablelimits", "width"),
    ]
)
_LENGTH: Final = re.compile(r"-?\d?(\.\d{1,3})?(em)?")


@lru_cache(maxsize=8192)
def maths(tex: str, *, display: bool = False) -> str:
    """TeX maths as a MathML element; '' when it cannot be read, so that the source can be shown instead."""
    from latex2mathml.converter import convert

    if len(tex) > MAX_TEX:
        return ""
    try:
        mathml = convert(tex, display="block" if display else "inline")
        root: Element = fromstring(mathml.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "", 1))
    except Exception:  # untrusted TeX makes the converter fail in many ways; its source is shown
        return ""
    for element in root.iter():
        text = element.text or ""
        # A command that the converter does not know comes through as text with its backslash.
        if element.tag not in _TAGS or "\\" in text:
            return ""
        element.attrib = {name: value for name, value in element.attrib.items() if _is_safe(name, value)}
        if element.tag == "mi" and text in _UPRIGHT:
            element.attrib["mathvariant"] = "normal"
        elif element.tag == "mo" and text == "/":
            element.attrib |= {"lspace": "0", "rspace": "0"}
        elif element.tag == "mo" and len(text) > 1 and text.isalpha():
            element.tag = "mi"  # \operatorname{rank}: a name, with no space of an operator's around it
    written = tostring(root, encoding="unicode")
    return f'<span class="wide">{written}</span>' if display or len(tex) > 48 else written


def _is_safe(name: str, value: str) -> bool:
    return name in _ATTRIBUTES and (name != "width" or _LENGTH.fullmatch(value) is not None)
