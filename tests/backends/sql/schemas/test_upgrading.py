"""Upgrades that are killed in the middle: nothing has happened, or the next one completes them; no row is lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from trialstore.errors import SchemaVersionError
from trialstore_sql._database import Database as Connections
from trialstore_sql._operations import operations_of
from trialstore_sql._schema import VERSION
from trialstore_sql._settings import Settings
from trialstore_sql.dialects import dialect_of
from trialstore_sql.migrations import scripts

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tests.backends.sql.schemas.conftest import Crew, Database, Empty, Killer

EXPECTED = Path(__file__).parents[1] / "frozen" / "0001" / "sqlite.json"
ON_MARIADB = pytest.mark.parametrize("database", ["mariadb"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
ON_SERVERS = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
def first(empty: Empty) -> Database:
    """Return a database of the first version, which was SQLite's alone."""
    database = empty("sqlite")
    database.thaw("0001")
    return database


@pytest.fixture
def expected(story: SimpleNamespace) -> str:
    """Return what was read from it when it was frozen."""
    frozen = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return str(story.text_of(frozen["experiments"]))


def test_a_killed_upgrade_of_a_file_changes_nothing(
    first: Database, expected: str, killer: Killer, story: SimpleNamespace
) -> None:
    assert _kills_without_effect(killer, first) > 8
    assert _read(first, story) == expected


@ON_POSTGRESQL
def test_a_killed_upgrade_on_postgresql_changes_nothing(
    database: Database, first: Database, expected: str, killer: Killer, story: SimpleNamespace
) -> None:
    assert _kills_without_effect(killer, _moved(first, database)) > 8
    assert _read(database, story) == expected


@ON_MARIADB
def test_an_upgrade_that_was_killed_after_every_third_statement_is_completed_by_the_next_one(
    database: Database, first: Database, expected: str, killer: Killer, story: SimpleNamespace
) -> None:
    whole, changes = _whole_schema(database), 1
    while killer.kills("upgrade", here := _moved(first, database.with_prefix(f"killed_{changes}_")), changes):
        if here.version() == [("0001",)]:
            with pytest.raises(SchemaVersionError, match="trialstore upgrade"):
                here.storage()
        here.backend().upgrade()
        assert here.schema() == whole
        assert _read(here, story) == expected
        changes += 3
    assert changes > 8


@ON_MARIADB
def test_an_upgrade_that_is_killed_again_and_again_is_completed_in_the_end(
    database: Database, first: Database, expected: str, killer: Killer, story: SimpleNamespace
) -> None:
    here, changes = _moved(first, database), 1
    while killer.kills("upgrade", here, changes):
        changes += 3
    assert here.schema() == _whole_schema(database)
    assert _read(here, story) == expected
    assert changes > 8


@ON_SERVERS
def test_eight_processes_upgrade_a_database_at_once(
    database: Database, first: Database, expected: str, crew: Crew, story: SimpleNamespace
) -> None:
    assert crew.do("upgrade", _moved(first, database).config) == [None] * 8
    assert _read(database, story) == expected


def _kills_without_effect(killer: Killer, database: Database) -> int:
    """Kill upgrades after each statement until one is done, and return how many there were."""
    before, changes = database.schema(), 1
    while killer.kills("upgrade", database, changes):
        assert database.schema() == before
        assert database.version() == [("0001",)]
        changes += 3
    assert database.version() == [(VERSION,)]
    return changes


def _whole_schema(database: Database) -> list[str]:
    whole = database.with_prefix("whole_")
    whole.backend().upgrade()
    return whole.schema()


def _moved(source: Database, target: Database) -> Database:
    """Copy an SQLite database of the first version into tables of that version on a server."""
    _create_first_version(target)
    connection = source.connect()
    with closing(connection), closing(target.connect()) as there, closing(there.cursor()) as cursor:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if name.startswith(source.prefix):
                table = name.replace(source.prefix, target.prefix)
                _copy(connection.execute(f"SELECT * FROM {name}"), cursor, table)
    return target


def _copy(rows: sqlite3.Cursor, cursor: Any, table: str) -> None:
    names = [column[0] for column in rows.description]
    places = ", ".join(["%s"] * len(names))
    cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows.fetchall())


def _create_first_version(database: Database) -> None:
    dialect = dialect_of(Settings.from_config(database.config))
    compiler = operations_of(type(dialect), database.prefix).compiler
    with closing(Connections(dialect, compiler)) as connections:
        connections.open(create=True, read_only=False)
        with connections.connection(write=True) as connection:
            operations = Operations(MigrationContext.configure(connection))
            scripts().get_revision("0001").module.upgrade(operations, dialect)
    database.run(f"CREATE TABLE {database.prefix}schema_version (version_num VARCHAR(32) PRIMARY KEY)")


def _read(database: Database, story: SimpleNamespace) -> str:
    with database.storage() as storage:
        return str(story.text_of(story.reading(storage)["experiments"]))
