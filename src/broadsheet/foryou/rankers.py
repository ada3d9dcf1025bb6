"""Rankers by name: what a setting or an experiment calls `module:Class`."""

from __future__ import annotations

import inspect
import pkgutil

from broadsheet.exceptions import ConfigError
from broadsheet.foryou.pool import Pool
from octavo.protocols import Ranker


def made(name: str, pool: Pool | None = None) -> Ranker:
    """The ranker of a name (module:Class); one that takes a background is given that of a pool.

    Raises ConfigError.
    """
    try:
        kind = pkgutil.resolve_name(name)
        wants = pool is not None and len(pool) and "background" in inspect.signature(kind).parameters
        found: Ranker = kind(background=pool.background) if pool is not None and wants else kind()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigError(f"no such ranker: {name!r} ({error}); want module:Class") from error
    return found
