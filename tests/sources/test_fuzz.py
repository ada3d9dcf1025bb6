"""Every parser, fed what is nearly its format: it answers with records, rejections or one clear error."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Record, Rejection
from broadsheet.sources import formats

DATA = Path(__file__).parents[1] / "data"
SAMPLES = {
    each.NAME: [
        path.read_bytes()
        for path in sorted((DATA / each.NAME).glob("*"))
        if path.suffix != ".py" and not path.name.endswith(".expected.json")
    ]
    for each in formats.FORMATS
}
EVERYTHING = [data for samples in SAMPLES.values() for data in samples]
SHARDS = [
    *(b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\r", b"\n\n", b"\t", b"\xe2\x80\xa8", b"  "),
    *(
        b"<",
        b">",
        b"</",
        b"&",
        b"&amp;",
        b"&#0;",
        b"]]>",
        b"<!--",
        b"<!DOCTYPE x [",
        b"<entry>",
        b"<record/>",
    ),
    *(
        b'"',
        b"'",
        b"{",
        b"}",
        b"[",
        b"]",
        b"[" * 200,
        b'{"a":' * 200,
        b",",
        b":",
        b"null",
        b"true",
        b"-1",
        b"0",
    ),
    *(
        b"1e999",
        b"NaN",
        b"9" * 5000,
        b'"\\ud800"',
        b"\\u0000",
        b"\\",
        b"$",
        b"{" * 300,
        b"@",
        b"=",
        b"#",
        b"%",
    ),
    *(b"Title:", b"No. 3", b"Jul 32", b"2024-13-45", b"10.1/", b"v0", b"(" * 300, b" and " * 50, b"-" * 300),
]


@st.composite
def mutated(draw, samples):
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 40)))
        match draw(st.sampled_from(["flip", "cut", "repeat", "insert", "end", "swap"])):
            case "flip" if at < len(data):
                data = data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
            case "cut":
                data = data[:at] + data[until:]
            case "repeat":
                data = data[:at] + data[at:until] * draw(st.integers(1, 20)) + data[until:]
            case "insert":
                data = data[:at] + draw(st.sampled_from(SHARDS)) + data[at:]
            case "end":
                data = data[:at]
            case "swap":
                data = data[until:] + data[:at]
    return data


def check(each, data):
    """Parse, and hold the results to what every parser promises."""
    results = []
    with contextlib.suppress(UnreadableInputError):
        for result in each.parse(io.BytesIO(data)):
            results.append(result)
            assert len(results) <= len(data) + 1
    size = 0
    for result in results:
        assert isinstance(result, Record | Rejection)
        assert result.place
        if isinstance(result, Record):
            assert result.key
            assert result.source
            size += len(result.raw) + len(result.abstract) + len(result.title)
            text = [result.title, result.abstract, result.key, result.comment, result.venue]
            text += [author.name for author in result.authors]
            text.append(json.dumps(dict(result.extra), allow_nan=False, ensure_ascii=False))
            text += [str(identifier) for identifier in result.identifiers]
            "".join(text).encode()  # no lone surrogates: every store and every page can hold it
            assert "\x00" not in "".join(text)
            assert all(link.url for link in result.links)
            assert result.year is None or 0 < result.year < 10000
        else:
            assert result.reason
            size += len(result.excerpt)
    assert size <= 100 * len(data) + 10_000
    return results


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: each.NAME)
def test_a_damaged_file_does_no_harm(each):
    if not SAMPLES[each.NAME]:
        pytest.fail(f"no samples in tests/data/{each.NAME}")

    @settings(max_examples=120, suppress_health_check=list(HealthCheck))
    @given(mutated(SAMPLES[each.NAME]))
    def run(data):
        each.recognise(data[:65536])
        for result in check(each, data)[:20]:
            if isinstance(result, Record):
                again = formats.reparse(result.format, result.raw)
                assert isinstance(again, Record), again
                assert (again.key, again.title, again.abstract) == (result.key, result.title, result.abstract)

    run()


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: each.NAME)
def test_a_file_of_another_format_does_no_harm(each):
    for data in EVERYTHING:
        check(each, data)


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: each.NAME)
def test_noise_does_no_harm(each):
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(
            st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
        )
    )
    def run(data):
        each.recognise(data)
        check(each, data)

    run()


HOSTILE = {
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"a":' * 200_000,
    "nested lists in an entry": b'[{"id":"2401.00001","title":"t","x":' + b"[" * 5000 + b"]" * 5000 + b"}]",
    "nested elements": b"<feed>" + b"<a>" * 100_000,
    "laughs": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><feed><entry>&b;</entry></feed>',
    "an entity from outside": b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed><entry><title>&x;</title></entry></feed>',
    "a doctype": b'<!DOCTYPE rss SYSTEM "http://example.org/x.dtd"><rss><channel/></rss>',
    "one endless number": b"[" + b"1" * 300_000,
    "open brackets": b"(" * 200_000,
    "backslashes": b"\\" * 200_000,
    "braces": b"@article{" + b"{" * 100_000,
    "dollars": b"$" * 200_000,
    "comment openings": b"<html>" + b"<!--" * 50_000,
    "quotes": b'data-props="' * 20_000,
    "a long line": b"x" * 2_000_000,
    "many lines": b"\n" * 500_000,
    "many blank-ish lines": b" \t\n" * 200_000,
    "commas": b"," * 200_000,
    "one field a line": b"TY  - JOUR\n" * 20_000,
    "hyphens": b"a-\n" * 100_000,
}


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: each.NAME)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_inputs_are_refused_or_read_in_time(each, name):
    check(each, HOSTILE[name])
