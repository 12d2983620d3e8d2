"""Watches what a driver is given to send, where the driver is given it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import psycopg
import pymysql
from psycopg._preparing import PrepareManager
from pymysql.cursors import Cursor
from sqlalchemy import Engine, event


class Sent(NamedTuple):
    """One command: a round trip to a server, or a call of a library."""

    sql: str
    parameters: Sequence[Any] = ()
    """Empty where the driver writes them into the statement itself."""
    is_repeated: bool = False
    """Whether the driver carries the statement out once for each element of `parameters`."""


Listener: TypeAlias = Callable[[Any, Sent], None]
"""Takes a connection of the driver and what went through it."""


def watch(engine: Engine, listener: Listener, *, commits: bool = True) -> None:
    """Tell a listener of each command when it has been carried out, and on which connection of the driver.

    Without `commits`, what would be committed is rolled back instead, so that nothing changes for good.
    """

    def step_in(connection: Any, entry: Any) -> None:
        entry.dbapi_connection = _Connection(connection, listener, commits=commits)

    event.listen(engine, "connect", step_in)
    engine.pool.close_idle()  # type: ignore[attr-defined]  # which nobody stands before


def undo(connection: psycopg.Connection) -> None:
    """Take back what a statement did of which a listener is being told."""
    aside(connection, "ROLLBACK TO SAVEPOINT watched")


def aside(connection: psycopg.Connection, command: str) -> None:
    """Run a command in such a way that psycopg keeps its prepared statements, which it forgets at each ROLLBACK."""
    kept, connection._prepared = connection._prepared, PrepareManager()
    try:
        connection.execute(command.encode(), prepare=False)
    finally:
        connection._prepared = kept


class _Connection:
    """Stands before the connection of a driver."""

    def __init__(self, connection: Any, listener: Listener, *, commits: bool) -> None:
        self._connection, self._listener, self._commits = connection, listener, commits
        self._is_of_pymysql = isinstance(connection, pymysql.Connection)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> Any:
        options: dict[str, Any] = {"listener": self._listener, "commits": self._commits}
        if self._is_of_pymysql:
            return self._connection.cursor(partial(_MySqlCursor, **options))
        return _Cursor(self._connection, **options)


class _Cursor:
    """Stands before the cursor of a driver."""

    def __init__(self, connection: Any, listener: Listener, *, commits: bool) -> None:
        self._connection, self._listener, self._commits = connection, listener, commits
        self._cursor = connection.cursor()
        self._is_of_psycopg = isinstance(connection, psycopg.Connection)
        self._has_begun = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._has_begun = self._has_begun or sql == "BEGIN"
        with self._undoable(sql):
            self._cursor.execute(_harmless(sql, commits=self._commits), parameters)
            self._listener(self._connection, Sent(sql, parameters))

    @contextmanager
    def _undoable(self, sql: str) -> Iterator[None]:
        """Let the listener take back what a statement does, also one that is a transaction of its own."""
        if not self._is_of_psycopg or sql in {"BEGIN", "COMMIT"}:
            yield
            return
        run = partial(aside, self._connection)
        run("SAVEPOINT watched" if self._has_begun else "BEGIN; SAVEPOINT watched")
        try:
            yield
        except psycopg.Error:
            run("ROLLBACK")
            raise
        if not self._has_begun:
            run("COMMIT" if self._commits else "ROLLBACK")

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._cursor.executemany(sql, rows)
        self._listener(self._connection, Sent(sql, rows, is_repeated=True))


class _MySqlCursor(Cursor):
    """A cursor of PyMySQL, whose `executemany` takes long lists of rows apart and executes each part."""

    def __init__(self, connection: Any, listener: Listener, *, commits: bool) -> None:
        super().__init__(connection)
        self._listener, self._commits = listener, commits

    def execute(self, query: Any, args: Any = None) -> int:
        affected = super().execute(_harmless(query, commits=self._commits), args)
        text = self.mogrify(query, args) if isinstance(query, str) else query.decode(errors="surrogateescape")
        self._listener(self.connection, Sent(text))
        return affected


def _harmless(sql: Any, *, commits: bool) -> Any:
    return "ROLLBACK" if sql == "COMMIT" and not commits else sql
