from __future__ import annotations

import gzip
import logging
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet import __version__
from broadsheet.exceptions import (
    ConfigError,
    FetchError,
    ForbiddenAddressError,
    RateLimitedError,
    TooLargeError,
)
from broadsheet.sources.fetch.client import Client, Reply
from broadsheet.sources.fetch.pace import Turns


def test_an_answer_and_how_we_introduce_ourselves(world, server, make_client):
    url = server.on("/feed", world.xml("<feed/>", ETag='"1"', Last_Modified="Wed, 16 Sep 2026 00:00:00 GMT"))
    reply = make_client(contact="editor@paper.example").get(url, {"a": "b c", "n": 1}, accept="text/xml")
    assert (reply.status, reply.body, reply.content_type) == (200, b"<feed/>", "application/xml")
    assert (reply.etag, reply.last_modified) == ('"1"', "Wed, 16 Sep 2026 00:00:00 GMT")
    [seen] = server.seen
    assert seen.query == {"a": "b c", "n": "1"}
    assert seen.headers["user-agent"].startswith(f"Broadsheet/{__version__} (")
    assert "mailto:editor@paper.example" in seen.headers["user-agent"]
    assert seen.headers["host"] == server.host
    assert seen.headers["accept"] == "text/xml"
    assert not {"cookie", "authorization", "if-none-match"} & set(seen.headers)


def test_params_are_added_to_those_of_the_address(world, server, client):
    client.get(server.on("/q", world.page("ok")) + "?kept=1", {"added": "2"})
    assert server.seen[0].query == {"kept": "1", "added": "2"}


@pytest.mark.parametrize("contact", ["a@b.example\r\nX-Evil: 1", "käse@b.example", "a\tb"])
def test_a_contact_that_would_break_the_header_is_refused(contact):
    with pytest.raises(ConfigError, match="contact"):
        Client(contact=contact)


def test_cookies_are_not_kept(world, server, client):
    url = server.on("/", world.page("ok", Set_Cookie="id=1"))
    client.get(url)
    client.get(url)
    assert all("cookie" not in request.headers for request in server.seen)


