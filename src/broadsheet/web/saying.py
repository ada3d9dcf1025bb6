"""Readers' Markdown as HTML: no raw HTML, pictures or headings; maths as MathML; names as links.

What comes out passes a sanitiser that knows a dozen elements. Only the maths, which this house makes itself,
is put in after it, in place of words that nobody can guess.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markupsafe import Markup, escape

from broadsheet.web.typeset import MAX_TEX, maths

TAGS: Final = frozenset(
    {"p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"}
)
SCHEMES: Final = frozenset({"http", "https", "mailto"})
REL: Final = "nofollow noopener noreferrer ugc"

_MATHS: Final = re.compile(
    rf"""
      \$\$(?P<display>[^$]{{1,{MAX_TEX}}})\$\$
    | \\\((?P<paren>.{{1,{MAX_TEX}}}?)\\\)
    | \$(?P<inline>(?![\s$])[^$\n]{{0,{MAX_TEX}}}[^$\s\\])\$(?!\d)
    """,
    re.VERBOSE | re.DOTALL,
)
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:|/(?![/\\]))", re.IGNORECASE)
_NAME: Final = re.compile(r"@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9])?)")


def said(text: str, people: Mapping[str, str] | None = None) -> Markup:
    """A reader's words as HTML. people: name → the address of its page, for `@name`.

    >>> said("It holds for *all* $x$, @ada.", {"ada": "/readers/ada"})[:33]
    Markup('<p>It holds for <em>all</em> <mat')
    >>> said("<script>alert(1)</script>")
    Markup('<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>')
    """
    kept: list[str] = []
    nonce = secrets.token_hex(16)
    env: dict[str, Any] = {"kept": kept, "nonce": nonce, "people": dict(people or {})}
    html = nh3.clean(
        _markdown().render(text, env),
        tags=set(TAGS),
        attributes={"a": {"href"}, "*": set()},
        attribute_filter=_within,
        url_schemes=set(SCHEMES),
        link_rel=REL,
    )
    for number, part in enumerate(kept):
        html = html.replace(f"{nonce}-{number}-", part, 1)
    return Markup(html.strip())  # noqa: S704 — it was cleaned, and what was put in after that is our own


def _within(_element: str, attribute: str, value: str) -> str | None:
    """An address that is a whole one, or a path on this site; none that only looks like a path."""
    return value if attribute != "href" or _ADDRESS.match(value) else None


@functools.cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    made.disable(["image", "html_block", "html_inline", "heading", "lheading", "reference"])
    made.enable("strikethrough")
    made.inline.ruler.before("escape", "maths", _read_maths)
    made.inline.ruler.before("escape", "name", _read_name)
    made.add_render_rule("maths", _write_maths)
    made.add_render_rule("name", _write_name)
    return made


def _read_maths(state: StateInline, silent: bool) -> bool:
    found = _MATHS.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("maths", "", 0)
        token.content = found[0]
    state.pos = found.end()
    return True


def _read_name(state: StateInline, silent: bool) -> bool:
    found = _NAME.match(state.src, state.pos)
    before = state.src[state.pos - 1 : state.pos] if state.pos else ""
    if not found or found[1].casefold() not in state.env["people"] or before.isalnum():
        return False
    if not silent:
        token = state.push("name", "", 0)
        token.content = found[1]
    state.pos = found.end()
    return True


def _write_maths(_renderer: Any, tokens: Any, at: int, _options: Any, env: Any) -> str:
    found = _MATHS.fullmatch(tokens[at].content)
    display = found["display"] if found else ""
    tex = (display or found["paren"] or found["inline"]) if found else ""
    made = maths(tex, display=bool(display)) or f'<span class="tex">{escape(tokens[at].content)}</span>'
    env["kept"].append(made)
    return f"{env['nonce']}-{len(env['kept']) - 1}-"


def _write_name(_renderer: Any, tokens: Any, at: int, _options: Any, env: Any) -> str:
    name = tokens[at].content
    return f'<a href="{escape(env["people"][name.casefold()])}">@{escape(name)}</a>'
