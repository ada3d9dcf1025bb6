import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.catalogue import Evidence, evidence_of, methods
from octavo.chart import Chart, Row, Scale, chart_of, headline, leading, svg

COLUMNS = ("collection", "system", "nDCG@10", "to BM25")
ROWS = (
    ("cisi", "BM25", 0.25, "+0.000 ± 0.000"),
    ("cisi", "Folding", [0.5, 0.7], "+0.350 ± 0.100"),
    ("npl", "BM25", 0.25, "+0.000 ± 0.000"),
    ("npl", "Folding, twice", 0.75, "+0.500 ± 0.100"),
    ("npl", "nothing to tell", "", "+0.000 ± 0.000"),
)


def evidence(columns=COLUMNS, rows=ROWS, **more):
    return Evidence("Folding halves.", {"so": True}, columns, rows, **more)


def drawn(chart):
    return ElementTree.fromstring(svg(chart))


def test_a_table_becomes_rows_under_their_collection_and_the_method_stands_out():
    chart = chart_of(evidence(), "Folding")
    assert chart.measure == "nDCG@10"
    assert [(row.group, row.label, row.numbers, row.own) for row in chart.rows] == [
        ("cisi", "BM25", (0.25,), False),
        ("cisi", "Folding", (0.5, 0.7), True),
        ("npl", "BM25", (0.25,), False),
        ("npl", "Folding, twice", (0.75,), True),
    ]


def test_the_headline_is_the_methods_figure_beside_the_first_other():
    assert headline(evidence(), "Folding") == "nDCG@10 on cisi: 0.600 ± 0.141; BM25 0.250"
    assert headline(evidence(), "Something else") == "nDCG@10 on cisi: 0.250 for BM25"
    assert headline(evidence(rows=(("a", "b", "c", "d"),)), "Folding") == ""


def test_whole_numbers_are_settings_where_something_was_measured():
    rows = (("float", 1536.0, 1.0), ("bits", 48.0, 0.98))
    assert leading(evidence(("codec", "bytes", "recall"), rows)) == "recall"
    assert leading(evidence(("codec", "bytes"), tuple(row[:2] for row in rows))) == "bytes"


def test_rows_of_a_collection_stand_together():
    chart = chart_of(evidence(rows=(ROWS[0], ROWS[2], ROWS[1], ROWS[3])), "Folding")
    assert [row.group for row in chart.rows] == ["cisi", "cisi", "npl", "npl"]
    bottom = max(float(circle.get("cy")) for circle in drawn(chart).findall(".//{*}circle"))
    assert bottom < float(drawn(chart).get("viewBox").split()[3]) - 30


def test_a_label_that_says_more_than_the_method_is_told():
    told = evidence(("system", "share"), (("rules over words", 0.5), ("a tree", 0.4)))
    assert headline(told, "Surrogate rules") == "share: 0.500 for rules over words; a tree 0.400"


def test_the_leading_column_can_be_named():
    told = evidence(("what", "bytes", "ms"), (("folding", 1.0, 9.0), ("y", 2.0, 8.0)), leading="ms")
    assert leading(told) == "ms"
    assert headline(told, "Folding") == "ms: 9; y 8"


def test_dots_stand_where_their_numbers_do():
    svg_of = drawn(Chart("share", (Row("a", (0.0,)), Row("b", (0.5,)), Row("c", (1.0,)))))
    circles = svg_of.findall(".//{*}circle")
    left, middle, right = (float(circle.get("cx")) for circle in circles)
    assert middle - left == pytest.approx(right - middle, abs=0.2)
    assert [circle.get("cy") for circle in circles] == sorted((c.get("cy") for c in circles), key=int)


def test_every_seed_is_a_dot_and_the_mean_a_larger_one():
    radii = [
        circle.get("r") for circle in drawn(Chart("x", (Row("a", (1.0, 2.0, 3.0)),))).findall(".//{*}circle")
    ]
    assert radii == ["3", "3", "3", "4.5"]


def test_whoever_cannot_see_it_hears_every_number():
    spoken = drawn(chart_of(evidence(), "Folding")).get("aria-label")
    assert "cisi Folding 0.600 ± 0.141" in spoken
    assert "npl BM25 0.250" in spoken


def test_a_hostile_label_stays_text():
    label = '"><script>alert(1)</script>&'
    root = drawn(Chart(label, (Row(label, (1.0,), group=label),), ((label, 2.0),)))
    assert not root.findall(".//{*}script")
    assert label in "".join(root.itertext())


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 6)), min_size=1, max_size=20))
def test_a_scale_holds_all_its_numbers_and_some_ticks(numbers):
    scale = Scale.over(numbers)
    assert all(-1e-9 <= scale.place(number) <= 1 + 1e-9 for number in numbers)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 12
    assert ticks == sorted(ticks)
    assert sorted(scale.place(n) for n in numbers) == pytest.approx([scale.place(n) for n in sorted(numbers)])


def test_numbers_far_apart_stand_by_their_logarithms():
    scale = Scale.over([0.07, 130.0])
    assert scale.by_logarithm
    assert scale.place(1.0) - scale.place(0.1) == pytest.approx(scale.place(100.0) - scale.place(10.0))


def test_all_that_was_measured_can_be_drawn_and_on_a_page_without_a_style():
    for method in methods():
        if chart := chart_of(evidence_of(method.name), method.title):
            assert drawn(chart).tag.endswith("svg")
            assert "<style>" in svg(chart)
            assert not re.search(r"<style|style=", svg(chart, alone=False))
