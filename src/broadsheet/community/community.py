"""The facet of the house for what readers do with papers."""

from __future__ import annotations

from typing import Any, Final

from broadsheet.community.curating import Curating
from broadsheet.community.discussing import Discussing
from broadsheet.community.following import Following
from broadsheet.community.shelving import Shelving
from broadsheet.community.submitting import Submitting
from broadsheet.community.trends import Trends
from broadsheet.community.voting import Voting

_PRIVATE: Final = ("save", "hide", "read", "shelf", "shelved", "follow", "report")
_WORDS: Final = ("comment", "claim", "submit")


class Community(Voting, Trends, Shelving, Discussing, Following, Curating, Submitting):
    """Votes, shelves, discussion, following, curating, and trending. See the modules it is made of."""

    def of_reader(self, reader_id: int) -> dict[str, Any]:
        """Everything a reader did, as JSON values: the lines of the log that are theirs."""
        lines: list[dict[str, Any]] = []
        last = 0
        while events := self.events.after(last, reader_id=reader_id):
            lines += [
                {
                    "seq": event.seq,
                    "at": event.at.isoformat(),
                    "kind": event.kind,
                    "stands": event.stands,
                    "paper": event.work_key,
                    "object": event.object,
                    **event.body,
                }
                for event in events
            ]
            last = events[-1].seq
        return {"events": lines}

    def forget(self, reader_id: int) -> None:
        """Empty what a reader did: votes stay counted, comments lose their words, the rest says nothing."""
        self.events.empty(reader_id, _PRIVATE, keep=_WORDS)
