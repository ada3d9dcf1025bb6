"""Models follow in the background, and nothing is stale in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np

from broadsheet.doctor import examine
from broadsheet.foryou import foryou
from broadsheet.foryou.library import Anchor, pack, unpack
from broadsheet.search.upgrade import Move
from octavo.arrays import unit


def test_only_who_said_something_is_learned_anew(house, ada, bo, key_of):
    house.community.vote(ada, key_of("bees", 0))
    house.for_you.page(ada)
    house.for_you.page(bo)
    assert house.for_you.train() == "0 readers learned anew"
    house.community.vote(bo, key_of("kites", 0))
    assert house.for_you.behind()[:3] == (2, 1, 0)
    assert house.for_you.train() == "1 readers learned anew"
    assert house.for_you.behind()[:3] == (2, 0, 0)
    house.subjects.tagging.make(ada, "sea", [key_of("tides", 0)])
    assert house.for_you.behind()[1] == 1


def test_a_round_ends_with_its_budget(house, ada, bo, key_of):
    for reader in (ada, bo):
        house.for_you.page(reader)
        house.community.vote(reader, key_of("bees", 0))
    assert house.for_you.train(lambda: True) == "0 readers learned anew, 2 left for the next round"


def test_a_slow_model_is_told_of_and_learned_later(house, ada, key_of, monkeypatch):
    house.community.vote(ada, key_of("bees", 0))
    house.for_you.page(ada)
    monkeypatch.setattr(foryou, "BUDGET_MS", -1.0)
    house.community.vote(ada, key_of("kites", 0))
    page = house.for_you.page(ada)
    assert page.behind == 1
    house.for_you.train()
    assert house.for_you.page(ada).behind == 0


def test_the_doctor_says_what_is_stale(house, ada, key_of):
    def finding():
        return next(each for each in examine(house) if each.what == "for you")

    house.for_you.page(ada)
    assert finding().level == "ok"
    house.community.vote(ada, key_of("bees", 0))
    old = datetime.now(UTC) - timedelta(hours=3)
    house.store.tastes.change(ada.id, learned_at=old)
    assert finding().level == "warning"
    assert "STALE: 1 models" in finding().detail


def test_anchors_are_carried_over_to_another_encoder(house, ada, bo):
    house.for_you.bring(ada, "x.bib", BytesIO(b"@misc{a, title={The honey of the hive}}"))
    (before,) = unpack(house.store.tastes.of(ada.id).anchors)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((256, 256)))[0].astype(np.float32)
    (carry,) = house.encoders.carriers
    carry(Move("word-counts", "another", lambda x: x @ turn))
    (after,) = unpack(house.store.tastes.of(ada.id).anchors)
    assert after.encoder == "another"
    assert (after.title, after.papers) == (before.title, before.papers)
    np.testing.assert_allclose(after.vector, unit((before.vector @ turn)[None])[0], atol=0.03)
    carry(Move("word-counts", "a third", lambda x: x @ turn))  # killed and called again: what moved stays
    assert unpack(house.store.tastes.of(ada.id).anchors)[0].encoder == "another"


def test_anchors_survive_bytes_and_damage():
    vector = unit(np.random.default_rng(1).standard_normal((1, 384)).astype(np.float32))[0]
    kept = [
        Anchor("thesis.bib", "Ünïcode title", 12, vector, "minilm"),
        Anchor("b", "t", 1, -vector, "minilm"),
    ]
    packed = pack(kept)
    assert len(packed) <= 1300
    found = unpack(packed)
    assert [(a.library, a.title, a.papers) for a in found] == [(a.library, a.title, a.papers) for a in kept]
    assert float(found[0].vector @ vector) > 0.999
    assert len(unpack(packed[:-1])) == 1
    assert unpack(b"\xff\xff noise") == ()
