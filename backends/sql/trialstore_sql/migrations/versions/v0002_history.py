"""The table of changes becomes the history, in which no two calls can write the same token."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, SmallInteger, UniqueConstraint, inspect, text

from trialstore.errors import CorruptStorageError
from trialstore_sql.dialects import Dialect
from trialstore_sql.migrations._tables import create_table, drop_table

revision = "0002"
down_revision = "0001"

_KEPT = "experiment_key, trial_id, token, attempt, status, ts, trial_runner_id, reason, reported"


def upgrade(operations: Operations, dialect: Dialect) -> None:
    """Move the rows into a new table; where that was interrupted, begin again or find it done."""
    prefix = dialect.settings.table_prefix
    old, new = f"{prefix}trial_change", f"{prefix}history"
    if not inspect(operations.get_bind()).has_table(old):
        return
    _refuse_others(operations, dialect, new)
    drop_table(operations, dialect, new, "history_key")
    _create(operations, dialect, new)
    _copy(operations, old, new)
    drop_table(operations, dialect, old, "change_key")


def _refuse_others(operations: Operations, dialect: Dialect, table: str) -> None:
    """Refuse to replace a table that is not what an interrupted upgrade left."""
    inspector = inspect(operations.get_bind())
    if not inspector.has_table(table):
        return
    names = {column["name"] for column in inspector.get_columns(table)}
    if names != {"history_key", "ordinal", *_KEPT.split(", ")}:
        raise CorruptStorageError(
            f"{dialect.label}: table {table} is not trialstore's: rename it, and repeat the upgrade"
        )


def _create(operations: Operations, dialect: Dialect, table: str) -> None:
    create_table(
        operations,
        table,
        dialect.key_column(table, "history_key"),
        Column("experiment_key", BigInteger, nullable=False),
        Column("trial_id", BigInteger, nullable=False),
        Column("token", dialect.name_type),
        Column("ordinal", BigInteger, nullable=False),
        Column("attempt", BigInteger, nullable=False),
        Column("status", SmallInteger),
        Column("ts", BigInteger, nullable=False),
        Column("trial_runner_id", BigInteger),
        Column("reason", dialect.text_type),
        Column("reported", SmallInteger, nullable=False),
        UniqueConstraint(*dialect.indexed("token", "ordinal")),
    )
    if dialect.has_indexes:
        operations.create_index(f"{table}_order", table, ["experiment_key", "trial_id", "history_key"])


def _copy(operations: Operations, old: str, new: str) -> None:
    place = "row_number() OVER (PARTITION BY experiment_key, token ORDER BY change_key) - 1"
    quoted = operations.get_bind().dialect.identifier_preparer.quote
    operations.execute(
        text(
            f"INSERT INTO {quoted(new)} ({_KEPT}, ordinal) "  # noqa: S608 - nothing of a user's is in it
            f"SELECT {_KEPT}, CASE WHEN token IS NULL THEN 0 ELSE {place} END FROM {quoted(old)} ORDER BY change_key"
        )
    )
