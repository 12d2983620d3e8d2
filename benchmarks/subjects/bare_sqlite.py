"""The module sqlite3, and no more."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from benchmarks.subject import Address
from benchmarks.subjects import bare
from benchmarks.subjects.bare_sql import CREATE, STATEMENTS, BareSql

KEY = "INTEGER PRIMARY KEY AUTOINCREMENT"


class Subject(BareSql):
    """A file in WAL mode that waits for the disk at each commit."""

    statements = STATEMENTS

    def __init__(self, address: Address) -> None:
        super().__init__()
        self._connection = sqlite3.connect(address["database"], timeout=60, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(CREATE.format(key=KEY, clustered="WITHOUT ROWID"))
        self._cursor = self._connection.cursor()

    def close(self) -> None:
        self._connection.close()

    def begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    def run_statement(self, sql: str, values: Sequence[Any]) -> list[Any]:
        return self._cursor.execute(sql, values).fetchall()

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        places = ", ".join("?" * len(columns))
        self._cursor.executemany(
            f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})", rows
        )

    def config_ids(self, configs: list[bare.Config]) -> list[int]:
        return [self._run("config", *config)[0][0] for config in configs]
