r"""TeX source as it appears in bibliographies, made readable.

pylatexenc knows what a macro means; this module knows where a macro begins and ends, so that only macros and
not whole abstracts go through it (an abstract takes it milliseconds), and that maths stays TeX.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pylatexenc.latex2text import LatexNodes2Text

_SPECIAL: Final = re.compile(r"[\\{}$~`]|--|''")
_PIECE: Final = re.compile(
    r"""
      (?P<maths> \$\$ [^$]+ \$\$ | \$ (?: \\. | [^$\\] )+ \$ | \\\( .{1,500}? \\\) | \\\[ .{1,500}? \\\] )
    | \\ (?P<escaped> [%&_\#${}] )
    | (?P<accent> \\ (?: ["'`^~=.] | [uvHckrdbt] (?![a-zA-Z]) ) \s*
        (?: \{ \s* \\? \w? \w? \s* \} | \\ [ij] (?![a-zA-Z]) (?: \{\} | [ ] )? | \w ) )
    | (?P<style> \\ (?: emph | math(?:rm|it|bf|sf|tt) | [mh]box | ensuremath | enquote | url | path
            | text(?:it|bf|tt|sc|rm|sf|sl|up|md|normal|subscript|superscript)?
            | (?:Make)?(?:upper|lower)case | nolinkurl
            | bibinfo \s* \{ \w+ \} | (?:href|noopsort) \s* \{ [^{}]* \} ) \s* (?= \{ )
        | \\ (?: em | it | bf | tt | sc | rm | sf | sl | itshape | bfseries | scshape | protect | relax )
            (?![a-zA-Z]) \s* )
    | \\ (?P<macro> [a-zA-Z]+ ) (?P<after> \{\} | (?: \s* \{ [^{}]* \} )+ | \s* )
    | \\ (?P<space> [\\,;:~ \n\t] )
    | (?P<nothing> \\ [-/!@] )
    | (?P<ligature> ---? | `` | '' | ~ )
    | (?P<brace> [{}] )
    """,
    re.VERBOSE | re.DOTALL,
)
_LIGATURES: Final = {"--": "–", "---": "—", "``": "“", "''": "”", "~": " "}
_UNKNOWN_TO_PYLATEXENC: Final = {
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciicircum": "^",
    "textquotedbl": '"',
    "TeX": "TeX",
    "LaTeX": "LaTeX",
    "BibTeX": "BibTeX",
    "copyright": "©",
    "xspace": "",
    "newline": " ",
}
_TO_TEXT: Final = LatexNodes2Text(math_mode="verbatim")


def decode(text: str) -> str:
    r"""TeX as readable text: accents and symbols in Unicode, braces and styles gone, maths as it was.

    A macro nobody knows stays as it stands.

    >>> decode(r"{\"U}ber {BERT} -- \emph{50\%} of $x_{1}$ in Stra{\ss}e"), decode(r"\foo{x}")
    ('Über BERT – 50% of $x_{1}$ in Straße', '\\foo{x}')
    """
    return _PIECE.sub(_decoded, text) if _SPECIAL.search(text) else text


def verbatim(text: str) -> str:
    r"""An address or a registry's name: escapes and braces undone, dashes and tildes kept.

    >>> verbatim(r"https://example.org/~ada/a--b{\_}c")
    'https://example.org/~ada/a--b_c'
    """
    return _PIECE.sub(_plain, text).strip() if _SPECIAL.search(text) else text.strip()


def _decoded(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind == "after":
        return _macro(found["macro"], found["after"])
    if kind == "maths":
        return found[0]
    if kind == "escaped":
        return found["escaped"]
    if kind == "accent":
        return _accent(found[0])
    if kind == "space":
        return " "
    if kind == "ligature":
        return _LIGATURES[found[0]]
    return ""  # a style, a brace, a hyphenation mark


def _plain(found: re.Match[str]) -> str:
    return found[0] if found.lastgroup in {"ligature", "maths"} else _decoded(found)


def _macro(name: str, after: str) -> str:
    meaning = _meaning(name)
    return f"\\{name}{after}" if meaning is None else meaning + decode(after.strip())


@lru_cache(maxsize=4096)
def _meaning(name: str) -> str | None:
    if name in _UNKNOWN_TO_PYLATEXENC:
        return _UNKNOWN_TO_PYLATEXENC[name]
    try:
        meaning = str(_TO_TEXT.latex_to_text(f"\\{name}")).strip("\n")
    except (IndexError, TypeError):  # a macro that wants arguments
        return None
    return None if not meaning or meaning.startswith("<") else meaning  # "<cit.>" is no better than \cite


@lru_cache(maxsize=4096)
def _accent(atom: str) -> str:
    return str(_TO_TEXT.latex_to_text(atom)) or atom[1:].strip("{} ")
