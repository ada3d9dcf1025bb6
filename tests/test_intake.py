"""Taking files in: what is counted, what is refused, and that a killed import goes on where it was."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import broadsheet
from broadsheet import intake
from broadsheet.house import House


def page(*papers: tuple[str, str], day: str = "Jul 29") -> str:
    head = ["Daily Papers", "byAK and the research community", day]
    return "\n\n".join([*head, *(part for paper in papers for part in paper)]) + "\n"


def papers(count: int, start: int = 0) -> list[tuple[str, str]]:
    return [
        (
            f"On the number {n} and its many neighbours",
            f"We count from {n} upwards and find {n + 1} at once. " * 3,
        )
        for n in range(start, start + count)
    ]


@pytest.fixture
def house(tmp_path: Path):
    with broadsheet.open(tmp_path / "data", encoder="none") as house:
        yield house


def test_a_folder_stands_for_its_files_and_hidden_ones_stay_out(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_text(page(*papers(2)))
    (folder / "deep" / "a.txt.gz").write_bytes(gzip.compress(page(*papers(2, 2)).encode()))
    (folder / ".hidden").write_text(page(*papers(2, 4)))
    report = house.import_files([folder])
    assert [Path(file.path).name for file in report.files] == ["b.txt", "a.txt.gz"]
    assert report.counts["imported"] == 4


def test_one_bad_file_stops_no_other(house: House, tmp_path: Path) -> None:
    good, bad, gone = tmp_path / "good.txt", tmp_path / "bad.bin", tmp_path / "gone.txt"
    good.write_text(page(*papers(1)))
    bad.write_bytes(bytes(range(256)) * 9)
    report = house.import_files([bad, gone, good])
    assert [bool(file.failure) for file in report.files] == [True, True, False]
    assert "binary" in report.files[0].failure
    assert report.counts["imported"] == 1
    assert len(report.failures) == 2


def test_the_report_is_json_with_every_rejection(house: House, tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text(
        "arXiv:2205.13147\nthis is no identifier\n10.1145/3292500.3330701\n1706.03762\n1512.03385v2\n"
    )
    told = house.import_files([file]).as_json()
    assert told["rejected"] == 1
    (rejected,) = told["files"][0]["rejected"]
    assert "2" in rejected["place"]
    assert rejected["reason"]


def test_a_killed_import_goes_on_behind_the_last_batch(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH", 10)
    file = tmp_path / "page.txt"
    file.write_text(page(*papers(45)))
    batches = 0

    def killed(report: intake.FileReport, read: int, size: int) -> None:
        nonlocal batches
        batches += 1
        if batches == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.import_files([file], progress=killed)
    assert house.counts().papers == 20
    again = house.import_files([file])
    assert again.counts["imported"] == 25
    assert again.counts["unchanged"] == 0
    assert "reached item 20 and was broken off" in again.files[0].warnings[0]
    assert house.counts().papers == 45
    whole = house.import_files([file])
    assert (whole.counts["unchanged"], whole.files[0].warnings) == (45, [])


def test_two_imports_of_one_file_at_once_each_tell_what_they_did(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH", 10)
    file = tmp_path / "page.txt"
    file.write_text(page(*papers(45)))
    late: list[intake.ImportReport] = []

    def another(report: intake.FileReport, read: int, size: int) -> None:
        if not late:
            late.append(house.import_files([file]))

    early = house.import_files([file], progress=another)
    assert late[0].counts["imported"] == 35
    assert "is still going on" in late[0].files[0].warnings[0]
    assert early.counts == {"imported": 10, "updated": 0, "unchanged": 35, "merged": 0, "rejected": 0}
    assert house.counts().papers == 45


def test_progress_reaches_the_size_of_the_file(house: House, tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_text(page(*papers(5)))
    seen: list[tuple[int, int]] = []
    house.import_files([file], progress=lambda report, read, size: seen.append((read, size)))
    assert seen[-1] == (file.stat().st_size, file.stat().st_size)
