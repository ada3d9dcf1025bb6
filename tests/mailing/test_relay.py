from __future__ import annotations

import socket

from broadsheet.mailing.relay import Parcel, Relay


def test_the_last_word_does_not_wait_until_the_one_before_it_is_acknowledged(house, sink):
    """The other side puts that off for 40 ms, which would be most of a message's time."""
    relay = Relay(house.settings)
    parcel = Parcel("ada", "paper@example.org", "ada@example.org", b"Subject: x\r\n\r\nTides.\r\n")
    try:
        relay.begin([parcel])
        assert parcel.line is not None
        assert parcel.line.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        relay.end([parcel])
    finally:
        relay.close()
    assert parcel.receipt
    assert len(sink.taken) == 1
