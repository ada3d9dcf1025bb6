"""What readers say under a paper: comments and replies, with every wording they ever had."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from broadsheet.community.room import Room, need
from broadsheet.exceptions import (
    AccountNotFoundError,
    NotAllowedError,
    NotFoundError,
    PeopleError,
    TooOftenError,
)
from broadsheet.papers import Paper
from broadsheet.readers import Reader, Role
from broadsheet.store.events import Mark

LONGEST: Final = 10_000
OFTEN: Final = 30
OFTEN_MINUTES: Final = 10
DEEPEST: Final = 8
"""Replies to replies further down stand beside each other: a phone is narrow."""
_MENTION: Final = re.compile(r"(?<![\w/@.])@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9])?)")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a comment said from a moment on; '' when it was taken away."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """Words under a paper.

    number: its own. paper: the key. parent: the comment it answers, or 0. text: '' when it was taken away or,
    for all but curators, hidden. wordings: all it ever said, the first first; only the one in force where the
    others are nobody's business. mentions: name → reader. replies: in order of time. depth: from 0.
    """

    number: int
    paper: str
    by: Reader
    parent: int
    text: str
    at: datetime
    wordings: tuple[Wording, ...]
    hidden: bool = False
    reason: str = ""
    mentions: tuple[str, ...] = ()
    depth: int = 0
    replies: tuple[Comment, ...] = field(default=())

    @property
    def edited(self) -> bool:
        """Whether it says something else than at first."""
        return len(self.wordings) > 1

    @property
    def gone(self) -> bool:
        """Whether there is nothing to be read any more."""
        return not self.text


class Discussing(Room):
    """Comments under papers."""

    def comment(self, reader: Reader, reference: str, text: str, *, parent: int = 0) -> int:
        """Say something under a paper, or in answer to a comment there; returns the comment's number.

        Raises PaperNotFoundError, NotFoundError for a parent that is none here, PeopleError for words that
        are none or too many, NotAllowedError where the discussion is closed, TooOftenError.
        """
        text = _words(text)
        self._not_too_often(reader)
        mentions = self._mentioned(text)
        with self.events.writing() as log:
            key = log.key(reference)
            if log.standing(reader.id, "lock", key, "") and not reader.role.at_least(Role.CURATOR):
                raise NotAllowedError("the discussion of this paper is closed")
            if parent and not log.standing(reader.id, "comment", key, str(parent)):
                raise NotFoundError(f"no comment {parent} under {key!r} to answer")
            number = log.seq + 1
            log.put(
                reader.id, "comment", work_key=key, thing=str(number), text=text, parent=parent,
                mentions=mentions,
            )  # fmt: skip
        return number

    def edit(self, reader: Reader, number: int, text: str) -> None:
        """Change one's own words; what they were before stays to be seen.

        Raises NotFoundError, NotAllowedError for another's words, PeopleError.
        """
        self._change(reader, number, _words(text))

    def take_away(self, reader: Reader, number: int) -> None:
        """Take one's own words away; the answers to them stay. Raises NotFoundError, NotAllowedError."""
        self._change(reader, number, "")

    def _change(self, reader: Reader, number: int, text: str) -> None:
        first, mentions = self._comment(number), self._mentioned(text)
        if first.reader_id != reader.id:
            raise NotAllowedError("these are somebody else's words")
        with self.events.writing() as log:
            if log.standing(reader.id, "lock", first.work_key, "") and not reader.role.at_least(Role.CURATOR):
                raise NotAllowedError("the discussion of this paper is closed")
            parent = int(first.body.get("parent", 0))
            log.put(
                reader.id, "comment", work_key=first.work_key, thing=str(number), text=text, parent=parent,
                mentions=mentions,
            )  # fmt: skip

    def _comment(self, number: int) -> Mark:
        standing = self.events.marks("comment", objects=[str(number)])
        if not standing:
            raise NotFoundError(f"no comment {number}")
        return standing[0]

    def _mentioned(self, text: str) -> list[int]:
        found = []
        for name in dict.fromkeys(_MENTION.findall(text)):
            try:
                found.append(self.people.named(name).id)
            except AccountNotFoundError:
                continue
        return found

    def _not_too_often(self, reader: Reader) -> None:
        since = self.now() - timedelta(minutes=OFTEN_MINUTES)
        lately = [
            mark
            for mark in self.events.marks("comment", reader_id=reader.id, past=True)
            if mark.since > since
        ]
        if len(lately) >= OFTEN:
            raise TooOftenError((lately[0].since - since).total_seconds())

    # Reading

    def discussion(
        self, reader: Reader | None, paper: Paper, *, at: datetime | None = None
    ) -> tuple[Comment, ...]:
        """The comments under a paper as a tree, as of a moment; a curator also reads what is hidden."""
        marks = self.events.marks("comment", works=[paper.key], at=at, past=True)
        return _tree(self._comments(reader, marks, at))

    def _comments(
        self, reader: Reader | None, marks: Iterable[Mark], at: datetime | None
    ) -> dict[int, Comment]:
        marks = list(marks)
        out_of_sight = self.events.marks("hidden", at=at) if marks else ()
        hidden = {mark.object: str(mark.body.get("reason", "")) for mark in out_of_sight}
        curator = reader is not None and reader.role.at_least(Role.CURATOR)
        wordings: dict[int, list[Mark]] = {}
        for mark in marks:
            wordings.setdefault(int(mark.object), []).append(mark)
        names: dict[int, Reader] = {}
        found = {}
        for number, said in wordings.items():
            first, last = said[0], said[-1]
            out = f"comment:{number}" in hidden
            text = str(last.body.get("text", "")) if not out or curator else ""
            whole = tuple(Wording(mark.since, str(mark.body.get("text", ""))) for mark in said)
            found[number] = Comment(
                number=number,
                paper=first.work_key,
                by=self._who(first.reader_id, names),
                parent=int(first.body.get("parent", 0) or 0),
                text=text,
                at=first.since,
                wordings=whole if text else (Wording(last.since, ""),),
                hidden=out,
                reason=hidden.get(f"comment:{number}", ""),
                mentions=tuple(self._who(int(other), names).name for other in last.body.get("mentions", ())),
            )
        return found

    def _who(self, number: int, known: dict[int, Reader]) -> Reader:
        if number not in known:
            known[number] = self.people.reader(number)
        return known[number]

    def comments_of(self, reader: Reader, viewer: Reader | None, *, limit: int = 50) -> list[Comment]:
        """What a reader said that can be seen, the latest first."""
        marks = self.events.marks("comment", reader_id=reader.id)
        shown = self._comments(viewer, marks, None).values()
        return [comment for comment in reversed(list(shown)) if not comment.gone][:limit]

    def mentioning(self, reader: Reader, *, limit: int = 50) -> list[Comment]:
        """The comments in which others name a reader, the latest first."""
        marks = [
            mark
            for mark in self.events.marks("comment")
            if reader.id in mark.body.get("mentions", ()) and mark.reader_id != reader.id
        ]
        shown = self._comments(None, marks, None).values()
        return [comment for comment in reversed(list(shown)) if not comment.gone][:limit]

    # Curating

    def hidden(self, reader: Reader) -> list[Comment]:
        """The comments that are out of sight, the latest first. For curators."""
        need(reader, Role.CURATOR)
        numbers = [mark.object.removeprefix("comment:") for mark in self.events.marks("hidden")]
        marks = self.events.marks("comment", objects=numbers) if numbers else []
        return list(reversed(self._comments(reader, marks, None).values()))

    def lock(self, reader: Reader, reference: str, *, locked: bool = True, reason: str = "") -> bool:
        """Close the discussion of a paper, or open it again. For curators."""
        need(reader, Role.CURATOR)
        with self.events.writing() as log:
            key = log.key(reference)
            if locked:
                return log.put(reader.id, "lock", work_key=key, reason=reason[:500]) is not None
            return log.end(reader.id, "lock", work_key=key, reason=reason[:500]) is not None

    def locked(self, paper: Paper, *, at: datetime | None = None) -> str | None:
        """Why the discussion of a paper is closed ('' if nobody said); None while it is open."""
        standing = self.events.marks("lock", works=[paper.key], at=at)
        return str(standing[-1].body.get("reason", "")) if standing else None

    def hide_comment(self, reader: Reader, number: int, *, hidden: bool = True, reason: str = "") -> bool:
        """Take a comment out of sight, or back into it; its reports are answered by that. For curators."""
        need(reader, Role.CURATOR)
        self._comment(number)
        thing = f"comment:{number}"
        with self.events.writing() as log:
            act = log.put if hidden else log.end
            done = act(reader.id, "hidden", thing=thing, reason=reason[:500])
            if hidden:
                for report in log.marks("report", objects=[thing]):
                    log.end(report.reader_id, "report", thing=thing, by=reader.id)
        return done is not None


def _words(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise PeopleError("a comment has words")
    if len(text) > LONGEST:
        raise PeopleError(f"a comment has at most {LONGEST:,} characters, and this has {len(text):,}")
    return text


def _tree(comments: dict[int, Comment]) -> tuple[Comment, ...]:
    """The comments without a parent, each with its answers; what is gone and unanswered is left out."""
    children: dict[int, list[Comment]] = {}
    for comment in comments.values():
        children.setdefault(comment.parent if comment.parent in comments else 0, []).append(comment)

    def grown(comment: Comment, depth: int) -> list[Comment]:
        answers = children.get(comment.number, ())
        below = [c for answer in answers for c in grown(answer, min(depth + 1, DEEPEST))]
        flat = depth >= DEEPEST
        if comment.gone and not comment.hidden and not below:
            return []
        made = Comment(
            comment.number, comment.paper, comment.by, comment.parent, comment.text, comment.at,
            comment.wordings, comment.hidden, comment.reason, comment.mentions, depth,
            () if flat else tuple(below),
        )  # fmt: skip
        return [made, *below] if flat else [made]

    return tuple(c for comment in children.get(0, ()) for c in grown(comment, 0))
