"""The query language: what it understands, what it repairs, and that it has an answer to every text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.papers import Identifier
from broadsheet.search.query import FIELDS, MAX_CHARS, MAX_CLAUSES, Clause, parse

TODAY = date(2025, 3, 31)


def spoken(text: str) -> list[str]:
    return [str(clause) for clause in parse(text, today=TODAY).clauses]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("graph networks", ["graph", "networks"]),
        ('"message passing" -survey', ['"message passing"', "-survey"]),
        ('-"deep learning" −x', ['-"deep learning"', "-x"]),
        ("“smart quotes” «und andere»", ['"smart quotes"', '"und andere"']),
        ("author:Hinton title:capsule", ["author:Hinton", "title:capsule"]),
        ('Author:"van der Berg" AU:li', ['author:"van der Berg"', "author:li"]),
        ("cat:cs.LG,stat.ML -category:cs.CV", ["cat:cs.lg,stat.ml", "-cat:cs.cv"]),
        ("cat:cs.*", ["cat:cs"]),
        ("has:code has:pdf,data is:Withdrawn", ["has:code", "has:pdf", "is:withdrawn"]),
        (
            "like:2205.13147 like:https://arxiv.org/abs/2205.13147",
            ["like:2205.13147", "like:https://arxiv.org/abs/2205.13147"],
        ),
        (
            "like:10.1016/S0140-6736(05) (like:2205.13147),",
            ["like:10.1016/S0140-6736(05)", "like:2205.13147"],
        ),
        ("NOT survey", ["-survey"]),
        ("BERT: Pre-training (of) [deep]", ["BERT:", "Pre-training", "of)", "deep]"]),
        ("(cat:cs.LG)", ["cat:cs.lg"]),
        ("C++ c# l1-norm", ["C++", "c#", "l1-norm"]),
        ("foo:bar", ["foo:bar"]),
        ("twice twice -no -no", ["twice", "twice", "-no"]),
        ("图神经网络", ["图神经网络"]),
    ],
)
def test_clauses(text: str, clauses: list[str]) -> None:
    assert spoken(text) == clauses


@pytest.mark.parametrize(
    ("text", "low", "high", "canonical"),
    [
        ("year:2020", 2020, 2020, "2020"),
        ("year:2020..2023", 2020, 2023, "2020..2023"),
        ("year:2020-2023", 2020, 2023, "2020..2023"),
        ("year:2020-", 2020, None, "2020.."),
        ("year:..2020", None, 2020, "..2020"),
        ("year:>2020", 2021, None, ">2020"),
        ("year:<=2020", None, 2020, "<=2020"),
        ("date:2024", 20240000, 20241231, "2024"),
        ("date:2024-02", 20240200, 20240229, "2024-02"),
        ("date:2024-02-29", 20240229, 20240229, "2024-02-29"),
        ("date:2024-05-01..2024-06", 20240501, 20240630, "2024-05-01..2024-06"),
        ("date:>=2024-05", 20240500, None, ">=2024-05"),
        ("date:today", 20250331, 20250331, "today"),
        ("date:yesterday..", 20250330, None, "yesterday.."),
        ("date:7d", 20250325, 20250331, "7d"),
        ('date:"2024-05 .. 2024-06"', 20240500, 20240630, "2024-05..2024-06"),
    ],
)
def test_ranges(text: str, low: int | None, high: int | None, canonical: str) -> None:
    (clause,) = parse(text, today=TODAY).clauses
    assert (clause.low, clause.high, clause.value) == (low, high, canonical)


@pytest.mark.parametrize(
    ("text", "said", "left"),
    [
        ("author:", "author: stands without a value", []),
        ('title:""', "title: stands without a value", []),
        ("date:nonsense x", "date:nonsense is not a date", ["x"]),
        ("date:2024-13", "is not a date", []),
        ("date:2024-02-30", "is not a date", []),
        ("year:20x0", "is not a year", []),
        ("year:2023..2020", "runs backwards", ["year:2020..2023"]),
        ('"graph networks', "without its partner", ["graph", "networks"]),
        ('""', "Empty quotation marks", []),
        ("cats AND dogs", "AND is not needed", ["cats", "dogs"]),
        ("x NOT", "NOT stands before nothing", ["x"]),
        ("has:wings", "has:wings is not known; has: takes abstract, code", []),
        ("is:good", "is: takes standing, withdrawn, retracted", []),
        ("w " * MAX_CHARS, f"cut to its first {MAX_CHARS}", ["w"] * MAX_CLAUSES),
    ],
)
def test_repairs_are_told(text: str, said: str, left: list[str]) -> None:
    parsed = parse(text, today=TODAY)
    assert [str(c) for c in parsed.clauses] == left
    assert any(said in note for note in parsed.notes), parsed.notes


def test_very_many_parts_are_cut() -> None:
    parsed = parse(" ".join(f"w{i}" for i in range(700)))
    assert len(parsed.clauses) == MAX_CLAUSES
    assert parsed.notes


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("2205.13147", Identifier("arxiv", "2205.13147")),
        (" arXiv:2205.13147v2 ", Identifier("arxiv", "2205.13147")),
        ("https://arxiv.org/pdf/2205.13147", Identifier("arxiv", "2205.13147")),
        ("10.1145/3292500.3330701", Identifier("doi", "10.1145/3292500.3330701")),
    ],
)
def test_a_whole_text_that_names_a_paper(text: str, identifier: Identifier) -> None:
    parsed = parse(text)
    assert parsed.identifier == identifier
    assert parse(parsed.canonical).identifier == identifier


def test_a_pasted_text_has_no_conditions_but_fields() -> None:
    text = " ".join(f"word{n}" for n in range(30)) + ' "two words AND" -dash cat:cs.LG'
    parsed = parse(text)
    assert [str(c) for c in parsed.clauses[30:]] == ["two", "words", "and", "dash", "cat:cs.lg"]
    assert "quotation marks and dashes" in parsed.notes[0]
    assert parse(parsed.canonical).clauses == parsed.clauses


def test_groups() -> None:
    parsed = parse('graphs "message passing" -survey title:deep cat:cs like:2205.13147')
    assert parsed.words == (Clause("graphs"),)
    assert parsed.likes == (Clause("2205.13147", "like"),)
    assert parse("like:1 -like:2205.13147").unlikes == (Clause("2205.13147", "like", negated=True),)
    assert [str(c) for c in parsed.conditions] == ['"message passing"', "-survey", "title:deep", "cat:cs"]
    assert parsed.about == "graphs message passing deep"
    assert parsed.without(Clause("graphs")).words == ()


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *'"“”«»()[]{}:-−+*?~^\\/&|!,;',
            " ",
            "\n",
            "\x00",
            "\ud800",
            "\u202e",
            "😀",
            "é",
            "שלום",
            "图",
            "AND",
            "OR",
            "NOT",
            "..",
            "2020",
            "7d",
            "' OR 1=1 --",
            "<script>",
            "2205.13147",
            "10.1/x",
        ]
    ),
    st.sampled_from([f"{name}:" for name in FIELDS]),
)
TEXTS = (
    st.lists(PIECES, max_size=14).map("".join)
    | st.lists(PIECES, min_size=30, max_size=60).map(" ".join)
    | st.lists(PIECES, max_size=14).map(" ".join)
)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_text_parses_and_its_canonical_text_means_the_same(text: str) -> None:
    parsed = parse(text, today=TODAY)
    again = parse(parsed.canonical, today=TODAY)
    assert (again.clauses, again.identifier) == (parsed.clauses, parsed.identifier)
    assert again.canonical == parsed.canonical
    for clause in parsed.clauses:
        assert clause.value.strip()
        assert clause.field in {"", *FIELDS.values()}


@settings(max_examples=100, deadline=None)
@given(st.text(), st.integers(0, 400))
def test_long_and_repeated_texts(text: str, times: int) -> None:
    assert len(parse(text * times, today=TODAY).text) <= MAX_CHARS
