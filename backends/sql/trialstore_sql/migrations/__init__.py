"""The migrations of the schema, run by alembic's machinery on a connection of ours.

Each module in ``versions`` is one alembic revision with a function ``upgrade(operations, dialect)``. It takes its
operations as an argument instead of from ``alembic.op``, which is global to the process: threads may open different
storages at the same moment. Where an engine's DDL is not transactional, an upgrade that was interrupted runs again from
the version that it began with, so each revision must bear that.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic.ddl.impl import DefaultImpl
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, select, text

from trialstore.errors import CorruptStorageError
from trialstore_sql.dialects import Dialect
from trialstore_sql.migrations._views import VIEWS, view_statements

__all__ = ["drop_leftovers", "migrate", "refuse_what_is_there", "scripts"]

_TABLES = ("experiment", "tunable_config", "trial", "trial_change", "history", "telemetry")
"""Of all versions."""


class _DuckdbImpl(DefaultImpl):
    """DuckDB, which alembic does not know, needs nothing of its own."""

    __dialect__ = "duckdb"
    transactional_ddl = True


def scripts() -> ScriptDirectory:
    """Return the migrations."""
    return ScriptDirectory(str(Path(__file__).parent))


def migrate(connection: Connection, dialect: Dialect, version: str | None) -> None:
    """Run the migrations after `version`, all of them if it is None, and make the views anew.

    The caller owns the transaction and has made sure that no other session migrates at the same time.
    """
    operations, directory = Operations(MigrationContext.configure(connection)), scripts()
    if version is not None and version not in {script.revision for script in directory.walk_revisions()}:
        raise CorruptStorageError(
            f"{dialect.label}: no migration is called {version!r}, as its version table says"
        )
    _drop_views(connection, dialect)
    for script in reversed(list(directory.iterate_revisions("head", version or "base"))):
        script.module.upgrade(operations, dialect)
    for statement in view_statements(dialect, connection.dialect):
        connection.exec_driver_sql(statement)


def refuse_what_is_there(connection: Connection, dialect: Dialect) -> None:
    """Refuse to create tables where there are others of their names.

    Raises
    ------
    CorruptStorageError
        If there are any.
    """
    inspector = inspect(connection)
    names = {*_names(dialect, _TABLES), *_names(dialect, VIEWS)}
    # Some servers, and some file systems, tell names apart by case and some do not.
    there = {name.casefold() for name in (*inspector.get_table_names(), *inspector.get_view_names())}
    found = {name for name in names if name.casefold() in there}
    if found:
        raise CorruptStorageError(
            f"{dialect.label}: there is a table or view {min(found)}, but no version of trialstore's tables: choose another "
            "table_prefix, or restore the table of the version if trialstore made the others"
        )


def drop_leftovers(connection: Connection, dialect: Dialect) -> None:
    """Drop the tables of a creation that was interrupted where DDL is not transactional.

    Raises
    ------
    CorruptStorageError
        If any holds a row.
    """
    found = [name for name in _names(dialect, _TABLES) if inspect(connection).has_table(name)]
    for name in found:
        if connection.execute(select(text("1")).select_from(Table(name, MetaData())).limit(1)).first():
            raise CorruptStorageError(
                f"{dialect.label}: table {name} holds rows, but its version says that it is being created: restore it"
            )
    for name in found:
        Table(name, MetaData()).drop(connection)


def _names(dialect: Dialect, names: Iterable[str]) -> list[str]:
    return [f"{dialect.settings.table_prefix}{name}" for name in names]


def _drop_views(connection: Connection, dialect: Dialect) -> None:
    """Drop the views: they would keep the tables below them from being changed."""
    quoted = connection.dialect.identifier_preparer.quote
    for view in VIEWS:
        connection.execute(text(f"DROP VIEW IF EXISTS {quoted(dialect.settings.table_prefix + view)}"))
