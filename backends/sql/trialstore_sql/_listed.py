"""Statements about the rows whose column has one of some values."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.sql.elements import ClauseElement

from trialstore_sql._transaction import Transaction
from trialstore_sql.dialects import Dialect

_Statement = TypeVar("_Statement", bound=ClauseElement)


def one_or_many(
    name: str, values: Collection[Any], array: Callable[[Collection[Any]], Any]
) -> dict[str, Any]:
    """Return the parameter for a column, or (by its name in the plural) for many values of it."""
    return {name: next(iter(values))} if len(values) == 1 else {f"{name}s": array(values)}


class Listed(Generic[_Statement]):
    """A statement in two forms: engines look a single value up faster than a list.

    Parameters
    ----------
    make
        Returns the statement for a condition.
    column
        The column.
    dialect
        Knows how a list is written.
    """

    def __init__(
        self,
        make: Callable[[ColumnElement[bool]], _Statement],
        column: ColumnElement[Any],
        dialect: type[Dialect],
    ) -> None:
        self._of_one = make(column == bindparam("value"))
        self._of_many = make(dialect.is_in(column, "values"))

    def of(
        self, tx: Transaction, values: Collection[Any], **others: Any
    ) -> tuple[_Statement, dict[str, Any]]:
        """Return the form that suits, and its parameters: the values, and `others`."""
        if len(values) == 1:
            return self._of_one, {"value": next(iter(values)), **others}
        return self._of_many, {"values": tx.array(values), **others}
