"""The files of the look, read once, each under a name that holds the hash of its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "static"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file: `hashed` is its name in addresses, which changes when its content does."""

    name: str
    hashed: str
    media_type: str
    body: bytes


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Every static file, by its plain name and by its hashed one."""
    found: dict[str, Asset] = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix not in MEDIA_TYPES:
            continue
        body = path.read_bytes()
        digest = hashlib.blake2b(body, digest_size=6).hexdigest()
        asset = Asset(path.name, f"{path.stem}.{digest}{path.suffix}", MEDIA_TYPES[path.suffix], body)
        found[asset.name] = found[asset.hashed] = asset
    return found
