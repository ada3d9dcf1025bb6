"""A digest as HTML that mail programs show as it is meant: MJML writes the tables, we write the paper."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from mjml import mjml2html

from broadsheet.digest.issue import DIGEST, SETTINGS, UNSUBSCRIBE, Issue

MOST: Final = 100_000  # Gmail cuts a mail at 102 kB


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("broadsheet.digest"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["quoted"] = lambda text: quote(text, safe="")
    return environment


def write(issue: Issue) -> str:
    """The page, with the brackets that are filled in when it goes out.

    Mail programs cut off what is longer than `MOST` bytes, links to unsubscribe first; then the last papers
    are left out here, and the page says how many there are in all.
    """
    template = _environment().get_template("digest.mjml")
    while True:
        source = template.render(issue=issue, digest=DIGEST, settings=SETTINGS, unsubscribe=UNSUBSCRIBE)
        html: str = mjml2html(source, disable_comments=True)
        if len(html.encode()) <= MOST or len(issue.entries) == 1:
            return html
        issue = replace(issue, entries=issue.entries[: -max(1, len(issue.entries) // 8)])
