from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from broadsheet.store import Harvest, Store


def test_a_harvest_never_tried_is_fresh(store: Store) -> None:
    assert store.harvest("arxiv", "cs.LG") == Harvest("arxiv", "cs.LG")
    assert store.harvests() == []


def test_a_harvest_is_kept(store: Store) -> None:
    at = datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    harvest = Harvest("arxiv", "cs.LG", '"tag"', "Tue", "page 2", at, at + timedelta(hours=1), "it broke", 7)
    store.save_harvest(harvest)
    store.save_harvest(Harvest("arxiv", "cs.AI"))
    assert store.harvest("arxiv", "cs.LG") == harvest
    assert [h.query for h in store.harvests()] == ["cs.AI", "cs.LG"]
    store.save_harvest(replace(harvest, last_error="", cursor=""))
    assert store.harvest("arxiv", "cs.LG").cursor == ""
    assert len(store.harvests()) == 2


def test_moments_of_other_zones_are_kept_as_utc(store: Store) -> None:
    at = datetime(2024, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=5)))
    store.save_harvest(Harvest("arxiv", "", last_attempt=at))
    kept = store.harvest("arxiv", "").last_attempt
    assert kept == at
    assert kept is not None
    assert kept.utcoffset() == timedelta(0)
