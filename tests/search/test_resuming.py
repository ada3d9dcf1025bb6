"""A process that is killed while it writes loses its last moments and nothing else; others read meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pytest
import tantivy

from broadsheet.exceptions import DiskFullError
from broadsheet.search import Search, encoding, vectors

PAPERS = 400

# A writer with the fakes of this folder, in small steps, telling its progress line by line.
WRITER = """
    import importlib.util, sys, time
    spec = importlib.util.spec_from_file_location("fakes", sys.argv[1])
    fakes = importlib.util.module_from_spec(spec); sys.modules["fakes"] = fakes; spec.loader.exec_module(fakes)
    from pathlib import Path
    from broadsheet.search import Search, words, encoding
    words.BATCH, words.COMMIT_EVERY = 20, 40
    encoding.BATCH, encoding.COMMIT_SECONDS = 8, 0.0
    store = fakes.MemoryStore()
    store.put(*(fakes._paper(n, f"Paper {n} of group{n % 7}", f"Word{n % 13} and word{n % 31}.") for n in range(1, int(sys.argv[3]) + 1)))
    search = Search(store, Path(sys.argv[2]), fakes.BagEncoder)
    def tell(done, total):
        print(done, flush=True)
        time.sleep(0.002)
    getattr(search, sys.argv[4])(tell)
