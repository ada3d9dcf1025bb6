"""Reasons as plain sentences, for the terminal, for mail and for feeds."""

from __future__ import annotations

from typing import Final

from broadsheet.foryou.why import Why

_WORDED: Final = {
    "author": "by {text}, whom you follow",
    "like": "like {text} ({said})",
    "together": "readers here read such papers together with {text} ({said})",
    "unlike": "against it: near {text} ({said})",
    "words": "words of yours: {text}",
    "against": "against it: the words {text}",
    "less": "against it: {text}, of which you wanted less",
    "beyond": "from beyond what you read",
    "votes": "{text} votes at its source",
    "new": "{text} days old",
}


def sentence(why: Why) -> str:
    """One reason in words.

    >>> sentence(Why("author", "Ada Example")), sentence(Why("new", "0"))
    ('by Ada Example, whom you follow', 'new today')
    """
    if why.kind == "new" and why.text in ("0", "1"):
        return "new today" if why.text == "0" else "a day old"
    if why.kind == "votes" and why.text == "1":
        return "one vote at its source"
    return _WORDED[why.kind].format(text=why.text, said=why.said)
