from __future__ import annotations

import pytest

from broadsheet.exceptions import UnknownFormatError
from broadsheet.papers import Rejection
from broadsheet.sources import formats


@pytest.mark.parametrize(
    ("head", "likeness"),
    [
        (b"", "an empty file"),
        (b"  \n ", "an empty file"),
        (b"\x00\x01\x02\x03", "a binary file"),
        (b"<!DOCTYPE html><title>x</title>", "a web page"),
        (b'<?xml version="1.0"?><svg xmlns="x"/>', "XML (<svg"),
        (b'{"colour": "red"}', "JSON"),
        (b"It was a dark and stormy night.", "It was a dark"),
    ],
)
def test_what_is_unknown_is_described(head, likeness):
    with pytest.raises(UnknownFormatError) as raised:
        formats.recognise(head)
    assert likeness in str(raised.value)
    assert "arxiv-atom" in str(raised.value)


def test_names_are_unique_and_found():
    names = [each.NAME for each in formats.FORMATS]
    assert len(set(names)) == len(names)
    assert [formats.named(name).NAME for name in names] == names
    with pytest.raises(UnknownFormatError, match="no format is called 'sonnet'"):
        formats.named("sonnet")


def test_a_raw_record_that_is_none_is_rejected():
    assert isinstance(formats.reparse("arxiv-atom", b"<feed/>"), Rejection)
    assert isinstance(formats.reparse("arxiv-atom", b"not XML"), Rejection)
    with pytest.raises(UnknownFormatError):
        formats.reparse("sonnet", b"")
