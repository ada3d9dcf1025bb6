"""Plain text as TeX source: the inverse of `broadsheet.sources.tex.decode`."""

from __future__ import annotations

import re
from typing import Final

_MATHS_OR_MARK: Final = re.compile(
    r"\$\$(?:\\.|[^$\\])+\$\$|\$(?:\\.|[^$\\])+\$|[\\{}$&%#_~^]|-(?=-)|'(?=')|`(?=`)"
)
_ESCAPES: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "-": "-{}",
    "'": "'{}",
    "`": "`{}",
}
_WORD: Final = re.compile(r"(?<![^\s(\[])[^\s\\{}$()\[\],:;]{2,}")


def encode(text: str) -> str:
    r"""Text with TeX's marks escaped and its braces balanced; maths between dollars stays as it is.

    >>> encode("50% of A_1 in $x_1$ and $$x_2$$")
    '50\\% of A\\_1 in $x_1$ and $$x_2$$'
    """
    return _MATHS_OR_MARK.sub(_encoded, text)


def protect(title: str) -> str:
    """An encoded title with braces around words whose capitals a style must not lower.

    >>> protect("Teaching BERT to count: GPUs or not")
    'Teaching {BERT} to count: {GPUs} or not'
    """
    return _WORD.sub(lambda word: f"{{{word[0]}}}" if word[0][1:].lower() != word[0][1:] else word[0], title)


def balanced(text: str) -> bool:
    """Whether every brace has its partner, escaped or not, as BibTeX counts them."""
    depth = 0
    for mark in text:
        depth += (mark == "{") - (mark == "}")
        if depth < 0:
            return False
    return depth == 0


def _encoded(found: re.Match[str]) -> str:
    piece = found[0]
    if len(piece) == 1:
        return _ESCAPES.get(piece, f"\\{piece}")
    if balanced(piece):
        return piece
    return "".join(_ESCAPES.get(mark, f"\\{mark}") if mark in r"\{}$&%#_~^" else mark for mark in piece)
