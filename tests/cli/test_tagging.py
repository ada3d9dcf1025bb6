from __future__ import annotations

BOATS = ["2401.00001", "2401.00002", "2401.00003"]


def test_tags_are_made_shown_and_removed(filled):
    assert "boats: 2 papers; 1 more, and it suggests" in filled("tag", "add", "boats", *BOATS[:2]).stderr
    assert "boats: 3 papers" in filled("tag", "add", "BOATS", BOATS[2]).stderr
    filled("tag", "refuse", "boats", "2401.00009")
    filled("tag", "drop", "boats", BOATS[0])
    filled("tag", "describe", "boats", "boats of paper", "how they float")
    assert filled("tag", "list").stdout == "boats\t2\t1\tboats of paper; how they float\n"
    rows = [line.split("\t") for line in filled("tag", "show", "boats").stdout.splitlines()]
    assert [(row[0], row[1]) for row in rows] == [("carries", BOATS[2]), ("carries", BOATS[1])]
    told = filled("tag", "show", "boats", "--json").data
    assert told["said"] == ["boats of paper", "how they float"]
    assert [paper["key"] for paper in told["papers"]] == [BOATS[2], BOATS[1]]
    filled("tag", "remove", "boats")
    assert filled("tag", "list").stdout == ""


def test_tags_and_feeds_are_also_somebody_elses(filled):
    filled("people", "create", "ada")
    filled("tag", "add", "boats", *BOATS, "--as", "@ada")
    assert filled("tag", "list").stdout == ""
    assert filled("tag", "list", "--as", "ada").stdout.startswith("boats\t3")
    filled("for-you", "mute", "boats", "--as", "ada")
    assert "boats" in filled("for-you", "known", "--as", "@ada").stdout
    assert "boats" not in filled("for-you", "known").stdout
    assert "nobody" in filled("tag", "list", "--as", "nobody", code=3).stderr
    assert "nobody" in filled("for-you", "show", "--as", "nobody", code=3).stderr


def test_what_is_not_there_is_not_found(filled):
    assert "no such tag: 'none'" in filled("tag", "show", "none", code=3).stderr
    assert "no such paper" in filled("tag", "add", "boats", "2499.99999", code=3).stderr
    assert filled("tag", "list").stdout == ""
    assert "a tag's name" in filled("tag", "add", "a/b", BOATS[0], code=1).stderr


def test_topics_want_vectors(filled):
    assert "there are no topics yet" in filled("topics", code=3).stderr
