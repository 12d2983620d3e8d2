"""Runs statements that were built with SQLAlchemy Core on the driver's own cursor.

Core builds and compiles each statement once; executing it through `sqlalchemy.Connection` would cost several
times what SQLite needs for the work itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias, cast

import sqlalchemy
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ClauseElement

from trialstore.times import Micros, now_micros
from trialstore_sql.dialects import Dialect, Inserts

_LOG = logging.getLogger(__name__)

Row: TypeAlias = Sequence[Any]
Parameters: TypeAlias = Mapping[str, Any]


class Prepared(NamedTuple):
    """A statement in the words of one dialect."""

    sql: str
    placed: Callable[[Parameters], Sequence[Any]]
    """Returns the values of the parameters in the order of their places."""


class Compiler:
    """Compiles each statement once, for all storages on engines of one kind and version.

    Threads that need the same statement at the same moment may both compile it, to the same effect.
    """

    def __init__(self, dialect: sqlalchemy.Dialect) -> None:
        self._dialect = dialect
        self._prepared: dict[ClauseElement, Prepared] = {}

    def __call__(self, statement: ClauseElement) -> Prepared:
        """Return the statement, compiled."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = self._compile(statement)
        return prepared

    def _compile(self, statement: ClauseElement) -> Prepared:
        compiled = cast("SQLCompiler", statement.compile(dialect=self._dialect))
        names = compiled.positiontup or []
        if len(names) > 1:
            return Prepared(str(compiled), itemgetter(*names))
        return Prepared(str(compiled), lambda parameters: [parameters[name] for name in names])


class Transaction:
    """What runs between the checkout of a connection and its return; it ends with the ``with`` block that gave it."""

    def __init__(self, cursor: DBAPICursor, compiler: Compiler, dialect: Dialect) -> None:
        self._cursor = cursor
        self._compiler = compiler
        self._dialect = dialect
        self._log_sql = dialect.settings.log_sql

    def run(self, statement: ClauseElement, parameters: Parameters) -> None:
        """Run a statement that returns no rows."""
        prepared = self._compiler(statement)
        self._execute(prepared.sql, prepared.placed(parameters))

    def insert(self, inserts: Inserts, rows: Sequence[Parameters]) -> Sequence[Row]:
        """Insert rows, which set the same columns, in one statement or in the driver's own fast way.

        Returns the rows that the inserts return; a repetition by the driver returns none.
        """
        if not rows:
            return []
        if len(rows) == 1:
            return self._insert(inserts, inserts.one, rows[0])
        return self.insert_columns(inserts, {name: [row[name] for row in rows] for name in rows[0]}, {})

    def insert_columns(
        self, inserts: Inserts, columns: Mapping[str, Sequence[Any]], common: Parameters
    ) -> Sequence[Row]:
        """Insert rows that are given column by column, but for those columns that have one value in all of them.

        Returns what `insert` does.
        """
        if inserts.many is not None:
            return self._insert(inserts, inserts.many, {**common, **columns})
        prepared = self._compiler(inserts.one)
        repeated = {name: repeat(value) for name, value in common.items()}
        self._log(prepared.sql)
        self._cursor.executemany(prepared.sql, list(zip(*prepared.placed({**repeated, **columns}))))  # noqa: B905
        return []

    def rows(self, statement: ClauseElement, parameters: Parameters) -> Sequence[Row]:
        """Return all rows of a query."""
        prepared = self._compiler(statement)
        self._execute(prepared.sql, prepared.placed(parameters))
        return self._cursor.fetchall()

    def row(self, statement: ClauseElement, parameters: Parameters) -> Row | None:
        """Return the first row of a query, if it has any."""
        rows = self.rows(statement, parameters)
        return rows[0] if rows else None

    def step(self, statements: Sequence[ClauseElement], parameters: Parameters) -> Row | None:
        """Run statements, and return the first row of the last one, if it has any."""
        *others, last = statements
        for statement in others:
            self.run(statement, parameters)
        return self.row(last, parameters)

    def rows_of(self, sql: str) -> Sequence[Row]:
        """Return all rows of a query in the engine's own words, for what Core has no words for."""
        self._execute(sql, ())
        return self._cursor.fetchall()

    def array(self, values: Collection[Any]) -> Any:
        """Return what the parameter of `Dialect.is_in` is set to."""
        return self._dialect.array(values)

    def now(self) -> Micros:
        """Return the engine's now."""
        clock = self._dialect.clock
        return now_micros() if clock is None else int(self.rows_of(f"SELECT {clock}")[0][0])

    @staticmethod
    def moment(found: Micros | None) -> Micros:
        """Return the engine's now, found in the column that `Dialect.now_column` made."""
        return now_micros() if found is None else int(found)

    def _insert(self, inserts: Inserts, statement: Insert, parameters: Parameters) -> Sequence[Row]:
        if inserts.returns_rows:
            return self.rows(statement, parameters)
        self.run(statement, parameters)
        return []

    def _execute(self, sql: str, places: Sequence[Any]) -> None:
        self._log(sql)
        self._cursor.execute(sql, places)

    def _log(self, sql: str) -> None:
        if self._log_sql:
            _LOG.info("%s", sql)
