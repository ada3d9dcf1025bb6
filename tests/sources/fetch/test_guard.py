from __future__ import annotations

import ipaddress
import socket
import time

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.exceptions import BroadsheetError, ConfigError, FetchError, ForbiddenAddressError
from broadsheet.sources.fetch.client import Client
from broadsheet.sources.fetch.guard import Guard, GuardedBackend, is_public

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.254",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
        ),
        *(
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.5",
        ),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001:db8::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.215.14", "::127.0.0.1", "64:ff9b::7f00:1"),
        *(
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:1::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ),
        *("", "localhost", "127.1", "0x7f000001", "1.2.3.4.5", "no"),
    ],
)
def test_what_is_not_a_public_address(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1"]
)
def test_what_is_a_public_address(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_inside_nat64_as_outside(address):
    translated = ipaddress.IPv6Address(b"\x00\x64\xff\x9b" + bytes(8) + address.packed)
    assert is_public(str(translated)) == is_public(str(address))
    assert not is_public(f"::ffff:{address}")
    if not address.is_global:
        assert not is_public(str(address))


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("ftp://example.org/x", ForbiddenAddressError),
        ("file:///etc/passwd", ForbiddenAddressError),
        ("gopher://example.org", ForbiddenAddressError),
        ("javascript:alert(1)", ForbiddenAddressError),
        ("example.org/feed", ForbiddenAddressError),
        ("", ForbiddenAddressError),
        ("http://", FetchError),
        ("http:///path", FetchError),
        ("http://user:word@example.org/", ForbiddenAddressError),
        ("http://user@example.org/", ForbiddenAddressError),
        ("http://example.org@127.0.0.1/", ForbiddenAddressError),
        ("http://example.org:22/", ForbiddenAddressError),
        ("https://example.org:6379/", ForbiddenAddressError),
        ("http://example.org:0/", ForbiddenAddressError),
        ("http://example.org:99999/", FetchError),
        ("http://[::1", FetchError),
        ("http://[", FetchError),
        ("http://exa mple.org/", FetchError),
        ("http://a%2eb/", FetchError),
        ("http://example.org/\n", FetchError),
        ("http://" + "a" * 5000, FetchError),
    ],
)
def test_addresses_refused_unseen(url, error):
    with pytest.raises(error):
        Guard(resolve=lambda host, port: pytest.fail("the network was asked")).check_url(url)


def test_credentials_are_not_repeated_in_the_message():
    with pytest.raises(ForbiddenAddressError) as caught:
        Guard().check_url("https://reader:hunter2@example.org/feed")
    assert "hunter2" not in str(caught.value) + caught.value.url


@pytest.mark.parametrize(
    "url", ["http://example.org", "https://example.org:8443/a?b=c", "http://[2606:4700::1]:8080/"]
)
def test_addresses_let_through(url):
    assert Guard().check_url(url).host in ("example.org", "2606:4700::1")


