from __future__ import annotations

import pytest

from broadsheet.papers import Status
from broadsheet.sources.reading.standing import standing


@pytest.mark.parametrize(
    ("title", "rest", "status"),
    [
        ("RETRACTED: On glass", "On glass", Status.RETRACTED),
        ("Retracted Article: On glass", "On glass", Status.RETRACTED),
        ("[RETRACTED] On glass", "On glass", Status.RETRACTED),
        ("WITHDRAWN: On glass", "On glass", Status.WITHDRAWN),
        ("(Withdrawn) On glass", "On glass", Status.WITHDRAWN),
        ("Retraction: On glass", "Retraction: On glass", Status.RETRACTED),
        ("Retraction Note: On glass", "Retraction Note: On glass", Status.RETRACTED),
        ("Withdrawal notice: On glass", "Withdrawal notice: On glass", Status.WITHDRAWN),
        ("Retracted claws of cats", "Retracted claws of cats", Status.STANDING),
        ("Withdrawal of nicotine: effects", "Withdrawal of nicotine: effects", Status.STANDING),
        ("Withdrawn children", "Withdrawn children", Status.STANDING),
        ("Retraction maps in topology", "Retraction maps in topology", Status.STANDING),
        ("RETRACTED:", "RETRACTED:", Status.STANDING),
        ("", "", Status.STANDING),
    ],
)
def test_what_a_title_says_of_its_standing(title, rest, status):
    assert standing(title) == (rest, status)
