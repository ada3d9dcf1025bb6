from __future__ import annotations

import json

import pytest

from broadsheet.exports import formats

FILES = ["a.bib", "a.ris", "a.json", "a.csv", "a.md", "a.jsonl"]


@pytest.mark.parametrize("name", [each.name for each in formats.FORMATS])
def test_every_format_is_written(filled, name):
    text = filled("export", "--format", name).stdout
    assert all(f"channel number {n}:" in text for n in range(1, 26))


@pytest.mark.parametrize("file", FILES)
def test_a_file_s_name_tells_the_format(filled, tmp_path, file):
    named = formats.named(file.split(".")[1]).name
    filled("export", "-o", tmp_path / file)
    assert (tmp_path / file).read_text(encoding="utf-8") == filled("export", "--format", named).stdout
    assert [path.name for path in tmp_path.glob(f"*{file}*")] == [file]


def test_the_default_is_complete_and_comes_in_again(filled, tmp_path, monkeypatch):
    filled("export", "-o", tmp_path / "everything")
    monkeypatch.setenv("BROADSHEET_DATA_DIR", str(tmp_path / "other"))
    assert filled("import", tmp_path / "everything", "--json").data["imported"] == 25
    assert filled("archive").stdout == "2024-01-03\t6\n2024-01-02\t10\n2024-01-01\t9\n"


def test_a_search_and_an_edition_are_lists_too(filled):
    found = filled("export", "--query", "lanterns", "--format", "csv").stdout
    assert found.count("Paper boats") == 25
    edition = filled("export", "--edition", "2024-01-02", "--format", "jsonl").stdout
    assert [json.loads(line)["key"] for line in edition.splitlines()] == [
        f"2401.{n:05}" for n in range(10, 20)
    ]
    assert filled("export", "--query", "no-such-word-at-all").stdout == ""
    filled("export", "--query", "lanterns", "--edition", "2024-01", code=2)


def test_a_list_that_is_not_there_leaves_no_file(filled, tmp_path):
    assert "no such edition" in filled("export", "--edition", "soon", "-o", tmp_path / "a.bib", code=3).stderr
    assert not (tmp_path / "a.bib").exists()
    assert "no such export format" in filled("export", "--format", "pdf", code=3).stderr


def test_a_file_that_cannot_be_written_is_told_in_a_line(filled, tmp_path):
    failed = filled("export", "-o", tmp_path / "absent" / "a.bib", code=1)
    assert failed.stderr == f"broadsheet: {tmp_path / 'absent'}: there is no such folder\n"


def test_index(filled):
    assert "25 papers are found by words, 0 by meaning" in filled("index").stderr
    assert "25 papers are found by words" in filled("index", "--rebuild").stderr


def test_a_rebuilt_index_finds_the_same(filled, data):
    before = filled("search", "channel", "17").stdout
    for path in data.joinpath("index").rglob("*"):
        if path.is_file() and path.suffix != ".lock":
            path.write_bytes(b"scratched")
    filled("index", "--rebuild")
    assert filled("search", "channel", "17").stdout == before


def test_backup_and_restore(filled, tmp_path, monkeypatch, snapshot):
    file = tmp_path / "papers.backup"
    assert "25 papers kept in" in filled("backup", file).stderr
    everything = filled("export").stdout
    filled("import", snapshot(3, "more.jsonl", first=500))

    refused = filled("restore", file, code=1).stderr
    assert "28 papers" in refused
    assert "--force" in refused
    assert filled("export").stdout != everything

    assert "25 papers restored" in filled("restore", file, "--force").stderr
    assert filled("export").stdout == everything
    assert filled("search", "channel", "501").stdout.count("2401.00501") == 0

    monkeypatch.setenv("BROADSHEET_DATA_DIR", str(tmp_path / "elsewhere"))
    filled("restore", file)
    assert filled("export").stdout == everything
    assert "2401.00017" in filled("search", "channel", "17").stdout


def test_a_damaged_backup_changes_nothing(filled, tmp_path):
    file = tmp_path / "papers.backup"
    filled("backup", file)
    file.write_bytes(file.read_bytes()[:-200])
    everything = filled("export").stdout
    assert filled("restore", file, "--force", code=1).stderr.count("\n") == 1
    assert filled("export").stdout == everything
    filled("restore", tmp_path / "absent.backup", code=1)


def test_a_store_beyond_repair_can_be_restored(filled, tmp_path, data):
    file = tmp_path / "papers.backup"
    filled("backup", file)
    everything = filled("export").stdout
    for path in data.glob("broadsheet.db*"):
        path.write_bytes(b"scratched" * 1000)
    assert filled("restore", file, code=1).stderr.count("\n") == 1
    assert "set aside as broadsheet.db.damaged" in filled("restore", file, "--force").stderr
    assert filled("export").stdout == everything
    assert (data / "broadsheet.db.damaged").read_bytes() == b"scratched" * 1000


def test_works_are_merged_listed_and_split(filled, at_terminal):
    assert filled("works", "list", "--json").data == []
    filled("works", "merge", "2401.00001", "2401.00002", "--reason", "the same boats")
    (merge,) = filled("works", "list", "--json").data
    assert (merge["kept"], merge["gone"], merge["undone_at"]) == ("2401.00001", "2401.00002", None)
    assert filled("show", "2401.00002", "--json").data["key"] == "2401.00001"
    assert filled("works", "list", "2401.00001", "--json").data == [merge]
    assert filled("works", "list", "2401.00009", "--json").data == []
    assert "the same boats" in filled("works", "list").stdout

    filled("works", "split", merge["id"])
    assert filled("show", "2401.00002", "--json").data["key"] == "2401.00002"
    assert filled("works", "list", "--json").data[0]["undone_at"]
    assert "undo" in filled("works", "split", merge["id"], code=3).stderr
    filled("works", "merge", "2401.00001", "2499.00001", code=3)


def test_works_come_as_lines_into_a_pipe(filled):
    filled("works", "merge", "2401.00001", "2401.00002")
    (line,) = filled("works", "list").stdout.splitlines()
    assert line.split("\t")[1:3] == ["2401.00001", "2401.00002"]
    assert line.endswith("stands")
