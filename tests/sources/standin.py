"""A local server that stands in for the world and plays its traps.

Each path has a script: a list of answers, given one after the other (the last one again and again), or a
function of the request. Every paper in here is invented.
"""

from __future__ import annotations

import gzip
import html
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now=datetime(2026, 9, 16, 12, 0, tzinfo=UTC)):
        self.began = now
        self.slept = []

    def monotonic(self):
        return sum(self.slept)

    def now(self):
        return self.began + timedelta(seconds=sum(self.slept))

    def sleep(self, seconds):
        assert seconds > 0
        self.slept.append(seconds)


@dataclass
class Request:
    path: str
    query: dict
    headers: dict

    def __getitem__(self, name):
        return self.query[name]

    def get(self, name, default=None):
        return self.query.get(name, default)


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    play: Callable | None = None  # writes to the socket itself, after the headers


def page(body, kind="text/html", **headers):
    return Answer(body.encode() if isinstance(body, str) else body, headers={"Content-Type": kind, **headers})


def xml(body, **headers):
    return page(body, "application/xml", **headers)


def as_json(value, status=200):
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json"})


def busy(status=429, retry_after=None):
    return Answer(b"busy", status, {} if retry_after is None else {"Retry-After": str(retry_after)})


def rate_exceeded():
    return Answer(b"Rate exceeded.", headers={"Content-Type": "text/plain"})


def redirect(to, status=302):
    return Answer(status=status, headers={"Location": to})


def truncated(body):
    """Promises more bytes than it sends."""
    return Answer(body, headers={"Content-Length": str(len(body) + 1000)})


def dripping(pause):
    """Sends a byte, and after a pause another one, for ever."""

    def play(handler):
        while True:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(pause)

    return Answer(headers={"Content-Length": "1000000"}, play=play)


def endless():
    """Sends without end and without saying how much."""

    def play(handler):
        while True:
            handler.wfile.write(b"x" * 65536)

    return Answer(headers={"Connection": "close"}, play=play)


def gzipped(body):
    return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})


class StandIn:
    def __init__(self):
        self.scripts = {}
        self.seen = []
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                request = Request(parts.path, query, {k.lower(): v for k, v in self.headers.items()})
                standin.seen.append(request)
                answer = standin.answer(request)
                self.send_response(answer.status)
                headers = dict(answer.headers)
                if answer.play is None:
                    headers.setdefault("Content-Length", str(len(answer.body)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.close_connection = True
                try:
                    self.wfile.write(answer.body)
                    if answer.play:
                        answer.play(self)
                except OSError:
                    pass  # the client has had enough

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that hangs up is part of the play

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.port = self.server.server_port
        self.url = f"http://{self.host}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def on(self, path, *answers):
        """Script a path; returns its address."""
        self.scripts[path] = answers[0] if callable(answers[0]) else list(answers)
        return self.url + path

    def answer(self, request):
        script = self.scripts.get(request.path)
        if script is None:
            return Answer(b"no such page", 404)
        if callable(script):
            return script(request)
        return script.pop(0) if len(script) > 1 else script[0]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


# What the services look like from outside.

ATOM = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
    ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom">'
    "<opensearch:totalResults>{total}</opensearch:totalResults>{entries}</feed>"
)


def atom(names, total=None):
    """A page of arXiv's API."""
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{name}v1</id><title>Paper {name}</title><summary>On it.</summary>"
        "<published>2026-09-01T10:00:00Z</published><updated>2026-09-01T10:00:00Z</updated>"
        "<author><name>Ada Invented</name></author></entry>"
        for name in names
    )
    return xml(ATOM.format(total=len(names) if total is None else total, entries=entries))


def atom_error(words, status=400):
    entry = f"<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>{words}</summary></entry>"
    return Answer(
        ATOM.format(total=1, entries=entry).encode(), status, {"Content-Type": "application/atom+xml"}
    )


def announcements(names, published, etag=""):
    """arXiv's daily RSS; no names: a weekend."""
    items = "".join(
        f"<item><title>Paper {name}</title><link>https://arxiv.org/abs/{name}</link>"
        f"<description>arXiv:{name}v1 Announce Type: new\nAbstract: On it.</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{name}v1</guid></item>'
        for name in names
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>cs.LG updates</title><pubDate>{published}</pubDate>{items}</channel></rss>'
    return xml(body, **({"ETag": etag} if etag else {}))


def oai(records=(), token=None, error="", day="2026-09-16"):
    """A list of arXiv's OAI-PMH server; records are (name, datestamp), a name with '!' is a deleted one."""
    gone = " status='deleted'"
    items = "".join(
        f"<record><header{gone if name.endswith('!') else ''}>"
        f"<identifier>oai:arXiv.org:{name.rstrip('!')}</identifier><datestamp>{stamp}</datestamp></header></record>"
        for name, stamp in records
    )
    inner = f"<ListRecords>{items}<resumptionToken>{html.escape(token or '')}</resumptionToken></ListRecords>"
    if error:
        inner = f'<error code="{error}">because of it</error>'
    return xml(
        '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{day}T08:00:00Z</responseDate>{inner}</OAI-PMH>"
    )


def daily(names):
    """A list of Daily Papers."""
    return as_json(
        [{"paper": {"id": name, "title": f"Paper {name}"}, "title": f"Paper {name}"} for name in names]
    )


def notes(names, count=None):
    """A page of OpenReview's API."""
    found = [{"id": name, "forum": name, "content": {"title": {"value": f"Paper {name}"}}} for name in names]
    return as_json({"notes": found, **({} if count is None else {"count": count})})
