"""Another encoder takes the place of the one in use: papers are found by meaning all the while, and it can go back."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import numpy as np
import pytest

from broadsheet.exceptions import ConfigError, NotFoundError
from broadsheet.search import Search, encoding, upgrade
from broadsheet.search.upgrade import Encoders

PAPERS = 250


class LetterEncoder:
    """Texts that share runs of three letters are near: nothing in common with one that counts words."""

    dim = 48
    name = "letters"

    def __init__(self):
        self.encoded = []

    def encode_documents(self, texts):
        self.encoded += texts
        return self.encode_queries(texts)

    def encode_queries(self, texts):
        made = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            padded = f" {' '.join(text.casefold().split())} "
            for start in range(len(padded) - 2):
                piece = zlib.crc32(padded[start : start + 3].encode())
                made[row] += np.random.default_rng(piece).standard_normal(self.dim)
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6)


def planted(make_paper, count=PAPERS, first=1):
    """Papers of sixty words, each by six of them, four of which are its title."""
    words = [f"{a}{b}{c}" for a in ("owl", "tar", "min", "bel") for b in "aeiou" for c in ("sk", "rn", "pt")]
    made = []
    for n in range(first, first + count):
        chosen = random.Random(n).sample(words, 6)
        made.append(make_paper(n, " ".join(chosen[:4]), " ".join(chosen[2:])))
    return made


@pytest.fixture
def letters():
    return LetterEncoder()


@pytest.fixture
def opened(store, encoder, letters, tmp_path):
    """Open the same index as another process would."""

    def open_(setting="tests:Bag"):
        known = {"tests:Bag": encoder, "tests:Letters": letters}
        return Search(
            store, tmp_path / "index", lambda: known[setting], setting=setting, named=known.__getitem__
        )

    return open_


@pytest.fixture
def full(store, opened, make_paper):
    """An index of 250 papers, read by the encoder of words."""
    store.put(*planted(make_paper))
    search = opened()
    search.sync()
    search.encode()
    return search


def stages(search):
    return [recall.stage for recall in search.spaces.state().recalls]


def found(search, stage):
    return next(recall.found for recall in search.spaces.state().recalls if recall.stage == stage)


def nearest(search, encoder, text, k=10):
    return search.spaces.near().nearest(encoder.encode_queries([text])[0], k)


def test_the_new_encoder_answers_at_once_by_way_of_the_old_vectors(full, store, letters):
    Encoders(store, full.spaces).upgrade("tests:Letters")
    state = full.spaces.state()
    assert state.crossing
    assert stages(full) == ["before", "crossing"]
    assert found(full, "before") > 0.9
    # nothing but the anchors is encoded, and what is not is found
    assert len(letters.encoded) == PAPERS - 50 == len(full.meaning.snapshot())
    assert len(full.spaces.near()) == PAPERS
    assert found(full, "crossing") > 0.8 * found(full, "before")
    paper = store.papers(state and full.spaces.crossing(state).ids.tolist())[0]
    hits = full.find(paper.title).hits
    assert hits[0].paper_id == paper.id
    assert "meaning" in hits[0].legs


def test_when_all_is_encoded_it_is_as_if_there_had_never_been_another(
    full, store, letters, tmp_path, make_paper
):
    Encoders(store, full.spaces).upgrade("tests:Letters")
    assert full.encode() == 50
    assert len(letters.encoded) == len(set(letters.encoded)) == PAPERS
    state = full.spaces.state()
    assert not state.crossing
    assert stages(full)[-1] == "after"
    alone = Search(store, tmp_path / "alone", lambda: letters)
    alone.sync()
    alone.encode()
    for paper in planted(make_paper, 20):
        assert nearest(full, letters, paper.title) == nearest(alone, letters, paper.title)
    assert found(full, "after") > 0.9


def test_recall_is_measured_on_the_way_and_grows(full, store, letters, monkeypatch):
    monkeypatch.setattr(upgrade, "ANCHORS", 60)
    monkeypatch.setattr(encoding, "BATCH", 20)
    monkeypatch.setattr(encoding, "COMMIT_SECONDS", 0.0)
    Encoders(store, full.spaces).upgrade("tests:Letters")
    full.encode()
    recalls = full.spaces.state().recalls
    assert [recall.stage for recall in recalls] == [
        "before",
        "crossing",
        "filling",
        "filling",
        "filling",
        "after",
    ]
    shares = [recall.share for recall in recalls[1:]]
    assert shares == sorted(shares)
    assert shares[0] == 60 / PAPERS
    assert recalls[-1].found >= recalls[1].found
    assert {recall.pairs for recall in recalls} == {50}


def test_anchors_are_none_of_those_it_is_measured_by(full, store, letters, monkeypatch):
    monkeypatch.setattr(upgrade, "ANCHORS", 100)
    Encoders(store, full.spaces).upgrade("tests:Letters")
    probes = full.spaces.crossing(full.spaces.state()).ids
    assert len(letters.encoded) == 100
    assert not set(full.meaning.snapshot().known.tolist()) & set(probes.tolist())


def test_papers_that_come_or_go_meanwhile_are_found_or_not(full, store, make_paper, letters, monkeypatch):
    monkeypatch.setattr(upgrade, "ANCHORS", 60)
    Encoders(store, full.spaces).upgrade("tests:Letters")
    gone = next(i for i in range(1, PAPERS) if not full.meaning.snapshot().has([i])[0])
    text = store.by_id[gone].title
    assert gone in dict(nearest(full, letters, text, PAPERS))
    store.remove(gone)
    store.put(make_paper(900, "zyzzyva quixotic", "A word that no other paper has."))
    calls = iter([False, True])
    full.encode(stop=lambda: next(calls))
    assert full.spaces.state().crossing
    near = full.spaces.near()
    assert near.has([gone, 900]).tolist() == [False, True]
    assert gone not in dict(nearest(full, letters, text, PAPERS))
    assert nearest(full, letters, "zyzzyva quixotic")[0][0] == 900
    full.encode()
    assert not full.spaces.state().crossing
    assert len(full.meaning.snapshot()) == PAPERS


def test_it_goes_back_at_once_and_encodes_what_came_since(full, store, encoder, make_paper):
    asked = [paper.title for paper in planted(make_paper, 20)]
    before = [nearest(full, encoder, text) for text in asked]
    encoders = Encoders(store, full.spaces)
    encoders.upgrade("tests:Letters")
    full.encode()
    store.put(make_paper(900, "zyzzyva quixotic", "A word that no other paper has."))
    full.encode()
    encoders.rollback()
    assert [nearest(full, encoder, text) for text in asked] == before
    assert full.encode() == 1
    assert nearest(full, encoder, encoding.text_of(store.by_id[900]))[0][0] == 900
    with pytest.raises(NotFoundError, match="no encoder to go back to"):
        encoders.rollback()


def test_it_goes_back_from_the_middle_and_forward_again_without_encoding_twice(full, store, letters):
    encoders = Encoders(store, full.spaces)
    encoders.upgrade("tests:Letters")
    encoders.rollback()
    assert not full.spaces.state().crossing
    assert full.encode() == 0
    encoders.upgrade("tests:Letters")
    full.encode()
    assert len(letters.encoded) == len(set(letters.encoded)) == PAPERS


def test_what_readers_have_is_carried_over_and_back(full, store, encoder, letters):
    encoders = Encoders(store, full.spaces)
    moves = []
    encoders.carriers.append(moves.append)
    encoders.upgrade("tests:Letters")
    encoders.rollback()
    there, back = moves
    assert (there.old, there.new) == ("bag", "letters") == (back.new, back.old)
    texts = [encoding.text_of(paper) for paper in store.papers(list(range(1, 41)))]
    words, runs = encoder.encode_queries(texts), letters.encode_queries(texts)
    for led, wanted in ((there.lead(words), runs), (back.lead(runs), words)):
        assert np.mean((led @ wanted.T).argmax(axis=1) == np.arange(40)) > 0.8


def test_a_few_papers_are_encoded_anew_without_a_bridge(store, opened, make_paper, letters):
    store.put(*planted(make_paper, 20))
    search = opened()
    search.sync()
    search.encode()
    Encoders(store, search.spaces).upgrade("tests:Letters")
    assert search.find(store.by_id[3].title).hits[0].paper_id == 3  # by words, meanwhile
    search.encode()
    assert not search.spaces.state().crossing
    assert nearest(search, letters, store.by_id[3].title)[0][0] == 3


def test_every_process_sees_it_and_the_setting_decides_whether_it_stands(full, store, opened, letters):
    other = opened()
    assert other.spaces.near().encoder == "bag"
    Encoders(store, full.spaces).upgrade("tests:Letters")
    assert other.spaces.near().encoder == "letters"
    assert not [note for note in other.find("owlask").notes if "another encoder" in note]
    assert opened("tests:Letters").spaces.state().serving.encoder == "tests:Letters"
    third = Search(store, full.words.folder.parent, lambda: letters, setting="tests:Third")
    assert third.spaces.state().serving.encoder == "tests:Third"


def test_the_next_upgrade_leaves_nothing_behind_that_cannot_be_gone_back_to(full, store, opened, tmp_path):
    encoders = Encoders(store, full.spaces)
    encoders.upgrade("tests:Letters")
    full.encode()
    back = opened("tests:Letters")
    Encoders(store, back.spaces).upgrade("tests:Bag")
    back.encode()
    left = {path.name for path in (tmp_path / "index").iterdir() if path.is_dir()}
    state = back.spaces.state()
    assert {name for name in left if "words" not in name} == {state.serving.folder, state.before.folder}
    assert back.spaces.near().encoder == "bag"


def test_what_cannot_be_upgraded_to_is_refused_and_changes_nothing(full, store, opened):
    encoders = Encoders(store, full.spaces)
    with pytest.raises(ConfigError, match="is the encoder in use"):
        encoders.upgrade("tests:Bag")
    with pytest.raises(ConfigError, match="Nothing"):
        encoders.upgrade("tests:Nothing")
    assert full.spaces.state().serving.encoder == "tests:Bag"
    encoders.upgrade("tests:Letters")
    with pytest.raises(ConfigError, match="under way"):
        encoders.upgrade("tests:Third")
    encoders.upgrade("tests:Letters")  # again: goes on
    assert stages(full) == ["before", "crossing"]
    none = Search(store, full.words.folder.parent / "none", None, setting="none")
    with pytest.raises(ConfigError, match="none"):
        Encoders(store, none.spaces).upgrade("tests:Letters")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 9}', '{"version": 1, "serving": 3}'])
def test_a_damaged_state_is_as_good_as_none(full, store, damage):
    Encoders(store, full.spaces).upgrade("tests:Letters")
    (full.spaces.folder / "encoder.json").write_text(damage)
    assert full.spaces.state().serving.encoder == "tests:Bag"
    assert full.find("owlask").hits


def test_a_damaged_bridge_leaves_what_is_encoded_anew(full, store, letters):
    Encoders(store, full.spaces).upgrade("tests:Letters")
    for path in (full.spaces.folder / full.spaces.state().serving.folder / "crossing").glob("*.npy"):
        path.write_bytes(b"nothing")
    other = Search(store, full.spaces.folder, lambda: letters, setting="tests:Letters")
    assert len(other.spaces.near()) == PAPERS - 50
    other.encode()
    assert not other.spaces.state().crossing


def test_an_encoder_that_breaks_leaves_the_one_before(full, store, letters, monkeypatch):
    monkeypatch.setattr(encoding, "BATCH", 50)
    monkeypatch.setattr(encoding, "COMMIT_SECONDS", 0.0)
    whole, calls = LetterEncoder.encode_documents, []

    def breaks(self, texts):
        calls.append(texts)
        if len(calls) == 4:
            raise RuntimeError("out of breath")
        return whole(self, texts)

    monkeypatch.setattr(LetterEncoder, "encode_documents", breaks)
    encoders = Encoders(store, full.spaces)
    with pytest.raises(RuntimeError):
        encoders.upgrade("tests:Letters")
    assert full.spaces.state().serving.encoder == "tests:Bag"
    assert full.spaces.near().encoder == "bag"
    encoders.upgrade("tests:Letters")
    assert len(letters.encoded) == len(set(letters.encoded)) == PAPERS - 50


KILLED = """
    import importlib.util, sys, time
    from pathlib import Path
    def load(name, path):
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec); sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    fakes, tests = load("fakes", sys.argv[1]), load("tests_upgrade", sys.argv[2])
    from broadsheet.search import Search, encoding
    from broadsheet.search.upgrade import Encoders
    encoding.BATCH, encoding.COMMIT_SECONDS = 8, 0.0
    store = fakes.MemoryStore()
    store.put(*tests.planted(fakes._paper))
    known = {"tests:Bag": fakes.BagEncoder(), "tests:Letters": tests.LetterEncoder()}
    search = Search(store, Path(sys.argv[3]), lambda: known["tests:Bag"], setting="tests:Bag", named=known.get)
    def tell(*what):
        print(*what, flush=True)
        time.sleep(0.002)
    Encoders(store, search.spaces).upgrade("tests:Letters", tell)
    print("answers", flush=True)
    search.encode(tell)
    print("done", flush=True)
