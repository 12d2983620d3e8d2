"""What engines have in common that take an array as a parameter and speak PostgreSQL's words about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert
from sqlalchemy.types import TypeEngine

from trialstore_sql._parameters import placeholders
from trialstore_sql.dialects._base import Dialect, Inserts


class ArrayDialect(Dialect):
    """An engine with arrays: many rows go in as one statement, whose parameters are the columns."""

    @classmethod
    def inserts(cls, table: Table, names: Sequence[str], common: Collection[str] = ()) -> Inserts:
        many = Insert(table).from_select(names, _rows(table, names, common))
        return Inserts(Insert(table).values(placeholders(names)), many)

    @classmethod
    def if_absent(cls, statement: Insert, key: Sequence[str]) -> Insert:
        return statement.on_conflict_do_nothing(index_elements=key)

    @classmethod
    def is_in(cls, column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
        return column == any_(_array(parameter, column.type))

    @classmethod
    def array(cls, values: Collection[Any]) -> list[Any]:
        return list(values)


def _rows(table: Table, names: Sequence[str], common: Collection[str]) -> Select[Any]:
    """Return the rows whose columns are the parameters; those in `common` are single values."""
    return select(
        *(
            bindparam(name, type_=table.c[name].type)
            if name in common
            else func.unnest(_array(name, table.c[name].type))
            for name in names
        )
    )


def _array(parameter: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    # A length or a collation is the column's affair.
    return bindparam(parameter, type_=ARRAY(Text() if isinstance(type_, String) else type_))
