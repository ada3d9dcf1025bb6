from __future__ import annotations

import subprocess
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from broadsheet.store import Store, schema, upgrade


def test_the_migrations_lead_to_the_tables(store: Store) -> None:
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        indexes = {
            index["name"]: index["column_names"]
            for table in schema.metadata.tables
            for index in inspect(connection).get_indexes(table)
        }
    for table in schema.metadata.tables.values():
        for index in table.indexes:
            assert indexes[str(index.name)] == [column.name for column in index.columns]


def test_head_is_the_last_migration() -> None:
    assert ScriptDirectory(str(upgrade.MIGRATIONS)).get_heads() == [schema.HEAD]


def test_opening_again_migrates_nothing(store_url: str) -> None:
    for _ in range(2):
        with Store.open(store_url) as store, store.database.reading() as connection:
            assert upgrade.revision(connection) == schema.HEAD


def test_a_migration_that_fails_leaves_nothing(store_url: str) -> None:
    with Store.open(store_url) as store:
        with store.database.writing() as connection:
            for table in ("alembic_version", "harvests"):
                connection.execute(text(f"DROP TABLE {table}"))
        try:
            upgrade.prepare(store.database)
        except Exception as error:
            assert "exists" in str(error)  # noqa: PT017 (each database has its own class of it)
        with store.database.reading() as connection:
            assert upgrade.revision(connection) is None
            assert not inspect(connection).has_table("harvests")


def test_opening_a_store_of_today_needs_no_migrations(sqlite_url: str) -> None:
    with Store.open(sqlite_url):
        pass
    program = "import sys; from broadsheet.store import Store; Store.open(sys.argv[1]).close(); print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, sqlite_url], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
