"""A check-up of the encoder on the papers kept here: its readings, and a chart beside encoders we know."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

from broadsheet.exceptions import BroadsheetError, ConfigError
from octavo.chart import Chart, Row
from octavo.check.health import LEAST, Reading, beside_known, examine

if TYPE_CHECKING:
    from broadsheet.house import House
    from broadsheet.papers import Paper

_LOOKED_AT: Final = 5000  # papers among which the sample is drawn
_WORDS: Final = 5
_LETTERS: Final = 200


def readings(house: House, sample: int = 200) -> list[Reading]:
    """Return the readings of the house's encoder on a sample of its papers that have title and abstract.

    Raises ConfigError where there is no encoder, BroadsheetError where there are too few papers.
    """
    if house.settings.encoder == "none":
        raise ConfigError("there is no encoder to examine: BROADSHEET_ENCODER is none")
    told = (paper for paper in house.store.iterate() if _tells(paper))
    some = list(itertools.islice(told, _LOOKED_AT))
    if len(some) < LEAST:
        raise BroadsheetError(
            f"an encoder is examined on at least {LEAST} papers with title and abstract, and there are "
            f"{len(some)}; import some, or `broadsheet pull arxiv cs.LG`"
        )
    rng = np.random.default_rng(0)
    papers = [some[place] for place in np.sort(rng.permutation(len(some))[:sample])]
    years = [paper.year for paper in papers if paper.year]
    return examine(
        house.encoder(),
        [paper.title for paper in papers],
        [paper.abstract for paper in papers],
        categories=[paper.primary_category for paper in papers] if _vary(papers) else (),
        years=years if len(years) == len(papers) else (),
    )


def chart(found: list[Reading], name: str) -> Chart:
    """Return the readings as a chart, each of them beside those of the encoders that were measured."""
    rows = []
    for each in found:
        group = f"{each.name}: {'well' if each.healthy else 'ILL'}"
        rows.append(Row(f"yours: {name}", (each.value,), own=True, group=group))
        rows += [Row(other, (value,), group=group) for other, value in beside_known(each.name)]
    return Chart("readings, beside encoders that we know", tuple(rows))


def _tells(paper: Paper) -> bool:
    return len(paper.title.split()) >= _WORDS and len(paper.abstract) >= _LETTERS


def _vary(papers: list[Paper]) -> bool:
    return len({paper.primary_category for paper in papers if paper.primary_category}) > 1
