from __future__ import annotations

import doctest
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.reading import markup, text
from broadsheet.sources.reading.text import (
    address,
    clean,
    decode,
    excerpt,
    fingerprint,
    mend,
    paragraphs,
    plain,
)

ANY_TEXT = st.text(st.characters(), max_size=200)  # lone surrogates and controls too


@given(ANY_TEXT)
def test_a_clean_line_is_clean(line):
    result = clean(line)
    result.encode()
    assert result == " ".join(result.split())
    assert unicodedata.is_normalized("NFC", result)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in result)
    assert clean(result) == result


@given(st.text("ab-. \n\t\r\x0b\u2028\u00a0é\x00", max_size=80))
def test_paragraphs_are_clean_lines(block):
    result = paragraphs(block)
    assert paragraphs(result) == result
    assert all(part and part == clean(part) for part in result.split("\n\n")) or not result


def test_clean_and_paragraphs_by_example():
    assert clean("  a\tb\r\n c ") == "a b c"
    assert clean("e\u0301\u200b\x00\ufeffx\u202e") == "éx"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert clean(None) == clean(7) == ""
    assert paragraphs("one\ntwo\r\n\r\nthree\n \nfour") == "one two\n\nthree\n\nfour"
    assert paragraphs("state-of-the-\nart and pre-\nand post") == "state-of-the-art and pre- and post"
    assert paragraphs("a\n  b") == "a b"
    assert paragraphs("a\n  b", indented=True) == "a\n\nb"


def test_decoding():
    assert decode("Wübben".encode()) == "Wübben"
    assert decode(b"\xef\xbb\xbfx") == "x"
    assert decode("Wübben – “x”".encode("cp1252")) == "Wübben – “x”"
    assert decode("Wübben".encode("utf-16")) == "Wübben"
    assert decode("Łódź damaged ".encode() * 9 + b"\xc3") == "Łódź damaged " * 9 + "\ufffd"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("Ottilie WÃ¼bben", "Ottilie Wübben"),
        ("MÃ¼ller, JosÃ© GarcÃ\xada", "Müller, José García"),
        ("a dash â€“ here", "a dash – here"),
        ("a quote â\x80\x99s", "a quote ’s"),
        ("Å\x81ukasz", "Łukasz"),
    ],
)
def test_mojibake_is_mended(sent, meant):
    assert mend(sent) == meant


@pytest.mark.parametrize(
    "right", ["Wübben", "SÃO PAULO", "Ângela", "CAFÉ»", "AÇÃO «Ã»", "naïve", "日本", "Ä, Ö", "â la"]
)
def test_what_is_right_is_not_mended(right):
    assert mend(right) == right


@given(st.text(max_size=100))
def test_what_is_mended_can_be_written(line):
    mended = mend(line)
    assert mended.encode("utf-8").decode("utf-8") == mended
    assert len(mended) <= len(line)


@given(
    st.text("abcdefgh ", min_size=1, max_size=20),
    st.sampled_from("äöüéèñçøåß"),
    st.text("abcdefgh", min_size=1),
)
def test_what_was_read_wrongly_is_read_back(before, letter, after):
    name = f"{before}x{letter}{after}"
    mended = mend(name.encode().decode("latin-1"))
    assert mended == name
    assert mend(mended) == name, "mending is done once"


def test_plain_keeps_json_and_drops_the_empty():
    value = {"a": None, "b": "", "c": [], "d": 0, "e": False, "f": ["", {"g": "x\x00y"}], "h": 1.5}
    assert plain(value) == {"d": 0, "e": False, "f": [{"g": "xy"}], "h": 1.5}


def test_excerpts_are_short_and_fingerprints_stay():
    assert len(excerpt("x" * 1000)) == 120
    assert excerpt(b"\xff\x00a  b") == "ÿa b"
    assert fingerprint("a") == "ca978112ca1bbdca"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://example.org/x", "https://example.org/x"),
        ("github.com/ada/engine", "https://github.com/ada/engine"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("coming soon", ""),
        ('https://example.org/"><script>', ""),
        (None, ""),
    ],
)
def test_addresses(said, meant):
    assert address(said) == meant


@pytest.mark.parametrize(
    ("fragment", "meant"),
    [
        ("plain", "plain"),
        ("a < b and c > d", "a < b and c > d"),
        ("a <b and c", "a <b and c"),
        ("x <y> z", "x <y> z"),
        ("<p>one</p><p>two &amp; <i>three</i></p>", "one\n\ntwo & three"),
        ("10<sup>6</sup>, 1<sup>st</sup>, H<sub>2</sub>O, x<sub>i</sub>", "10^6, 1st, H2O, x_i"),
        ("<script>alert(1)</script>safe<style>p{}</style>", "safe"),
        ("a<!-- hidden <b> -->b", "ab"),
        ("never closed <!-- hidden", "never closed"),
        ("a<br/>b", "a b"),
        ("&lt;b&gt; stays", "<b> stays"),
        (None, ""),
    ],
)
def test_html_to_text(fragment, meant):
    assert markup.html_to_text(fragment) == meant


@pytest.mark.parametrize(
    ("fragment", "meant"),
    [
        ("<jats:title>Abstract</jats:title><jats:p>We do.</jats:p>", "We do."),
        ("<jats:sec><jats:title>Aim</jats:title><jats:p>To aim.</jats:p></jats:sec>", "Aim\n\nTo aim."),
        (
            "<jats:p>Let <jats:inline-formula><jats:alternatives><jats:tex-math>$x^2$</jats:tex-math>"
            "<mml:math><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:math></jats:alternatives></jats:inline-formula> be</jats:p>",
            "Let $x^2$ be",
        ),
        (
            r"<p><tex-math>\documentclass[12pt]{minimal}\begin{document}$$a+b$$\end{document}</tex-math> holds</p>",
            "$a+b$ holds",
        ),
        ("<jats:p>E = <mml:math><mml:mi>m</mml:mi> <mml:mi>c</mml:mi></mml:math>.</jats:p>", "E = mc."),
    ],
)
def test_jats_to_text(fragment, meant):
    assert markup.jats_to_text(fragment) == meant


@pytest.mark.parametrize(
    "junk",
    [
        "<" * 300000,
        "<!--" * 80000,
        "<p " * 100000,
        "<jats:inline-formula>" * 15000,
        "&amp;" * 60000,
        "<sup>" * 60000,
        "\\begin{document}" * 20000,
        "a-\n" * 100000,
        "\n" * 300000,
        "\n  " * 100000,
        "Ã¼" * 100000,
    ],
)
def test_everything_takes_linear_time(junk):
    start = time.process_time()
    markup.jats_to_text(junk)
    paragraphs(junk, indented=True)
    mend(junk)
    assert time.process_time() - start < 5


def test_examples_in_the_documentation():
    assert doctest.testmod(text).failed == 0
    assert doctest.testmod(markup).failed == 0
