from __future__ import annotations

import pytest

from broadsheet.sources.reading.names import natural, people


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Lovelace, Ada", "Ada Lovelace"),
        ("Shannon,Claude E.", "Claude E. Shannon"),
        ("van der Berg, Jr., Ludwig", "Ludwig van der Berg Jr."),
        ("Ada Lovelace", "Ada Lovelace"),
        ("Acme, Inc.,", "Acme, Inc."),
        ("Plato", "Plato"),
        (", Ada", "Ada"),
        (",", ""),
        ("", ""),
        ("a, b, c, d", "a, b, c, d"),
    ],
)
def test_natural_order(written, read):
    assert natural(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Lovelace, Ada; Turing, Alan;", ["Ada Lovelace", "Alan Turing"]),
        ("Ada Lovelace, Alan Turing and Rosa Pérez", ["Ada Lovelace", "Alan Turing", "Rosa Pérez"]),
        ("A. Tab and B. Tab", ["A. Tab", "B. Tab"]),
        ("Lovelace, Ada", ["Ada Lovelace"]),
        ("Lovelace, A. and Turing, A.", ["A. Lovelace", "A. Turing"]),
        ("Plato", ["Plato"]),
        ("", []),
    ],
)
def test_lists_of_people(written, read):
    assert people(written) == read
