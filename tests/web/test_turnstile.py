"""A few at a time, in the order in which they came."""

import threading

import pytest

from broadsheet.web.turnstile import Turnstile

WAIT = 20


def test_nobody_overtakes():
    turnstile, order, inside = Turnstile(1), [], threading.Event()
    arrived = [threading.Event() for _ in range(6)]

    def first():
        with turnstile:
            inside.set()
            assert all(event.wait(WAIT) for event in arrived)
            while len(turnstile._queue) < len(arrived):
                pass

    def later(number):
        with turnstile:
            order.append(number)

    leader = threading.Thread(target=first)
    leader.start()
    assert inside.wait(WAIT)
    threads = []
    for number, event in enumerate(arrived):
        thread = threading.Thread(target=later, args=(number,))
        thread.start()
        threads.append(thread)
        while len(turnstile._queue) <= number:  # the next one comes when this one stands in the queue
            pass
        event.set()
    for thread in (leader, *threads):
        thread.join(WAIT)
    assert order == list(range(6))


def test_never_more_inside_than_there_are_places_and_errors_give_theirs_back():
    turnstile, inside, most = Turnstile(3), [], []
    lock = threading.Lock()

    def go(number):
        for turn in range(30):
            try:
                with turnstile:
                    with lock:
                        inside.append(number)
                        most.append(len(inside))
                    with lock:
                        inside.remove(number)
                    if turn % 3 == 0:
                        raise KeyError(turn)
            except KeyError:
                pass

    threads = [threading.Thread(target=go, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len(most) == 240
    assert max(most) <= 3
    assert turnstile._free == 3


def test_a_turnstile_has_a_place():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Turnstile(0)
