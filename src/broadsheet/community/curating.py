"""What keeps a community sound: reports and their answers, claims of authorship, vouching."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from broadsheet.community.room import Room, need
from broadsheet.exceptions import NotAllowedError, NotFoundError, PeopleError
from broadsheet.papers import Paper
from broadsheet.readers import Reader, Role
from broadsheet.store.events import Event

_TARGET: Final = re.compile(r"paper|comment:\d{1,18}")
_ORCID: Final = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")


@dataclass(frozen=True, slots=True)
class Report:
    """What readers asked the curators to look at: `paper` or `comment:N`, the paper, and why."""

    thing: str
    paper: str
    reasons: tuple[tuple[Reader, str, datetime], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A reader's claim to be one of a paper's authors. how: why it holds, or '' while nobody verified it."""

    reader: Reader
    paper: str
    author: str
    how: str

    @property
    def verified(self) -> bool:
        """Whether it holds."""
        return bool(self.how)


class Curating(Room):
    """Reports, claims and vouching."""

    # Reports

    def report(self, reader: Reader, reference: str, thing: str = "paper", *, reason: str) -> bool:
        """Ask the curators to look at a paper, or at a comment under it. Says whether it is news.

        Raises PaperNotFoundError, NotFoundError, PeopleError for a report without a reason.
        """
        reason = reason.replace("\0", "").strip()[:1000]
        if not reason:
            raise PeopleError("a report has a reason")
        if not _TARGET.fullmatch(thing):
            raise PeopleError(f"one reports a paper or comment:NUMBER, not {thing!r}")
        with self.events.writing() as log:
            key = log.key(reference)
            if thing != "paper":
                if not log.standing(reader.id, "comment", key, thing.removeprefix("comment:")):
                    raise NotFoundError(f"no {thing.replace(':', ' ')} under {key!r}")
                return log.put(reader.id, "report", thing=thing, reason=reason, paper=key) is not None
            return log.put(reader.id, "report", work_key=key, thing=thing, reason=reason) is not None

    def reports(self, reader: Reader) -> list[Report]:
        """What waits for an answer, the oldest first. For curators."""
        need(reader, Role.CURATOR)
        grouped: dict[tuple[str, str], list[tuple[Reader, str, datetime]]] = {}
        for mark in self.events.marks("report"):
            paper = mark.work_key or str(mark.body.get("paper", ""))
            if mark.object:
                said = (self.people.reader(mark.reader_id), str(mark.body.get("reason", "")), mark.since)
                grouped.setdefault((mark.object, paper), []).append(said)
        return [Report(thing, paper, tuple(reasons)) for (thing, paper), reasons in grouped.items()]

    def dismiss(self, reader: Reader, paper: str, thing: str) -> int:
        """Answer the reports of something: there is nothing to do. Returns how many there were."""
        need(reader, Role.CURATOR)
        work = paper if thing == "paper" else ""
        marks = self.events.marks("report", objects=[thing], works=[work] if work else None)
        with self.events.writing() as log:
            for mark in marks:
                log.end(mark.reader_id, "report", work_key=mark.work_key, thing=thing, by=reader.id)
        return len(marks)

    def lately(self, reader: Reader, limit: int = 30) -> list[tuple[Event, Reader]]:
        """What curators did last, and who did it, the latest first. For curators."""
        need(reader, Role.CURATOR)
        done = self.events.latest(("hidden", "lock", "vouch", "verified"), limit)
        return [(event, self.people.reader(event.reader_id)) for event in done]

    # Vouching

    def vouched(self) -> dict[int, float]:
        """Reader → how much of a vote theirs are worth, where a curator, or who invited them, said so."""
        return {
            int(mark.object.removeprefix("reader:")): float(mark.body.get("trust", 1.0))
            for mark in self.events.marks("vouch")
            if mark.object
        }

    def vouch(self, reader: Reader, other: Reader, trust: float | None = 1.0) -> bool:
        """Let another's votes count in full (1), not at all (0), or as they earn it (None). For curators.

        Raises NotAllowedError for who is no curator, or vouches for themselves.
        """
        need(reader, Role.CURATOR)
        if reader.id == other.id:
            raise NotAllowedError("nobody vouches for themselves")
        if trust is not None and not 0 <= trust <= 1:
            raise PeopleError(f"trust is between 0 and 1, got {trust}")
        with self.events.writing() as log:
            thing = f"reader:{other.id}"
            if trust is None:
                return log.end(reader.id, "vouch", thing=thing) is not None
            return log.put(reader.id, "vouch", thing=thing, trust=float(trust)) is not None

    # Authorship

    def claim(self, reader: Reader, reference: str, author: str) -> Claim:
        """Say that one is an author of a paper. Where a source tells the author's ORCID or address, and the
        reader came in with that very one, the claim holds at once; else a curator looks.

        Raises PaperNotFoundError, PeopleError for a name that is none of the paper's.
        """
        paper = self.store.paper(reference)
        names = {name.name.casefold(): name for name in paper.authors}
        named = names.get(author.strip().casefold())
        if named is None:
            raise PeopleError(f"{author!r} is none of this paper's authors")
        how = self._proof(reader, paper, named.orcid)
        with self.events.writing() as log:
            log.put(reader.id, "claim", work_key=paper.key, author=named.name)
            if how:
                thing = f"reader:{reader.id}"
                log.put(reader.id, "verified", work_key=paper.key, thing=thing, author=named.name, how=how)
        return Claim(reader, paper.key, named.name, how)

    def withdraw_claim(self, reader: Reader, reference: str) -> bool:
        """Take a claim back, and with it that it holds."""
        with self.events.writing() as log:
            key = log.key(reference)
            log.end(reader.id, "verified", work_key=key, thing=f"reader:{reader.id}")
            return log.end(reader.id, "claim", work_key=key) is not None

    def verify(self, reader: Reader, other: Reader, reference: str, *, holds: bool = True) -> None:
        """Say that a claim holds, or that it does not, which ends it. For curators, and not of their own.

        Raises NotFoundError for a claim that nobody made.
        """
        need(reader, Role.CURATOR)
        if reader.id == other.id and reader.role is not Role.ADMIN:
            raise NotAllowedError("another curator looks at one's own claim")
        with self.events.writing() as log:
            key = log.key(reference)
            standing = [m for m in log.marks("claim", works=[key]) if m.reader_id == other.id]
            if not standing:
                raise NotFoundError(f"@{other.name} does not claim {key!r}")
            thing = f"reader:{other.id}"
            if holds:
                author = str(standing[-1].body.get("author", ""))
                log.put(reader.id, "verified", work_key=key, thing=thing, author=author, how="curator")
            else:
                log.end(reader.id, "verified", work_key=key, thing=thing)
                log.end(other.id, "claim", work_key=key)

    def claims(self, *, paper: Paper | None = None, reader: Reader | None = None) -> list[Claim]:
        """The claims that stand: on a paper, of a reader, or all."""
        works = None if paper is None else [paper.key]
        claimed = self.events.marks("claim", works=works, reader_id=reader.id if reader else None)
        holds = {
            (mark.object, mark.work_key): str(mark.body.get("how", ""))
            for mark in (self.events.marks("verified", works=works) if claimed else ())
        }
        return [
            Claim(
                self.people.reader(mark.reader_id),
                mark.work_key,
                str(mark.body["author"]),
                holds.get((f"reader:{mark.reader_id}", mark.work_key), ""),
            )
            for mark in claimed
            if mark.body.get("author")
        ]

    def _proof(self, reader: Reader, paper: Paper, orcid: str) -> str:
        for identity in self.store.entrances.identities(reader.id):
            found = _ORCID.search(identity.subject)
            if "orcid.org" in identity.issuer and orcid and found and orcid.endswith(found[0]):
                return "ORCID"
        told = {text.casefold() for m in paper.manifestations for text in _texts(m.extra)}
        return "e-mail" if reader.email and reader.email.casefold() in told else ""


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
