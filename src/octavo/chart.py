"""A chart of dots as SVG: one row a system, its mean and every seed. Pure: the same input, the same bytes.

The rows of a table of evidence become rows of the chart, those of one collection under its name, and the
method's own stands out. Colours are names of a style sheet (`paper`, `ink`, `soft`, `hair`, `accent`): on a
page they are the page's, and a picture that stands alone carries its own, for light and for dark.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean
from typing import Final

from octavo.catalogue import Cell, Evidence, shown

WIDTH: Final = 720
_LEFT, _RIGHT, _ROW, _TOP = 290, 150, 22, 30
_LETTERS: Final = 40  # of a label that fit left of the dots
_MOST: Final = 48  # rows; a longer chart is a table
_NAME: Final = re.compile(r"(?![-+±−]?[\d.,]+(\s*±.*)?$)\S")  # a cell that names something is no number
_FAR: Final = 100.0  # numbers this many times apart are drawn by their logarithms

_STYLE: Final = """<style>
.chart { --paper: #fbf9f4; --ink: #1b1a17; --soft: #5c574d; --hair: #d9d3c6; --accent: #8a1a1a; }
@media (prefers-color-scheme: dark) {
  .chart { --paper: #141412; --ink: #e8e4da; --soft: #aaa396; --hair: #37342e; --accent: #eb9484; }
}
.chart { background: var(--paper); }
.chart text { font: 13px Charter, Georgia, serif; fill: var(--ink); }
.chart .soft { fill: var(--soft); }
.chart .group { font-style: italic; }
.chart .own text { font-weight: bold; }
.chart line { stroke: var(--hair); }
.chart circle { fill: var(--ink); }
.chart .seed { fill-opacity: .3; }
.chart .own circle { fill: var(--accent); }
.chart .stem { stroke: var(--soft); }
.chart .limit { stroke: var(--accent); stroke-dasharray: 3 3; }
</style>"""


@dataclass(frozen=True, slots=True)
class Row:
    """One system: its numbers, one a seed; whether it is the method itself; what it is grouped under."""

    label: str
    numbers: tuple[float, ...]
    own: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is measured, the rows from top to bottom, and limits: numbers to compare with, and their names."""

    measure: str
    rows: tuple[Row, ...]
    limits: tuple[tuple[str, float], ...] = ()


def leading(evidence: Evidence) -> str:
    """Return the column to look at first: the one named, else the first that was measured in several rows.

    Whole numbers are settings as a rule (bytes, calls, how many), and only lead where nothing else does.
    """
    if evidence.leading:
        return evidence.leading
    ranks = []
    for place, name in enumerate(evidence.columns):
        cells = [_numbers(row[place]) for row in evidence.rows]
        numbers = [number for cell in cells for number in cell]
        if numbers:
            measured = any(number != int(number) for number in numbers)
            ranks.append((measured, sum(map(bool, cells)) > 1, -place, name))
    return max(ranks)[3] if ranks else ""


def chart_of(evidence: Evidence, title: str) -> Chart | None:
    """Return the leading column as a chart; the method of that title stands out. None without numbers."""
    column = leading(evidence)
    if not column:
        return None
    place = evidence.columns.index(column)
    texts = [
        i
        for i in range(len(evidence.columns))
        if all(isinstance(row[i], str) and _NAME.match(str(row[i])) for row in evidence.rows)
    ]
    texts = texts or [i for i in range(len(evidence.columns)) if i < place]
    repeats = len(texts) > 1 and len({row[texts[0]] for row in evidence.rows if row}) < len(evidence.rows)
    group, names = (texts[0], texts[1:]) if repeats else (-1, texts)
    rows = []
    for row in evidence.rows:
        label = ", ".join(_told(evidence.columns[i], row[i]) for i in names)
        if numbers := _numbers(row[place]):
            own = _is_own(title, str(row[names[0]]) if names else "")
            rows.append(Row(label, numbers, own, str(row[group]) if repeats else ""))
    order = list(dict.fromkeys(row.group for row in rows))
    rows.sort(key=lambda row: order.index(row.group))
    return Chart(column, tuple(rows[:_MOST])) if rows else None


def headline(evidence: Evidence, title: str) -> str:
    """Return the leading figure in a phrase: what, how much, and against what; "" without numbers."""
    chart = chart_of(evidence, title)
    if chart is None:
        return ""
    own = next((row for row in chart.rows if row.own), None)
    first = own or chart.rows[0]
    where = f" on {first.group}" if first.group else ""
    told = f"{chart.measure}{where}: {_shown(first)}"
    if first.label and not _words(first.label) <= _words(title):
        told += f" for {first.label}"
    beside = next((row for row in chart.rows if own and not row.own and row.group == own.group), None)
    return f"{told}; {beside.label} {_shown(beside)}" if beside else told


def svg(chart: Chart, *, alone: bool = True) -> str:
    """Return the chart as SVG; `alone` as a file of its own, else to stand in a page that has the colours."""
    groups = len({row.group for row in chart.rows if row.group})
    height = _TOP + _ROW * (len(chart.rows) + groups) + 34
    scale = Scale.over([n for row in chart.rows for n in row.numbers] + [n for _, n in chart.limits])
    bottom = height - 30
    parts = [
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(chart.measure)}: {escape(_spoken(chart))}">',
        _STYLE if alone else "",
        f'<text x="{_LEFT}" y="15" class="soft">{escape(chart.measure)}</text>',
    ]
    for tick in scale.ticks():
        x = _x(scale, tick)
        parts.append(f'<line x1="{x}" y1="{_TOP - 6}" x2="{x}" y2="{bottom}"/>')
        parts.append(f'<text x="{x}" y="{bottom + 17}" text-anchor="middle" class="soft">{tick:g}</text>')
    for name, limit in chart.limits:
        x = _x(scale, limit)
        parts.append(f'<line class="limit" x1="{x}" y1="{_TOP - 6}" x2="{x}" y2="{bottom}"/>')
        parts.append(f'<text x="{x}" y="{_TOP - 9}" text-anchor="middle" class="soft">{escape(name)}</text>')
    y, group = _TOP + 8, ""
    for row in chart.rows:
        if row.group and row.group != group:
            group = row.group
            parts.append(f'<text x="0" y="{y + 4}" class="soft group">{escape(group)}</text>')
            y += _ROW
        parts += _drawn(row, scale, y)
        y += _ROW
    return "\n".join(part for part in (*parts, "</svg>") if part) + "\n"


def _drawn(row: Row, scale: Scale, y: int) -> list[str]:
    label = row.label if len(row.label) <= _LETTERS else f"{row.label[: _LETTERS - 1].rstrip()}…"
    middle = _x(scale, fmean(row.numbers))
    parts = [
        f'<g class="{"own" if row.own else "row"}"><title>{escape(row.label)}: {escape(_shown(row))}</title>',
        f'<text x="{12 if row.group else 0}" y="{y + 4}">{escape(label)}</text>',
    ]
    if len(row.numbers) > 1:
        low, high = _x(scale, min(row.numbers)), _x(scale, max(row.numbers))
        parts.append(f'<line class="stem" x1="{low}" y1="{y}" x2="{high}" y2="{y}"/>')
        parts += (f'<circle class="seed" cx="{_x(scale, n)}" cy="{y}" r="3"/>' for n in row.numbers)
    parts.append(f'<circle cx="{middle}" cy="{y}" r="4.5"/>')
    parts.append(f'<text x="{WIDTH - _RIGHT + 16}" y="{y + 4}">{escape(_shown(row))}</text></g>')
    return parts


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a number stands between low (0) and high (1): by its logarithm where numbers are far apart."""

    low: float
    high: float
    by_logarithm: bool = False

    @classmethod
    def over(cls, numbers: Sequence[float]) -> Scale:
        """Return the scale that shows all of the numbers, from zero where that costs little room."""
        low, high = min(numbers), max(numbers)
        if low > 0 and high / low > _FAR:
            return cls(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high)), True)
        if 0 <= low < high / 2:
            low = 0.0
        room = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
        return cls(low if low == 0 else low - room, high + room)

    def place(self, number: float) -> float:
        """Return where a number stands."""
        if self.by_logarithm:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Return some three to six round numbers on the scale.

        >>> Scale(0.0, 1.05).ticks()
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        """
        if self.by_logarithm:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            every = max(1, (last - first) // 5)
            return [10.0**power for power in range(first, last + 1, every)]
        rough = (self.high - self.low) / 5
        unit = 10 ** math.floor(math.log10(rough))
        step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough * 0.95)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(number * step, 12) for number in range(first, last + 1)]


def _x(scale: Scale, number: float) -> float:
    return round(_LEFT + scale.place(number) * (WIDTH - _LEFT - _RIGHT), 1)


def _numbers(cell: Cell) -> tuple[float, ...]:
    numbers = tuple(cell) if isinstance(cell, list) else () if isinstance(cell, str) else (cell,)
    return numbers if all(map(math.isfinite, numbers)) else ()


def _told(column: str, cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{column} {shown(cell)}"


def _shown(row: Row) -> str:
    return shown(list(row.numbers))


def _spoken(chart: Chart) -> str:
    return "; ".join(f"{row.group} {row.label} {_shown(row)}".strip() for row in chart.rows)


def _is_own(title: str, label: str) -> bool:
    """Whether a label names the method: half of the words of the title that say something are in it."""
    ours, theirs = _words(title), _words(label)
    return bool(theirs) and (theirs <= ours or 2 * len(ours & theirs) >= max(len(ours), 1))


def _words(text: str) -> set[str]:
    """Return the beginnings of the words that say something, so that `rule` and `rules` are one."""
    return {word[:6].removesuffix("s") for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}
