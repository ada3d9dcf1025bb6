"""Which encoder searches, and where its vectors lie: the one configured, or the one of an upgrade.

    encoder.json     what counts; replaced as a whole
    vectors/         those of the encoder that the house began with
    space-NAME/      those of one that came after it, and the crossing from the one before

An upgrade stands as long as the setting is what it was then, or names the new encoder itself.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import filelock

from broadsheet.exceptions import ConfigError, DerivedIndexError
from broadsheet.search import vectors
from broadsheet.search.crossing import Crossed, Crossing
from broadsheet.search.lazy_encoder import LazyEncoder
from broadsheet.search.meaning import MeaningIndex, Near, Neighbourhood
from octavo.exceptions import SavedFileError
from octavo.protocols import Encoder, Ids

VERSION: Final = 1
_FILE: Final = "encoder.json"
_PATIENCE: Final = 60.0  # seconds

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Space:
    """encoder: as a setting names it (module:Class). folder: of its vectors, '' for the first."""

    encoder: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of `pairs` papers are among the ten nearest when asked for by their title.

    stage: before (the old encoder), crossing (the new one through the bridge), filling, after.
    at: the moment, in UTC. share: of the papers, how many the new encoder had read by then.
    """

    stage: str
    at: str
    share: float
    found: float
    pairs: int


@dataclass(frozen=True, slots=True)
class State:
    """setting: what the configuration said. serving: whose questions are asked. before: what can be gone back
    to. crossing: whether papers are still being encoded anew."""

    setting: str
    serving: Space
    before: Space | None = None
    crossing: bool = False
    recalls: tuple[Recall, ...] = ()


class Spaces:
    """The encoders of one house and their vectors.

    setting: the configured encoder's name. encoder: makes it, None where there is none; named: makes another.
    """

    def __init__(
        self,
        folder: Path,
        setting: str,
        encoder: Callable[[], Encoder] | None,
        named: Callable[[str], Encoder] | None = None,
    ) -> None:
        self.folder, self.setting = folder, setting
        self._encoder, self._named = encoder, named
        self._mutex = threading.Lock()
        self._encoders: dict[str, LazyEncoder] = {}
        self._meanings: dict[str, MeaningIndex] = {}
        self._state: tuple[tuple[int, ...], State] | None = None
        self._crossing: tuple[tuple[str, int], Crossing] | None = None
        self._crossed: Crossed | None = None

    # What counts

    def state(self) -> State:
        """The state as it is now; another process may have changed it. A damaged file is as good as none."""
        path = self.folder / _FILE
        try:
            status = path.stat()
        except OSError:
            return State(self.setting, Space(self.setting))
        stamp = status.st_ino, status.st_mtime_ns, status.st_size
        with self._mutex:
            if self._state is None or self._state[0] != stamp:
                self._state = stamp, self._read(path)
            return self._state[1]

    def _read(self, path: Path) -> State:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found.pop("version") != VERSION:
                raise ValueError("written by another version")
            before = Space(**found.pop("before")) if found["before"] else found.pop("before")
            recalls = tuple(Recall(**recall) for recall in found.pop("recalls"))
            state = State(serving=Space(**found.pop("serving")), before=before, recalls=recalls, **found)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("%s cannot be read, the configured encoder is used: %s", path, error)
            return State(self.setting, Space(self.setting))
        if self.setting not in (state.setting, state.serving.encoder):
            return State(self.setting, Space(self.setting))
        return state

    def write(self, state: State) -> None:
        """Make a state count, for every process at its next question. Hold the lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f"{_FILE}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"version": VERSION, **asdict(state)}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / _FILE)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock of the state. Raises ConfigError where another process has it for a minute."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.folder / "encoder.lock")
        try:
            lock.acquire(_PATIENCE)
        except filelock.Timeout:
            raise ConfigError("another process is at the encoders; try again when it is done") from None
        try:
            yield
        finally:
            lock.release()

    def sweep(self, state: State) -> None:
        """Remove the vectors of encoders that a state neither asks nor can go back to."""
        kept = {space.folder for space in (state.serving, state.before) if space}
        for path in self.folder.glob("space-*"):
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
        if "" not in kept:
            shutil.rmtree(self.folder / "vectors", ignore_errors=True)

    # What there is

    def meaning(self, space: Space) -> MeaningIndex:
        """The index of a space; always the same object."""
        with self._mutex:
            if space.folder not in self._meanings:
                self._meanings[space.folder] = MeaningIndex(self.folder / space.folder)
            return self._meanings[space.folder]

    def encoder(self, space: Space) -> LazyEncoder:
        """The encoder of a space; always the same object."""
        with self._mutex:
            if space.encoder not in self._encoders:
                make = self._encoder
                if make and self._named and space.encoder != self.setting:
                    make = partial(self._named, space.encoder)
                self._encoders[space.encoder] = LazyEncoder(make)
            return self._encoders[space.encoder]

    def near(self) -> Near | None:
        """What is searched by meaning now; None if there is nothing. Raises DerivedIndexError."""
        state = self.state()
        fresh = self.meaning(state.serving).snapshot()
        if not state.crossing or state.before is None:
            return fresh
        try:
            old, crossing = self.meaning(state.before).snapshot(), self.crossing(state)
        except (DerivedIndexError, SavedFileError) as error:
            _log.info("the vectors of the encoder before cannot be asked: %s", error)
            return fresh
        if old is None:
            return fresh
        with self._mutex:
            known = self._crossed
            if known is None or known.old is not old or known.fresh is not fresh:
                waiting = self._waiting(state.serving, fresh)
                known = self._crossed = Crossed(crossing, old, fresh, waiting)
            return known

    def crossing(self, state: State) -> Crossing:
        """The crossing into the space that serves. Raises SavedFileError."""
        folder = self.folder / state.serving.folder / "crossing"
        try:
            made = str(folder), (folder / "saved.json").stat().st_mtime_ns
        except OSError as error:
            raise SavedFileError(
                f"there is no bridge in {str(folder)!r}: too few papers to learn one"
            ) from error
        with self._mutex:
            if self._crossing is None or self._crossing[0] != made:
                self._crossing = made, Crossing.load(folder)
            return self._crossing[1]

    def _waiting(self, space: Space, fresh: Neighbourhood | None) -> Ids | None:
        """The papers still to be encoded, ascending; None before that is known."""
        if fresh is None or not fresh.manifest.position:
            return None
        ids = vectors.read_pending(self.folder / space.folder / "vectors", fresh.manifest)
        ids.sort()
        return ids
