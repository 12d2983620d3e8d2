"""The schema of a database: which version stands there, how it is made, and how it is brought up to date."""

from __future__ import annotations

import logging

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select, update

from trialstore.errors import CorruptStorageError, SchemaVersionError, StorageNotFoundError
from trialstore_sql._database import Database
from trialstore_sql._tables import Tables

VERSION = "0003"
"""The schema that this code reads and writes: the newest migration; their names count up."""
_BEING_CREATED = "creating"

_LOG = logging.getLogger(__name__)
_OF_MLOS_BENCH = frozenset({"experiment", "trial", "config_param", "trial_param", "trial_result"})


class Schema:
    """The schema in one database."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._experiment = tables.experiment
        name = f"{database.dialect.settings.table_prefix}schema_version"
        self._versions = Table(name, MetaData(), Column("version_num", String(32), primary_key=True))

    def ensure(self, *, create: bool) -> None:
        """Create an absent schema if `create` is set, and refuse one that is not this code's.

        Raises
        ------
        StorageNotFoundError
            If there is none and `create` is not set.
        SchemaVersionError
            If it is older or newer.
        """
        with self._database.connection() as connection:
            version = self._version(connection)
        if version is None and create:
            self.upgrade()
        elif version is None:
            raise StorageNotFoundError(
                f"{self._label} holds no tables of trialstore (table_prefix "
                f"{self._database.dialect.settings.table_prefix!r}), and none were to be created"
            )
        else:
            self._refuse_unless_current(version)
        self._warn_of_mlos_bench()

    def upgrade(self) -> None:
        """Run the migrations that the schema lacks, all of them if there is none, in one transaction.

        Raises
        ------
        SchemaVersionError
            If the schema is newer.
        """
        self._database.prepare()
        with self._database.connection(write=True) as connection:
            version = self._version(connection)
            if version is not None and version > VERSION:
                self._refuse_unless_current(version)
            if version is None or version < VERSION:
                self._migrate(connection, version)

    def _migrate(self, connection: Connection, version: str | None) -> None:
        from trialstore_sql import migrations  # which takes alembic's time

        if version is None:
            self._begin_creation(connection)
        migrations.migrate(connection, self._database.dialect, version)
        connection.execute(update(self._versions).values(version_num=VERSION))

    def _begin_creation(self, connection: Connection) -> None:
        """Note that the tables are being created, so that those that are there later are known to be ours."""
        from trialstore_sql import migrations

        if self._noted(connection) == [_BEING_CREATED]:
            migrations.drop_leftovers(connection, self._database.dialect)
            return
        migrations.refuse_what_is_there(connection, self._database.dialect)
        self._versions.create(connection, checkfirst=True)
        connection.execute(insert(self._versions).values(version_num=_BEING_CREATED))

    @property
    def _label(self) -> str:
        return self._database.dialect.label

    def _version(self, connection: Connection) -> str | None:
        versions = self._noted(connection)
        if versions in ([], [_BEING_CREATED]):
            return None
        if len(versions) > 1:
            raise CorruptStorageError(
                f"{self._label}: table {self._versions.name} must hold one row, not {len(versions)}"
            )
        return versions[0]

    def _noted(self, connection: Connection) -> list[str]:
        """Return the rows of the table of versions; there are none if there is no such table."""
        if not inspect(connection).has_table(self._versions.name):
            return []
        return [str(version) for version in connection.scalars(select(self._versions.c.version_num))]

    def _refuse_unless_current(self, version: str) -> None:
        if version != VERSION:
            raise SchemaVersionError.of(self._label, version, VERSION, is_older=version < VERSION)

    def _warn_of_mlos_bench(self) -> None:
        with self._database.connection() as connection:
            if connection.execute(select(self._experiment.c.experiment_key).limit(1)).first() is not None:
                return
            tables = inspect(connection).get_table_names()
        if _OF_MLOS_BENCH.issubset(tables):
            _LOG.warning(
                "%s holds tables of mlos_bench: trialstore leaves them alone and does not read them; its own are empty",
                self._label,
            )