def test_proxies_of_the_environment_are_not_used(world, server, make_client, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert make_client().get(server.on("/", world.page("ok"))).body == b"ok"


def test_nothing_modified(world, server, client):
    url = server.on("/feed", world.Answer(status=304, headers={"ETag": '"1"'}))
    reply = client.get(url, etag='"1"', last_modified="Wed, 16 Sep 2026 00:00:00 GMT")
    assert reply.not_modified
    assert reply.body == b""
    assert server.seen[0].headers["if-none-match"] == '"1"'
    assert server.seen[0].headers["if-modified-since"] == "Wed, 16 Sep 2026 00:00:00 GMT"


def test_a_304_nobody_asked_for_is_an_error(world, server, client):
    with pytest.raises(FetchError, match="304"):
        client.get(server.on("/feed", world.Answer(status=304)))


@pytest.mark.parametrize("strange", ["käse", "a\nb", "\x00", "\ud800"])
def test_a_strange_etag_is_not_sent_back(world, server, client, strange):
    assert client.get(server.on("/", world.page("ok")), etag=strange, last_modified=strange).body == b"ok"
    assert not {"if-none-match", "if-modified-since"} & set(server.seen[0].headers)


# Waiting.


def test_requests_to_a_server_are_paced(world, server, make_client, clock):
    client = make_client(paces={"127.0.0.1": 3.0})
    url = server.on("/", world.page("ok"))
    for _ in range(3):
        client.get(url)
    assert clock.slept == [3.0, 3.0]


def test_the_pace_is_kept_by_a_real_clock(world, server):
    client = Client(allow_hosts=[server.host], paces={"127.0.0.1": 0.05})
    url = server.on("/", world.busy(503, "Wed, 16 Sep 2020 12:00:00 -0000"), world.page("ok"))
    began = time.monotonic()
    client.get(url)
    client.get(url)
    assert time.monotonic() - began > 1.05  # a second of peace, then the pace


def test_the_hosts_of_a_domain_share_their_turns_and_strangers_do_not(clock):
    turns = Turns({"arxiv.org": 3.0}, clock)
    for host in ("export.arxiv.org", "rss.arxiv.org", "arxiv.org", "notarxiv.org", "huggingface.co"):
        with turns.turn(host):
            pass
    assert clock.slept == [3.0, 3.0]


def test_one_request_at_a_time_to_a_server(world, server, make_client):
    inside, most = [], []

    def answer(request):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()
        return world.page("ok")

    client = make_client(paces={"127.0.0.1": 0.0})
    url = server.on("/", answer)
    threads = [threading.Thread(target=client.get, args=(url,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_after_longer_and_longer_waits(
    world, server, make_client, clock, status
):
    url = server.on("/", world.busy(status), world.busy(status), world.busy(status), world.page("ok"))
    assert make_client(paces={"127.0.0.1": 0.0}).get(url).body == b"ok"
    assert clock.slept == [5.0, 10.0, 20.0]


def test_jitter_only_makes_waits_longer(world, server, make_client, clock):
    url = server.on("/", world.busy(), world.busy(retry_after=100), world.page("ok"))
    make_client(paces={"127.0.0.1": 0.0}, chance=lambda: 0.5).get(url)
    assert clock.slept == pytest.approx([6.25, 105.0])


def test_retry_after_in_seconds_and_as_a_date(world, server, make_client, clock):
    date = "Wed, 16 Sep 2026 12:02:30 GMT"  # the clock stands at 12:00:00, then 12:00:40
    url = server.on("/", world.busy(503, 40), world.busy(429, date), world.page("ok"))
    make_client(paces={"127.0.0.1": 0.0}).get(url)
    assert clock.slept == pytest.approx([40.0, 110.0])


@pytest.mark.parametrize("strange", ["soon", "-5", "Wed, 99 Foo", "", "١٢"])
def test_a_retry_after_nobody_understands_is_as_good_as_none(world, server, make_client, clock, strange):
    url = server.on(
        "/",
        world.Answer(status=429, headers={"Retry-After": strange.encode().decode("latin-1")}),
        world.page("ok"),
    )
    make_client(paces={"127.0.0.1": 0.0}).get(url)
    assert clock.slept == [5.0]


def test_a_server_that_wants_more_peace_than_we_have_patience_gets_it(world, server, make_client, clock):
    url = server.on("/", world.busy(503, 86400))
    with pytest.raises(RateLimitedError, match=r"come back in 86400 seconds") as caught:
        make_client().get(url)
    assert caught.value.retry_after == 86400
    assert caught.value.url == url
    assert clock.slept == []


def test_patience_counts_all_waits_together(world, server, make_client, clock):
    with pytest.raises(RateLimitedError, match="tried 3 times"):
        make_client(patience=250.0, paces={"127.0.0.1": 0.0}).get(server.on("/", world.busy(429, 100)))
    assert clock.slept == [100.0, 100.0]


def test_a_server_that_stays_busy_is_given_up(world, server, make_client):
    with pytest.raises(RateLimitedError, match=r"asks us to slow down \(tried 5 times\); come back later"):
        make_client().get(server.on("/", world.busy()))
    assert len(server.seen) == 5


def test_rate_exceeded_in_an_answer_that_claims_to_be_fine(world, server, make_client, clock):
    url = server.on("/", world.rate_exceeded(), world.page("ok"))
    assert make_client(paces={"127.0.0.1": 0.0}).get(url).body == b"ok"
    assert clock.slept == [5.0]
    with pytest.raises(RateLimitedError):
        make_client().get(server.on("/never", world.rate_exceeded()))


def test_other_threads_wait_too_while_a_server_rests(world, server, make_client, clock):
    client = make_client(paces={"127.0.0.1": 0.0})
    client.back_off(server.url, 3)
    client.get(server.on("/", world.page("ok")))
    assert clock.slept == [20.0]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_broken_server_is_asked_again(world, server, client, status):
    url = server.on("/", world.Answer(status=status), world.page("ok"))
    assert client.get(url).body == b"ok"
    with pytest.raises(FetchError, match=rf"answers {status} \(tried 5 times\)"):
        client.get(server.on("/never", world.Answer(status=status)))


def test_a_truncated_answer_is_asked_for_again(world, server, client):
    assert client.get(server.on("/", world.truncated(b"half"), world.page("whole"))).body == b"whole"
    with pytest.raises(FetchError, match=r"broke off its answer \(tried 5 times\)"):
        client.get(server.on("/never", world.truncated(b"half")))


def test_a_truncated_gzip_is_asked_for_again(world, server, client):
    whole = gzip.compress(b"words " * 1000)
    cut = world.Answer(whole[:-20], headers={"Content-Encoding": "gzip"})
    good = world.Answer(whole, headers={"Content-Encoding": "gzip"})
    assert client.get(server.on("/", cut, good)).body == b"words " * 1000


def test_nobody_at_home(make_client):
    client = make_client(allow_hosts=["127.0.0.1:9"], tries=2)
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 cannot be reached .* \(tried 2 times\)"):
        client.get("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("status", "phrase"), [(400, "Bad Request"), (403, "Forbidden"), (404, "Not Found"), (410, "Gone")]
)
def test_a_refusal_is_not_repeated_and_tells_the_servers_words(world, server, client, status, phrase):
    url = server.on("/", world.Answer(b"<html><title>Not for &lt;you&gt;</title><body>...", status))
    with pytest.raises(FetchError, match=rf"answered {status} {phrase}: Not for <you>$"):
        client.get(url)
    assert len(server.seen) == 1


def test_a_status_without_a_name(world, server, client):
    with pytest.raises(FetchError, match=r"answered 599: hm$"):
        client.get(server.on("/", world.Answer(b"hm", 599)))


def test_a_status_may_be_an_answer(world, server, client):
    assert client.get(server.on("/", world.Answer(b"none", 404)), ok=(200, 404)).status == 404


def test_an_answer_that_is_not_http(world, server, client, monkeypatch):
    monkeypatch.setattr(
        "broadsheet.sources.fetch.guard._TimedStream.read", lambda *_, **__: b"SSH-2.0-OpenSSH\r\n\r\n"
    )
    with pytest.raises(FetchError, match="broke off its answer"):
        client.get(server.on("/", world.page("ok")))


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(world, server, client, status):
    server.on("/new", world.page("ok"))
    reply = client.get(server.on("/old", world.redirect("new", status)))
    assert (reply.body, reply.url) == (b"ok", f"{server.url}/new")


def test_each_redirect_takes_its_turn(world, server, make_client, clock):
    server.on("/new", world.page("ok"))
    make_client(paces={"127.0.0.1": 3.0}).get(server.on("/old", world.redirect("/new")))
    assert clock.slept == [3.0]


@pytest.mark.parametrize(
    "to",
    [
        *(
            "http://127.0.0.1:8080/",
            "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
        ),
        *(
            "http://2130706433/",
            "//127.0.0.1/",
            "file:///etc/passwd",
            "ftp://example.org/",
            "gopher://127.0.0.1:70/",
        ),
        *(
            "http://me:word@127.0.0.1:8080/",
            "http://0/",
            "http://[::ffff:10.0.0.1]/",
            "http://localhost:8080/",
        ),
    ],
)
def test_a_redirect_to_a_private_address_is_not_followed(world, server, client, to):
    with pytest.raises(ForbiddenAddressError):
        client.get(server.on("/", world.redirect(to)))
    assert len(server.seen) == 1


def test_a_public_host_that_redirects_to_a_private_one(world, server, make_client):
    """Two names for the stand-in server: one is allowed, the other one resolves to the same private address."""
    client = make_client(
        allow_hosts=[f"journal.example:{server.port}"], resolve=lambda host, port: ["127.0.0.1"]
    )
    server.on("/ok", world.page("ok"))
    server.on("/trap", world.redirect("http://intranet.example/admin"))
    assert client.get(f"http://journal.example:{server.port}/ok").body == b"ok"
    assert server.seen[-1].headers["host"] == f"journal.example:{server.port}"
    with pytest.raises(ForbiddenAddressError, match=r"intranet\.example"):
        client.get(f"http://journal.example:{server.port}/trap")


def test_a_redirect_in_a_circle_ends(world, server, client):
    server.on("/b", world.redirect("/a"))
    with pytest.raises(FetchError, match="more than 5 redirects"):
        client.get(server.on("/a", world.redirect("/b")))
    assert len(server.seen) == 6


@pytest.mark.parametrize("to", ["", "   ", "http://[", "http://example.org:port/"])
def test_a_redirect_to_nowhere(world, server, client, to):
    with pytest.raises(FetchError, match=r"redirects|names no host"):
        client.get(server.on("/", world.redirect(to)))


def test_no_redirect_from_https_to_http(client, monkeypatch):
    import httpx

    asked = []

    def ask(self, url, headers, *, deadline):
        asked.append(str(url))
        return httpx.URL("http://example.org/plain")

    monkeypatch.setattr(Client, "_ask", ask)
    with pytest.raises(FetchError, match="from https to plain http"):
        client.get("https://example.org/")
    assert asked == ["https://example.org/"]


# Caps.


def test_a_declared_size_over_the_cap_is_not_even_read(world, server, make_client):
    url = server.on("/", world.Answer(headers={"Content-Length": str(10**9)}, play=lambda handler: None))
    with pytest.raises(TooLargeError, match="1000 bytes"):
        make_client(max_bytes=1000).get(url)
    assert len(server.seen) == 1


def test_an_endless_answer_is_cut_at_the_cap(world, server, make_client):
    with pytest.raises(TooLargeError):
        make_client(max_bytes=100_000).get(server.on("/", world.endless()))


def test_the_cap_itself_is_allowed(world, server, make_client):
    client = make_client(max_bytes=1000)
    assert len(client.get(server.on("/", world.page("x" * 1000))).body) == 1000
    assert len(client.get(server.on("/z", world.gzipped(b"x" * 1000))).body) == 1000
    for path, answer in (("/more", world.page("x" * 1001)), ("/morez", world.gzipped(b"x" * 1001))):
        with pytest.raises(TooLargeError):
            client.get(server.on(path, answer))


def test_a_gzip_bomb_never_grows_over_the_cap(world, server, make_client):
    bomb = world.gzipped(bytes(200_000_000))
    assert len(bomb.body) < 250_000
    began = time.monotonic()
    with pytest.raises(TooLargeError):
        make_client(max_bytes=1_000_000).get(server.on("/", bomb))
    assert time.monotonic() - began < 2


def test_gzip_of_empty_members_is_bounded_by_what_is_received(world, server, make_client):
    def play(handler):
        handler.wfile.write(gzip.compress(b"") * 10_000)

    many = world.Answer(headers={"Content-Encoding": "gzip", "Connection": "close"}, play=play)
    with pytest.raises(TooLargeError):
        make_client(max_bytes=100_000).get(server.on("/", many))


def test_gzip_of_several_members(world, server, client):
    parts = world.Answer(
        gzip.compress(b"one ") + gzip.compress(b"two"), headers={"Content-Encoding": "x-gzip"}
    )
    assert client.get(server.on("/", parts)).body == b"one two"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "deflate"])
def test_a_compression_we_did_not_ask_for(world, server, client, coding):
    with pytest.raises(FetchError, match="did not ask for"):
        client.get(server.on("/", world.page("x", Content_Encoding=coding)))


def test_gzip_that_is_none(world, server, client):
    with pytest.raises(FetchError, match="not the gzip it claims to be"):
        client.get(server.on("/", world.page("plain", Content_Encoding="gzip")))


def test_a_body_that_drips_ends_at_the_deadline(world, server, make_client):
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"did not answer in full within 0\.3 seconds"):
        make_client(total_timeout=0.3).get(server.on("/", world.dripping(0.02)))
    assert time.monotonic() - began < 2
    assert len(server.seen) == 1


def test_the_deadline_counts_all_redirects_together(world, server, make_client):
    def slow(request):
        time.sleep(0.15)
        return world.redirect("/") if len(server.seen) < 5 else world.page("ok")

    url = server.on("/", slow)
    with pytest.raises(FetchError, match=r"within 0\.4 seconds"):
        make_client(total_timeout=0.4).get(url)
    assert len(server.seen) <= 3


def test_a_server_that_says_nothing_is_asked_again_and_given_up(world, server, make_client):
    def silent(request):
        time.sleep(0.3)
        return world.page("late")

    with pytest.raises(FetchError, match=r"does not answer in time \(tried 2 times\)"):
        make_client(read_timeout=0.05, tries=2).get(server.on("/", silent))


@given(
    body=st.binary(max_size=3000),
    cap=st.integers(1, 4000),
    level=st.integers(0, 9),
    pieces=st.integers(1, 50),
)
def test_whatever_is_sent_is_read_whole_or_refused_as_too_large(body, cap, level, pieces):
    import httpx

    client = Client(max_bytes=cap)
    packed = gzip.compress(body, level)
    for sent, headers in ((body, {}), (packed, {"content-encoding": "gzip"})):
        step = max(1, len(sent) // pieces)
        chunks = [sent[i : i + step] for i in range(0, len(sent), step)]
        try:
            got = client._read(httpx.URL("http://example.org/"), httpx.Headers(headers), chunks)
        except TooLargeError:
            assert max(len(body), len(sent)) > cap
        else:
            assert got == body
            assert len(got) <= cap


# What came.


@pytest.mark.parametrize(
    "body",
    [
        *(b"<!DOCTYPE html><html>", b"\n <html lang='en'>", b"\xef\xbb\xbf<!doctype HTML>"),
        b"<?xml version='1.0'?>\n<!-- a page --><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0'><html>",
    ],
)
def test_a_web_page_where_xml_was_expected(body):
    reply = Reply(
        "https://example.org/feed", 200, body + b"<head><title>Sign in &amp; pay</title></head>", "text/xml"
    )
    assert reply.is_web_page
    with pytest.raises(FetchError, match=r"a web page where XML was expected \('Sign in & pay'\)"):
        reply.require("XML")


@pytest.mark.parametrize(
    ("kind", "body", "what"),
    [
        ("XML", b"", "nothing"),
        ("XML", b"{}", "application/x"),
        ("XML", b"  soon", "application/x"),
        ("JSON", b"<feed/>", "application/x"),
        ("JSON", b"", "nothing"),
        ("JSON", b"<html>", "a web page"),
    ],
)
def test_something_else_than_expected(kind, body, what):
    with pytest.raises(FetchError, match=f"answered with {what} where {kind} was expected"):
        Reply("https://example.org/", 200, body, "application/x").require(kind)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("XML", b"<?xml version='1.0'?><rss/>"),
        ("XML", b"\xef\xbb\xbf\n<rss><item>&lt;html&gt;</item></rss>"),
        ("XML", "<rss/>".encode("utf-16")),
        ("JSON", b" [1]"),
        ("JSON", b'{"html": "<html>"}'),
    ],
)
def test_what_was_expected(kind, body):
    assert Reply("https://example.org/", 200, body).require(kind) == body


