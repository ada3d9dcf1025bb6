"""Opening the word index where nothing can be written: a read-only mount, another user's folder.

The engine makes a lock file beside an index that it opens, so that no writer cleans files away meanwhile.
Where it cannot, a private folder of links to those files is opened. A writer elsewhere may clean one away in
that very moment: then the opening fails, which is told, and the next question opens anew.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def unlocked(path: Path) -> Iterator[Path]:
    """The folder to open the index in `path` from: itself, or links to its files that go with the context.

    What was opened keeps its files, so a searcher outlives the links; reloading does not.
    """
    if os.access(path, os.W_OK):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as links:
        for file in path.absolute().iterdir():
            if not file.name.startswith("."):  # locks, and what only a writer reads
                (Path(links) / file.name).symlink_to(file)
        yield Path(links)