@pytest.mark.parametrize("answers", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::1", PUBLIC]])
def test_one_private_address_of_a_host_is_enough_to_refuse_it(answers):
    with pytest.raises(
        ForbiddenAddressError, match=r"not a public address; .* only when feed\.example:443 is among"
    ):
        Guard(resolve=lambda host, port: answers).addresses("feed.example", 443)


def test_a_private_host_may_be_allowed_by_name_and_port():
    guard = Guard(["lab.example:9000", "[::1]:8001"], resolve=lambda host, port: ["10.0.0.9"])
    assert guard.check_url("http://lab.example:9000/feed").port == 9000
    assert guard.addresses("lab.example", 9000) == ["10.0.0.9"]
    assert guard.addresses("::1", 8001) == ["10.0.0.9"]
    with pytest.raises(ForbiddenAddressError):
        guard.addresses("lab.example", 443)


@pytest.mark.parametrize(
    "text", ["", "http://lab.example", "lab.example/path", "me@lab.example:80", "lab.example:x"]
)
def test_an_allowed_host_is_a_host_and_a_port(text):
    with pytest.raises(ConfigError, match="host:port"):
        Guard([text])


def test_a_host_nobody_knows_is_a_clear_error():
    def resolve(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(
        FetchError, match=r"cannot find the host 'nowhere\.example' \(Name or service not known\)"
    ):
        Guard(resolve=resolve).addresses("nowhere.example", 443)
    with pytest.raises(FetchError, match="has no address"):
        Guard(resolve=lambda host, port: []).addresses("nowhere.example", 443)


class Recorder(httpcore.NetworkBackend):
    """Connects to nothing, and remembers what it was asked for."""

    def __init__(self, refuse=()):
        self.asked = []
        self.tls = []
        self.refuse = refuse

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.asked.append((host, port))
        if host in self.refuse:
            raise httpcore.ConnectError("refused")
        return self

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self.tls.append((server_hostname, ssl_context.check_hostname))
        raise httpcore.ConnectError("enough seen")

    def get_extra_info(self, info):
        return None

    def close(self):
        pass

    def read(self, max_bytes, timeout=None):
        time.sleep(timeout)
        return b"x"


def soon():
    return time.monotonic() + 5


def test_the_address_that_was_checked_is_the_address_connected_to():
    answers = iter([[PUBLIC], ["127.0.0.1"]])  # a name server that changes its mind
    backend = GuardedBackend(
        Guard(resolve=lambda host, port: next(answers)), deadline=soon(), inner=(inner := Recorder())
    )
    backend.connect_tcp("rebinding.example", 443)
    assert inner.asked == [(PUBLIC, 443)]
    with pytest.raises(ForbiddenAddressError):
        backend.connect_tcp("rebinding.example", 443)
    assert inner.asked == [(PUBLIC, 443)]


def test_the_client_resolves_once_for_each_connection(monkeypatch):
    inner = Recorder(refuse=[PUBLIC])
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", inner.connect_tcp)
    calls = []

    def resolve(host, port):
        calls.append(host)
        return [PUBLIC] if len(calls) == 1 else ["127.0.0.1"]

    with pytest.raises(FetchError, match="cannot be reached"):
        Client(resolve=resolve, tries=1).get("http://rebinding.example/feed")
    assert calls == ["rebinding.example"]
    assert inner.asked == [(PUBLIC, 80)]
    with pytest.raises(ForbiddenAddressError):
        Client(resolve=resolve, tries=1).get("http://rebinding.example/feed")
    assert inner.asked == [(PUBLIC, 80)]


def test_tls_is_checked_against_the_name_not_the_address(monkeypatch):
    inner = Recorder()
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", inner.connect_tcp)
    with pytest.raises(FetchError):
        Client(resolve=lambda host, port: [PUBLIC], tries=1).get("https://journal.example/feed")
    assert inner.asked == [(PUBLIC, 443)]
    assert inner.tls == [("journal.example", True)]


def test_a_certificate_of_somebody_else_is_an_error_at_once(monkeypatch):
    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        raise httpcore.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed")

    inner = Recorder()
    monkeypatch.setattr(Recorder, "start_tls", start_tls)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", inner.connect_tcp)
    with pytest.raises(FetchError, match=r"the certificate of journal\.example is not valid"):
        Client(resolve=lambda host, port: [PUBLIC]).get("https://journal.example/feed")
    assert len(inner.asked) == 1


def test_the_next_address_is_tried_when_one_does_not_answer():
    inner = Recorder(refuse=[PUBLIC])
    backend = GuardedBackend(Guard(resolve=lambda h, p: [PUBLIC, "1.1.1.1"]), deadline=soon(), inner=inner)
    backend.connect_tcp("two.example", 80)
    assert inner.asked == [(PUBLIC, 80), ("1.1.1.1", 80)]
    with pytest.raises(httpcore.ConnectError):
        GuardedBackend(Guard(resolve=lambda h, p: [PUBLIC]), deadline=soon(), inner=inner).connect_tcp(
            "one.example", 80
        )


def test_the_deadline_bounds_every_read():
    backend = GuardedBackend(
        Guard(resolve=lambda h, p: [PUBLIC]), deadline=time.monotonic() + 0.05, inner=Recorder()
    )
    stream = backend.connect_tcp("slow.example", 80)
    assert stream.read(10, timeout=30) == b"x"  # the inner stream was given what is left, not 30 seconds
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(10, timeout=30)


def test_a_socket_file_is_never_connected_to():
    with pytest.raises(ForbiddenAddressError):
        GuardedBackend(Guard(), deadline=soon()).connect_unix_socket("/run/docker.sock")


def numeric_resolver(host, port):
    """What the system does with numbers, without asking any name server."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(entry[4][0]) for entry in found]


WEIRD = [
    *("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0", "0.0.0.0"),
    *(
        "127。0。0。1",
        "127．0．0．1",
        "①②⑦.0.0.1",
        "１２７.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
    ),
    *("[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::127.0.0.1]", "[fe80::1%25lo]", "[fe80::1%lo]"),
    *("example.org@127.0.0.1", "127.0.0.1#@example.org", "127.0.0.1?@example.org", "127.0.0.1\\@example.org"),
    *(
        "example.org\\@127.0.0.1",
        "%31%32%37.0.0.1",
        "127.0.0.1%00.example.org",
        "169.254.169.254",
        "0xA9FEA9FE",
    ),
]


@pytest.mark.parametrize("host", WEIRD)
def test_strange_spellings_of_private_addresses_lead_nowhere(host, monkeypatch):
    inner = Recorder()
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", inner.connect_tcp)
    with pytest.raises(FetchError):
        Client(resolve=numeric_resolver, tries=1).get(f"http://{host}/")
    assert inner.asked == []


host_text = st.one_of(
    st.sampled_from(WEIRD),
    st.text(max_size=40),
    st.text("0123456789abcdefxX.:[]%@\\/?#。．１-_ \t\n", max_size=30),
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda ip: f"[{ip}]"),
    st.integers(0, 2**33).map(str),
    st.integers(0, 2**33).map(hex),
    st.integers(0, 2**33).map(lambda n: f"0{n:o}"),
)


@given(
    scheme=st.sampled_from(["http", "https", "HTTP", "ftp", "http:", "", "file"]),
    user=st.sampled_from(["", "", "me@", "me:word@", "@"]),
    host=host_text,
    tail=st.sampled_from(["", "/", ":80/", ":22/", ":8080", ":x/", "?a=b", "#c", ":080/"]),
)
def test_whatever_the_address_only_public_ones_are_connected_to(scheme, user, host, tail):
    guard = Guard(resolve=numeric_resolver)
    inner = Recorder()
    try:
        url = guard.check_url(f"{scheme}://{user}{host}{tail}")
        GuardedBackend(guard, deadline=soon(), inner=inner).connect_tcp(
            url.raw_host.decode("ascii"), url.port or 80
        )
    except BroadsheetError:
        assert inner.asked == []
    else:
        [(address, port)] = inner.asked
        assert is_public(address)
        assert port in (80, 443, 8080, 8443)
        assert url.scheme in ("http", "https")
        assert not url.userinfo
