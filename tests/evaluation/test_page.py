"""The page of search quality shows the very table that the command printed."""

import json
from pathlib import Path

from broadsheet.evaluation import results, systems

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_of_the_page_is_that_of_the_run():
    content = json.loads((DOCS / "search-quality" / "search.json").read_text(encoding="utf-8"))
    page = (DOCS / "search-quality.md").read_text(encoding="utf-8")
    shown = page.split("<!-- table -->\n")[1].split("<!-- /table -->")[0]
    assert shown == results.markdown(content), "run: broadsheet eval search, and put search.md into the page"
    assert {each["system"] for each in content["systems"]} == {system.name for system in systems.SYSTEMS}
    for name in plots_of_the_page():
        assert f"(search-quality/{name})" in page
        assert (DOCS / "search-quality" / name).stat().st_size > 1000


def plots_of_the_page():
    return ("quality-latency.svg", "quality-bytes.svg")