"""


@pytest.mark.parametrize("after", [3, 40, 91, 94])
def test_killed_at_any_moment_it_goes_on(full, store, letters, tmp_path, after):
    here = Path(__file__)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), here.with_name("conftest.py"), here]
    with subprocess.Popen(
        [str(part) for part in [*command, tmp_path / "index"]], stdout=subprocess.PIPE
    ) as child:
        for _ in range(after):
            if not child.stdout.readline():
                break
        os.kill(child.pid, signal.SIGKILL)
    near = full.spaces.near()
    assert len(near) == PAPERS  # whoever answers now, everything is found
    title = store.by_id[7].title
    asks = letters if near.encoder == "letters" else full.spaces._encoder()
    assert 7 in dict(nearest(full, asks, title))
    Encoders(store, full.spaces).upgrade("tests:Letters") if near.encoder == "bag" else None
    full.encode()
    state = full.spaces.state()
    assert (state.serving.encoder, state.crossing) == ("tests:Letters", False)
    assert found(full, "after") > 0.9
    assert full.meaning.snapshot().known.tolist() == list(range(1, PAPERS + 1))
    shutil.rmtree(tmp_path / "index")


def test_the_state_says_what_it_is(full, store):
    encoders = Encoders(store, full.spaces)
    before = encoders.status()
    assert (before.encoder, before.papers, before.read, before.crossing) == (
        "tests:Bag", PAPERS, PAPERS, False,
    )  # fmt: skip
    encoders.upgrade("tests:Letters")
    during = encoders.status()
    assert (during.encoder, during.before) == ("tests:Letters", "tests:Bag")
    assert (during.papers, during.read, during.crossing) == (PAPERS, PAPERS - 50, True)
    assert during.way in ("Procrustes", "Ridge", "Canonical")
    assert during.found > 0.5
    written = json.loads((full.spaces.folder / "encoder.json").read_text())
    assert written["version"] == 1
