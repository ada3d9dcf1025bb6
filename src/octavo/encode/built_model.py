"""A model that is costly to build, built once and kept in a folder."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

_DIGITS: Final = 16  # of a SHA-256 in hexadecimal


def built_model(folder: Path, name: str, build: Callable[[], bytes]) -> bytes:
    """Return the model `name` kept in `folder`, or build and keep it.

    `name` must change whenever the model would. A file's own name ends in the checksum of its content, so a
    truncated or altered file is noticed and built anew; it appears whole or not at all. A folder that cannot
    be written costs only the time to build again.
    """
    for path in sorted(folder.glob(f"{glob.escape(name)}-{'[0-9a-f]' * _DIGITS}.onnx")):
        with contextlib.suppress(OSError):
            model = path.read_bytes()
            if path.name == _file_name(name, model):
                return model
            path.unlink()
    model = build()
    with contextlib.suppress(OSError):
        _keep(folder, _file_name(name, model), model)
    return model


def _file_name(name: str, model: bytes) -> str:
    return f"{name}-{hashlib.sha256(model).hexdigest()[:_DIGITS]}.onnx"


def _keep(folder: Path, file_name: str, model: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".building-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(model)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / file_name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
