"""Databases of every engine, looked at through their drivers, and processes that work on them together."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from runpy import run_path
from signal import SIGALRM, SIGKILL
from types import SimpleNamespace
from typing import Any, Self, TypeAlias

import pytest

from trialstore import Storage, from_config
from trialstore_sql import SqlBackend

Empty: TypeAlias = "Callable[[str], Database]"
Start: TypeAlias = "Callable[[str], Program]"

PROGRAMS = Path(__file__).parent / "programs"
FROZEN = Path(__file__).parents[1] / "frozen"
DEFINITIONS = {
    "sqlite": ["SELECT tbl_name, type, name, sql FROM sqlite_master"],
    "postgresql": [
        (
            "SELECT table_name, column_name, ordinal_position, data_type, character_maximum_length, collation_name, "
            "is_nullable, column_default FROM information_schema.columns WHERE table_schema = 'public'"
        ),
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
        "SELECT sequencename, data_type, increment_by FROM pg_sequences",
    ],
    "mariadb": [
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database()"
    ],
    "duckdb": [
        "SELECT table_name, sql FROM duckdb_tables()",
        "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal",
        "SELECT sequence_name, increment_by FROM duckdb_sequences()",
    ],
}
"""What tells how everything in a database is defined; the first column is the name of what it belongs to."""


@dataclass(frozen=True)
class Database:
    """The part of a database whose names have one prefix, through the driver of its engine."""

    engine: str
    config: Mapping[str, Any]
    prefix: str = "trialstore_"

    def with_prefix(self, prefix: str) -> Database:
        """Return the place of another storage in the same database."""
        return replace(self, prefix=prefix, config={**self.config, "table_prefix": prefix})

    def connect(self) -> Any:
        """Return a connection that commits each statement."""
        if self.engine == "sqlite":
            return sqlite3.connect(self.config["database"], isolation_level=None)
        if self.engine == "duckdb":
            import duckdb

            return duckdb.connect(self.config["database"])
        server: dict[str, Any] = {key: self.config[key] for key in ("host", "port", "password")}
        user, database = self.config["username"], self.config["database"]
        if self.engine == "postgresql":
            import psycopg

            return psycopg.connect(**server, user=user, dbname=database, autocommit=True)
        import pymysql

        return pymysql.connect(**server, user=user, database=database, charset="utf8mb4", autocommit=True)

    def run(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """Run statements, and return the rows of each."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            return [_rows(cursor, statement) for statement in statements]

    def thaw(self, version: str) -> None:
        """Load the frozen database of a version."""
        dump = (FROZEN / version / f"{self.engine}.sql").read_bytes().decode()
        self.run(*dump.replace("trialstore_", self.prefix).removesuffix(";\n").split(";\n"))

    def schema(self) -> list[str]:
        """Return how everything is defined, but for the prefix, the next keys, the owner and the table of the version."""
        rest = [row for row in self._definitions() if row[0] != f"{self.prefix}schema_version"]
        if self.engine == "mariadb":
            rest = [row for [row] in self.run(*(f"SHOW CREATE TABLE {row[0]}" for row in rest))]
        noise = rf" AUTO_INCREMENT=\d+| DEFINER=\S+|`{self.config['database']}`\."
        return sorted(re.sub(noise, "", repr(row)).replace(self.prefix, "") for row in rest)

    def is_empty(self) -> bool:
        """Tell whether nothing is here, not even a table of the version."""
        return not self._definitions()

    def version(self) -> list[tuple[str]]:
        """Return the rows of the table of the version."""
        [rows] = self.run(f"SELECT version_num FROM {self.prefix}schema_version")
        return [(version,) for (version,) in rows]

    def backend(self) -> SqlBackend:
        """Return a backend for what is here, to be opened."""
        return SqlBackend(self.config)

    def storage(self, **options: Any) -> Storage:
        """Return a storage here."""
        return from_config({"class": "sql", "config": self.config}, **options)

    def _definitions(self) -> list[tuple[Any, ...]]:
        found = self.run(*DEFINITIONS[self.engine])
        return [row for rows in found for row in rows if row[0].startswith(self.prefix)]


class Program:
    """A process that reads and answers lines of JSON."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.kill()

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        self._process.kill()
        self._process.communicate()

    def tell(self, message: Any) -> None:
        """Write a line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(message)}\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """Read a line from it."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self._process.args!r} ended early; see what it wrote to stderr"
        return json.loads(line)

    def ask(self, message: Any) -> Any:
        """Write a line to it, and read its answer."""
        self.tell(message)
        return self.hear()


class Killer(Program):
    """A process that begins to make schemas, in processes that it forks, and dies in the middle."""

    def kills(self, act: str, database: Database, changes: int) -> bool:
        """Tell whether so many statements changed something, after which the act was killed, or it was done before."""
        code = self.ask({"act": act, "config": database.config, "changes": changes})
        assert code in {-SIGKILL, 0}
        return bool(code)

    def kills_in(self, seconds: float, database: Database) -> bool:
        """Tell whether a creation was killed after some time, or was done before."""
        code = self.ask({"act": "open", "config": database.config, "seconds": seconds})
        assert code in {-SIGALRM, 0}
        return bool(code)


class Crew(Program):
    """Eight processes that do one job after the other, each job all at the same moment."""

    def do(self, job: str, config: Mapping[str, Any], **arguments: Any) -> list[Any]:
        """Let all begin when all are ready, and return what each answered."""
        answers: list[Any] = self.ask({"job": job, "config": config, **arguments})
        return answers


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    """Lend eight processes."""
    with Crew("crew.py") as crew:
        yield crew


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    """Lend a killer."""
    with Killer("killer.py") as killer:
        yield killer


@pytest.fixture
def start() -> Iterator[Start]:
    """Return what starts programs, which the end of the test kills."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(Program(name))


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Empty:
    """Return what gives the empty database of an engine."""
    fixtures = {"postgresql": "postgres_database", "mariadb": "mariadb_database"}

    def empty(engine: str) -> Database:
        if engine in fixtures:
            return Database(engine, request.getfixturevalue(fixtures[engine]))
        return Database(engine, {"drivername": engine, "database": str(tmp_path / f"trials.{engine}")})

    return empty


@pytest.fixture
def database(request: pytest.FixtureRequest, empty: Empty) -> Database:
    """Return an empty database of the engine that the test names."""
    return empty(request.param)


@pytest.fixture(scope="session")
def story() -> SimpleNamespace:
    """Return the functions that fill and read frozen databases."""
    found = [run_path(str(FROZEN / name)) for name in ("story.py", "reading.py")]
    return SimpleNamespace(**{name: value for names in found for name, value in names.items()})


def _rows(cursor: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return [] if cursor.description is None else [tuple(row) for row in cursor.fetchall()]
