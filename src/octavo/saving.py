"""Saved folders: what is saved is there whole or not at all, and is checked when it is read.

A folder holds one file for each array, named after its content, and a list of them, `saved.json`. A save
writes the new arrays beside the old ones, then puts the new list in the place of the old in one step, then
removes what the new list does not name. Whenever it is interrupted, the list that is there and the arrays it
names are whole. One process may save into a folder at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from octavo.exceptions import NotFittedError, SavedFileError

_LIST: Final = "saved.json"
_OURS: Final = re.compile(r"[a-z]+-[0-9a-f]{16}\.npy|\.saving-.*")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a folder held: what was asked (facts) and what was learned or added (arrays)."""

    facts: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]]


def save(folder: Path, kind: str, version: int, saved: Saved) -> None:
    """Write to a folder, in the place of what was saved there before. Array names are lower-case letters."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: _written_array(folder, name, array) for name, array in saved.arrays.items()}
    content = {"kind": kind, "version": version, "facts": dict(saved.facts), "files": files}
    text = json.dumps(content | {"sha256": _checksum(content)}, indent=1)
    _written(folder, lambda file: file.write(text.encode()), lambda _: _LIST)
    named = {entry["name"] for entry in files.values()}
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in named:
            path.unlink()


def load(folder: Path, kind: str, version: int) -> Saved:
    """Read a folder.

    Raises SavedFileError where anything is missing, truncated, altered or of another version.
    """
    try:
        content = json.loads((folder / _LIST).read_bytes())
        sha256 = content.pop("sha256")
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise SavedFileError(f"nothing can be read in {str(folder)!r} ({error}); make it again") from error
    if sha256 != _checksum(content):
        raise SavedFileError(f"{str(folder / _LIST)!r} was altered; make it again")
    found = content["kind"], content["version"]
    if found != (kind, version):
        raise SavedFileError(f"{str(folder)!r} must hold {(kind, version)}, got {found}; make it again")
    return Saved(content["facts"], {name: _read(folder, entry) for name, entry in content["files"].items()})


class Kept:
    """Something that learns and can be kept in a folder: what it was asked for, and what it learned.

    _kind, _version: of its folders. _asked: what `__init__` is given, and keeps under the same name.
    _kept: the attributes that it learned, arrays or numbers, by their names in a folder.
    """

    _kind: ClassVar[str]
    _version: ClassVar[int] = 1
    _asked: ClassVar[tuple[str, ...]] = ()
    _kept: ClassVar[Mapping[str, str]] = {}

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        save(folder, self._kind, self._version, Saved(self._facts(), self._state()))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, cls._kind, cls._version)
        try:
            return cls._again(saved)
        except (KeyError, TypeError, ValueError) as error:
            raise SavedFileError(
                f"{str(folder)!r} holds no {cls.__name__} ({error}); make it again"
            ) from error

    @classmethod
    def _again(cls, saved: Saved) -> Self:
        made = cls(**saved.facts["asked"])
        made._restore(saved.arrays)
        return made

    def _facts(self) -> dict[str, Any]:
        return {"asked": {name: getattr(self, name) for name in self._asked}}

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        if not all(hasattr(self, attribute) for attribute in self._kept.values()):
            raise NotFittedError("fit before save")
        return {name: np.asarray(getattr(self, attribute)) for name, attribute in self._kept.items()}

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        for name, attribute in self._kept.items():
            held = arrays[name]
            setattr(self, attribute, held if held.ndim else held.item())


def _written_array(folder: Path, name: str, array: npt.NDArray[Any]) -> dict[str, str]:
    digests: list[str] = []

    def final_name(temporary: Path) -> str:
        digests.append(_digest(temporary))
        return f"{name}-{digests[0][:16]}.npy"

    final = _written(folder, lambda file: np.save(file, array, allow_pickle=False), final_name)
    return {"name": final, "sha256": digests[0]}


def _written(folder: Path, write: Callable[[BinaryIO], object], final_name: Callable[[Path], str]) -> str:
    """Write a file that appears under its final name, whole and on the disk, or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".saving-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        name = final_name(Path(temporary))
        Path(temporary).replace(folder / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_names(folder)
    return name


def _sync_names(folder: Path) -> None:
    """Bring the renaming itself onto the disk, where the system lets a folder be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(folder: Path, entry: Mapping[str, str]) -> npt.NDArray[Any]:
    path = folder / entry["name"]
    try:
        found = _digest(path)
    except OSError as error:
        raise SavedFileError(f"{str(path)!r} cannot be read ({error.strerror}); make it again") from error
    if found != entry["sha256"]:
        raise SavedFileError(f"{str(path)!r} is truncated or was altered; make it again")
    array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
    return array


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
