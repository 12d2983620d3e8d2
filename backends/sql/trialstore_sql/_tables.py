"""The tables, as the statements see them; the migrations create the same ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

from trialstore_sql.dialects import Dialect


class Tables:
    """The tables that begin with one prefix, on one kind of engine.

    Texts are canonical text and times are microseconds, both kept as they are. Rows of different tables belong
    together by their keys alone: every write checks under a lock what a foreign key would check once more.
    """

    def __init__(self, dialect: type[Dialect], prefix: str) -> None:
        self._dialect = dialect
        self._prefix = prefix
        self.metadata = MetaData()
        self.experiment = self._experiment()
        self.tunable_config = self._tunable_config()
        self.trial = self._trial()
        self.history = self._history()
        self.telemetry = self._telemetry()

    def _experiment(self) -> Table:
        name, text = self._dialect.name_type, self._dialect.text_type
        return self._table(
            "experiment",
            self._dialect.key_column(f"{self._prefix}experiment", "experiment_key"),
            Column("uid", name, nullable=False, unique=True),
            Column("experiment_id", name, nullable=False, unique=True),
            Column("description", text),
            Column("root_env_config", text),
            Column("git_repo", text),
            Column("git_commit", text),
            Column("objectives", text, nullable=False),
            Column("tunables", text),
            Column("max_attempts", BigInteger),
            Column("next_trial_id", BigInteger),
            Column("completions", BigInteger, nullable=False),
            sqlite_autoincrement=True,
        )

    def _tunable_config(self) -> Table:
        return self._table(
            "tunable_config",
            self._dialect.key_column(f"{self._prefix}tunable_config", "tunable_config_id"),
            Column("hash", self._dialect.name_type, nullable=False, unique=True),
            Column("params", self._dialect.text_type, nullable=False),
            sqlite_autoincrement=True,
        )

    def _trial(self) -> Table:
        name, text = self._dialect.name_type, self._dialect.text_type
        table = self._table(
            "trial",
            Column("experiment_key", BigInteger, primary_key=True, autoincrement=False),
            Column("trial_id", BigInteger, primary_key=True, autoincrement=False),
            Column("tunable_config_id", BigInteger, nullable=False),
            Column("token", name, nullable=False),
            Column("status", SmallInteger, nullable=False),
            Column("due", BigInteger, nullable=False),
            Column("ts_start", BigInteger),
            Column("ts_end", BigInteger),
            Column("trial_runner_id", BigInteger),
            Column("attempt", BigInteger, nullable=False),
            Column("expirations", BigInteger, nullable=False),
            Column("lease_expires", BigInteger),
            Column("completion", BigInteger),
            Column("metadata", text, nullable=False),
            Column("metrics", text),
            UniqueConstraint(*self._dialect.indexed("token")),
        )
        self._index(table, "queue", *self._dialect.indexed("status", "trial_runner_id", "due", "trial_id"))
        self._index(table, "config", *self._dialect.indexed("tunable_config_id", "trial_id"))
        self._index(table, "lease", "experiment_key", "lease_expires", where="lease_expires")
        self._index(table, "completion", "experiment_key", "completion", where="completion")
        return table

    def _history(self) -> Table:
        table = self._table(
            "history",
            self._dialect.key_column(f"{self._prefix}history", "history_key"),
            Column("experiment_key", BigInteger, nullable=False),
            Column("trial_id", BigInteger, nullable=False),
            Column("token", self._dialect.name_type),
            Column("ordinal", BigInteger, nullable=False),
            Column("attempt", BigInteger, nullable=False),
            Column("status", SmallInteger),
            Column("ts", BigInteger, nullable=False),
            Column("trial_runner_id", BigInteger),
            Column("reason", self._dialect.text_type),
            Column("reported", SmallInteger, nullable=False),
            # One call writes its token once with each ordinal, so that of two that run at once the second fails.
            UniqueConstraint(*self._dialect.indexed("token", "ordinal")),
        )
        self._index(table, "order", "experiment_key", "trial_id", "history_key")
        return table

    def _telemetry(self) -> Table:
        return self._table(
            "telemetry",
            Column("experiment_key", BigInteger, primary_key=True, autoincrement=False),
            Column("trial_id", BigInteger, primary_key=True, autoincrement=False),
            Column("attempt", BigInteger, primary_key=True, autoincrement=False),
            Column("ts", BigInteger, primary_key=True, autoincrement=False),
            Column("metric", self._dialect.name_type, primary_key=True),
            Column("value", self._dialect.text_type, nullable=False),
            sqlite_with_rowid=False,  # one B-tree, in the order in which it is read
        )

    def _table(self, name: str, *items: SchemaItem, **options: Any) -> Table:
        return Table(f"{self._prefix}{name}", self.metadata, *items, **options)

    def _indexed(self, table: Table, column: str) -> ColumnElement[Any]:
        """Return a column as an index has it that must not be taken for the primary key."""
        is_apart = column == "experiment_key" and table.primary_key.contains_column(table.c[column])
        return self._dialect.apart(table.c[column]) if is_apart else table.c[column]

    def _index(self, table: Table, name: str, *columns: str, where: str | None = None) -> None:
        """Add an index, of the rows only that have a value in the column `where` if the engine can do that."""
        condition = None if where is None else table.c[where].is_not(None)
        Index(
            f"{table.name}_{name}",
            *(self._indexed(table, column) for column in columns),
            sqlite_where=condition,
            postgresql_where=condition,
        )
