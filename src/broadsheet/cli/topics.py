"""Topics from a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import open_house
from broadsheet.exceptions import NotFoundError

if TYPE_CHECKING:
    from broadsheet.subjects.topics import Topic, Topics


def topics(
    ctx: typer.Context,
    number: Annotated[int | None, typer.Argument(help="Only this topic, with its papers.")] = None,
    find: Annotated[bool, typer.Option("--find", help="Find the topics anew before.")] = False,
    count: Annotated[
        int | None, typer.Option(min=2, max=200, help="So many, with --find; by default it depends.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many papers of one topic.")] = 20,
    as_json: Json = False,
) -> None:
    """List what the papers are about: names, sizes, how firm each topic is, and how it moves."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=not find) as house:
        found = house.subjects.find_topics(count=count) if find else house.subjects.topics()
        if found is None:
            raise NotFoundError(
                "there are no topics yet; broadsheet topics --find finds them, once papers are encoded"
            )
        topic = None if number is None else found.named(number)
        if number is not None and topic is None:
            raise NotFoundError(f"there is no topic {number}; there are {len(found.topics)}")
        papers = house.store.papers(found.papers_of(topic)[:limit]) if topic else []
    if as_json:
        told: dict[str, Any] = {"at": found.at.isoformat(), "months": list(found.months)}
        told["topics"] = [_topic_json(each) for each in ([topic] if topic else found.topics)]
        printing.print_json({**told, "papers": [printing.paper_json(paper) for paper in papers]})
    elif topic:
        printing.note(f"{topic.name}: {topic.size} papers, stability {topic.stability:.2f}")
        if printing.on_terminal():
            printing.print_papers(papers)
        else:
            printing.print_rows(printing.paper_row(paper) for paper in papers)
    elif printing.on_terminal():
        head = ("", "topic", "papers", "stability", "rising", "its share, month by month")
        rows = [(*_row(each), _sparkline(each)) for each in found.topics]
        printing.print_table(head, rows, numbers=("", "papers", "stability", "rising"))
        printing.note(_told(found))
    else:
        printing.print_rows(map(_row, found.topics))


def _row(topic: Topic) -> tuple[object, ...]:
    return (topic.number, topic.name, topic.size, f"{topic.stability:.2f}", f"{topic.rising:+.2f}")


def _sparkline(topic: Topic) -> str:
    top = max(topic.curve, default=0) or 1
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(8 * value / top))] for value in topic.curve[-24:])


def _told(found: Topics) -> str:
    return f"of {len(found.ids)} papers, found on {found.at.date()}"


def _topic_json(topic: Topic) -> dict[str, Any]:
    return {
        "number": topic.number,
        "name": topic.name,
        "terms": list(topic.terms),
        "size": topic.size,
        "stability": topic.stability,
        "rising": topic.rising,
        "curve": list(topic.curve),
    }
