"""Running harvests: records are stored before the cursor, failures are remembered, one process at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import filelock
import pytest

import broadsheet
from broadsheet import harvesting
from broadsheet.exceptions import ConfigError, FetchError
from broadsheet.house import House
from broadsheet.sources.fetch.client import Client
from broadsheet.sources.harvest import HarvestState, Step


def page(number: int) -> bytes:
    title, abstract = f"On the harvest of field number {number}", f"We harvest field {number} and count. " * 4
    return f"Daily Papers\n\nbyAK and the research community\n\nJul 29\n\n{title}\n\n{abstract}\n".encode()


class Planted:
    """A harvest of four pages that goes on at its cursor and may break at one of them."""

    NAME = "planted"
    USAGE = "planted FIELD"

    def __init__(
        self, *, breaks_at: int | None = None, garbage_at: int | None = None, empty: bool = False
    ) -> None:
        self.breaks_at, self.garbage_at, self.empty = breaks_at, garbage_at, empty
        self.asked: list[int] = []

    def pull(self, client: Client, query: Sequence[str], *, state: HarvestState) -> Iterator[Step]:
        if self.empty:
            yield Step(b"", "", "", note="nothing on weekends")
            return
        for number in range(int(state.cursor or 0), 4):
            self.asked.append(number)
            if number == self.breaks_at:
                raise FetchError("the field is under water", url="https://field.example")
            payload = b"\x00\x01\x02" if number == self.garbage_at else page(number)
            yield Step(
                payload, "", str(number + 1), warning=number == 2, note=f"field {number}", etag=f"e{number}"
            )


@pytest.fixture
def house(tmp_path: Path):
    with broadsheet.open(tmp_path, encoder="none") as house:
        yield house


def pull(house: House, planted: Planted, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(harvesting, "harvest_named", lambda name: planted)
    return house.pull("planted", ["north"])


def test_a_harvest_stores_its_pages_and_remembers_its_success(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = pull(house, Planted(), monkeypatch)
    assert report.counts["imported"] == 4
    assert report.warnings == ["field 2"]
    ((kept, stale),) = house.harvests()
    assert (kept.source, kept.query, kept.cursor, kept.etag, kept.added) == ("planted", "north", "4", "e3", 4)
    assert kept.last_success
    assert not stale


def test_a_broken_harvest_keeps_what_it_had_and_goes_on_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchError, match="under water"):
        pull(house, Planted(breaks_at=2), monkeypatch)
    ((kept, stale),) = house.harvests()
    assert stale
    assert (kept.cursor, kept.last_success) == ("2", None)
    assert "under water" in kept.last_error
    assert house.counts().papers == 2
    again = Planted()
    assert pull(house, again, monkeypatch).counts["imported"] == 2
    assert again.asked == [2, 3]
    ((kept, _),) = house.harvests()
    assert kept.last_error == ""


def test_a_page_nobody_can_read_fails_the_harvest_and_loses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = pull(house, Planted(garbage_at=1), monkeypatch)
    assert "binary" in report.failure
    assert report.counts["imported"] == 1
    ((kept, stale),) = house.harvests()
    assert (kept.cursor, stale) == ("1", True)


def test_an_empty_weekend_is_a_success(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    report = pull(house, Planted(empty=True), monkeypatch)
    assert report.total == 0
    assert not report.failure
    ((kept, stale),) = house.harvests()
    assert kept.last_success
    assert not stale


def test_one_process_harvests_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        filelock.FileLock(house.settings.data_dir / "harvest.lock"),
        pytest.raises(ConfigError, match="another process"),
    ):
        pull(house, Planted(), monkeypatch)


def test_words_a_source_does_not_understand_are_explained(house: House) -> None:
    with pytest.raises(ConfigError, match="arxiv"):
        house.pull("nowhere", [])
    with pytest.raises(ConfigError, match="CATEGORY"):
        house.pull("arxiv", ["???"])
    assert list(house.store.harvests()) == [], "nobody is told that it went stale"
