from __future__ import annotations

import pytest

from broadsheet.exceptions import (
    FetchError,
    NotAllowedError,
    NotFoundError,
    PeopleError,
    TooOftenError,
)

KEY, OTHER = "2603.00001", "2603.00002"


# Reports


def test_reports_are_gathered_and_answered(house, people):
    community, cy = house.community, people["cy"]
    for name in ("ada", "bo"):
        community.report(people[name], KEY, reason=f"{name} says spam")
    with pytest.raises(NotAllowedError):
        community.reports(people["ada"])
    (report,) = community.reports(cy)
    assert (report.thing, report.paper) == ("paper", KEY)
    assert [(who.name, reason) for who, reason, _ in report.reasons] == [
        ("ada", "ada says spam"),
        ("bo", "bo says spam"),
    ]
    assert community.dismiss(cy, KEY, "paper") == 2
    assert community.reports(cy) == []


def test_what_cannot_be_reported(house, people):
    community, ada = house.community, people["ada"]
    for thing, reason, error in (
        ("paper", " ", PeopleError),
        ("reader:2", "rude", PeopleError),
        ("comment:77", "rude", NotFoundError),
    ):
        with pytest.raises(error):
            community.report(ada, KEY, thing, reason=reason)


# Vouching


def test_vouching_lets_votes_count(house, people, clock):
    community = house.community
    fresh = house.people.create("fresh")
    clock.forward(hours=1)
    community.vote(fresh, KEY)

    def trusted():
        shown = community.trending()
        return next(b.trusted for p, b in zip(shown.papers, shown.breakdowns, strict=True) if p.key == KEY)

    assert trusted() == 0
    with pytest.raises(NotAllowedError):
        community.vouch(people["ada"], fresh)
    with pytest.raises(NotAllowedError):
        community.vouch(people["cy"], people["cy"])
    community.vouch(people["cy"], fresh)
    assert trusted() == 1
    community.vouch(people["cy"], fresh, 0.5)
    assert trusted() == 0.5
    community.vouch(people["cy"], fresh, None)
    assert trusted() == 0


# Authorship


def test_a_claim_waits_for_a_curator(house, people):
    community, ada = house.community, people["ada"]
    claim = community.claim(ada, KEY, "ada example")
    assert (claim.author, claim.verified) == ("Ada Example", False)
    with pytest.raises(NotAllowedError):
        community.verify(people["bo"], ada, KEY)
    community.verify(people["cy"], ada, KEY)
    assert [(c.reader.name, c.how) for c in community.claims(paper=house.paper(KEY))] == [("ada", "curator")]
    community.verify(people["cy"], ada, KEY, holds=False)
    assert community.claims() == []
    with pytest.raises(NotFoundError):
        community.verify(people["cy"], ada, KEY)


def test_a_claim_of_another_name_is_refused(house, people):
    with pytest.raises(PeopleError, match="none of this paper's authors"):
        house.community.claim(people["ada"], KEY, "Eve Nobody")


def test_a_curator_does_not_verify_their_own(house, people):
    house.community.claim(people["cy"], KEY, "Ada Example")
    with pytest.raises(NotAllowedError):
        house.community.verify(people["cy"], people["cy"], KEY)


def test_the_address_a_source_tells_is_proof(house, people, record):
    house.store.ingest([record(20, extra={"content": {"authorids": ["Ada@Example.org", "~Bo_Sample1"]}})])
    known = house.people.create("ada2", email="ada@example.org", confirmed=True)
    unconfirmed = house.people.create("eve", email="ada@example.org")
    assert house.community.claim(known, "2603.00020", "Ada Example").how == "e-mail"
    assert not house.community.claim(unconfirmed, "2603.00020", "Ada Example").verified


def test_claims_can_be_withdrawn(house, people):
    house.community.claim(people["ada"], KEY, "Ada Example")
    house.community.verify(people["cy"], people["ada"], KEY)
    assert house.community.withdraw_claim(people["ada"], KEY)
    assert house.community.claims(reader=people["ada"]) == []
    assert not house.community.withdraw_claim(people["ada"], KEY)


