"""The first tables."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, SmallInteger, UniqueConstraint, text

from trialstore_sql.dialects import Dialect
from trialstore_sql.migrations._tables import create_table

revision = "0001"
down_revision = None


def upgrade(operations: Operations, dialect: Dialect) -> None:
    """Create the tables."""
    prefix = dialect.settings.table_prefix
    _create_experiment(operations, dialect, f"{prefix}experiment")
    _create_tunable_config(operations, dialect, f"{prefix}tunable_config")
    _create_trial(operations, dialect, f"{prefix}trial")
    _create_trial_change(operations, dialect, f"{prefix}trial_change")
    _create_telemetry(operations, dialect, f"{prefix}telemetry")


def _create_experiment(operations: Operations, dialect: Dialect, table: str) -> None:
    create_table(
        operations,
        table,
        dialect.key_column(table, "experiment_key"),
        Column("uid", dialect.name_type, nullable=False, unique=True),
        Column("experiment_id", dialect.name_type, nullable=False, unique=True),
        Column("description", dialect.text_type),
        Column("root_env_config", dialect.text_type),
        Column("git_repo", dialect.text_type),
        Column("git_commit", dialect.text_type),
        Column("objectives", dialect.text_type, nullable=False),
        Column("tunables", dialect.text_type),
        Column("max_attempts", BigInteger),
        Column("next_trial_id", BigInteger),
        Column("completions", BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )


def _create_tunable_config(operations: Operations, dialect: Dialect, table: str) -> None:
    create_table(
        operations,
        table,
        dialect.key_column(table, "tunable_config_id"),
        Column("hash", dialect.name_type, nullable=False, unique=True),
        Column("params", dialect.text_type, nullable=False),
        sqlite_autoincrement=True,
    )


def _create_trial(operations: Operations, dialect: Dialect, table: str) -> None:
    create_table(
        operations,
        table,
        Column("experiment_key", BigInteger, primary_key=True, autoincrement=False),
        Column("trial_id", BigInteger, primary_key=True, autoincrement=False),
        Column("tunable_config_id", BigInteger, nullable=False),
        Column("token", dialect.name_type, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("due", BigInteger, nullable=False),
        Column("ts_start", BigInteger),
        Column("ts_end", BigInteger),
        Column("trial_runner_id", BigInteger),
        Column("attempt", BigInteger, nullable=False),
        Column("expirations", BigInteger, nullable=False),
        Column("lease_expires", BigInteger),
        Column("completion", BigInteger),
        Column("metadata", dialect.text_type, nullable=False),
        Column("metrics", dialect.text_type),
        UniqueConstraint(*dialect.indexed("token")),
    )
    if dialect.has_indexes:
        _index_trial(operations, dialect, table)


def _index_trial(operations: Operations, dialect: Dialect, table: str) -> None:
    queue = dialect.indexed("status", "trial_runner_id", "due", "trial_id")
    operations.create_index(f"{table}_queue", table, queue)
    operations.create_index(f"{table}_config", table, dialect.indexed("tunable_config_id", "trial_id"))
    _create_sparse_index(operations, table, "lease", "lease_expires")
    _create_sparse_index(operations, table, "completion", "completion")


def _create_sparse_index(operations: Operations, table: str, name: str, column: str) -> None:
    condition = text(f"{column} IS NOT NULL")
    operations.create_index(
        f"{table}_{name}",
        table,
        ["experiment_key", column],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _create_trial_change(operations: Operations, dialect: Dialect, table: str) -> None:
    create_table(
        operations,
        table,
        dialect.key_column(table, "change_key"),
        Column("experiment_key", BigInteger, nullable=False),
        Column("trial_id", BigInteger, nullable=False),
        Column("token", dialect.name_type),
        Column("attempt", BigInteger, nullable=False),
        Column("status", SmallInteger),
        Column("ts", BigInteger, nullable=False),
        Column("trial_runner_id", BigInteger),
        Column("reason", dialect.text_type),
        Column("reported", SmallInteger, nullable=False),
        UniqueConstraint("experiment_key", "token", "trial_id"),
    )
    if dialect.has_indexes:
        operations.create_index(f"{table}_trial", table, ["experiment_key", "trial_id", "change_key"])


def _create_telemetry(operations: Operations, dialect: Dialect, table: str) -> None:
    create_table(
        operations,
        table,
        Column("experiment_key", BigInteger, primary_key=True, autoincrement=False),
        Column("trial_id", BigInteger, primary_key=True, autoincrement=False),
        Column("attempt", BigInteger, primary_key=True, autoincrement=False),
        Column("ts", BigInteger, primary_key=True, autoincrement=False),
        Column("metric", dialect.name_type, primary_key=True),
        Column("value", dialect.text_type, nullable=False),
        sqlite_with_rowid=False,
    )
