from __future__ import annotations

import json
from pathlib import Path

BOATS = ["2401.00001", "2401.00002", "2401.00003"]


def known(run):
    return json.loads(run("for-you", "known").stdout)["data"]


def test_a_feed_of_ones_own_is_shown_taught_and_forgotten(filled, tmp_path: Path):
    answer = filled("for-you", "show")
    assert "nothing is known of this reader yet" in answer.stderr
    assert answer.stdout.count("\n") >= 10
    filled("for-you", "more", BOATS[0])
    answer = filled("for-you", "show")
    assert "nothing is known" not in answer.stderr
    assert BOATS[0] not in [line.split("\t")[0] for line in answer.stdout.splitlines()]
    assert "you wanted more like it" in answer.stdout
    told = filled("for-you", "show", "--json").data
    assert set(told[0]) == {"paper", "score", "interest", "why"}
    assert "For you, " in filled("digest", "preview", "--kind", "for-you").stdout
    filled("for-you", "mute", "boats")
    assert known(filled)["said"] == {"muted": ["boats"]}
    filled("for-you", "mute", "boats", "--back")
    filled("for-you", "less", "boats")
    filled("for-you", "fewer", BOATS[1])
    filled("for-you", "ignore", BOATS[2])
    told = known(filled)
    assert told["said"] == {"less": ["boats"]}
    assert [held["key"] for held in told["against"]] == [BOATS[1]]
    assert told["ignored"] == [BOATS[2]]
    bib = tmp_path / "own.bib"
    bib.write_text("@misc{a, title={x}, eprint={2401.00004}, archivePrefix={arXiv}}", encoding="utf-8")
    assert "own.bib: 1 papers kept here, 0 not" in filled("for-you", "bring", str(bib)).stderr
    assert "nothing is compared" in filled("for-you", "lab").stderr
    assert filled("for-you", "lab", "--json").data == []
    filled("for-you", "forget")
    assert "nothing is known of this reader yet" in filled("for-you", "show").stderr
    assert "no such paper" in filled("for-you", "more", "2499.99999", code=3).stderr
