from __future__ import annotations

import io
import time

import pytest

from broadsheet.papers import Record, Rejection
from broadsheet.sources import ris, wos


def read(text: str | bytes, source=ris) -> list[Record | Rejection]:
    return list(source.parse(io.BytesIO(text.encode() if isinstance(text, str) else text)))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end):
    text = end.join(
        ["TY  - JOUR", "TI  - A", "AB  - one", "two", "ER  - ", "TY  - JOUR", "TI  - B", "ER  - "]
    )
    assert [(r.title, r.abstract) for r in read(text)] == [("A", "one two"), ("B", "")]


def test_several_addresses_in_one_tag():
    (record,) = read(
        "TY  - JOUR\nTI  - A\nUR  - https://a.example/1;https://b.example/2\nUR  - not an address\nER  - "
    )
    assert [link.url for link in record.links] == ["https://a.example/1", "https://b.example/2"]


def test_a_record_without_an_end_does_not_take_the_next_one():
    assert [r.title for r in read("TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\n")] == ["A", "B"]


def test_unknown_tags_are_kept_in_their_order():
    (record,) = read("TY  - JOUR\nTI  - A\nZ9  - one\nZ9  - two\nER  - ")
    assert record.extra["ris"]["Z9"] == ["one", "two"]


def test_other_pages_that_mention_tags_are_not_ris():
    assert not ris.recognise(b"the TY  - tag opens a record")
    assert not ris.recognise(b"<p>\nTY  - JOUR")
    assert ris.recognise(b"\xef\xbb\xbfTY  - JOUR\r\n")
    assert ris.recognise(b"1.\r\nTY  - JOUR\r\n")


def test_lines_without_a_record_around_them_are_no_rejections():
    assert read("1.\n\n2.\n") == []
    assert read("", wos) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "record"),
    [
        (ris, "TY  - JOUR\nTI  - T %d\nAU  - Lie, S.\nPY  - 2020/01//\nAB  - " + "word " * 200 + "\nDO  - 10.5555/%d\nER  - \n\n"),
        (wos, "PT J\nAU Lie, S\nTI T %d\nPY 2020\nAB " + "word " * 200 + "\nDI 10.5555/%d\nER\n\n"),
    ],
    ids=["ris", "wos"],
)  # fmt: skip
def test_two_thousand_records_a_second(source, record):
    text = "".join(record % (n, n) for n in range(4000))
    started = time.process_time()
    assert len(read(text, source)) == 4000
    assert 4000 / (time.process_time() - started) > 2000
