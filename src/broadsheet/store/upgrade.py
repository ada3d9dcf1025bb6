"""Bringing a store to the tables of this release."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from broadsheet.exceptions import ReadOnlyError, StoreVersionError
from broadsheet.store.database import Database
from broadsheet.store.schema import HEAD

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """The revision of a store; None if it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def known() -> set[str]:
    """The revisions this release can read."""
    from alembic.script import (
        ScriptDirectory,
    )  # as slow to import as all else together, and hardly ever needed

    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def check(found: str | None) -> None:
    """Raise StoreVersionError for a store of a newer release."""
    if found is not None and found != HEAD and found not in known():
        raise StoreVersionError(
            f"the store has revision {found!r} and this Broadsheet knows up to {HEAD!r}: "
            "a newer one wrote it; upgrade Broadsheet, or restore a backup of before"
        )


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Migrate, inside the transaction of the connection: all of it happens, or nothing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def prepare(database: Database) -> None:
    """Make the tables of a new store, or bring an older one up to date; two processes may try at once.

    Raises StoreVersionError for a store of a newer release, ReadOnlyError for one that cannot be written but
    would have to be.
    """
    with database.reading() as connection:
        found = revision(connection)
    check(found)
    if found == HEAD:
        return
    if database.read_only:
        raise ReadOnlyError(
            f"the store is {'empty' if found is None else 'of an older release'}: open it to write once"
        )
    with database.writing() as connection:
        if revision(connection) != HEAD:  # nobody else was faster
            upgrade(connection)
