"""The third opinion: tokens are kept beside the vectors, survive what these survive, and rank the first papers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.search import Search, encoding, token_codes, tokens, vectors
from broadsheet.search.answer import Leg
from broadsheet.search.fusing import fused
from octavo.find.pooled_tokens import PooledTokens
from octavo.protocols import Whole

DIM = 32


def words(text: str) -> tuple[np.ndarray[Any, np.dtype[np.float32]], np.ndarray[Any, np.dtype[np.int64]]]:
    """A random unit vector for every word, and its piece."""
    pieces = np.array([zlib.crc32(word.encode()) % 5000 for word in re.findall(r"\w+", text.casefold())])
    if not len(pieces):
        return np.empty((0, DIM), np.float32), np.empty(0, np.int64)
    made = np.stack([np.random.default_rng(piece).standard_normal(DIM) for piece in pieces])
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32), pieces.astype(np.int64)


class WordEncoder:
    """Reads words as tokens; a text's vector is nearly the same for all, so that tokens alone tell."""

    dim = DIM
    name = "words-1"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_whole(self, texts: Sequence[str]) -> Whole:
        read = [words(text) for text in texts]
        self.encoded += [text for text in texts if len(texts) > 1 or "\n" in text]
        bags = [bag for bag, _ in read]
        return Whole(self.vectors(bags), bags, [pieces for _, pieces in read])

    @staticmethod
    def vectors(bags: Sequence[np.ndarray[Any, Any]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        made = np.stack([np.ones(DIM, np.float32) + 0.1 * bag.sum(axis=0, dtype=np.float32) for bag in bags])
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        return self.encode_whole(texts).vectors

    encode_queries = encode_documents


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("codec")
    rng = np.random.default_rng(0)
    known = [f"word{n}" for n in range(60)] + ["paper", "about", "group1", "owl"]
    texts = [words(" ".join(rng.choice(known, 12))) for _ in range(80)]
    pooled = PooledTokens(many=8, kept=DIM, together=2)
    own = WordEncoder.vectors([bag for bag, _ in texts])
    pooled.fit([bag for bag, _ in texts], [pieces for _, pieces in texts], own).save(folder)
    return folder


@pytest.fixture(autouse=True)
def codec(made: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(token_codes.CODECS, "words-1", made)
    monkeypatch.setitem(token_codes.CODECS, "words-2", made)
    monkeypatch.setitem(token_codes.CODEC_OF, "words-", "words-1")
    yield
    token_codes.codec.cache_clear()


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def papers(store: Any, make_paper: Any) -> Any:
    store.put(
        *(make_paper(n, f"Paper about word{n}", f"It has word{n + 1} and word{n + 2}.") for n in range(1, 31))
    )
    return store


@pytest.fixture
def full(papers: Any, search: Search) -> Search:
    search.sync()
    search.encode()
    return search


def tokens_of(search: Search, *ids: int) -> Any:
    snapshot = search.meaning.snapshot()
    assert snapshot is not None
    return snapshot.tokens_of(np.array(ids, np.int64))


def test_every_paper_has_its_tokens(full: Search, encoder: WordEncoder, papers: Any) -> None:
    found = tokens_of(full, 3, 999, 7)
    assert found.codec == "words-1"
    assert found.has.tolist() == [True, False, True]
    texts = [encoding.text_of(paper) for paper in papers.papers([3, 7])]
    codec = token_codes.codec_of(encoder)
    assert codec is not None
    np.testing.assert_array_equal(found.codes, codec.encode(encoder.encode_whole(texts)))
    assert len(encoder.encoded) == 30 + 2, "each text was read once, for its vector and its tokens"


def test_tokens_have_a_say_and_it_is_told(full: Search) -> None:
    results = full.find("something about word17 and word18")
    assert "tokens" in results.took_ms
    first = results.hits[0]
    assert first.paper_id == 16, "the only paper that has both behind its title"
    assert first.legs["tokens"] <= 2
    assert first.shares["tokens"] > 0
    assert sum(first.shares.values()) == pytest.approx(first.score, abs=1e-3)


def test_scores_are_maxsim_by_hand(full: Search, encoder: WordEncoder, papers: Any) -> None:
    question = "word4 word5 owl"
    whole = encoder.encode_whole([question])
    pooled = token_codes.codec("words-1").pooled
    asked = pooled.question(whole.tokens[0], whole.pieces[0])
    codes = tokens_of(full, *range(1, 31)).codes.reshape(30, 8, -1)
    snapshot = full.meaning.snapshot()
    assert snapshot is not None
    assert pooled.lead_ is not None
    led = snapshot.vectors_of(list(range(1, 31))) @ pooled.lead_
    by_hand = {
        n + 1: float(sum(max(q @ (d + led[n]) for d in own) for q in asked))
        for n, own in enumerate(pooled.decode(codes))
    }
    ranked = sorted(by_hand, key=lambda n: -by_hand[n])
    legs = {hit.paper_id: hit.legs["tokens"] for hit in full.find(question, limit=30).hits}
    assert sorted(legs, key=lambda n: legs[n]) == [n for n in ranked if n in legs]


def test_no_time_for_tokens_is_said(full: Search) -> None:
    for n in range(3):
        full.find(f"word3 word{n}")
    full._costs.known["tokens"].mean = 1e6
    results = full.find("word3 word12", budget_ms=1000)
    assert "tokens" in results.skipped
    assert results.hits


def test_what_a_leg_cannot_judge_is_neither_helped_nor_harmed() -> None:
    said = Leg.of("words", [(1, 4.0), (2, 2.0), (3, 0.0)])
    tokens = Leg.of("tokens", [(1, 9.0), (3, 1.0)])
    silent = Leg("tokens", tokens.ids, tokens.scores, silent=np.array([2]))
    heard = fused([said, silent], {}, None)
    scores = dict(zip(heard.ids.tolist(), heard.scores.tolist(), strict=True))
    assert scores == pytest.approx({1: 1.0, 2: 0.5, 3: 0.0})
    harmed = fused([said, tokens], {}, None)
    assert dict(zip(harmed.ids.tolist(), harmed.scores.tolist(), strict=True))[2] == pytest.approx(0.25)


def test_changed_and_removed_papers(full: Search, papers: Any, make_paper: Any, encoder: WordEncoder) -> None:
    before = tokens_of(full, 5).codes
    papers.put(make_paper(5, "Owls", "word40 word41"))
    papers.remove(6)
    full.encode()
    assert tokens_of(full, 5, 6).has.tolist() == [True, False]
    assert (tokens_of(full, 5).codes != before).any()


def test_papers_of_before_are_read_again_and_found_meanwhile(
    papers: Any, make_paper: Any, search: Search, encoder: WordEncoder, monkeypatch: Any
) -> None:
    with monkeypatch.context() as before:
        before.setattr(encoding, "codec_of", lambda encoder: None)
        search.sync()
        search.encode()
    manifest = search.meaning.manifest()
    assert manifest is not None
    assert (manifest.tokens, manifest.kinds) == ("", ("vectors", "papers", "gone"))
    papers.put(make_paper(50, "Paper about word50", "and word3"))
    search.sync()
    monkeypatch.setattr(encoding, "BATCH", 8)
    steps = iter([False, True])
    assert search.encode(stop=lambda: next(steps)) == 8
    snapshot = search.meaning.snapshot()
    assert snapshot is not None
    assert snapshot.tokenless == 23
    assert tokens_of(search, 3, 50).has.tolist() == [False, True]
    assert 3 in {hit.paper_id for hit in search.find("word3 word4").hits}
    # The gone rows are left behind, the order of those that have tokens stays.
    monkeypatch.setattr(encoding, "_DEAD_LEAST", 1)
    monkeypatch.setattr(encoding, "_DEAD_SHARE", 0.0)
    kept = tokens_of(search, 50).codes
    papers.remove(1)
    assert search.encode() == 22
    snapshot = search.meaning.snapshot()
    assert snapshot is not None
    assert (snapshot.manifest.generation, snapshot.manifest.dead, snapshot.tokenless) == (2, 0, 0)
    assert len(snapshot) == 30
    np.testing.assert_array_equal(tokens_of(search, 50).codes, kept)
    assert search.health().problems == ()
    assert search.encode() == 0
    assert len(encoder.encoded) == 30 + 8 + 22


def damage(search: Search, how: str) -> Path:
    manifest = search.meaning.manifest()
    assert manifest is not None
    path = search.meaning.folder / manifest.name("tokens")
    data = bytearray(path.read_bytes())
    if how == "truncated":
        path.write_bytes(data[:-3])
    elif how == "altered":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()
    return path


@pytest.mark.parametrize("how", ["truncated", "altered", "missing"])
def test_damaged_tokens_are_said_and_mended_and_all_else_goes_on(
    how: str, full: Search, papers: Any, make_paper: Any, encoder: WordEncoder
) -> None:
    damage(full, how)
    again = Search(papers, full.meaning.folder.parent, lambda: encoder)
    assert any("okens-1.words-1.u8" in problem for problem in again.health().problems)
    results = again.find("word3 word4")
    assert results.hits
    assert "meaning" in results.hits[0].legs
    again.rebuild()
    assert again.health().problems == ()
    assert tokens_of(again, 3, 30).has.all()
    snapshot = again.meaning.snapshot()
    assert snapshot is not None
    assert (len(snapshot), snapshot.tokenless) == (30, 0)


def test_another_codec_begins_anew(full: Search, papers: Any, make_paper: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(token_codes.CODEC_OF, "words-", "words-2")
    papers.put(make_paper(60, "Paper about word6", "word7"))
    assert full.encode() == 31
    assert tokens_of(full, 3, 60).has.all()
    assert tokens_of(full, 60).codec == "words-2"
    assert not list(full.meaning.folder.glob("tokens-*.words-1.u8"))


def test_torn_tails_are_cut_off(papers: Any, search: Search, encoder: WordEncoder, monkeypatch: Any) -> None:
    monkeypatch.setattr(encoding, "BATCH", 8)
    steps = iter([False, True])
    search.encode(stop=lambda: next(steps))
    manifest = search.meaning.manifest()
    assert manifest is not None
    path = search.meaning.folder / manifest.name("tokens")
    path.write_bytes(path.read_bytes() + b"torn off here")
    search.encode()
    assert search.health().problems == ()
    assert tokens_of(search, *range(1, 31)).has.all()
    manifest = search.meaning.manifest()
    assert manifest is not None
    vectors.check_tokens(search.meaning.folder, manifest)
    assert path.stat().st_size == manifest.size("tokens") == 30 * 8 * 16


WRITER = """
    import importlib.util, sys
    from pathlib import Path
    def loaded(name, path):
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec); sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    here, folder, codec = map(Path, sys.argv[1:4])
    fakes, own = loaded("fakes", here / "conftest.py"), loaded("own", here / "test_tokens.py")
    from broadsheet.search import Search, encoding, token_codes
    token_codes.CODECS["words-1"], token_codes.CODEC_OF["words-"] = codec, "words-1"
    encoding.BATCH, encoding.COMMIT_SECONDS = 4, 0.0
    store = fakes.MemoryStore()
    store.put(*(fakes._paper(n, f"Paper about word{n}", f"It has word{n + 1} and word{n + 2}.")
                for n in range(1, 31)))
    Search(store, folder, own.WordEncoder).encode(lambda done, total: print(done, flush=True))
"""


@pytest.mark.parametrize("after", [1, 4])
def test_killed_writers_leave_whole_tokens(
    after: int, papers: Any, encoder: WordEncoder, made: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    command = [sys.executable, "-c", textwrap.dedent(WRITER), Path(__file__).parent, folder, made]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        for _ in range(after):
            assert writer.stdout.readline(), "the writer ended too early"
        os.kill(writer.pid, signal.SIGKILL)
    search = Search(papers, folder, lambda: encoder)
    done = len(search.meaning.snapshot() or ())
    assert search.encode() == 30 - done
    assert search.health().problems == ()
    codec = token_codes.codec_of(encoder)
    assert codec is not None
    texts = [encoding.text_of(paper) for paper in papers.papers(range(1, 31))]
    codes = codec.encode(encoder.encode_whole(texts))
    np.testing.assert_array_equal(tokens_of(search, *range(1, 31)).codes, codes)


def test_a_codec_that_cannot_be_read_stops_nothing(
    full: Search, papers: Any, make_paper: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setitem(token_codes.CODECS, "words-1", tmp_path / "nothing")
    token_codes.codec.cache_clear()
    results = full.find("word3 word4")
    assert results.hits
    assert any("Tokens are out of order" in note for note in results.notes)
    papers.put(make_paper(70, "Paper about word7", "word8"))
    assert full.encode() == 1
    assert len(full.meaning.snapshot() or ()) == 31


def test_texts_without_tokens_have_their_vector(encoder: WordEncoder) -> None:
    codec = token_codes.codec_of(encoder)
    assert codec is not None
    codes = codec.encode(encoder.encode_whole(["…", "word3"]))
    assert codes.shape == (2, codec.pooled.nbytes)


def test_encoders_without_tokens_or_codec(store: Any) -> None:
    class Bare:
        dim, name = 3, "words-of-another"

        def encode_documents(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
            return np.ones((len(texts), 3), np.float32)

        encode_queries = encode_documents

    class Unknown(WordEncoder):
        name = "unknown"

    assert token_codes.codec_of(Bare()) is None
    assert token_codes.codec_of(Unknown()) is None


def test_the_house_comes_with_a_codec() -> None:
    codec = token_codes.codec("minilm-2")
    vector, paper, search_code = 384, 16, 96
    assert vector + paper + search_code + codec.pooled.nbytes <= 1200, "bytes of a paper on the disk"
    assert tokens.JUDGED * codec.pooled.many <= 5000


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        " ".join(f"word{n}" for n in range(10_000)),
        bytes(range(256)).decode("latin-1"),
        "\x00\x01\x02 word3",
        "שלום עולם الشبكات العصبية \u202eword3\u202c",
        "🦉🦉🦉 👩‍🔬",
        "'; DROP TABLE works; -- <script>alert(1)</script> {{7*7}} ../../etc/passwd",
        "word3 year:1700 author:nobody",
        "\ud800 word3",
    ],
)
@pytest.mark.parametrize("limit", [0, 10, 1000])
def test_hostile_questions_reach_no_token(full: Search, text: str, limit: int) -> None:
    results = full.find(text, limit=limit)
    assert len(results.hits) <= min(limit, 30)
    assert all("<script" not in hit.title_html + hit.snippet_html for hit in results.hits)
    assert not any("out of order" in note for note in results.notes)


def test_conditions_that_nothing_meets_leave_nothing_to_compare(full: Search) -> None:
    results = full.find("word3 year:1700")
    assert (results.hits, results.total) == ((), 0)
    assert "tokens" not in results.took_ms


def test_an_encoder_that_is_down_leaves_words(full: Search, encoder: WordEncoder, monkeypatch: Any) -> None:
    def down(texts: Sequence[str]) -> Whole:
        raise ConnectionError("nobody is there")

    monkeypatch.setattr(encoder, "encode_whole", down)
    results = full.find("word3 word4 unasked")
    assert results.hits
    assert set(results.hits[0].legs) == {"words"}
    assert any("nobody is there" in note for note in results.notes)
