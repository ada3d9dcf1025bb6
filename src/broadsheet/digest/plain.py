"""A digest as plain text: complete, in short lines, for readers and programs that show no HTML."""

from __future__ import annotations

import textwrap
from typing import Final

from broadsheet.digest.issue import DIGEST, SETTINGS, UNSUBSCRIBE, Entry, Issue

WIDTH: Final = 74


def write(issue: Issue) -> str:
    """The text, with the brackets that are filled in when it goes out."""
    parts = [
        f"{issue.masthead}\n{issue.title}\n{'=' * min(WIDTH, max(len(issue.masthead), len(issue.title)))}",
        *(_entry(issue, number, entry) for number, entry in enumerate(issue.entries, 1)),
        _foot(issue),
    ]
    return "\n\n".join(parts) + "\n"


def _entry(issue: Issue, number: int, entry: Entry) -> str:
    flag = f"[{entry.flag}] " if entry.flag else ""
    lines = [_wrapped(f"{number}. {flag}{entry.title}", "   ")]
    told = " · ".join(part for part in (entry.by, entry.votes) if part)
    lines += [_wrapped(f"   {told}", "   ")] if told else []
    lines += [_wrapped(f"   {entry.text}", "   ")] if entry.text else []
    lines.append(f"   {issue.paper(entry)}")
    return "\n".join(lines)


def _foot(issue: Issue) -> str:
    more = f"All {issue.total:,}: " if issue.total > len(issue.entries) else "On the web: "
    page = "This mail as a page, to vote and save from" if issue.thumbs else "This mail as a page"
    lines = [
        "-- ",
        f"{more}{issue.site}{issue.path}",
        f"{page}: {issue.site}/mail/digest/{DIGEST}",
        f"Hour, length, quiet days, vacation: {issue.site}/mail/settings/{SETTINGS}",
        f"No more of these: {issue.site}/mail/unsubscribe/{UNSUBSCRIBE}",
    ]
    return "\n".join(lines)


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
