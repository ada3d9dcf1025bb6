"""The harvests of the house, by the name given to `broadsheet pull`.

A plug-in's harvest is one more entry: any module or object of the shape `Harvest`.

    for step in HARVESTS["arxiv"].pull(client, ["cs.LG"], state=saved):
        records = parse(step.format, step.payload)      # nothing to parse in an empty payload
        store(records); save(step.cursor, step.etag, step.last_modified)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from broadsheet.exceptions import ConfigError
from broadsheet.sources.harvest import arxiv as harvest_arxiv
from broadsheet.sources.harvest import feed as harvest_feed
from broadsheet.sources.harvest import hf as harvest_hf
from broadsheet.sources.harvest import ids as harvest_ids
from broadsheet.sources.harvest import openreview as harvest_openreview
from broadsheet.sources.harvest.step import Harvest, HarvestState, Step

__all__ = ["HARVESTS", "Harvest", "HarvestState", "Step", "harvest_named"]

HARVESTS: Final[Mapping[str, Harvest]] = {
    harvest_arxiv.NAME: harvest_arxiv,
    harvest_hf.NAME: harvest_hf,
    harvest_openreview.NAME: harvest_openreview,
    harvest_feed.NAME: harvest_feed,
    harvest_ids.NAME: harvest_ids,
}


def harvest_named(name: str, harvests: Mapping[str, Harvest] = HARVESTS) -> Harvest:
    """The harvest of that name; raises ConfigError that names those there are."""
    try:
        return harvests[name]
    except KeyError:
        known = "\n".join(harvest.USAGE for harvest in harvests.values())
        raise ConfigError(f"no harvest is called {name!r}; these are understood:\n{known}") from None