# Following


def test_follows_come_and_go(house, people):
    community, ada, bo = house.community, people["ada"], people["bo"]
    shelf = community.make_shelf(bo, "Lamps", access="public")
    hidden = community.make_shelf(bo, "Secrets")
    for thing in ("author:Ada Example", f"reader:{bo.id}", f"shelf:{shelf.number}"):
        assert community.follow(ada, thing)
        assert not community.follow(ada, thing)
        assert community.followers(thing) == 1
    assert [(f.kind, f.title) for f in community.follows(ada)] == [
        ("author", "Ada Example"),
        ("reader", "bo"),
        ("shelf", "Lamps"),
    ]
    assert community.follow(ada, f"reader:{bo.id}", on=False)
    assert not community.follows_it(ada, f"reader:{bo.id}")
    community.remove_shelf(bo, shelf.number)
    assert [f.kind for f in community.follows(ada)] == ["author"]
    with pytest.raises(NotFoundError):
        community.follow(ada, f"shelf:{hidden.number}")
    with pytest.raises(NotFoundError):
        community.follow(ada, "reader:999")
    for thing in ("topic:x", "reader:x", "author:", 'author:a"b', "shelf:1;--"):
        with pytest.raises(PeopleError):
            community.follow(ada, thing)


def test_a_person_recommends_what_others_may_see(house, people, clock):
    community, bo = house.community, people["bo"]
    community.vote(bo, "2603.00006")
    public = community.make_shelf(bo, "Lamps", access="public").number
    private = community.make_shelf(bo, "Secrets").number
    community.shelve(bo, public, KEY)
    community.shelve(bo, private, "2603.00003")
    community.comment(bo, OTHER, "Good")
    assert [p.key for p in community.recommended_by(bo)] == [OTHER, KEY]
    assert [p.key for p in community.of_shelf(public)] == [KEY]


# Submitting


def test_a_paper_that_is_here_is_here(house, people):
    found = house.community.submit(people["ada"], f"https://arxiv.org/pdf/{KEY}v3")
    assert (found.state, found.paper.key) == ("here", KEY)


def test_offline_a_paper_is_kept_by_its_name_and_that_is_said(house, people):
    def pull(source, words):
        raise FetchError("the network cannot be reached")

    house.community.pull = pull
    found = house.community.submit(people["ada"], "arXiv:2609.12345v2")
    assert (found.state, found.reason) == ("kept", "the network cannot be reached")
    assert house.community.is_waiting(found.paper)
    assert house.counts().unresolved == 1
    again = house.community.submit(people["bo"], "2609.12345")
    assert again.state == "kept"
    assert house.counts().unresolved == 1


def test_a_paper_that_could_be_pulled_came_in(house, people, record):
    asked = []

    def pull(source, words):
        asked.append((source, list(words)))
        house.store.ingest([record(777, key="2603.00777")])

    house.community.pull = pull
    found = house.community.submit(people["ada"], "2603.00777")
    assert (found.state, found.paper.title) == ("pulled", "A census of quiet lanterns, volume 777")
    assert asked == [("ids", ["arxiv:2603.00777"])]
    assert [p.key for p in house.community.recommended_by(people["ada"])] == ["2603.00777"]


@pytest.mark.parametrize(
    "text", ["", "hello", "https://example.org/paper", "javascript:alert(1)", "http://127.0.0.1/"]
)
def test_what_names_no_paper_is_refused_and_asks_nobody(house, people, text):
    house.community.pull = lambda *_: pytest.fail("the network was asked")
    with pytest.raises(PeopleError, match="names no paper"):
        house.community.submit(people["ada"], text)


def test_nobody_submits_without_end(house, people, clock):
    house.community.pull = None
    for number in range(30):
        house.community.submit(people["ada"], f"2609.{number:05}")
    with pytest.raises(TooOftenError):
        house.community.submit(people["ada"], "2609.99999")
    clock.forward(hours=2)
    house.community.submit(people["ada"], "2609.99999")
