from __future__ import annotations

import pytest

from broadsheet.exports.names import family_given, is_organisation
from broadsheet.sources.reading.names import natural


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ("Ada Lovelace", "Lovelace", "Ada"),
        ("Ludwig van der Berg", "van der Berg", "Ludwig"),
        ("Maria da Silva e Costa", "Costa", "Maria da Silva e"),
        ("Martin Luther King Jr.", "King Jr.", "Martin Luther"),
        ("de Finetti", "Finetti", "de"),
        ("Plato", "Plato", ""),
    ],
)
def test_a_name_comes_apart_and_together_again(name, family, given):
    assert family_given(name) == (family, given)
    assert natural(f"{family}, {given}") == name


@pytest.mark.parametrize("name", ["The Lantern Collaboration", "Acme, Inc.", "OpenWater Team", "Plato"])
def test_organisations_are_kept_whole(name):
    assert is_organisation(name)


def test_a_person_is_no_organisation():
    assert not is_organisation("Grace Teamer")
