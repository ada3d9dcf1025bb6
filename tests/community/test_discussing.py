from __future__ import annotations

import pytest

from broadsheet.community.discussing import DEEPEST, LONGEST, OFTEN
from broadsheet.exceptions import NotAllowedError, NotFoundError, PeopleError, TooOftenError

KEY, OTHER = "2603.00001", "2603.00002"


def texts(tree):
    return [(comment.text, texts(comment.replies)) for comment in tree]


def test_comments_and_replies_make_a_tree(house, people, clock):
    community, paper = house.community, house.paper(KEY)
    first = community.comment(people["ada"], KEY, "Is the *bound* tight?")
    clock.forward(minutes=5)
    answer = community.comment(people["bo"], KEY, "It is, @Ada and @nobody.", parent=first)
    community.comment(people["ada"], KEY, "Thank you", parent=answer)
    community.comment(people["cy"], KEY, "Another matter")
    tree = community.discussion(None, paper)
    assert texts(tree) == [
        ("Is the *bound* tight?", [("It is, @Ada and @nobody.", [("Thank you", [])])]),
        ("Another matter", []),
    ]
    assert tree[0].replies[0].mentions == ("ada",)
    assert [comment.number for comment in community.mentioning(people["ada"])] == [answer]
    assert community.signs(None, [paper])[KEY].comments == 4
    assert [c.text for c in community.comments_of(people["ada"], None)] == [
        "Thank you",
        "Is the *bound* tight?",
    ]


def test_every_wording_stays(house, people, clock):
    community, paper = house.community, house.paper(KEY)
    number = community.comment(people["ada"], KEY, "Frist")
    said = clock.now
    clock.forward(minutes=1)
    community.edit(people["ada"], number, "First")
    (comment,) = community.discussion(None, paper)
    assert (comment.text, comment.edited, [w.text for w in comment.wordings]) == (
        "First",
        True,
        ["Frist", "First"],
    )
    assert texts(community.discussion(None, paper, at=said)) == [("Frist", [])]
    assert comment.at == said
    with pytest.raises(NotAllowedError):
        community.edit(people["bo"], number, "Mine now")


def test_what_is_taken_away_leaves_its_answers(house, people):
    community, paper = house.community, house.paper(KEY)
    number = community.comment(people["ada"], KEY, "A mistake")
    community.comment(people["bo"], KEY, "An answer", parent=number)
    alone = community.comment(people["ada"], KEY, "Alone")
    community.take_away(people["ada"], number)
    community.take_away(people["ada"], alone)
    tree = community.discussion(None, paper)
    assert texts(tree) == [("", [("An answer", [])])]
    assert [wording.text for wording in tree[0].wordings] == [""]


def test_a_curator_hides_and_readers_do_not_see(house, people):
    community, paper = house.community, house.paper(KEY)
    number = community.comment(people["ada"], KEY, "Rude")
    community.report(people["bo"], KEY, f"comment:{number}", reason="rude")
    assert [(r.thing, r.paper) for r in community.reports(people["cy"])] == [(f"comment:{number}", KEY)]
    with pytest.raises(NotAllowedError):
        community.hide_comment(people["bo"], number)
    assert community.hide_comment(people["cy"], number, reason="against the rules")
    (seen,) = community.discussion(people["bo"], paper)
    assert (seen.text, seen.hidden, seen.reason, seen.wordings[0].text) == (
        "",
        True,
        "against the rules",
        "Rude",
    ) or (seen.text == "" and seen.hidden)
    assert community.discussion(people["cy"], paper)[0].text == "Rude"
    assert community.reports(people["cy"]) == []
    assert community.signs(None, [paper])[KEY].comments == 0
    community.hide_comment(people["cy"], number, hidden=False)
    assert community.discussion(None, paper)[0].text == "Rude"


