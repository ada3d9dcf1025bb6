"""What the store keeps of mail and jobs, in both databases."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from broadsheet.exceptions import NotFoundError
from broadsheet.store import Store
from broadsheet.store.subscriptions import MOST_ASKED
from broadsheet.subscriptions import Cadence, Channel, Kind, Standing, State, Wish

NOW = datetime(2025, 7, 29, 7, tzinfo=UTC)
LEASE = timedelta(minutes=10)


def queued(store: Store, number: int) -> list[str]:
    return [store.mailing.queue_letter(f"a{n}@example.org", "subject", "text", NOW) for n in range(number)]


def test_a_wish_is_kept_as_it_was_said(store: Store) -> None:
    wish = Wish(
        kind=Kind.QUERY,
        object="Größe “x”",
        cadence=Cadence.WEEKLY,
        weekday=3,
        hour=22,
        zone="Asia/Kathmandu",
        length=7,
        quiet=frozenset({5, 6}),
        away=(date(2025, 8, 1), date(2025, 8, 9)),
    )
    asked, may_write = store.mailing.ask(Channel.MAIL, "Ada@example.org", None, wish, NOW)
    assert may_write
    assert (asked.wish, asked.target, asked.standing) == (wish, "Ada@example.org", Standing.PENDING)
    active = store.mailing.activate(asked.id, NOW + LEASE, NOW)
    assert (active.standing, active.due) == (Standing.ACTIVE, NOW + LEASE)
    assert store.mailing.due(NOW) == []
    assert [each.id for each in store.mailing.due(NOW + LEASE)] == [asked.id]
    store.mailing.end(asked.id, "unsubscribed", NOW)
    assert store.mailing.due(NOW + LEASE) == []
    assert [each.id for each in store.mailing.subscriptions(recipient="ada@EXAMPLE.org")] == [asked.id]


def test_one_address_has_one_subscription_to_a_thing(store: Store) -> None:
    first, _ = store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(), NOW)
    again, _ = store.mailing.ask(Channel.MAIL, "ADA@example.org", None, Wish(hour=9), NOW)
    other, _ = store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(kind=Kind.TRENDING), NOW)
    assert again.id == first.id
    assert again.wish.hour == 9
    assert other.id != first.id
    answers = [store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(), NOW)[1] for _ in range(5)]
    assert answers == [True] * (MOST_ASKED - 2) + [False] * (7 - MOST_ASKED)


def test_nobody_gets_an_edition_twice(store: Store) -> None:
    asked, _ = store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(), NOW)
    with store.mailing.composing() as composing:
        composing.keep("d1", NOW, {"a": 1}, "<p>", "text")
        composing.keep("d1", NOW, {"a": 1}, "<p>", "text")
        assert composing.queue(asked, "edition:1", "d1", NOW)
        assert composing.queue(asked, "edition:1", "d1", NOW) == ""
        assert composing.queue(asked, "edition:2", "d1", NOW)
    assert store.mailing.has("ADA@example.org", "edition:1")
    assert store.mailing.digest("d1").document == {"a": 1}


def test_what_is_composed_together_is_kept_together(store: Store) -> None:
    asked, _ = store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(), NOW)

    def break_off() -> None:
        with store.mailing.composing() as composing:
            composing.keep("d1", NOW, {}, "", "")
            composing.queue(asked, "edition:1", "d1", NOW)
            composing.move_on(asked, NOW, "x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert not store.mailing.has("ada@example.org", "edition:1")
    assert store.mailing.subscription(asked.id).told == ""
    with pytest.raises(NotFoundError):
        store.mailing.digest("d1")


def test_a_message_is_one_senders_at_a_time(store: Store) -> None:
    numbers = set(queued(store, 40))
    taken: dict[str, list[str]] = {}

    def work(name: str) -> None:
        taken[name] = []
        while some := store.mailing.claim(name, NOW, LEASE, 3):
            taken[name] += store.mailing.settle(name, NOW, hand=[delivery.id for delivery, _ in some])

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handed = [number for some in taken.values() for number in some]
    assert len(handed) == 40
    assert set(handed) == numbers


def test_a_lapsed_claim_passes_on_and_is_lost_to_who_had_it(store: Store) -> None:
    (number,) = queued(store, 1)
    assert store.mailing.claim("a", NOW, LEASE, 5)
    assert store.mailing.claim("b", NOW + LEASE, LEASE, 5) == []
    assert store.mailing.claim("b", NOW + LEASE + LEASE / 2, LEASE, 5)
    assert store.mailing.settle("a", NOW, hand=[number]) == []
    assert store.mailing.settle("b", NOW, hand=[number]) == [number]
    assert store.mailing.claim("c", NOW + 9 * LEASE, LEASE, 5) == [], "what is handed is never taken again"
    store.mailing.settle("b", NOW, done=[(number, "250 well")])
    assert store.mailing.delivery(number).state is State.DONE


def test_letters_go_before_digests(store: Store) -> None:
    asked, _ = store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(), NOW)
    with store.mailing.composing() as composing:
        composing.keep("d1", NOW, {}, "", "")
        digest = composing.queue(asked, "edition:1", "d1", NOW)
    letter = store.mailing.queue_letter("bob@example.org", "reset", "text", NOW + LEASE)
    taken = store.mailing.claim("a", NOW + 2 * LEASE, LEASE, 5)
    assert [delivery.id for delivery, _ in taken] == [letter, digest]


def test_old_things_are_swept_away(store: Store) -> None:
    asked, _ = store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(), NOW)
    with store.mailing.composing() as composing:
        composing.keep("old", NOW, {}, "", "")
        composing.keep("kept", NOW, {}, "", "")
        done = composing.queue(asked, "edition:1", "old", NOW)
        composing.queue(asked, "edition:2", "kept", NOW)
    store.mailing.give_up(done, "no")
    assert store.mailing.sweep(NOW) == 0
    assert store.mailing.sweep(NOW + LEASE) == 1
    with pytest.raises(NotFoundError):
        store.mailing.digest("old")
    assert store.mailing.digest("kept")


def test_a_backup_carries_it_to_either_database(store: Store, record: object, tmp_path: Path) -> None:
    asked, _ = store.mailing.ask(Channel.MAIL, "ada@example.org", None, Wish(), NOW)
    store.mailing.activate(asked.id, NOW, NOW)
    (number,) = queued(store, 1)
    store.mailing.suppress("eve@example.org", "bounced", "550")
    store.jobs.ensure({"mail": NOW})
    store.backup(tmp_path / "copy.backup")
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    Store.restore(tmp_path / "copy.backup", url)
    with Store.open(url) as restored:
        found = restored.mailing.subscription(asked.id)
        assert (found.standing, found.due) == (Standing.ACTIVE, None)
        assert found.told >= "2026", "what was told since is not told again"
        assert restored.mailing.unscheduled() == [found]
        assert restored.mailing.delivery(number).state is State.FAILED
        assert restored.mailing.suppressed("Eve@example.org")
        assert [run.name for run in restored.jobs.every()] == ["mail"]


def test_a_job_is_claimed_once(store: Store) -> None:
    store.jobs.ensure({"a": NOW})
    store.jobs.ensure({"a": NOW + LEASE, "b": NOW + LEASE})
    assert store.jobs.due(NOW) == ["a"]
    won: list[str] = []
    barrier = threading.Barrier(4)

    def work(name: str) -> None:
        barrier.wait()
        if store.jobs.claim("a", name, NOW):
            won.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in "wxyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.jobs.busy(NOW) == ["a"]
    assert not store.jobs.begin("a", "somebody else", NOW)
    assert store.jobs.begin("a", won[0], NOW)
    store.jobs.finish("a", "somebody else", NOW, NOW, seconds=1.0, result="never")
    store.jobs.finish("a", won[0], NOW, NOW + LEASE, seconds=1.0, result="well")
    (run, _) = store.jobs.every()
    assert (run.result, run.due, run.success) == ("well", NOW + LEASE, NOW)
