"""The migrations of the schema, run by alembic's machinery on a connection of ours.

Each module in ``versions`` is one alembic revision with a function ``upgrade(operations, dialect)``. It takes its
operations as an argument instead of from ``alembic.op``, which is global to the process: threads may open different
storages at the same moment.
"""

from __future__ import annotations

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from trialstore.errors import CorruptStorageError
from trialstore_sql.dialects import Dialect

__all__ = ["migrate", "scripts"]


def scripts() -> ScriptDirectory:
    """Return the migrations."""
    return ScriptDirectory(str(Path(__file__).parent))


def migrate(connection: Connection, dialect: Dialect, version: str | None, version_table: str) -> None:
    """Run the migrations after `version`, all of them if it is None, and note the new version.

    The caller owns the transaction and has made sure that no other session migrates at the same time.
    """
    context = MigrationContext.configure(connection, opts={"version_table": version_table})
    operations, directory = Operations(context), scripts()
    if version is not None and version not in {script.revision for script in directory.walk_revisions()}:
        raise CorruptStorageError(
            f"{dialect.label}: no migration is called {version!r}, as {version_table} says"
        )
    for script in reversed(list(directory.iterate_revisions("head", version or "base"))):
        script.module.upgrade(operations, dialect)
    context.stamp(directory, "head")