"""


def kill_while(doing: str, folder: Path, after: int) -> None:
    """Start a writer and kill it when it has told its progress so many times."""
    here = Path(__file__).parent
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(WRITER),
        here / "conftest.py",
        folder,
        str(PAPERS),
        doing,
    ]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        for _ in range(after):
            assert writer.stdout.readline(), "the writer ended too early"
        os.kill(writer.pid, signal.SIGKILL)


@pytest.fixture
def full(store: Any, make_paper: Any) -> Any:
    store.put(
        *(
            make_paper(n, f"Paper {n} of group{n % 7}", f"Word{n % 13} and word{n % 31}.")
            for n in range(1, PAPERS + 1)
        )
    )
    return store


def everything(search: Search) -> list[tuple[int, set[int]]]:
    """What two equal indexes agree on; among equal scores their orders may differ."""
    queries = ("", "group3", "word5 word12", "-group3", "year:2025 word7")
    found = [search.find(query, limit=1000) for query in queries]
    return [(results.total, {hit.paper_id for hit in results.hits}) for results in found]


@pytest.fixture
def uninterrupted(full: Any, encoder: Any, tmp_path: Path) -> list[tuple[int, set[int]]]:
    search = Search(full, tmp_path / "whole", lambda: encoder)
    search.sync()
    search.encode()
    return everything(search)


@pytest.mark.parametrize("after", [1, 5, 12])
def test_killed_syncs_resume(after: int, full: Any, encoder: Any, tmp_path: Path, uninterrupted: Any) -> None:
    folder = tmp_path / "index"
    kill_while("sync", folder, after)
    search = Search(full, folder, lambda: encoder)
    snapshot = search.words.snapshot()
    position = snapshot.position if snapshot else 0
    assert position % 40 == 0, "only commits count"
    assert position <= after * 20
    assert (snapshot.size if snapshot else 0) == position
    assert search.sync() == PAPERS - position
    search.encode()
    assert everything(search) == uninterrupted


@pytest.mark.parametrize("after", [1, 7, 30])
def test_killed_encodings_resume(
    after: int, full: Any, encoder: Any, tmp_path: Path, uninterrupted: Any
) -> None:
    folder = tmp_path / "index"
    kill_while("encode", folder, after)
    search = Search(full, folder, lambda: encoder)
    done = len(search.meaning.snapshot() or ())
    assert done >= (after - 1) * 8
    search.sync()
    assert search.encode() == PAPERS - done
    assert len(encoder.encoded) == PAPERS + PAPERS - done, "what counted was not encoded again"
    assert everything(search) == uninterrupted


def test_newest_papers_are_encoded_first(store: Any, make_paper: Any, search: Search, encoder: Any) -> None:
    store.put(*(make_paper(n, f"t{n}", submitted=None, published=f"20{n:02}") for n in (11, 25, 3, 17)))
    search.encode()
    assert encoder.encoded == ["t25", "t17", "t11", "t3"]


def test_papers_that_come_while_encoding_go_first(
    store: Any, make_paper: Any, search: Search, encoder: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(encoding, "BATCH", 1)
    monkeypatch.setattr(encoding, "COMMIT_SECONDS", 0.0)
    store.put(*(make_paper(n, f"t{n}", submitted=None, published=f"20{n:02}") for n in (11, 25, 3, 17)))

    def during(done: int, total: int) -> None:
        if done == 2:
            store.put(
                make_paper(99, "t99", submitted=None, published="2099"),
                make_paper(3, "changed", submitted=None, published="2003"),
            )

    assert search.encode(during) == 5
    assert encoder.encoded == ["t25", "t17", "t99", "t11", "changed"]
    assert search.health().pending_vectors == 0


def test_stopping_and_going_on(full: Any, search: Search, encoder: Any) -> None:
    steps = iter([False, True])
    assert search.encode(stop=lambda: next(steps)) == encoding.BATCH
    assert search.health().pending_vectors == PAPERS - encoding.BATCH
    told: list[tuple[int, int]] = []
    assert search.encode(lambda done, total: told.append((done, total))) == PAPERS - encoding.BATCH
    assert told[-1] == (PAPERS - encoding.BATCH, PAPERS - encoding.BATCH)
    assert len(encoder.encoded) == PAPERS


def test_an_encoder_that_breaks_off_keeps_what_was_done(full: Any, search: Search, encoder: Any) -> None:
    def during(done: int, total: int) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        search.encode(during)
    # The batch was encoded and counts, though its progress was never told.
    assert search.health().vectors == encoding.BATCH
    search.encode()
    assert len(encoder.encoded) == PAPERS


def test_torn_tails_are_cut_off(full: Any, search: Search, encoder: Any) -> None:
    steps = iter([False, True])
    search.encode(stop=lambda: next(steps))
    folder = search.meaning.folder
    for path in folder.glob("*-1.*"):
        if not path.name.startswith("pending"):
            path.write_bytes(path.read_bytes() + b"torn off here")
    (folder / "manifest.json.new").write_text("{")
    assert search.health().vectors == encoding.BATCH
    search.encode()
    again = Search(full, search.meaning.folder.parent, lambda: encoder)
    assert (again.health().vectors, again.health().problems) == (PAPERS, ())


def test_one_writer_at_a_time(full: Any, search: Search) -> None:
    search.words.folder.mkdir(parents=True)
    with filelock.FileLock(search.words.lock), filelock.FileLock(search.meaning.lock):
        assert search.sync() == 0
        assert search.encode() == 0
        assert search.health().writing
    assert search.sync() == PAPERS
    assert not search.health().writing


def test_another_reader_sees_every_commit(full: Any, search: Search, encoder: Any, make_paper: Any) -> None:
    reader = Search(full, search.words.folder, lambda: encoder)
    assert reader.find("group3").total == 0
    search.sync()
    assert reader.find("group3 paper").total > 0
    search.encode()
    assert "meaning" in reader.find("group3 paper").hits[0].legs
    full.put(make_paper(1000, "Brandnew"))
    search.sync()
    assert reader.find("brandnew").hits[0].paper_id == 1000
    search.rebuild()
    full.put(make_paper(1001, "Newer than brandnew"))
    search.sync()
    assert reader.find("newer").hits[0].paper_id == 1001


def test_rebuilding_equals_keeping_up(
    full: Any, search: Search, encoder: Any, make_paper: Any, tmp_path: Path
) -> None:
    search.sync()
    search.encode()
    for n in range(1, 200, 3):
        full.put(make_paper(n, f"Paper {n} anew", f"Word{n % 5}."))
    for n in range(2, 200, 7):
        full.by_id.pop(n)
        full._changed(n, gone=True)
    search.sync()
    search.encode()
    fresh = Search(full, tmp_path / "fresh", lambda: encoder)
    fresh.sync()
    fresh.encode()
    # Words of deleted papers count in BM25 until segments are merged: compare who is found, not the scores.
    for query in ("", "paper 7", "anew", "word3 cat:cs", "-anew"):
        kept, made = search.find(query, limit=1000), fresh.find(query, limit=1000)
        assert {hit.paper_id for hit in kept.hits} == {hit.paper_id for hit in made.hits}
        assert (kept.total, kept.facets) == (made.total, made.facets)
    told: list[str] = []
    search.rebuild(lambda name, done, total: told.append(name))
    assert "words" in told
    assert everything(search) == everything(fresh)


def test_gone_rows_are_left_behind(full: Any, search: Search, make_paper: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(encoding, "_DEAD_LEAST", 50)
    search.sync()
    search.encode()
    for n in range(1, 151):
        full.put(make_paper(n, f"Rewritten {n}"))
    search.sync()
    search.encode()
    manifest = search.meaning.manifest()
    assert manifest
    assert (manifest.generation, manifest.rows, manifest.dead) == (2, PAPERS, 0)
    assert search.health().problems == ()
    assert search.find("rewritten 77").hits[0].paper_id == 77
    assert not list(search.meaning.folder.glob("vectors-1*"))


def test_codes_are_made_saved_and_searched(
    full: Any, search: Search, encoder: Any, make_paper: Any, monkeypatch: Any
) -> None:
    search.sync()
    search.encode()
    exact = everything(search)
    shutil.rmtree(search.meaning.folder)
    monkeypatch.setattr(encoding, "EXACT_BELOW", 100)
    monkeypatch.setattr(encoding, "COMMIT_SECONDS", 0.0)
    search.encode()
    manifest = search.meaning.manifest()
    assert manifest
    assert manifest.codes.startswith("codes-1-")
    assert len(list(search.meaning.folder.glob("codes-*"))) == 1
    found = everything(search)
    assert found[0] == exact[0]
    assert search.find("word5 word12 paper").hits[0].legs["meaning"] < 20
    full.put(make_paper(900, "A tail that has no codes"))
    search.encode()
    assert (
        search.meaning.snapshot().nearest(encoder.encode_queries(["A tail that has no codes"])[0], 1)[0][0]
        == 900
    )
    for path in (search.meaning.folder / manifest.codes).iterdir():
        path.write_bytes(b"broken")
    other = Search(full, search.words.folder, lambda: encoder)
    assert "codes" in other.health().problems[0]
    assert "meaning" in other.find("word5").hits[0].legs


# Damage


def damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("manifest.json", "write"),
        ("manifest.json", "remove"),
        ("vectors-1.i8", "truncate"),
        ("vectors-1.i8", "flip"),
        ("vectors-1.i8", "remove"),
        ("papers-1.i64", "flip"),
        ("papers-1.i64", "truncate"),
    ],
)
def test_damaged_vectors(name: str, harm: str, full: Any, search: Search, encoder: Any) -> None:
    search.sync()
    search.encode()
    path = search.meaning.folder / name
    if harm == "write":
        path.write_text("{not json")
    elif harm == "remove":
        path.unlink()
    elif harm == "truncate":
        path.write_bytes(path.read_bytes()[:-3])
    else:
        damaged(path)
    other = Search(full, search.words.folder, lambda: encoder)
    health = other.health()
    assert len(health.problems) == 1
    assert "rebuild" in health.problems[0]
    results = other.find("group3 paper")
    assert results.total
    if not (name.startswith("vectors") and harm == "flip"):
        assert any("by words alone" in note for note in results.notes)
    if name.startswith("vectors") and harm == "flip":  # found by whoever reads every byte
        other.rebuild()
    else:
        full.seq += 1
        assert other.encode() == PAPERS
    assert (other.health().vectors, other.health().problems) == (PAPERS, ())
    assert "meaning" in other.find("group3 paper").hits[0].legs


@pytest.mark.parametrize("harm", ["meta", "no meta", "truncate", "empty", "noise"])
def test_damaged_words(harm: str, full: Any, search: Search, encoder: Any) -> None:
    search.sync()
    search.encode()
    folder = search.words.path
    if harm == "meta":
        (folder / "meta.json").write_text("{")
    elif harm == "no meta":
        (folder / "meta.json").unlink()
    else:
        for path in folder.glob("*.*"):
            if path.suffix in (".term", ".idx", ".pos", ".store", ".fast", ".fieldnorm"):
                if harm == "truncate":
                    path.write_bytes(path.read_bytes()[:10])
                elif harm == "empty":
                    path.write_bytes(b"")
                else:
                    path.write_bytes(os.urandom(path.stat().st_size))
    other = Search(full, folder.parent, lambda: encoder)
    results = other.find("group3 paper")
    assert results.hits
    assert any("by meaning alone" in note for note in results.notes)
    assert other.find("group3 paper cat:cs").hits == ()
    health = other.health()
    assert any("rebuild" in problem for problem in health.problems)
    assert health.vectors == PAPERS
    assert other.sync() == PAPERS
    assert other.sync() == 0
    assert (other.health().words, other.health().problems) == (PAPERS, ())
    assert other.find("group3 paper").notes == ()


def test_an_index_ahead_of_the_store(full: Any, search: Search, encoder: Any) -> None:
    search.sync()
    search.encode()
    full.seq -= 5
    full.outbox = {i: change for i, change in full.outbox.items() if change.seq <= full.seq}
    assert search.health().pending_words == PAPERS - 5
    encoder.encoded.clear()
    assert search.sync() == PAPERS - 5
    assert search.encode() == 0  # the texts are the same: no vector is made twice
    health = search.health()
    assert (health.words, health.vectors, health.problems) == (PAPERS - 5, PAPERS - 5, ())
    assert (search.sync(), search.encode(), encoder.encoded) == (0, 0, [])


def test_indexes_follow_a_store_that_was_restored(
    full: Any, search: Search, encoder: Any, make_paper: Any
) -> None:
    search.sync()
    search.encode()
    encoder.encoded.clear()
    full.era += 1  # as many changes as before, of other papers
    full.by_id[3] = make_paper(3, "Otters of the estuary")
    del full.by_id[4]
    full.outbox[4] = replace(full.outbox[4], gone=True)
    health = search.health()
    assert (health.pending_words, health.pending_vectors) == (PAPERS, PAPERS)
    assert (search.sync(), search.encode()) == (PAPERS, 1)
    assert encoder.encoded == ["Otters of the estuary"]
    assert [hit.paper_id for hit in search.find("otters").hits][:1] == [3]
    health = search.health()
    assert (health.words, health.vectors, health.pending_words, health.pending_vectors) == (
        *(PAPERS - 1, PAPERS - 1),
        *(0, 0),
    )


def test_vectors_of_papers_that_no_store_knows_are_dropped(
    full: Any, search: Search, make_paper: Any
) -> None:
    search.sync()
    search.encode()
    full.era += 1
    full.by_id, full.outbox, full.seq = {}, {}, 0
    search.sync()
    search.encode()
    assert (search.health().words, search.health().vectors) == (0, 0)
    full.put(make_paper(7))
    assert (search.sync(), search.encode()) == (1, 1)


def test_words_of_an_older_release_are_made_anew(full: Any, search: Search) -> None:
    search.sync()
    older = search.words.path
    older.rename(older.with_name("words-0"))
    (older.with_name("words-0") / "meta.json").write_text('{"schema": "of long ago"}')
    assert search.sync() == PAPERS
    assert not older.with_name("words-0").exists()
    assert search.health().words == PAPERS
    # Also where somebody changed the schema and forgot its number.
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    shutil.rmtree(search.words.path)
    search.words.path.mkdir()
    tantivy.Index(builder.build(), str(search.words.path))
    other = Search(full, search.words.folder)
    assert other.sync() == PAPERS
    assert other.find("group3 paper").notes == ()


def test_a_disk_that_is_full_is_no_damage(full: Any, search: Search, monkeypatch: Any) -> None:
    search.sync()
    full.seq += 1
    full.outbox[1] = replace(full.outbox.pop(1), seq=full.seq)

    def no_space(*_: Any) -> None:
        raise ValueError("An IO error occurred: 'No space left on device (os error 28)'")

    monkeypatch.setattr("broadsheet.search.words._commit", no_space)
    with pytest.raises(DiskFullError):
        search.sync()
    monkeypatch.undo()
    assert search.sync() == 1


def test_a_half_written_batch_never_counts(tmp_path: Path) -> None:
    manifest = vectors.Manifest("bag", 4)
    with vectors.Writer(tmp_path, manifest) as writer:
        writer.append([1], [10], np.eye(4, dtype=np.float32)[:1])
        writer.commit()
        with pytest.raises(ValueError):
            writer.append([2], [1, 2, 3], np.eye(4, dtype=np.float32)[:1])
        assert not writer.whole
    again = vectors.read_manifest(tmp_path)
    assert again
    assert vectors.read(tmp_path, again).ids.tolist() == [1]
    with vectors.Writer(tmp_path, again) as writer:
        writer.append([3], [30], np.eye(4, dtype=np.float32)[1:2])
        writer.commit()
    vectors.check_vectors(tmp_path, writer.manifest)
