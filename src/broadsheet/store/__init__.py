"""The store: works, where they came from, and what was decided about them."""

from broadsheet.store.changes import Change
from broadsheet.store.harvests import Harvest
from broadsheet.store.imports import ImportRun
from broadsheet.store.ingest import Outcome
from broadsheet.store.merges import Merge
from broadsheet.store.store import Counts, Store

__all__ = ["Change", "Counts", "Harvest", "ImportRun", "Merge", "Outcome", "Store"]