def test_words_that_are_hidden_or_taken_away_are_nowhere_to_be_read(house, people):
    """Not in an older wording either."""
    community, paper = house.community, house.paper(KEY)
    number = community.comment(people["ada"], KEY, "secret one")
    community.edit(people["ada"], number, "secret two")
    community.comment(people["bo"], KEY, "An answer", parent=number)
    community.hide_comment(people["cy"], number)
    assert "secret" not in repr(community.discussion(people["bo"], paper))
    community.hide_comment(people["cy"], number, hidden=False)
    community.take_away(people["ada"], number)
    assert "secret" not in repr(community.discussion(people["bo"], paper))


def test_a_locked_discussion_is_for_curators(house, people, clock):
    community, paper = house.community, house.paper(KEY)
    number = community.comment(people["ada"], KEY, "Before")
    with pytest.raises(NotAllowedError):
        community.lock(people["ada"], KEY)
    assert community.locked(paper) is None
    open_ = clock.now
    clock.forward(minutes=1)
    community.lock(people["cy"], KEY, reason="heated")
    assert community.locked(paper) == "heated"
    assert community.locked(paper, at=open_) is None
    for act in (
        lambda: community.comment(people["ada"], KEY, "After"),
        lambda: community.edit(people["ada"], number, "Otherwise"),
        lambda: community.take_away(people["ada"], number),
    ):
        with pytest.raises(NotAllowedError, match="closed"):
            act()
    community.comment(people["cy"], KEY, "Please be kind")
    community.lock(people["cy"], KEY, locked=False)
    community.comment(people["ada"], KEY, "After")


@pytest.mark.parametrize("text", ["", "  \n ", "\0", "x" * (LONGEST + 1)])
def test_words_that_are_none_or_too_many_are_refused(house, people, text):
    with pytest.raises(PeopleError):
        house.community.comment(people["ada"], KEY, text)


def test_an_answer_stands_under_its_own_paper(house, people):
    number = house.community.comment(people["ada"], KEY, "Here")
    for parent in (number + 40, number):
        with pytest.raises(NotFoundError):
            house.community.comment(people["bo"], OTHER, "There", parent=parent)


def test_nobody_floods(house, people, clock):
    for number in range(OFTEN):
        house.community.comment(people["ada"], KEY, f"Number {number}")
    with pytest.raises(TooOftenError):
        house.community.comment(people["ada"], KEY, "One more")
    house.community.comment(people["bo"], KEY, "Others may")
    clock.forward(minutes=11)
    house.community.comment(people["ada"], KEY, "Later")


def test_a_deep_thread_goes_on_side_by_side(house, people, clock):
    parent = 0
    for number in range(DEEPEST + 5):
        parent = house.community.comment(
            people["ada" if number % 2 else "bo"], KEY, f"{number}", parent=parent
        )
    seen, depth = [], []

    def walk(tree, level=0):
        for comment in tree:
            seen.append(int(comment.text))
            depth.append(level)
            walk(comment.replies, level + 1)

    walk(house.community.discussion(None, house.paper(KEY)))
    assert seen == list(range(DEEPEST + 5))
    assert max(depth) == DEEPEST


def test_who_leaves_leaves_no_words(house, people):
    community, paper = house.community, house.paper(KEY)
    number = community.comment(people["ada"], KEY, "Mine")
    community.comment(people["bo"], KEY, "Yours", parent=number)
    house.people.delete(people["ada"])
    tree = community.discussion(None, paper)
    assert texts(tree) == [("", [("Yours", [])])]
    assert tree[0].by.shown == "Somebody who left"
    assert "Mine" not in str(community.of_reader(people["ada"].id))


def test_merged_papers_have_one_discussion(house, people):
    house.community.comment(people["ada"], KEY, "One")
    house.community.comment(people["bo"], OTHER, "Two")
    house.merge(KEY, OTHER)
    assert texts(house.community.discussion(None, house.paper(OTHER))) == [("One", []), ("Two", [])]
