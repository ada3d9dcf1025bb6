import doctest
import importlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.web import wording
from broadsheet.web.typeset import maths, paragraphs, typeset


@pytest.mark.parametrize("name", ["addresses", "searching", "typeset", "wording"])
def test_examples_in_the_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(f"broadsheet.web.{name}")).failed == 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("costs $5 and $10 more", "costs $5 and $10 more"),
        (r"20\% \emph{better} and \textbf{bold}", "20% <em>better</em> and <strong>bold</strong>"),
        (r"\textsc{Name} \emph{<i>}", "Name <em>&lt;i&gt;</em>"),
        ("``hi'' -- 1--2 --- Fig.~3", "“hi” – 1–2 — Fig.\N{NO-BREAK SPACE}3"),
        ("from ~5 to ~6", "from ~5 to ~6"),
        ('It\'s the "experts" who say: "yes."', "It’s the “experts” who say: “yes.”"),
        (
            "see (https://example.org/a_(b)).",
            'see (<a href="https://example.org/a_(b)" rel="noopener noreferrer nofollow">'
            "https://example.org/a_(b)</a>).",
        ),
        (
            r"\href{https://example.org}{our <code>}",
            '<a href="https://example.org" rel="noopener noreferrer nofollow">our &lt;code&gt;</a>',
        ),
    ],
)
def test_text_is_typeset(text, html):
    assert str(typeset(text)) == html


def test_maths_becomes_mathml():
    assert str(typeset("$x_1$")) == (
        '<math display="inline"><mrow><msub><mi>x</mi><mn>1</mn></msub></mrow></math>'
    )
    assert 'display="block"' in typeset("$$x=1$$")
    assert 'display="block"' in typeset(r"\[x=1\]")
    assert "<math" in typeset(r"\(x\)")


@pytest.mark.parametrize("tex", [r"$\nosuchcommand$", r"$x^{$", r"$\begin{nowhere}x$", "$}{$"])
def test_maths_that_cannot_be_read_is_shown_as_written(tex):
    html = typeset(f"before {tex} after")
    assert html.startswith("before ")
    assert html.endswith(" after")
    assert "<math" not in html
    assert 'class="tex"' in html


def test_maths_brings_no_address_and_no_style():
    html = typeset(r"$\href{javascript:x}{y} \style{color:red}{z} \color{red} w \class{a}{b}$")
    assert "href" not in html.replace(r"\href", "")
    assert "style=" not in html
    assert "javascript" not in html or "<math" not in html


def test_words_are_marked_in_text_and_not_in_maths_or_addresses():
    html = typeset("Graphs, graph-like $graph$ at https://graph.example", {"graph"})
    assert html.count("<mark>") == 1
    assert "<mark>graph-like</mark>" in html


def test_paragraphs_are_split_at_blank_lines():
    assert paragraphs("One.\n\nTwo & three.\n\n") == "<p>One.</p>\n<p>Two &amp; three.</p>"
    assert paragraphs("") == ""


@given(st.text(alphabet=st.sampled_from("$\\{}[]()<>&\"'ab1 ~-`^_\n%:/.") | st.characters(), max_size=200))
def test_whatever_comes_nothing_of_it_is_markup(text):
    import html.parser

    allowed = {"a", "em", "strong", "code", "mark", "span", "p"}

    class Checker(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            inside = tag.startswith("m") or tag in ("none", *allowed)
            assert inside, tag
            for name, value in attributes:
                assert not name.startswith("on")
                assert name != "style"
                if name == "href":
                    assert value.startswith(("http://", "https://"))

    Checker().feed(str(paragraphs(text, {"ab"})))


@pytest.mark.parametrize(
    "text", ["$" * 60_000, r"\[" * 60_000, r"\(" * 60_000, "https://" * 20_000, r"\emph{" * 20_000]
)
def test_time_is_linear_in_the_text(text):
    started = time.perf_counter()
    typeset(text)
    assert time.perf_counter() - started < 5


def test_long_formulas_are_left_as_they_are():
    assert maths("x+" * 1000 + "x") == ""


@pytest.mark.parametrize(
    "text",
    [
        "# not a head",
        "<script>x</script>",
        "[x](javascript:y)",
        "[x][y]\n\n[y]: javascript:z",
        "<!-- x",
        "- - -",
    ],
)
def test_markdown_of_others_is_only_text(text):
    written = wording.markdown(text)
    assert not re.search(r"<[A-Za-z/!?]|\][(:\[]|^\s*[#>`~=-]", written, re.MULTILINE)


def test_markdown_leaves_maths_and_prose_alone():
    text = "If $a < b$ then $f(a)\\leq\\sqrt{b}$; see [3] and 20-30% of it."
    assert wording.markdown(text) == text


def test_a_formula_keeps_the_sign_that_ends_it():
    assert re.search(r'<span class="whole"><math .*</math>\),</span> so', typeset("(as $x_1$), so"))
    assert "whole" not in typeset("as $x_1$ so")


def test_capital_greek_stands_upright_and_a_slash_stands_close():
    written = maths(r"\Omega(n^{2/3})")
    assert '<mi mathvariant="normal">Ω</mi>' in written
    assert '<mo lspace="0" rspace="0">/</mo>' in written


def test_a_named_operator_is_a_name():
    assert "<mi>rank</mi>" in maths(r"\operatorname{rank}(A)")
