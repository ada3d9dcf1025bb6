"""Bringing papers in by a name: any identifier or address that the resolver knows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from broadsheet import identifiers
from broadsheet.community.room import Room
from broadsheet.exceptions import BroadsheetError, PaperNotFoundError, PeopleError, TooOftenError
from broadsheet.papers import Paper
from broadsheet.readers import Reader
from broadsheet.sources import id_list

log = logging.getLogger(__name__)

PULLED: Final = frozenset({"arxiv", "doi", "openreview", "acl"})
"""The schemes that `pull ids` asks the network for."""
OFTEN: Final = 30
OFTEN_HOURS: Final = 1


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a submission.

    state: here (it was here already), pulled (it came in just now), kept (known by its name alone, until
    somebody tells more). reason: why it could not be pulled.
    """

    paper: Paper
    identifier: str
    state: Literal["here", "pulled", "kept"]
    reason: str = ""


class Submitting(Room):
    """Submissions of readers. `pull` is the house's own way to the network, with its guard and its pace."""

    pull: Callable[[str, Sequence[str]], Any] | None = None

    def submit(self, reader: Reader, text: str, *, now: bool = True) -> Submitted:
        """Bring a paper in by its name. What cannot be had from the network is kept by name, and said so.

        now: whether to ask the network before answering; else `fetch` does it later.
        Raises PeopleError for what names no paper, TooOftenError.
        """
        name = identifiers.resolve(text.replace("\0", "").strip())
        if name is None or name.scheme == "url":
            raise PeopleError(
                f"{text.strip()[:80]!r} names no paper: an arXiv id, a DOI, an OpenReview or ACL id, "
                "or the address of such a page does"
            )
        self._not_too_many(reader)
        try:
            paper, known = self.store.paper(str(name)), True
        except PaperNotFoundError:
            known = False
            self.store.ingest([id_list.record(name, "submitted")])
            paper = self.store.paper(str(name))
        with self.events.writing() as written:
            written.put(reader.id, "submit", work_key=paper.key, thing=str(name))
        if known and not self.is_waiting(paper):
            return Submitted(paper, str(name), "here")
        if not now:
            return Submitted(paper, str(name), "kept", "it is being asked for")
        reason = self.fetch(str(name))
        paper = self.store.paper(str(name))
        return Submitted(paper, str(name), "kept" if self.is_waiting(paper) else "pulled", reason)

    def fetch(self, name: str) -> str:
        """Ask the network for a paper that is kept by name; returns why it could not be had, or ''."""
        scheme = name.partition(":")[0]
        if scheme not in PULLED:
            return f"no source is asked for papers by {scheme} name"
        if self.pull is None:
            return "this house does not go to the network"
        try:
            report = self.pull("ids", [name])
        except BroadsheetError as error:
            log.info("%s was not pulled: %s", name, error)
            return str(error)
        return str(getattr(report, "failure", "") or "; ".join(getattr(report, "warnings", ())))

    def is_waiting(self, paper: Paper) -> bool:
        """Whether nothing is known of a paper but its name."""
        return all(manifestation.source == "list" for manifestation in paper.manifestations)

    def _not_too_many(self, reader: Reader) -> None:
        since = self.now() - timedelta(hours=OFTEN_HOURS)
        lately = [m for m in self.events.marks("submit", reader_id=reader.id) if m.since > since]
        if len(lately) >= OFTEN:
            raise TooOftenError((lately[0].since - since).total_seconds())
