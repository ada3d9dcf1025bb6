"""Vectors on the disk: eight bits a dimension, and those of the version before, which had sixteen."""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import pytest

from broadsheet.search import Search, vectors
from broadsheet.search.vectors import Writer

PAPERS = 40


@pytest.fixture
def full(store: Any, make_paper: Any, search: Search) -> Search:
    store.put(*(make_paper(n, f"Paper of group{n % 5}", f"About word{n}") for n in range(1, PAPERS + 1)))
    search.sync()
    search.encode()
    return search


def made_old(search: Search, encoder: Any, store: Any) -> np.ndarray[Any, np.dtype[np.float16]]:
    """Put the folder as the version before would have left it; returns the vectors it had."""
    folder = search.meaning.folder
    stored = vectors.read(folder, vectors.read_manifest(folder))  # type: ignore[arg-type]
    texts = [f"{paper.title}\n{paper.abstract}" for paper in store.papers(stored.ids.tolist())]
    halves = encoder.encode_queries(texts).astype(np.float16)
    facts = json.loads((folder / "manifest.json").read_text())
    facts["version"] = 1
    facts["sums"]["vectors"] = zlib.crc32(halves.tobytes())
    (folder / "vectors-1.f16").write_bytes(halves.tobytes())
    (folder / "vectors-1.i8").unlink()
    (folder / "manifest.json").write_text(json.dumps(facts))
    order = np.argsort(stored.ids)
    made: np.ndarray[Any, np.dtype[np.float16]] = halves[order]
    return made


def vectors_of(search: Search) -> np.ndarray[Any, np.dtype[np.float32]]:
    snapshot = search.meaning.snapshot()
    assert snapshot is not None
    return snapshot.vectors_of(list(range(1, PAPERS + 1)))


def ranking(search: Search) -> list[int]:
    return [hit.paper_id for hit in search.find("group3 word8", limit=PAPERS).hits]


def test_a_dimension_is_a_byte_and_directions_stay(full: Search, encoder: Any, store: Any) -> None:
    manifest = full.meaning.manifest()
    assert manifest is not None
    assert (full.meaning.folder / "vectors-1.i8").stat().st_size == PAPERS * encoder.dim
    texts = [f"{paper.title}\n{paper.abstract}" for paper in store.papers(range(1, PAPERS + 1))]
    cosines = np.sum(vectors_of(full) * encoder.encode_queries(texts), axis=1)
    assert cosines.min() > 0.9995
    np.testing.assert_allclose(np.linalg.norm(vectors_of(full), axis=1), 1, rtol=1e-5)


def test_vectors_of_before_are_searched_as_they_are_and_then_put_in_steps(
    full: Search, encoder: Any, store: Any
) -> None:
    kept, found = vectors_of(full), ranking(full)
    halves = made_old(full, encoder, store)
    np.testing.assert_array_equal(vectors_of(full), halves.astype(np.float32))
    assert full.health().problems == ()
    assert sorted(ranking(full)) == sorted(found)
    before = len(encoder.encoded)
    assert full.encode() == 0
    assert len(encoder.encoded) == before, "nothing is read again"
    manifest = full.meaning.manifest()
    assert manifest is not None
    assert (manifest.version, manifest.generation, manifest.rows) == (2, 2, PAPERS)
    assert not list(full.meaning.folder.glob("*.f16"))
    assert full.health().problems == ()
    np.testing.assert_allclose(vectors_of(full), kept, atol=0.01)
    assert ranking(full) == found


def test_a_writer_stopped_on_the_way_leaves_what_was_there(
    full: Search, encoder: Any, store: Any, monkeypatch: Any
) -> None:
    halves = made_old(full, encoder, store)

    def stopped(self: Writer, **changes: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "commit", stopped)
        with pytest.raises(KeyboardInterrupt):
            full.encode()
    np.testing.assert_array_equal(vectors_of(full), halves.astype(np.float32))
    assert full.encode() == 0
    manifest = full.meaning.manifest()
    assert manifest is not None
    assert (manifest.version, manifest.rows) == (2, PAPERS)
    assert [path.name for path in full.meaning.folder.glob("vectors-*")] == ["vectors-2.i8"]
    assert full.health().problems == ()


def test_a_version_to_come_is_not_guessed_at(full: Search) -> None:
    path = full.meaning.folder / "manifest.json"
    path.write_text(path.read_text().replace('"version": 2', '"version": 3'))
    assert any("version 3" in problem for problem in full.health().problems)
    full.rebuild()
    assert (full.health().vectors, full.health().problems) == (PAPERS, ())
