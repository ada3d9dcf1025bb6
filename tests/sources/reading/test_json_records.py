from __future__ import annotations

import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.exceptions import TooLargeError, UnreadableInputError
from broadsheet.papers import Rejection
from broadsheet.sources.reading import json_records
from broadsheet.sources.reading.json_records import Piece, json_bytes, records_of_json

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def values(data: bytes, **kwargs):
    return [piece.value for piece in records_of_json(io.BytesIO(data), **kwargs) if isinstance(piece, Piece)]


@given(st.lists(JSON, max_size=8), st.sampled_from([None, 1, 3]))
def test_an_array_gives_its_values_and_their_bytes(items, indent):
    pieces = list(records_of_json(io.BytesIO(json.dumps(items, indent=indent).encode())))
    assert [piece.value for piece in pieces] == items
    assert [json.loads(piece.raw) for piece in pieces] == items
    assert [piece.place for piece in pieces] == [f"entry {i + 1}" for i in range(len(items))]


@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=3), min_size=2, max_size=6))
def test_lines_give_their_values(items):
    data = "\n\n".join(json.dumps(item, ensure_ascii=False) for item in items).encode()
    assert values(data) == items


def test_a_stream_of_any_chunks_reads_alike(monkeypatch):
    items = [{"n": i, "text": "é" * (i % 50), "list": list(range(i % 7))} for i in range(300)]
    data = json.dumps(items, ensure_ascii=False).encode()
    monkeypatch.setattr(json_records, "_CHUNK", 17)
    assert values(b"\n" + data) == items


def test_an_array_is_streamed():
    taken = io.BytesIO(b"[\n" + b",\n".join([b'{"text": "%s"}' % (b"x" * 1000)] * 2000) + b"\n]")
    next(iter(records_of_json(taken)))
    assert taken.tell() < 200_000


def test_a_list_inside_an_object_is_found():
    data = {"message": {"items": [{"a": 1}, {"a": 2}]}, "notes": [{"b": 1}]}
    assert values(json.dumps(data).encode(), inside=("message.items",)) == [{"a": 1}, {"a": 2}]
    assert values(json.dumps(data, indent=1).encode(), inside=("x", "notes")) == [{"b": 1}]
    assert values(json.dumps(data).encode()) == [data]
    lines = b'{"notes": [{"a": 1}]}\n{"notes": [{"a": 2}, {"a": 3}]}\n'
    places = [piece.place for piece in records_of_json(io.BytesIO(lines), inside=("notes",))]
    assert places == ["line 1, entry 1", "line 2, entry 1", "line 2, entry 2"]


def test_a_broken_line_is_rejected_and_the_next_is_read():
    results = list(records_of_json(io.BytesIO(b'{"a": 1}\n{"a": \n{"a": 3} x\n{"a": 4}')))
    assert [type(result) for result in results] == [Piece, Rejection, Rejection, Piece]
    assert [result.place for result in results] == ["line 1", "line 2", "line 3", "line 4"]


def test_a_broken_first_line_is_rejected_too():
    results = list(records_of_json(io.BytesIO(b'{"a": 1\n{"a": 2}\n')))
    assert [type(result) for result in results] == [Rejection, Piece]


@pytest.mark.parametrize(
    ("data", "read"), [(b'[{"a":1},{"a":2},{"a":', 2), (b'[{"a":1}', 1), (b'[{"a":1} x', 1), (b"[", 0)]
)
def test_a_broken_array_gives_what_stood_before(data, read):
    results = []
    with pytest.raises(UnreadableInputError, match="entry"):
        results.extend(records_of_json(io.BytesIO(data)))
    stream = records_of_json(io.BytesIO(data))
    for _ in range(read):
        assert isinstance(next(stream), Piece)


def test_a_broken_object_gives_what_stood_before():
    stream = records_of_json(io.BytesIO(b'{\n"notes": [{"a": 1}, {"a": 2}, {"a"'), inside=("notes",))
    assert [next(stream).value, next(stream).value] == [{"a": 1}, {"a": 2}]
    with pytest.raises(UnreadableInputError):
        next(stream)


def test_an_object_that_goes_on_for_lines_is_one():
    assert values(b'{"notes": [\n{"a": 1},\n{"a": 2}]}', inside=("notes",)) == [{"a": 1}, {"a": 2}]


def test_nothing_gives_nothing():
    assert values(b"") == []
    assert values(b" \n\n") == []
    assert values(b"[]") == []
    assert values(b"\xef\xbb\xbf[{}]") == [{}]


def test_what_is_no_json_is_refused():
    for data in (b"hello", b"<html>", b'"text" and more', b"{'a': 1}"):
        with pytest.raises(UnreadableInputError, match="not valid JSON"):
            values(data)


def test_depth_is_capped():
    assert values(b"[" + b"[" * 60 + b"]" * 60 + b"]")
    (deep,) = records_of_json(io.BytesIO(b"[" + b"[" * 90 + b"]" * 90 + b"]"))
    assert isinstance(deep, Rejection)
    with pytest.raises(TooLargeError):
        values(b'{"a":' * 100_000)
    with pytest.raises(TooLargeError):
        values(b"[" * 100_000)


def test_numbers_that_are_none_are_none():
    assert values(b'{"a": NaN, "b": Infinity, "c": 1e999, "d": %s}' % (b"9" * 5000)) == [
        {"a": None, "b": None, "c": None, "d": None}
    ]


def test_a_line_beyond_the_cap_is_refused(monkeypatch):
    monkeypatch.setattr(json_records, "MAX_WHOLE_BYTES", 1000)
    for data in (b'{"a": "' + b"x" * 2000 + b'"}', b'{"a": 1}\n{"a": "' + b"x" * 2000 + b'"}\n'):
        with pytest.raises(TooLargeError):
            values(data)
    with pytest.raises(TooLargeError):
        values(b'["' + b"x" * 300_000)


def test_an_array_of_any_length_may_stand_on_one_line(monkeypatch):
    monkeypatch.setattr(json_records, "MAX_WHOLE_BYTES", 100_000)
    assert len(values(b"[" + b",".join([b'{"text": "xxxxxxxxxx"}'] * 50_000) + b"]")) == 50_000


def test_a_broken_entry_in_a_large_array_takes_linear_time():
    start = time.process_time()
    with pytest.raises(UnreadableInputError):
        values(b'[{"a": "' + b"x\\" * 4_000_000)
    assert time.process_time() - start < 10


def test_surrogates_do_not_stop_the_bytes():
    assert json.loads(json_bytes({"a": "\ud800"})) == {"a": "\ud800"}
    assert json_bytes({"é": [1, "日"]}).decode() == '{"é":[1,"日"]}'
