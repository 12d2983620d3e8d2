"""Tables, made and dropped together with the sequences that count up their keys, where an engine has these apart."""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, Sequence
from sqlalchemy.schema import CreateSequence, DropSequence, SchemaItem

from trialstore_sql.dialects import Dialect


def create_table(operations: Operations, table: str, *items: SchemaItem, **options: Any) -> None:
    """Create a table."""
    for sequence in _sequences(items):
        operations.execute(CreateSequence(sequence))
    operations.create_table(table, *items, mysql_engine="InnoDB", mysql_row_format="DYNAMIC", **options)


def drop_table(operations: Operations, dialect: Dialect, table: str, key: str) -> None:
    """Drop a table, if it is there, whose surrogate key is called `key`."""
    operations.drop_table(table, if_exists=True)
    for sequence in _sequences([dialect.key_column(table, key)]):
        operations.execute(DropSequence(sequence, if_exists=True))


def _sequences(items: Any) -> list[Sequence]:
    columns = (item for item in items if isinstance(item, Column))
    return [column.default for column in columns if isinstance(column.default, Sequence)]
