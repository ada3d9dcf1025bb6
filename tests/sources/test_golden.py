"""What the world sends, and what we make of it: `tests/data/<format>/x.y` beside `x.y.expected.json`."""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
from pathlib import Path

import pytest

from broadsheet.papers import Record, Rejection
from broadsheet.sources import formats

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(
    path
    for each in formats.FORMATS
    for path in (DATA / each.NAME).glob("*")
    if path.suffix != ".py" and not path.name.endswith(".expected.json")
)
GOLDEN = [path for path in SAMPLES if path.with_name(f"{path.name}.expected.json").exists()]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def parsed(path: Path) -> list[Record | Rejection]:
    with path.open("rb") as stream:
        return list(formats.named(path.parent.name).parse(stream))


def told(value: object) -> object:
    """A record as JSON: the fields that say something, without its bytes."""
    match value:
        case Record() | Rejection():
            default = {f.name: f.default for f in dataclasses.fields(value)}
            fields = {name: getattr(value, name) for name in default if name not in ("raw", "format")}
            return {name: told(v) for name, v in fields.items() if v != default[name] and v != {}}
        case tuple() | list():
            return [told(inner) for inner in value]
        case datetime.date():
            return value.isoformat()
        case _ if dataclasses.is_dataclass(value):
            fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            return {name: told(v) for name, v in fields.items() if v not in ("", None)}
    return value


@pytest.mark.parametrize("path", GOLDEN, ids=named)
def test_a_sample_becomes_what_is_written_beside_it(path):
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    assert [told(result) for result in parsed(path)] == expected


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_a_sample_is_recognised_by_its_own_format_and_no_other(path):
    head = path.read_bytes()[:65536]
    assert [each.NAME for each in formats.FORMATS if each.recognise(head)] == [path.parent.name]
    assert path.parent.name == formats.recognise(head).NAME


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_raw_parses_to_the_same_record(path):
    for record in parsed(path):
        if isinstance(record, Record):
            again = formats.reparse(record.format, record.raw)
            assert isinstance(again, Record)
            assert dataclasses.replace(again, place=record.place) == record


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_records_are_sound(path):
    for record in parsed(path):
        if isinstance(record, Rejection):
            assert record.place
            assert record.reason
            continue
        assert record.format == path.parent.name
        assert record.key
        assert record.source
        assert record.title or record.extra.get("deleted")
        assert "\n" not in record.title
        json.dumps(dict(record.extra), allow_nan=False).encode()
        assert all(paragraph == paragraph.strip() for paragraph in record.abstract.split("\n\n"))


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(path):
    data = path.read_bytes()
    if b"\r\n" in data or data.startswith(b"\xef\xbb\xbf") or b"\x00" in data:
        pytest.skip("has them already")
    windows = b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    again = list(formats.recognise(windows[:65536]).parse(io.BytesIO(windows)))
    plain = parsed(path)
    assert [told(result).get("title") for result in again] == [told(result).get("title") for result in plain]
    assert [told(result).get("abstract") for result in again] == [
        told(result).get("abstract") for result in plain
    ]
