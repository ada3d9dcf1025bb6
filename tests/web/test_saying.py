"""What readers write is text, whatever they write."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.web.saying import REL, TAGS, said
from broadsheet.web.typeset import _ATTRIBUTES as MATHS_ATTRIBUTES
from broadsheet.web.typeset import _TAGS as MATHS

# Our own corpus: what has been tried on sites that take Markdown, in words of our own.
EVIL = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<svg onload=window.hacked=1>",
    "<svg><script>window.hacked=1</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=1>",
    "<math href='javascript:window.hacked=1'>x</math>",
    "<maction actiontype='statusline#' xlink:href='javascript:window.hacked=1'>x</maction>",
    "<iframe srcdoc='<script>window.hacked=1</script>'></iframe>",
    "<style>*{background:url(//evil.example)}</style>",
    "<form action='//evil.example'><input name=csrf></form>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<a href='javascript:window.hacked=1'>x</a>",
    "[x](javascript:window.hacked=1)",
    "[x](JaVaScRiPt:window.hacked=1)",
    "[x](java\nscript:window.hacked=1)",
    "[x](&#106;avascript:window.hacked=1)",
    "[x](&#x6A;avascript&colon;window.hacked=1)",
    "[x](\x01javascript:window.hacked=1)",
    "[x](data:text/html,<script>window.hacked=1</script>)",
    "[x](vbscript:window.hacked=1)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example 'a\" onmouseover=\"window.hacked=1')",
    '[x](https://a.example/"onclick="window.hacked=1)',
    "[x]: javascript:window.hacked=1\n\n[x]",
    "![x](https://evil.example/pixel.gif)",
    "![x](javascript:window.hacked=1)",
    "<javascript:window.hacked=1>",
    '<https://a.example/"onclick=window.hacked=1>',
    "`<script>window.hacked=1</script>`",
    '```"><script>window.hacked=1</script>\nx\n```',
    "```html onclick=window.hacked=1\nx\n```",
    "$\\href{javascript:window.hacked=1}{x}$",
    "$\\text{<script>window.hacked=1</script>}$",
    "$\\style{background:url(//evil.example)}{x}$",
    "$\\class{x' onclick='window.hacked=1}{x}$",
    "$$\\unicode{x3c}script>window.hacked=1$$",
    "$<img src=x onerror=window.hacked=1>$",
    "\\(<svg onload=window.hacked=1>\\)",
    "@ada<script>window.hacked=1</script>",
    '@ada" onclick="window.hacked=1',
    "# <script>window.hacked=1</script>",
    "> <script>window.hacked=1</script>",
    "- [ ] <input onfocus=window.hacked=1 autofocus>",
    "a\n<!--><script>window.hacked=1</script>-->",
    "<![CDATA[<script>window.hacked=1</script>]]>",
    "<?php window.hacked=1 ?>",
    "</p></div></article><script>window.hacked=1</script>",
    "<noscript><p title='</noscript><img src=x onerror=window.hacked=1>'>",
    "<template><script>window.hacked=1</script></template>",
    "\u202e<script>window.hacked=1</script>",
    "{{7*7}}{% for x in config %}",
    "<xss style='animation-name:x' onanimationstart='window.hacked=1'>",
    "<details open ontoggle=window.hacked=1>",
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "<scr<script>ipt>window.hacked=1</scr</script>ipt>",
    "\0<script>window.hacked=1</script>",
    "<a href=https://a.example target=_blank rel=opener>x</a>",
)


class Look(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.problems = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in MATHS or tag == "math":
            allowed = {*MATHS_ATTRIBUTES, "xmlns"}
        elif tag == "span":
            allowed = {"class"}
        elif tag == "a":
            allowed = {"href", "rel"}
            # A link whose address was refused leads nowhere.
            if "href" in given and not re.match(r"https?://|mailto:|/(?![/\\])", given["href"], re.I):
                self.problems.append(given)
            if "href" in given and given.get("rel") != REL:
                self.problems.append(given)
        else:
            allowed = set()
            if tag not in TAGS:
                self.problems.append(tag)
        if not set(given) <= allowed:
            self.problems.append((tag, given))

    def handle_comment(self, data):
        self.problems.append(data)

    def handle_decl(self, decl):
        self.problems.append(decl)

    def handle_pi(self, data):
        self.problems.append(data)


def problems(html):
    look = Look()
    look.feed(str(html))
    look.close()
    return look.problems


@pytest.mark.parametrize("text", EVIL)
def test_nothing_of_a_reader_reaches_a_page_as_markup(text):
    for around in ("{}", "Before {} after", "> {}", "* {}", "**{}**", "$x$ {} $y$", "`a` {}\n\n{}"):
        whole = around.replace("{}", text)
        assert problems(said(whole, {"ada": "/readers/ada"})) == [], whole


pieces = st.lists(st.one_of(st.sampled_from(EVIL), st.sampled_from("*_`$[]()<>&\"'\\\n@!#- ")), max_size=8)


@given(pieces.map("".join))
def test_nor_do_pieces_of_it_together(text):
    assert problems(said(text, {"ada": "/readers/ada"})) == []


def test_what_markdown_is_for_works():
    html = said(
        "Is *this* **it**?\n\n> a quote\n\n1. one\n2. two\n\n`x < y` ~~no~~ [page](https://a.example/x?y=1&z=2)"
    )
    for part in (
        "<em>this</em>",
        "<strong>it</strong>",
        "<blockquote>",
        "<ol>",
        "<code>x &lt; y</code>",
        "<s>no</s>",
        f'<a href="https://a.example/x?y=1&amp;z=2" rel="{REL}">page</a>',
    ):
        assert part in html


def test_maths_is_set_and_code_and_prices_are_left_alone():
    assert "<math" in said("It is $O(n^2)$.")
    assert '<math display="block"' in said("$$\\sum_i x_i$$")
    assert "<math" in said("and \\(x\\) too")
    assert "<math" not in said("`$x$`")
    assert "<math" not in said("It costs $5 and $10.")
    assert '<span class="tex">$\\nosuchcommand$</span>' in said("$\\nosuchcommand$")
    assert "<em>" not in said("$a_1$ and $b_1$")


def test_only_people_who_are_here_are_linked():
    html = said("@Ada and @bo, not mail@ada.example", {"ada": "/readers/ada"})
    assert html.count("<a ") == 1
    assert f'<a href="/readers/ada" rel="{REL}">@Ada</a>' in html


def test_a_reader_cannot_guess_where_maths_is_put():
    html = said("0-0- 00000000000000000000000000000000-0- $x$")
    assert html.count("<math") == 1
    assert "00000000000000000000000000000000-0-" in html