@given(st.binary(max_size=300))
def test_words_never_fail(body):
    reply = Reply("https://example.org/", 500, body)
    assert len(reply.words()) <= 300
    assert "\n" not in reply.words()


def test_looking_for_a_web_page_takes_no_time_in_hostile_bytes():
    began = time.monotonic()
    for hostile in (
        b"<!--" * 5000,
        b"<?" * 10_000,
        b"<?x>" * 5000,
        b" " * 20_000,
        b"<!-- -->" * 3000,
        b"<" * 20_000,
    ):
        Reply("https://example.org/", 200, hostile).words()
    assert time.monotonic() - began < 1


# The log.


def test_every_request_is_logged_without_secrets(world, server, client, caplog):
    caplog.set_level(logging.INFO, logger="broadsheet.fetch")
    server.on("/new", world.page("ok"))
    url = server.on("/old", world.redirect("/new?api_key=hunter2&q=3"))
    client.get(url, {"access_token": "hunter2", "q": "1"})
    text = caplog.text
    assert "hunter2" not in text
    assert "/old?access_token=…&q=1: → " in text
    assert "/new?api_key=…&q=3: 200, 2 bytes" in text


def test_a_wait_is_logged(world, server, client, caplog):
    client.get(server.on("/", world.busy(), world.page("ok")))
    assert "127.0.0.1 asks us to slow down; trying again in 5 s" in caplog.text


def test_messages_keep_secrets_too(world, server, client):
    url = server.on("/", world.Answer(b"no", 403))
    with pytest.raises(FetchError) as caught:
        client.get(url, {"token": "hunter2"})
    assert "hunter2" not in str(caught.value) + caught.value.url
