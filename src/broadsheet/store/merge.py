"""Many records of one work → what a reader sees of it, and who said so.

Pure: the result depends on what the records say, never on their order or on how often one is repeated.

Records of one (source, key) are the same thing said at different times and in different formats; the newest
version speaks first. Between them, the better-placed source speaks first:
publisher and OAI, then an API, a feed, an aggregator, and last a page of text or somebody's bibliography.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from broadsheet.papers import Record, SourceVotes, Status, Version, is_day

PUBLISHER, API, FEED, AGGREGATOR, TEXT, BARE = range(6)

_SOURCES: Final = {
    "crossref": PUBLISHER,
    "acl": PUBLISHER,
    "openreview": API,
    "biorxiv": API,
    "medrxiv": API,
    "europepmc": API,
    "feed": FEED,
    "hf": AGGREGATOR,
    "semanticscholar": AGGREGATOR,
    "dblp": AGGREGATOR,
    "broadsheet": AGGREGATOR,
}
_FORMATS: Final = {
    "arxiv-oai": PUBLISHER,
    "arxiv-snapshot": PUBLISHER,
    "arxiv-atom": API,
    "arxiv-feed": FEED,
    "hf-text": TEXT,
    "hf-markdown": TEXT,
}
_FIRST: Final = (
    "title", "abstract", "authors", "submitted", "revised", "venue", "primary_category",
    "comment", "journal_ref", "licence", "tldr",
)  # fmt: skip
"""Fields whose first known value is taken whole."""
_UNITED: Final = ("categories", "keywords", "links", "identifiers")
"""Fields whose values add up, in the order of the records."""


def precedence(record: Record) -> int:
    """How well placed a record's teller is to know: 0 is best. A record that only names the paper is last."""
    if is_unresolved(record):
        return BARE
    return _FORMATS.get(record.format, _SOURCES.get(record.source, TEXT))


def is_unresolved(record: Record) -> bool:
    """Whether the record is an identifier and nothing else: its title is a stand-in."""
    return record.extra.get("unresolved") is True


def is_deletion(record: Record) -> bool:
    """Whether the record says that its source took the paper away, and nothing else."""
    return record.extra.get("deleted") is True and not record.title


def version(record: Record) -> int:
    """The number of the version the record describes; 0 where it does not say."""
    return max((v.number for v in record.versions), default=0)


def is_newer(record: Record, than: Record) -> bool:
    """Whether one record certainly describes a later state of the paper than another."""
    if version(record) and version(than) and version(record) != version(than):
        return version(record) > version(than)
    if record.revised and than.revised:
        return record.revised > than.revised
    return False


def announced(record: Record) -> date | None:
    """The day a record makes an edition entry of; a mere change makes none."""
    return None if record.update_only else record.announced


