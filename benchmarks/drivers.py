"""What is asked of the drivers of the engines, counted where they are asked; needs none of them to be there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

METHODS = (
    ("psycopg", "psycopg", "Cursor", "execute"),
    ("psycopg", "psycopg", "Cursor", "executemany"),
    ("psycopg", "psycopg", "Cursor", "copy"),
    ("psycopg", "psycopg", "Connection", "commit"),
    ("pymysql", "pymysql.cursors", "Cursor", "execute"),
    ("pymysql", "pymysql.connections", "Connection", "commit"),
)
"""What is counted, of the drivers that are written in Python."""
_connect_to_sqlite: Callable[..., sqlite3.Connection] = sqlite3.connect


class Calls:
    """How many statements or commands have been given to drivers since `watch`.

    One for many rows counts once, as does a COMMIT; a BEGIN counts if the client says it itself.
    """

    def __init__(self) -> None:
        self.number = 0

    def watch(self) -> None:
        """Begin to count, before anything connects."""
        _on_sqlite_connections(self._counting_cursors)
        for distribution, module, kind, name in METHODS:
            if find_spec(distribution):
                self._count_calls_of(getattr(import_module(module), kind), name)
        if find_spec("pymongo"):
            self._watch_pymongo()

    def _count(self) -> None:
        self.number += 1

    def _counting_cursors(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        count = self._count

        class Cursor(sqlite3.Cursor):
            def execute(self, *arguments: Any) -> Cursor:
                count()
                super().execute(*arguments)
                return self

            def executemany(self, *arguments: Any) -> Cursor:
                count()
                super().executemany(*arguments)
                return self

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def commit(self) -> None:
                if self.in_transaction:
                    count()
                super().commit()

        return _connect_to_sqlite(*arguments, **{"factory": Connection, **options})

    def _watch_pymongo(self) -> None:
        monitoring = import_module("pymongo.monitoring")
        count = self._count

        class Listener(monitoring.CommandListener):  # type: ignore[misc, name-defined] # pymongo may not be there
            def started(self, _: Any) -> None:
                count()

            def succeeded(self, _: Any) -> None:
                """Be called after each command."""

            def failed(self, _: Any) -> None:
                """Be called after each command that fails."""

        monitoring.register(Listener())

    def _count_calls_of(self, kind: type, name: str) -> None:
        method = getattr(kind, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            self.number += 1
            return method(*arguments, **options)

        setattr(kind, name, counted)


def relax_sqlite() -> None:
    """Let SQLite fill files without waiting for the disk; nobody times that."""

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = _connect_to_sqlite(*arguments, **options)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    _on_sqlite_connections(connect)


def _on_sqlite_connections(connect: Callable[..., sqlite3.Connection]) -> None:
    for module in (sqlite3, import_module("sqlite3.dbapi2")):
        vars(module)["connect"] = connect
