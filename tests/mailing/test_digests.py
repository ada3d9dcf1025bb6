"""Digests from the papers in the store to the mail in the sink."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

import broadsheet
from broadsheet.exceptions import MailAddressError, MailError, NoMailServerError, TokenError
from broadsheet.subscriptions import Cadence, Kind, Standing, State, Wish

EVENING = datetime(2025, 7, 28, 20, tzinfo=UTC)
MORNING = datetime(2025, 7, 29, 7, 0, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def at(moment):
    return lambda: moment


def deliver(house, moment):
    """One round of the job at a moment: queued, nothing new, sent."""
    with time_machine.travel(moment, tick=False):
        queued, quiet = house.mail.compose(clock=at(moment))
        return queued, quiet, house.mail.send(clock=at(moment)).done


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def test_a_digest_arrives_at_its_hour_once(house, sink, papers, subscribe):
    papers(range(1, 31))
    subscription = subscribe("ada@example.org", EVENING, Wish(length=5))
    assert deliver(house, MORNING - timedelta(seconds=2)) == (0, 0, 0)
    assert deliver(house, MORNING) == (1, 0, 1)
    assert deliver(house, MORNING) == (0, 0, 0)
    assert deliver(house, MORNING + DAY) == (0, 1, 0), "there is no new edition"
    mail = sink.mails()[0]
    assert mail["Subject"] == "Paper 1 on the habits of tides, and 4 more"
    assert mail["To"] == "ada@example.org"
    assert mail["List-Id"] == "Broadsheet <edition.papers.example.org>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<https://papers\.example\.org/mail/unsubscribe/(.+)>", mail["List-Unsubscribe"])
    assert house.mail.unsubscribe(link[1]).id == subscription.id
    assert mail.get_content_type() == "multipart/alternative"
    for number in range(1, 6):
        assert f"{number}. Paper {number} on" in text_of(mail)
        assert f"https://papers.example.org/papers/2507.{number:05}" in text_of(mail)
        assert f"Paper {number} on the habits" in html_of(mail)
    assert "Paper 6" not in text_of(mail)
    assert "All 30: https://papers.example.org/papers/date/2025-07-29" in text_of(mail)
    assert "They cost O(n³) steps" in text_of(mail)
    assert "⟦" not in text_of(mail) + html_of(mail)
    assert all(len(line) <= 78 for line in sink.taken[0][2].splitlines() if not line.startswith(b"List-"))


def test_a_page_that_tells_no_year_is_told_of_once(house, sink, papers, subscribe):
    """All that a first look may have is such pages; whoever subscribes then gets one, and later what is dated."""
    papers(range(1, 4), "--07-28")
    subscribe("ada@example.org", EVENING, Wish(length=5))
    assert deliver(house, MORNING) == (1, 0, 1)
    assert deliver(house, MORNING + DAY) == (0, 1, 0)
    papers(range(4, 6), "2025-07-31")
    assert deliver(house, MORNING + 2 * DAY) == (1, 0, 1)
    assert deliver(house, MORNING + 3 * DAY) == (0, 1, 0)
    first, second = sink.mails()
    assert "Paper 3 on" in text_of(first)
    assert "https://papers.example.org/papers/date/--07-28" in text_of(first)
    assert "Paper 4 on" in text_of(second)
    assert "Paper 3 on" not in text_of(second)


def test_days_without_a_mail_are_told_of_in_the_next(house, sink, papers, subscribe):
    weekend = Wish(length=50, quiet=frozenset({5, 6}))
    subscribe("ada@example.org", datetime(2025, 7, 31, 20, tzinfo=UTC), weekend)
    for number, day in enumerate(("2025-08-01", "2025-08-02", "2025-08-03", "2025-08-04"), 1):
        papers(range(number, number + 1), day)
    for day in range(1, 5):
        deliver(house, datetime(2025, 8, day, 7, 0, 1, tzinfo=UTC))
    assert [re.findall(r"^\d+\. Paper (\d)", text_of(mail), re.M) for mail in sink.mails()] == [
        ["1"],
        ["2", "3", "4"],
    ]
    assert "Saturday, 2 August 2025 to Monday, 4 August 2025" in text_of(sink.mails()[1])


def test_after_a_standstill_there_is_one_digest(house, sink, papers, subscribe):
    subscribe("ada@example.org", EVENING, Wish(length=50))
    papers(range(1, 3), "2025-07-29")
    deliver(house, MORNING)
    for number in range(1, 21):
        papers(range(10 + number, 11 + number), (date(2025, 7, 29) + number * DAY).isoformat())
    assert deliver(house, MORNING + 20 * DAY)[2] == 1
    assert deliver(house, MORNING + 20 * DAY)[2] == 0
    told = re.findall(r"^\d+\. Paper (\d+)", text_of(sink.mails()[1]), re.M)
    assert told == [str(number) for number in range(24, 31)], "a week, and not three"


def test_a_weekly_digest_tells_of_the_week_that_is_over(house, sink, papers, subscribe):
    papers(range(1, 4), "2025-07-27")
    papers(range(4, 7), "2025-07-29")
    subscribe("ada@example.org", EVENING, Wish(cadence=Cadence.WEEKLY, weekday=4))
    for day in range(7):
        deliver(house, MORNING + day * DAY)
    (mail,) = sink.mails()
    assert mail["Subject"] == "Paper 1 on the habits of tides, and 2 more"
    assert "21–27 July 2025" in text_of(mail)


def test_a_query_tells_of_what_is_new_and_never_twice(house, sink, papers, subscribe):
    with time_machine.travel(EVENING + timedelta(hours=1), tick=False):
        papers(range(1, 4), title="Whales sing")
        papers(range(4, 7), title="Something else")
    subscribe("ada@example.org", EVENING, Wish(kind=Kind.QUERY, object="whales"))
    assert deliver(house, MORNING) == (1, 0, 1)
    assert deliver(house, MORNING + DAY) == (0, 1, 0)
    with time_machine.travel(MORNING + DAY + timedelta(hours=2), tick=False):
        papers(range(7, 9), title="Whales rest")
    assert deliver(house, MORNING + 2 * DAY) == (1, 0, 1)
    first, second = sink.mails()
    assert first["Subject"] == "Whales sing, and 2 more"
    assert second["Subject"] == "Whales rest, and 1 more"
    assert "https://papers.example.org/papers?q=whales&sort=date" in text_of(first)


def test_trending_comes_every_day(house, sink, papers, subscribe):
    papers(range(1, 4))
    subscribe("ada@example.org", EVENING, Wish(kind=Kind.TRENDING))
    assert [deliver(house, MORNING + day * DAY)[2] for day in range(3)] == [1, 1, 1]
    assert len({mail["Message-ID"] for mail in sink.mails()}) == 3


def test_the_same_digest_is_kept_once_for_all(house, sink, papers, subscribe):
    papers(range(1, 20))
    for number in range(20):
        subscribe(f"a{number}@example.org", EVENING, Wish(length=10))
    assert deliver(house, MORNING) == (20, 0, 20)
    assert len({(d.digest) for d in house.store.mailing.deliveries(state=State.DONE)}) == 1
    links = {mail["List-Unsubscribe"] for mail in sink.mails()}
    assert len(links) == 20


def test_subscribing_again_gives_no_second_copy(house, sink, papers, subscribe):
    papers(range(1, 4))
    for _ in range(2):
        subscription = subscribe("ada@example.org", EVENING)
        assert deliver(house, MORNING)[2] <= 1
        house.store.mailing.end(subscription.id, "unsubscribed")
    assert sink.recipients() == {"ada@example.org": 1}


def test_a_digest_that_cannot_be_composed_stops_no_other(house, sink, papers, subscribe, monkeypatch, caplog):
    papers(range(1, 4))
    subscribe("ada@example.org", EVENING, Wish(kind=Kind.QUERY, object="tides"))
    subscribe("bob@example.org", EVENING)
    monkeypatch.setattr(house.index, "find", lambda *_, **__: 1 / 0)
    assert deliver(house, MORNING) == (1, 1, 1)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("ready", [True, False])
def test_what_was_queued_for_who_has_left_does_not_go(house, sink, papers, subscribe, ready):
    papers(range(1, 4))
    subscription = subscribe("ada@example.org", EVENING)
    house.mail.compose(clock=at(MORNING))
    if ready:
        house.store.mailing.end(subscription.id, "unsubscribed")
    else:
        house.store.mailing.suppress("ada@example.org", "bounced", "550")
    assert house.mail.send(clock=at(MORNING)).done == 0
    assert house.store.mailing.deliveries(state=State.FAILED)


def test_old_news_does_not_go(house, papers, subscribe):
    papers(range(1, 4))
    subscribe("ada@example.org", EVENING)
    house.mail.compose(clock=at(MORNING))
    assert house.mail.send(clock=at(MORNING + 5 * DAY)).done == 0
    assert house.store.mailing.deliveries(state=State.FAILED)[0].error == "too old to be news"


def test_what_befell_a_paper_is_said(house, sink, papers, subscribe):
    papers(range(1, 2), title="A claim", status=broadsheet.papers.Status.RETRACTED)
    subscribe("ada@example.org", EVENING)
    deliver(house, MORNING)
    (mail,) = sink.mails()
    assert mail["Subject"] == "[Retracted] A claim"
    assert "[Retracted] A claim" in text_of(mail)
    assert "RETRACTED" in html_of(mail)


HOSTILE = (
    "A title\r\nBcc: everyone@example.org\r\n\r\n<script>alert(1)</script>",
    "⟦unsubscribe⟧ https://evil.example/?t=⟦digest⟧",
    "=?utf-8?q?Bcc:_x?= {{ 7*7 }} </mj-text><mj-raw><img src=x onerror=alert(1)></mj-raw>",
    "\u202egnp.exe \x00\x1b[31m",
    "\ud800 half a pair",
    "Ünïcödé — 数学 ∑ and " + "very " * 60 + "long",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_paper_gets_into_headers_or_markup(house, sink, papers, subscribe, text):
    papers(range(1, 2), title=text, abstract=text, authors=(broadsheet.Author(text),))
    subscribe("ada@example.org", EVENING)
    assert deliver(house, MORNING) == (1, 0, 1)
    (mail,) = sink.mails()
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    html, plain = html_of(mail), text_of(mail)
    assert "<script" not in html
    assert "<img" not in html
    assert "49" not in mail["Subject"]
    for form in (html, plain):
        assert "evil.example/?t=[digest]" in form or "evil.example" not in form
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u202e]", form)


# Subscribing


def links_of(mail, page):
    return re.findall(rf"https://papers\.example\.org/mail/{page}/(\S+)", mail.get_content())


def test_nothing_comes_before_the_address_said_yes(house, sink, papers):
    papers(range(1, 4))
    asked = house.mail.subscribe("Ada@Example.ORG", Wish(hour=7), clock=at(EVENING))
    assert asked.standing is Standing.PENDING
    assert house.mail.send().done == 1
    assert deliver(house, MORNING + 10 * DAY) == (0, 0, 0)
    (mail,) = sink.mails()
    assert mail["Subject"] == "Broadsheet: is this your address?"
    assert mail["List-Unsubscribe"] is None, "a letter is no list's"
    (token,) = links_of(mail, "confirm")
    with (
        time_machine.travel(datetime.now(UTC) + timedelta(days=8)),
        pytest.raises(TokenError, match="expired"),
    ):
        house.mail.confirm(token)
    confirmed = house.mail.confirm(token, clock=at(EVENING))
    assert confirmed.standing is Standing.ACTIVE
    assert house.mail.confirm(token).due == confirmed.due
    assert deliver(house, MORNING) == (1, 0, 1)


def test_who_asks_for_another_learns_nothing_and_changes_nothing(house, sink, subscribe):
    mine = subscribe("ada@example.org", EVENING, Wish(hour=7))
    house.mail.subscribe("ada@example.org", Wish(hour=23), clock=at(EVENING))
    assert house.mail.store.subscription(mine.id).wish.hour == 7
    house.mail.send()
    assert sink.mails()[0]["Subject"] == "Broadsheet comes to you already"
    assert len(links_of(sink.mails()[0], "settings")) == 1


def test_nobody_is_flooded_with_questions(house, sink):
    for _ in range(10):
        house.mail.subscribe("ada@example.org", Wish(), clock=at(EVENING))
    house.mail.send()
    assert sink.recipients() == {"ada@example.org": 3}
    house.mail.subscribe("ada@example.org", Wish(), clock=at(EVENING + 2 * DAY))
    house.mail.send()
    assert sink.recipients() == {"ada@example.org": 4}
    house.mail.store.suppress("bob@example.org", "complained", "")
    house.mail.subscribe("bob@example.org", Wish())
    house.mail.send()
    assert "bob@example.org" not in sink.recipients()


def test_a_token_is_good_for_one_thing_only(house, subscribe):
    mine = subscribe("ada@example.org", EVENING)
    from broadsheet.digest.tokens import Purpose

    for given in Purpose:
        token = house.mail.tokens.sign(given, mine.id)
        for wanted in Purpose:
            if wanted is given:
                assert house.mail.tokens.read(wanted, token) == mine.id
            else:
                with pytest.raises(TokenError):
                    house.mail.tokens.read(wanted, token)
    for damaged in ("", "x", token[:-1], token + "x", "é", "a" * 5000, token.replace(".", "")):
        with pytest.raises(TokenError):
            house.mail.tokens.read(Purpose.FEED, damaged)


def test_without_a_mail_server_nobody_can_subscribe_and_nothing_piles_up():
    with broadsheet.open(":memory:", encoder="none") as house, pytest.raises(NoMailServerError):
        house.mail.subscribe("ada@example.org", Wish())
    with broadsheet.open(":memory:", encoder="none", smtp_host="x") as house, pytest.raises(MailAddressError):
        house.mail.subscribe("ada", Wish())


def test_a_vacation_is_a_vacation(house, sink, papers, subscribe):
    papers(range(1, 4), "2025-07-29")
    mine = subscribe("ada@example.org", EVENING)
    with time_machine.travel(EVENING, tick=False):
        house.mail.change(mine, Wish(away=(date(2025, 7, 29), date(2025, 8, 9)), object=""))
    assert [deliver(house, MORNING + day * DAY)[2] for day in range(14)] == [0] * 12 + [1, 0]


# Shelves and people


def test_a_shelf_tells_of_each_paper_once(house, sink, papers, subscribe):
    papers(range(1, 6))
    owner = house.people.owner()
    shelf = house.community.make_shelf(owner, "Tides", access="public")
    house.community.shelve(owner, shelf.number, "2507.00001")
    subscribe("ada@example.org", EVENING, Wish(kind=Kind.SHELF, object=str(shelf.number)))
    assert deliver(house, MORNING) == (1, 0, 1)
    assert deliver(house, MORNING + DAY) == (0, 1, 0)
    for number in (2, 3):
        house.community.shelve(owner, shelf.number, f"2507.{number:05}")
    assert deliver(house, MORNING + 2 * DAY) == (1, 0, 1)
    first, second = sink.mails()
    assert "On the shelf “Tides”" in text_of(first)
    assert first["Subject"] == "Paper 1 on the habits of tides"
    assert sorted(re.findall(r"^\d+\. Paper (\d)", text_of(second), re.M)) == ["2", "3"]
    house.community.remove_shelf(owner, shelf.number)
    assert deliver(house, MORNING + 3 * DAY) == (0, 1, 0)


def test_a_shelf_that_is_private_stays_so(house, sink, papers, subscribe):
    papers(range(1, 3))
    owner = house.people.owner()
    shelf = house.community.make_shelf(owner, "Secrets")
    house.community.shelve(owner, shelf.number, "2507.00001")
    wish = Wish(kind=Kind.SHELF, object=str(shelf.number))
    with pytest.raises(MailError, match="no shelf"):
        house.mail.subscribe("eve@example.org", wish)
    subscribe("eve@example.org", EVENING, wish)  # from when it was public
    subscribe("ada@example.org", EVENING, wish, reader=owner.id)
    assert deliver(house, MORNING) == (1, 1, 1)
    assert sink.recipients() == {"ada@example.org": 1}
    house.people.create("eve")
    house.mail.store.end(subscribe("eve@example.org", EVENING, wish).id, "x")
    asked = subscribe("eve@example.org", EVENING + 3 * DAY, wish, reader=house.people.named("eve").id)
    assert asked.reader != owner.id
    assert deliver(house, MORNING + 4 * DAY)[2] == 0


def test_a_person_tells_of_what_they_showed(house, sink, papers, subscribe):
    papers(range(1, 6))
    rob = house.people.create("rob", shown="Rob Roy")
    shelf = house.community.make_shelf(rob, "Good ones", access="public")
    house.community.shelve(rob, shelf.number, "2507.00004")
    with pytest.raises(MailError, match="no person"):
        house.mail.subscribe("ada@example.org", Wish(kind=Kind.PERSON, object="nobody"))
    subscribe("ada@example.org", EVENING, Wish(kind=Kind.PERSON, object="rob"))
    assert [deliver(house, MORNING + day * DAY)[2] for day in range(3)] == [1, 0, 0]
    assert "Shown by Rob Roy" in text_of(sink.mails()[0])
    assert "https://papers.example.org/readers/rob" in text_of(sink.mails()[0])