def in_order(records: Iterable[Record]) -> list[Record]:
    """The records, who speaks first coming first. Total: no two different records compare equal."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.source, record.key), []).append(record)
    if len(groups) == 1:
        (only,) = groups.values()
        return only if len(only) == 1 else sorted(only, key=_within)
    ranked = sorted(groups.items(), key=lambda item: (min(precedence(r) for r in item[1]), item[0]))
    return [record for _, group in ranked for record in sorted(group, key=_within)]


def _within(record: Record) -> tuple[Any, ...]:
    revised = record.revised.toordinal() if record.revised else 0
    # What is left after newness and precedence is a tie between equals: any fixed order will do.
    return (
        is_unresolved(record), -version(record), -revised, precedence(record), record.format,
        hashlib.blake2b(repr(record).encode(), digest_size=8).digest(),
    )  # fmt: skip


def merge(records: Sequence[Record]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the merged fields of a paper, and field → "source:key" of the record that gave it.

    The fields are those of `Description` that are known, with `votes`: a SourceVotes for each source that
    counts. A paper is retracted when any record says so. It is withdrawn when any says so, unless a standing
    record of the same (source, key) is newer. The announcement is the earliest that is not of a mere change.
    Raises ValueError without records.
    """
    if not records:
        raise ValueError("merge wants at least one record")
    ordered = in_order(records)
    fields: dict[str, Any] = {}
    provenance: dict[str, str] = {}

    def take(name: str, value: Any, record: Record) -> None:
        fields[name] = value
        provenance[name] = f"{record.source}:{record.key}"

    for name in _FIRST:
        for record in ordered:
            if value := getattr(record, name):
                take(name, value, record)
                break
    for name in _UNITED:
        united: dict[Any, None] = {}
        for record in ordered:
            if value := getattr(record, name):
                if not united:
                    take(name, value, record)
                united.update(dict.fromkeys(value))
        if united:
            fields[name] = tuple(united)
    _merge_dates(ordered, take)
    if versions := _versions(ordered):
        fields["versions"] = versions
        provenance["versions"] = next(f"{r.source}:{r.key}" for r in ordered if r.versions)
    for record in ordered:
        if _flag(record, ordered) is Status.RETRACTED or (
            "status" not in fields and _flag(record, ordered) is Status.WITHDRAWN
        ):
            take("status", record.status, record)
            if record.status is Status.RETRACTED:
                break
    if votes := _votes(ordered):
        fields["votes"] = votes
    return fields, provenance


def _merge_dates(ordered: Sequence[Record], take: Any) -> None:
    told = [(day, record) for record in ordered if (day := announced(record))]
    if told:
        day, record = min(told, key=lambda pair: pair[0])
        take("announced", day, record)
    published = [record for record in ordered if record.published]
    if published:
        # Who speaks first decides the date, and anyone may say more of that same date.
        first = published[0].published
        exact = max((r for r in published if r.published.startswith(first)), key=lambda r: len(r.published))
        take("published", exact.published, exact)


def _versions(ordered: Sequence[Record]) -> tuple[Version, ...]:
    known: dict[int, Version] = {}
    for record in ordered:
        for told in record.versions:
            if told.number not in known or (known[told.number].submitted is None and told.submitted):
                known[told.number] = told
    return tuple(known[number] for number in sorted(known))


def _flag(record: Record, ordered: Sequence[Record]) -> Status:
    """What a record's status counts for: a newer standing record of the same thing lifts a withdrawal."""
    if record.status is Status.WITHDRAWN and any(
        other.status is Status.STANDING and is_newer(other, record)
        for other in ordered
        if (other.source, other.key) == (record.source, record.key)
    ):
        return Status.STANDING
    return record.status


def _votes(ordered: Sequence[Record]) -> tuple[SourceVotes, ...]:
    votes: dict[str, int] = {}
    comments: dict[str, int] = {}
    for record in ordered:
        if record.votes is not None:
            votes[record.source] = max(record.votes, votes.get(record.source, record.votes))
        if record.comments is not None:
            comments[record.source] = max(record.comments, comments.get(record.source, record.comments))
    return tuple(SourceVotes(source, votes[source], comments.get(source)) for source in sorted(votes))


def edition_days(fields: Mapping[str, Any], listed: Iterable[str]) -> tuple[str, ...]:
    """The editions a paper stands in, earliest first; those without a year come before.

    Where it was listed, and where it was announced; else the day it was submitted; else that of publication.
    """
    days = set(listed)
    if told := fields.get("announced"):
        days.add(told.isoformat())
    if not days and (submitted := fields.get("submitted")):
        days.add(submitted.isoformat())
    if not days and is_day(published := fields.get("published", "")):
        days.add(published)
    return tuple(sorted(days))


def own_date(fields: Mapping[str, Any]) -> str:
    """The day of the paper itself, to order by, as precisely as known; or ''."""
    for name in ("submitted", "announced"):
        if day := fields.get(name):
            return str(day.isoformat())
    return str(fields.get("published", ""))
