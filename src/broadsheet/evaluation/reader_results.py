"""What an evaluation for readers found, as JSON values, and the tables made of them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from broadsheet.evaluation import next_item, screening
from broadsheet.evaluation.libraries import Libraries
from broadsheet.evaluation.reader_systems import BASELINE, SANITY, TOGETHER
from broadsheet.evaluation.readers import Line
from octavo.check.significance import bootstrap

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""A heading, the head, the rows."""

LIBRARIES: Final = (
    *(
        "system",
        "R@20",
        "R@100",
        "95 %",
        "nDCG@20",
        "to TF-IDF",
        "95 % of that",
        "to EASE + TF-IDF",
        "to arxiv-sanity",
    ),
    *("variety", "coverage", "CPU ms a reader", "learned in s", "bytes a reader"),
)


def as_json(lines: Sequence[Line], facts: dict[str, Any]) -> dict[str, Any]:
    """Return everything but the single readers, as JSON values."""
    by = {(line.protocol, line.system): line for line in lines}

    def to(line: Line, other: str) -> list[float] | None:
        base = by.get((line.protocol, other))
        if base is None or base is line:
            return None
        pairs = np.subtract(line.figures["R@100"], base.figures["R@100"])
        told = bootstrap([pairs])
        return [round(x, 4) for x in (base.mean("R@100") and told.mean / base.mean("R@100"), *told)]

    def interval(line: Line) -> list[float]:
        told = bootstrap([np.asarray(line.figures["R@100"])])
        return [round(told.low, 4), round(told.high, 4)]

    return {
        "schema": 1,
        "facts": facts,
        "lines": [
            {
                "protocol": line.protocol,
                "system": line.system,
                "title": line.title,
                "readers": len(line.figures["R@100"]),
                **{measure: round(line.mean(measure), 4) for measure in line.figures},
                "interval": interval(line),
                "seeds": [round(x, 4) for x in line.seeds],
                "to_tfidf": to(line, BASELINE),
                "to_together": to(line, TOGETHER),
                "to_sanity": to(line, SANITY),
                "learning": round(line.cost.learning, 2),
                "ms": round(line.cost.ms, 2),
                "bytes": round(line.cost.bytes),
            }
            for line in lines
        ],
    }


def facts_of(libraries: Libraries) -> dict[str, Any]:
    """When and on what it was measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "readers": libraries.readers,
        "papers": libraries.papers,
        "pairs": len(libraries.pairs),
    }


def tables(content: dict[str, Any]) -> list[Table]:
    """Return a table for each question, for screening and for sequences, of what a run put together."""
    made: list[Table] = []
    for protocol in dict.fromkeys(line["protocol"] for line in content.get("lines", ())):
        lines = [line for line in content["lines"] if line["protocol"] == protocol]
        made.append((f"{protocol} ({lines[0]['readers']:,} readers)", LIBRARIES, [_row(x) for x in lines]))
    if screened := content.get("screening"):
        made.append(_screened(screened))
    if sequences := content.get("sequences"):
        made.append(_sequences(sequences))
    return made


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    low, high = line["interval"]
    to, together, sanity = line["to_tfidf"], line["to_together"], line["to_sanity"]
    return (
        line["title"],
        f"{line['R@20']:.3f}",
        f"{line['R@100']:.3f}",
        f"{low:.3f} .. {high:.3f}",
        f"{line['nDCG@20']:.3f}",
        f"{to[0]:+.1%}" if to else "",
        f"{to[2]:+.3f} .. {to[3]:+.3f}" if to else "",
        f"{together[0]:+.1%}, {together[2]:+.3f} .. {together[3]:+.3f}" if together else "",
        f"{sanity[0]:+.1%}, {sanity[2]:+.3f} .. {sanity[3]:+.3f}" if sanity else "",
        f"{line['variety']:.3f}",
        f"{line['coverage']:.3f}",
        f"{line['ms']:.1f}",
        f"{line['learning']:.1f}" if line["learning"] else "",
        f"{line['bytes']:,}" if line["bytes"] else "",
    )


def _screened(screened: Sequence[dict[str, Any]]) -> Table:
    names = list(screened[0]["reviews"])
    head = ("system", *names, "WSS@95", "to bayes, 95 %", "RRF@10", "to bayes, 95 %", "CPU ms a round")
    wss, rrf = screening.FLOOR
    rows = [("floor of the folder", *("" for _ in names), f"{wss}", "", f"{rrf}", "", "")]
    for place, each in enumerate(screened):
        told = ["", ""]
        if place:
            gaps = (each["to_bayes"][figure] for figure in ("wss", "rrf"))
            told = [f"{low:+.1f} .. {high:+.1f}" for _, low, high, _ in gaps]
        both = [f"{each['reviews'][name][0]} / {each['reviews'][name][1]}" for name in names]
        ends = (f"{each['wss']}", told[0], f"{each['rrf']}", told[1], f"{each['ms']}")
        rows.append((each["title"], *both, *ends))
    return "screening (WSS@95 / RRF@10, percent)", head, rows


def _sequences(sequences: Sequence[dict[str, Any]]) -> Table:
    head = ("system", "HR@10", "nDCG@10", "CPU ms a sequence")
    rows: list[tuple[str, ...]] = [
        (each["title"], f"{each['HR@10']:.4f}", f"{each['nDCG@10']:.4f}", f"{each['ms']:.2f}")
        for each in sequences
    ]
    for name, (hits, gain) in next_item.PUBLISHED.items():
        rows.append((f"{name}, as published", f"{hits:.4f}", f"{gain:.4f}", ""))
    return f"next in a sequence ({sequences[0]['sequences']:,} sequences, all items ranked)", head, rows


def markdown(content: dict[str, Any]) -> str:
    """Return the tables in Markdown."""
    parts = []
    for heading, head, rows in tables(content):
        lines = [head, ("---",) * len(head), *rows]
        parts.append(f"### {heading}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines))
    return "\n".join(parts)
