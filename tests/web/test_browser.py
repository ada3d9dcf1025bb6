"""Pages in a real browser: nothing overflows, nothing is out of reach, nothing is fetched from elsewhere."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PAGES = {
    "edition": "/papers/date/2025-07-28",
    "undated": "/papers/date/--07-29",
    "month": "/papers/month/2025-07?page=2",
    "trending": "/papers/trending",
    "what if": "/papers/trending/what-if?half_life=9&prior=0",
    "search": "/papers?q=counting+glaciers",
    "nothing found": "/papers?q=zyxwvutsrq",
    "hostile": "/papers?q=hostile",
    "archive": "/papers/archive",
    "shelves": "/shelves",
    "shelf": "/shelves/1",
    "discussion": "/papers/2507.00060",
    "reader": "/readers/owner",
    "curators' desk": "/curate",
    "following": "/following",
    "submit": "/submit",
    "paper": "/papers/2507.00061",
    "maths": "/papers/math/0309136",
    "right to left": "/papers/2507.00065",
    "no abstract": "/papers/10.5555/abc.def(12)34",
    "api": "/docs/api",
    "methods": "/methods",
    "method": "/methods/muvera",
    "topics": "/topics",
    "topic": "/topics/1",
    "for you": "/for-you",
    "all that is known": "/for-you/model?done=less&what=tides",
    "ten to rate": "/for-you/begin",
    "lab": "/lab",
    "tags": "/tags",
    "tag": "/tags/harbours",
    "map": "/papers/date/2025-07-28/map",
    "not found": "/papers/nobody",
    "no edition": "/papers/date/2031-01-01",
}
TOO_WIDE = """() => document.documentElement.scrollWidth > innerWidth
    ? [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.outerHTML.slice(0, 120)).slice(0, 5)
    : []"""
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


@pytest.fixture
def open_page(chromium, served, served_empty):
    """Open a page and note everything that goes wrong on it."""
    contexts = []

    def open_page(path, *, width=1440, height=900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.problems, page.asked = [], []
        page.on("console", lambda message: page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(
            (served_empty if path == "welcome" else served) + (path if path != "welcome" else "/papers")
        )
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", [*PAGES, "welcome"])
def test_a_page_is_accessible_fits_every_window_and_asks_nobody_else(open_page, served, served_empty, name):
    page = open_page(PAGES.get(name, name), color_scheme="light")
    page.wait_for_load_state("networkidle")
    expected = [p for p in page.problems if "404" in p and name in ("not found", "no edition")]
    assert page.problems == expected
    assert all(url.startswith((served, served_empty, "data:")) for url in page.asked), page.asked
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("getComputedStyle(document.querySelector('.mast')).textAlign") == "center", (
        "no style"
    )
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, results.generate_report()
    for width in (320, 360, 768, 1440, 2200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TOO_WIDE) == [], width


@pytest.mark.parametrize("name", ["edition", "paper", "archive"])
def test_touch_targets_have_their_size_on_a_phone(open_page, name):
    page = open_page(PAGES[name], width=360, height=740, has_touch=True)
    results = Axe().run(page, options={"runOnly": {"type": "rule", "values": ["target-size"]}})
    assert results.violations_count == 0, results.generate_report()


def test_the_theme_follows_the_system_and_the_switch(open_page):
    background = "getComputedStyle(document.body).backgroundColor"
    page = open_page(PAGES["edition"], color_scheme="dark", java_script_enabled=True)
    dark = page.evaluate(background)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(background)
    assert dark != light
    page.get_by_role("button", name="Dark").click()
    page.wait_for_load_state()
    assert page.url.endswith(PAGES["edition"])
    assert page.evaluate(background) == dark
    page.get_by_role("button", name="System").click()
    page.wait_for_load_state()
    assert page.evaluate(background) == light


def test_everything_works_without_a_script(open_page):
    page = open_page("/papers", java_script_enabled=False)
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("searchbox").fill("comets")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="A withdrawn count of comets").click()
    assert page.get_by_role("heading", level=1).inner_text() == "A withdrawn count of comets"
    page.get_by_text("Where this comes from").click()
    assert page.get_by_text("read as hf-json").is_visible()
    page.get_by_role("link", name="Archive").click()
    page.locator(".calendar").get_by_role("link", name=re.compile(r"^27")).click()
    assert page.get_by_role("heading", level=1).inner_text().lower() == "sunday, 27 july 2025"
    page.get_by_role("link", name="28 July").click()
    assert "2025-07-28" in page.url
    assert not page.get_by_role("button", name="Keys").is_visible()


def test_the_keys(open_page):
    page = open_page(PAGES["edition"])
    focused = "document.activeElement.textContent"
    page.keyboard.press("j")
    first = page.evaluate(focused)
    page.keyboard.press("j")
    second = page.evaluate(focused)
    assert first.startswith("Counting")
    assert first != second
    page.keyboard.press("k")
    assert page.evaluate(focused) == first
    page.keyboard.press("o")
    page.wait_for_url("**/papers/2507.*")
    page.go_back()
    page.keyboard.press("p")
    page.wait_for_url("**/2025-07-27")
    page.keyboard.press("n")
    page.wait_for_url("**/2025-07-28")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("njk?")
    assert page.get_by_role("searchbox").input_value() == "njk?", "what is typed is text"
    page.locator("main").focus()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/papers/archive")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/papers")


def test_the_keys_can_be_listed_and_turned_off(open_page):
    page = open_page(PAGES["edition"])
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    assert dialog.is_visible()
    assert Axe().run(page, options=RULES).violations_count == 0
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('article')") is None
    page.reload()
    page.keyboard.press("?")
    assert not dialog.is_visible()
    page.get_by_role("button", name="Keys").click()
    assert dialog.is_visible()
    assert not dialog.get_by_role("checkbox").is_checked()


def test_the_skip_link_is_first_and_leads_to_the_papers(open_page):
    page = open_page(PAGES["edition"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box["width"] > 50
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_focus_can_be_seen(open_page):
    page = open_page(PAGES["edition"])
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_landmarks_and_one_heading_of_the_first_level(open_page):
    for name in ("edition", "search", "paper", "archive", "not found"):
        page = open_page(PAGES[name])
        assert page.locator("h1").count() == 1, name
        for landmark in ("banner", "main", "contentinfo", "search"):
            assert page.get_by_role(landmark).count() == 1, (name, landmark)


def test_the_measure_of_a_paper_suits_reading(open_page):
    page = open_page("/papers/2507.00001")
    letters = page.evaluate(
        """() => { const p = document.querySelector(".abstract p"), probe = document.createElement("span");
            probe.textContent = "the quick brown fox jumps over a lazy dog and goes on walking by the sea for ever";
            probe.style.whiteSpace = "nowrap"; p.append(probe);
            return p.clientWidth / (probe.getBoundingClientRect().width / probe.textContent.length); }"""
    )
    assert 58 <= letters <= 78


def test_no_line_of_authors_begins_with_a_comma(open_page):
    page = open_page("/papers/2507.00001", width=360)
    row = """() => [...document.querySelectorAll(".authors > span")].every(span => {
        const range = document.createRange(); const last = span.lastChild;
        if (last.nodeType !== Node.TEXT_NODE) return true;
        range.selectNodeContents(last);
        return range.getBoundingClientRect().top < span.firstChild.getBoundingClientRect().bottom;
    })"""
    assert page.locator(".authors > span").count() > 0
    assert page.evaluate(row)


def test_print_leaves_the_papers_and_drops_the_rest(open_page):
    page = open_page(PAGES["edition"])
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.get_by_role("searchbox").is_visible()
    assert page.locator(".lead h2").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.goto(page.url.partition("/papers/")[0] + "/papers/2507.00001")
    assert page.locator("h1").is_visible()
    assert page.locator("form:visible, button:visible, textarea:visible").count() == 0


def test_an_abstract_is_drawn_with_its_maths(open_page):
    page = open_page("/papers/2507.00001")
    box = page.locator("math").first.bounding_box()
    assert box["width"] > 20
    assert box["height"] > 10


def test_a_vote_is_given_and_taken_back_without_leaving_the_page(open_page):
    page = open_page("/papers/trending")
    form = page.locator("form.marks").first
    vote = form.locator("button").first
    before = int(vote.locator("[data-count]").inner_text())
    page.evaluate("window.stayed = true")
    vote.click()
    page.wait_for_selector("form.marks:first-of-type button[value=unvote]")
    assert int(vote.locator("[data-count]").inner_text()) == before + 1
    assert vote.get_attribute("aria-pressed") == "true"
    assert page.locator("[aria-live=polite]").inner_text() == f"{before + 1} vote{'' if before == 0 else 's'}"
    vote.click()
    page.wait_for_selector("button[value=unvote]", state="detached")
    assert page.evaluate("window.stayed") is True
    assert page.problems == []


@pytest.mark.parametrize("script", [True, False])
def test_marks_follow_the_paper_and_stand_above_a_wide_margin(open_page, script):
    page = open_page("/papers/2507.00001", width=390, java_script_enabled=script)

    def box(selector):
        found = page.locator(selector).first.bounding_box()
        return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]

    main = page.locator("main").aria_snapshot()
    assert (
        main.index("heading")
        < main.index("A short proof")
        < main.index('button "')
        < main.index('"Discussion"')
    )
    for width in (390, 820):
        page.set_viewport_size({"width": width, "height": 900})
        paper, marks, talk = box(".paper"), box("form.marks"), box("#discussion")
        assert paper[3] <= marks[1] < marks[3] <= talk[1]
        assert talk[1] - paper[3] < 100
        assert marks[0] == pytest.approx(talk[0], abs=8)
    page.set_viewport_size({"width": 1440, "height": 900})
    paper, marks, talk, margin = box(".paper"), box("form.marks"), box("#discussion"), box(".margin")
    assert marks[1] == pytest.approx(paper[1], abs=1)
    assert marks[0] > paper[2]
    assert marks[3] == pytest.approx(margin[1], abs=1)
    assert margin[0] == pytest.approx(marks[0], abs=1)
    assert paper[3] == pytest.approx(talk[1], abs=1)
    assert talk[2] < margin[0]


def test_a_vote_works_without_script(open_page):
    page = open_page("/papers/trending", java_script_enabled=False)
    page.locator("form.marks button").first.click()
    assert page.locator("form.marks button").first.get_attribute("value") == "unvote"
    page.locator("form.marks button").first.click()
    assert page.locator("form.marks button").first.get_attribute("value") == "vote"
