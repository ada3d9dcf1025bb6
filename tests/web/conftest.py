"""A house with planted papers, and ways to ask its web face."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from starlette.testclient import TestClient

import broadsheet
from broadsheet.house import House
from broadsheet.papers import Author, Identifier, Link, Listing, Record, Status, Version
from broadsheet.people.door import Visitor
from broadsheet.readers import Role
from broadsheet.subjects.topics import Topic, Topics
from broadsheet.web.app import create_app

XSS = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "<svg/onload=window.hacked=1>",
    "javascript:window.hacked=1",
    "'-window.hacked=1-'",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "</title><script>window.hacked=1</script>",
    "$\\href{javascript:window.hacked=1}{x}$",
    "\\href{javascript:window.hacked=1}{x}",
    "$\\style{background:url(//evil.example)}{x}$",
    "\u202egnp.exe\u202c",
)
FIELDS = ("cs.LG", "cs.CV", "cs.CL", "stat.ML", "math.PR", "cs.IR", "astro-ph.GA")
TOPICS = ("tides", "lanterns", "orchards", "glaciers", "bridges", "looms", "kites", "harbours")


def planted(number: int, **given: Any) -> Record:
    """A record of an invented paper; what is given wins."""
    topic, other = TOPICS[number % 8], TOPICS[(number // 8 + 3) % 8]
    day = date(2025, 7, 28) - timedelta(days=number // 20)
    arxiv = f"2507.{number:05}"
    fields: dict[str, Any] = {
        "title": f"Counting {topic} from the {other} side, part {number}",
        "abstract": (
            f"We count {topic} where nobody has counted them before. The error falls as $O(n^{{-{number % 5 + 1}}})$ "
            f"when {other} are many. On {number + 12} shores the count agrees with what people remember. "
            "A short proof and a long table are given."
        ),
        "authors": tuple(Author(name) for name in ("Ada Example", "Bo Sample", "Cy Specimen", "Di Instance")),
        "identifiers": (Identifier("arxiv", arxiv),),
        "submitted": day - timedelta(days=2),
        "announced": day,
        "primary_category": FIELDS[number % len(FIELDS)],
        "categories": (FIELDS[number % len(FIELDS)], "cs.DL"),
        "links": (
            Link("page", f"https://arxiv.org/abs/{arxiv}"),
            Link("pdf", f"https://arxiv.org/pdf/{arxiv}"),
        ),
        "source": "hf",
        "format": "hf-json",
        "key": arxiv,
        "place": f"entry {number}",
        "raw": b"{}",
        "listings": (Listing("hf", day.isoformat(), number % 20 + 1),),
        "votes": 200 - number if number % 3 else None,
        "comments": number % 7 if number % 3 else None,
        "extra": {"submittedOnDailyBy": {"user": "cole", "fullname": "Cole Lector"}}
        if number % 10 == 1
        else {},
        **given,
    }
    return Record(**fields)


def corpus() -> list[Record]:
    """Sixty ordinary papers and some that are not."""
    ordinary = [planted(number) for number in range(1, 61)]
    odd = [
        planted(
            61,
            title="A withdrawn count of comets",
            status=Status.WITHDRAWN,
            comment="Withdrawn: lemma 2 is wrong",
            tldr="It does not hold.",
            versions=(
                Version(1, datetime(2025, 7, 1, tzinfo=UTC)),
                Version(2, datetime(2025, 7, 9, tzinfo=UTC)),
            ),
            revised=date(2025, 7, 9),
            extra={"githubStars": 41, "organization": {"name": "tide-lab", "fullname": "Tide Lab"}},
            links=(Link("code", "https://github.com/example/comets"), Link("project", "javascript:alert(1)")),
        ),
        planted(
            62,
            title="A retracted count of comets and moths",
            status=Status.RETRACTED,
            votes=None,
            comments=None,
        ),
        planted(
            63,
            title="Sums over old shores $\\sum_i x_i$ and $\\nosuchcommand$",
            identifiers=(Identifier("arxiv", "math/0309136"),),
            key="math/0309136",
            abstract="First $x^{2$ paragraph, 20\\% \\emph{better}, see https://example.org/code.\n\nSecond paragraph.",
        ),
        planted(
            64,
            title="A journal paper of nobody in particular",
            identifiers=(Identifier("doi", "10.5555/abc.def(12)34"),),
            key="10.5555/abc.def(12)34",
            source="crossref",
            format="crossref",
            abstract="",
            authors=(),
            votes=None,
            comments=None,
            listings=(),
            published="2025-07-21",
            venue="Annals of Shores",
        ),
        planted(
            65,
            title="שלום לגאות \u0645\u0631\u062d\u0628\u0627 بالبحر",
            abstract="تقيس هذه الورقة المد والجزر. \u202eולא יותר\u202c",
            authors=(Author("נועה דוגמה"),),
        ),
    ]
    hostile = [
        planted(
            70 + number,
            title=f"Hostile {number} {text}",
            abstract=f"{text} and again {text}",
            authors=(Author(text),),
            comment=text,
            venue=text,
            categories=("cs.CR", text),
            primary_category="cs.CR",
        )
        for number, text in enumerate(XSS)
    ]
    undated = [
        planted(
            90 + number,
            title=f"An undated page about {TOPICS[number]} and paper boats",
            identifiers=(),
            key=f"page-{number}",
            source="hf",
            format="hf-text",
            submitted=None,
            announced=None,
            authors=(),
            links=(),
            categories=(),
            primary_category="",
            votes=None,
            comments=None,
            listings=(Listing("hf", "--07-29", number + 1),),
        )
        for number in range(8)
    ]
    return ordinary + odd + hostile + undated


def plant_topics(house: House) -> None:
    """Two topics, as if they had been found."""
    ids = np.array(house.store.ids()[:40])
    months = ("2025-05", "2025-06", "2025-07")
    topics = tuple(
        Topic(number, terms, 20, firm, tuple(ids[part][:6].tolist()), curve, 0.5)
        for number, terms, firm, curve, part in (
            (1, ("tides", "<script>hacked</script>"), 0.8, (0.2, 0.4, 0.6), slice(0, 20)),
            (2, ("kites",), 0.2, (0.8, 0.6, 0.4), slice(20, 40)),
        )
    )
    labels = np.repeat([1, 2], 20)
    at = datetime(2025, 7, 28, tzinfo=UTC)
    Topics(at, "planted", topics, months, (10, 10, 20), ids, labels).save(
        house.folder / "subjects" / "topics"
    )


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that tests only read."""
    with broadsheet.open(tmp_path_factory.mktemp("house"), encoder="none", page_size=20) as house:
        house.store.ingest(corpus())
        house.refresh()
        plant_topics(house)
        owner = house.people.owner()
        house.community.make_shelf(owner, "Lamps for winter", access="public")  # number 1
        house.community.comment(owner, "2507.00060", "Is $x$ *tight*?")  # number 2
        house.community.shelve(owner, 1, "2507.00060", note="Read it", tags=["winter"])
        house.subjects.tagging.make(house.people.owner(), "harbours", ["2507.00001", "2507.00002"])
        yield house


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Make houses that a test may change."""
    made: list[House] = []

    def make(records: list[Record] | None = None, **given: Any) -> House:
        house = broadsheet.open(tmp_path / str(len(made)), encoder="none", **given)
        made.append(house)
        if records:
            house.store.ingest(records)
            house.refresh()
        return house

    yield make
    for house in made:
        house.close()


@pytest.fixture
def undated_record() -> Record:
    """A record that tells no day at all."""
    return planted(
        1, submitted=None, announced=None, listings=(), published="2019", source="bibtex", format="bibtex"
    )


@pytest.fixture(scope="session")
def xss() -> tuple[str, ...]:
    """Texts that try to be more than text; each is also in the title and abstract of a planted paper."""
    return XSS


@pytest.fixture(scope="session")
def make_record() -> Callable[..., Record]:
    """Make a record of an invented paper from its number."""
    return planted


@pytest.fixture(scope="session")
def client(house: House) -> Iterator[TestClient]:
    """A client of the planted house."""
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield client


class Served:
    """An app on a port of this machine, in a thread."""

    def __init__(self, app: Any) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(app, port=self.port, log_config=None, access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        for _ in range(200):
            if self.server.started:
                return
            time.sleep(0.02)
        raise RuntimeError("the server did not start")

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture(scope="session")
def served(house: House) -> Iterator[str]:
    """The address of the planted house, served."""
    served = Served(create_app(house))
    yield served.url
    served.stop()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Any], str]]:
    """Serve an app of one's own; returns its address."""
    running: list[Served] = []

    def start(app: Any) -> str:
        running.append(Served(app))
        return running[-1].url

    yield start
    for served in running:
        served.stop()


@pytest.fixture(scope="session")
def served_empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a house without papers."""
    with broadsheet.open(tmp_path_factory.mktemp("empty"), encoder="none") as house:
        served = Served(create_app(house))
        yield served.url
        served.stop()


@pytest.fixture
def house_of_three(new_house: Callable[..., House], make_record: Callable[..., Record]) -> House:
    """A house of many readers: ada, bo, and cy, who is a curator."""
    house = new_house([make_record(number) for number in range(1, 9)], readers="many")
    house.people.create("ada", shown="Ada Lantern")
    house.people.create("bo")
    house.people.create("cy", role=Role.CURATOR)
    return house


@pytest.fixture
def as_(house: House) -> Callable[[str], TestClient]:
    """A client signed in as somebody, which posts forms with their token."""
    app = create_app(house)

    def client_of(name: str) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        if name:
            session = house.people.door.open(house.people.named(name), "password", Visitor("test"))
            client.cookies.set("broadsheet-session", session)
            token = re.search(r'name="csrf" (?:value|content)="(\w+)"', client.get("/account").text)[1]
            client.headers["x-csrf-token"] = token
        return client

    return client_of
