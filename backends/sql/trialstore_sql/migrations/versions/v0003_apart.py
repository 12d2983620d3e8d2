"""The indexes of trials name the experiment in other words than the primary key does, where plans are kept."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import TextClause, text

from trialstore_sql.dialects import Dialect

revision = "0003"
down_revision = "0002"

_KEY = text("(experiment_key - 0)")
_INDEXES: dict[str, tuple[list[str | TextClause], str | None]] = {
    "queue": (["status", _KEY, "trial_runner_id", "due", "trial_id"], None),
    "config": (["tunable_config_id", _KEY, "trial_id"], None),
    "lease": ([_KEY, "lease_expires"], "lease_expires"),
    "completion": ([_KEY, "completion"], "completion"),
}
"""Their columns, and the one that must have a value."""


def upgrade(operations: Operations, dialect: Dialect) -> None:
    """Make the indexes anew on an engine that keeps plans."""
    if not dialect.keeps_plans:
        return
    table = f"{dialect.settings.table_prefix}trial"
    for name, (columns, where) in _INDEXES.items():
        operations.drop_index(f"{table}_{name}", table)
        condition = None if where is None else text(f"{where} IS NOT NULL")
        operations.create_index(f"{table}_{name}", table, columns, postgresql_where=condition)
