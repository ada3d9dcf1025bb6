"""The papers' vectors on disk: files that only grow, and a manifest that says how far they count.

    manifest.json            what counts; replaced as a whole after the files below are on the disk
    vectors-G.i8             (N, D) int8, a row a paper: its direction in 8 bits a dimension, which ranks as
                             well as 16 (`octavo.find.rows`); of version 1, vectors-G.f16, (N, D) float16
    papers-G.i64             (N, 2): the paper's id, the hash of the text the row was made from
    tokens-G.NAME.u8         (N - F, B): codes of the paper's tokens, by the codec of that name; the first F
                             papers were encoded before tokens were kept, and have none
    gone-G.i64               rows that no longer count: the paper has a newer row, or is gone
    pending-S.i64            ids still to be encoded, newest paper first; the manifest counts those done
    codes-N/                 the quantised index over the first N rows

Whatever stands behind the lengths in the manifest was being written when the power went, and is cut off by
the next writer. G counts the times the files were begun anew: for another encoder, to leave the gone rows
behind, or to bring version 1 up to date. One process writes (a file lock), any number read.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from broadsheet.exceptions import DerivedIndexError
from octavo.find.rows import Rows, in_steps
from octavo.protocols import Array, Ids

VERSION: Final = 2
HALVES: Final = 1
"""The version whose vectors are float16: it is read, and the next writer leaves it behind."""

_ITEM: Final = {"vectors": 1, "papers": 16, "gone": 8, "tokens": 1}
_SUFFIX: Final = {"vectors": "i8", "papers": "i64", "gone": "i64", "tokens": "u8"}

Vectors: TypeAlias = npt.NDArray[np.int8] | npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What counts.

    encoder: the name of the encoder, dim: its D. rows, dead: rows, and rows that are gone.
    position: how far the store's outbox of that epoch has been read; pending: the file of ids to encode and
    how many of them are done. codes: the folder of the quantised index, or ''.
    tokens: the name of the codec of tokens, or ''; token_bytes: B; tokenless: F.
    sums: CRC-32 of each file, as far as it counts.
    """

    encoder: str
    dim: int
    generation: int = 1
    rows: int = 0
    dead: int = 0
    epoch: int = 0
    position: int = 0
    pending: str = ""
    pending_total: int = 0
    pending_done: int = 0
    codes: str = ""
    tokens: str = ""
    token_bytes: int = 0
    tokenless: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    version: int = VERSION

    def name(self, kind: str) -> str:
        """The name of a file of this generation."""
        codec = f".{self.tokens}" if kind == "tokens" else ""
        halves = kind == "vectors" and self.version == HALVES
        return f"{kind}-{self.generation}{codec}.{'f16' if halves else _SUFFIX[kind]}"

    @property
    def dtype(self) -> Literal["int8", "float16"]:
        """How the vectors are kept."""
        return "float16" if self.version == HALVES else "int8"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The files there are."""
        return tuple(kind for kind in _ITEM if kind != "tokens" or self.tokens)

    def size(self, kind: str) -> int:
        """How many bytes of that file count."""
        items = {
            "vectors": self.rows * self.dim * np.dtype(self.dtype).itemsize,
            "papers": self.rows,
            "gone": self.dead,
            "tokens": max(0, self.rows - self.tokenless) * self.token_bytes,
        }
        return items[kind] * _ITEM[kind]


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, None where there is none. Raises DerivedIndexError."""
    try:
        text = (folder / "manifest.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        if any(folder.glob("vectors-*")):
            raise DerivedIndexError(f"the vectors in {folder} have no manifest.") from None
        return None
    except OSError as error:
        raise DerivedIndexError(f"the manifest of the vectors cannot be read: {error}") from error
    try:
        found: dict[str, Any] = json.loads(text)
        if found.get("version") not in (HALVES, VERSION):
            raise DerivedIndexError(f"the vectors are of version {found.get('version')}, not {VERSION}.")
        manifest = Manifest(**found)
        sane = manifest.dim > 0 <= manifest.tokenless <= manifest.rows and manifest.token_bytes >= 0
        if not sane or set(manifest.sums) - set(_ITEM):
            raise ValueError("numbers that cannot be")
    except (ValueError, TypeError, AttributeError) as error:
        raise DerivedIndexError(f"the manifest of the vectors is damaged: {error}") from error
    return manifest


@dataclass(frozen=True)
class Stored:
    """What one manifest counts, read.

    vectors: (N, D) as they are kept, mapped. ids, hashes: (N,). alive: (N,) whether a row counts.
    tokens: (N - F, B), mapped; None where there are none. problem: why there are none, though there should
    be.
    """

    manifest: Manifest
    vectors: Vectors
    ids: Ids
    hashes: Ids
    alive: npt.NDArray[np.bool_]
    tokens: npt.NDArray[np.uint8] | None = None
    problem: str = ""

    @property
    def rows(self) -> Rows:
        """The vectors as numbers to reckon with."""
        return Rows.of(self.manifest.dtype, self.vectors)


def read(folder: Path, manifest: Manifest) -> Stored:
    """Read the files of a manifest. Raises DerivedIndexError for what is short or altered.

    The vectors themselves are mapped and not looked at; `check_vectors` does that. Tokens that are short are
    no reason not to search by all the rest.
    """
    papers = _column(folder, manifest, "papers").reshape(-1, 2)
    gone = _column(folder, manifest, "gone")
    if gone.size and (int(gone.min()) < 0 or int(gone.max()) >= manifest.rows):
        raise DerivedIndexError("the list of gone vectors is damaged.")
    alive = np.ones(manifest.rows, dtype=np.bool_)
    alive[gone] = False
    ids, hashes = papers[:, 0].copy(), papers[:, 1].copy()
    tokens, problem = None, ""
    try:
        tokens = _mapped_tokens(folder, manifest)
    except DerivedIndexError as error:
        problem = str(error)
    return Stored(manifest, _mapped(folder, manifest), ids, hashes, alive, tokens, problem)


def check_vectors(folder: Path, manifest: Manifest) -> None:
    """Read every vector. Raises DerivedIndexError if any byte differs from what was written."""
    if zlib.crc32(_mapped(folder, manifest).reshape(-1).view(np.uint8).data) != manifest.sums.get(
        "vectors", 0
    ):
        raise DerivedIndexError(f"{manifest.name('vectors')} is damaged.")


def check_tokens(folder: Path, manifest: Manifest) -> None:
    """Read the codes of all tokens. Raises DerivedIndexError if any byte differs from what was written."""
    tokens = _mapped_tokens(folder, manifest)
    if tokens is not None and zlib.crc32(tokens.reshape(-1).data) != manifest.sums.get("tokens", 0):
        raise DerivedIndexError(f"{manifest.name('tokens')} is damaged.")


def without_tokens(manifest: Manifest) -> Manifest:
    """The manifest of the same papers, of which no tokens are kept."""
    sums = {kind: crc for kind, crc in manifest.sums.items() if kind != "tokens"}
    return replace(manifest, tokens="", token_bytes=0, tokenless=0, sums=sums)


def read_pending(folder: Path, manifest: Manifest) -> Ids:
    """The ids still to be encoded, newest first. Raises DerivedIndexError."""
    if not manifest.pending:
        return np.empty(0, np.int64)
    try:
        ids = np.fromfile(folder / manifest.pending, dtype=np.int64)
    except OSError as error:
        raise DerivedIndexError(f"the list of papers to encode cannot be read: {error}") from error
    if len(ids) != manifest.pending_total:
        raise DerivedIndexError("the list of papers to encode is damaged.")
    return ids[manifest.pending_done :]


def _column(folder: Path, manifest: Manifest, kind: str) -> Ids:
    size = manifest.size(kind)
    try:
        with (folder / manifest.name(kind)).open("rb") as file:
            data = file.read(size)
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise DerivedIndexError(f"{manifest.name(kind)} cannot be read: {error}") from error
    if len(data) < size or zlib.crc32(data) != manifest.sums.get(kind, 0):
        raise DerivedIndexError(f"{manifest.name(kind)} is truncated or damaged.")
    return np.frombuffer(data, dtype=np.int64)


def _mapped(folder: Path, manifest: Manifest) -> Vectors:
    if not manifest.rows:
        return np.empty((0, manifest.dim), manifest.dtype)
    file = folder / manifest.name("vectors")
    try:
        if file.stat().st_size < manifest.size("vectors"):
            raise DerivedIndexError(f"{file.name} is truncated.")
        return np.memmap(file, manifest.dtype, "r", shape=(manifest.rows, manifest.dim))
    except OSError as error:
        raise DerivedIndexError(f"{file.name} cannot be read: {error}") from error


def _mapped_tokens(folder: Path, manifest: Manifest) -> npt.NDArray[np.uint8] | None:
    shape = manifest.rows - manifest.tokenless, manifest.token_bytes
    if not manifest.tokens:
        return None
    if not shape[0] * shape[1]:
        return np.empty(shape, np.uint8)
    file = folder / manifest.name("tokens")
    try:
        if file.stat().st_size < manifest.size("tokens"):
            raise DerivedIndexError(f"{file.name} is truncated.")
        return np.memmap(file, np.uint8, "r", shape=shape)
    except OSError as error:
        raise DerivedIndexError(f"{file.name} cannot be read: {error}") from error


class Writer:
    """Appends to the files; what was appended counts from the next `commit`. Hold the lock while using it.

    whole: False after an append that failed half-way; then nothing may be committed any more.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._files: dict[str, BinaryIO] = {kind: self._opened(kind) for kind in manifest.kinds}
        self._sums = {kind: manifest.sums.get(kind, 0) for kind in manifest.kinds}
        self._rows, self._dead = manifest.rows, manifest.dead
        self.whole = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def _opened(self, kind: str) -> BinaryIO:
        path = self.folder / self.manifest.name(kind)
        path.touch()
        file = path.open("r+b")
        size = self.manifest.size(kind)
        if os.fstat(file.fileno()).st_size < size:
            file.close()
            raise DerivedIndexError(f"{path.name} is truncated.")
        file.truncate(size)
        file.seek(size)
        return file

    @property
    def rows(self) -> int:
        """Rows appended so far, those not yet committed included."""
        return self._rows

    def append(
        self,
        ids: Sequence[int] | Ids,
        hashes: Sequence[int] | Ids,
        vectors: Array,
        tokens: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        """Add a row for each paper: (M,) ids, (M,) hashes of their texts, (M, D) vectors, (M, B) tokens.

        tokens: those of the manifest's codec; needed where it has one, but for the first F papers.
        """
        self.whole = False
        if self.manifest.tokens and self._rows >= self.manifest.tokenless:
            assert tokens is not None
            assert tokens.shape == (len(ids), self.manifest.token_bytes)
            self._write("tokens", tokens)
        halves = self.manifest.version == HALVES
        self._write("vectors", vectors.astype(np.float16) if halves else in_steps(vectors))
        self._write("papers", np.column_stack([ids, hashes]).astype(np.int64))
        self._rows += len(ids)
        self.whole = True

    def drop(self, rows: Sequence[int]) -> None:
        """Say that rows no longer count."""
        self.whole = False
        self._write("gone", np.asarray(rows, dtype=np.int64))
        self._dead += len(rows)
        self.whole = True

    def _write(self, kind: str, array: npt.NDArray[Any]) -> None:
        data = np.ascontiguousarray(array).tobytes()
        self._files[kind].write(data)
        self._sums[kind] = zlib.crc32(data, self._sums[kind])

    def commit(self, **changes: Any) -> Manifest:
        """Make everything appended count, together with changes of the manifest, at once or not at all."""
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
        self.manifest = replace(
            self.manifest, rows=self._rows, dead=self._dead, sums=dict(self._sums), **changes
        )
        write_manifest(self.folder, self.manifest)
        return self.manifest

    def write_pending(self, ids: Ids) -> dict[str, Any]:
        """Write a new list of ids to encode; returns what to `commit` for it to count."""
        if not len(ids):
            return {"pending": "", "pending_total": 0, "pending_done": 0}
        before = self.manifest.pending
        number = int(before.partition("-")[2].partition(".")[0]) + 1 if before else 1
        name = f"pending-{number}.i64"
        with (self.folder / name).open("wb") as file:
            file.write(np.asarray(ids, dtype=np.int64).tobytes())
            file.flush()
            os.fsync(file.fileno())
        return {"pending": name, "pending_total": len(ids), "pending_done": 0}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest, so that a crash leaves the one before."""
    temporary = folder / "manifest.json.new"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / "manifest.json")
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def leftovers(folder: Path, manifest: Manifest) -> list[Path]:
    """Files and folders that the manifest does not count, left by an earlier generation or a crash."""
    kept = {manifest.pending, manifest.codes, *(manifest.name(kind) for kind in manifest.kinds)}
    kinds = ("vectors-*", "papers-*", "gone-*", "tokens-*", "pending-*", "codes-*")
    return [path for kind in kinds for path in folder.glob(kind) if path.name not in kept]
