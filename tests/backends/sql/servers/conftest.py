"""Storages on servers, and onlookers who see their sessions, end them, and stand in their way."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar, TypeAlias

import pytest
import sqlalchemy as sa
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from servers import Postgres, Server
from trialstore import Storage, from_config

OpenStorage: TypeAlias = Callable[..., Storage]
MakeAccount: TypeAlias = Callable[..., dict[str, Any]]
Until: TypeAlias = Callable[[Callable[[], object]], None]


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as a condition holds."""
    holds_not = retry_if_result(lambda result: not result)
    Retrying(retry=holds_not, stop=stop_after_delay(60), wait=wait_fixed(0.02))(condition)


class Onlooker:
    """Somebody who looks at one database from another session."""

    sessions_sql: ClassVar[str]
    waiting_sql: ClassVar[str]
    end_sql: ClassVar[str]

    def __init__(self, server: Server, database: str) -> None:
        self.server = server
        self.database = database

    def sessions(self) -> set[int]:
        """Return the sessions in the database."""
        return self._ids(self.sessions_sql)

    def waiting(self) -> set[int]:
        """Return the sessions in the database that wait for a lock."""
        return self._ids(self.waiting_sql)

    def wait_for_a_waiting_session(self) -> int:
        """Return a session that waits for a lock, as soon as there is one."""
        wait_until(self.waiting)
        return self.waiting().pop()

    def wait_until_all_are_gone(self) -> None:
        """Return as soon as nobody is in the database."""
        wait_until(lambda: not self.sessions())

    def end(self, *sessions: int) -> None:
        """End sessions from the outside, and wait until they are gone."""
        for session in sessions:
            self.server.execute(self.end_sql.format(session))
        wait_until(lambda: self.sessions().isdisjoint(sessions))

    @contextmanager
    def holding(self, *statements: str) -> Iterator[sa.Connection]:
        """Hold, in a transaction, what some statements lock."""
        url = sa.URL.create(**self.server.config(self.database))
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
            yield connection

    def _ids(self, sql: str) -> set[int]:
        return {int(row[0]) for row in self.server.execute(sql.format(self.database))}


class PostgresOnlooker(Onlooker):
    """An onlooker on PostgreSQL."""

    sessions_sql = "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend'"
    waiting_sql = "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'"
    end_sql = "SELECT pg_terminate_backend({})"


class MariaDbOnlooker(Onlooker):
    """An onlooker on MariaDB."""

    sessions_sql = "SELECT id FROM information_schema.processlist WHERE db = '{}'"
    # Not innodb_trx: whoever looks there more often than every 100 ms always sees the same old copy.
    waiting_sql = "SHOW ENGINE INNODB STATUS"
    end_sql = "KILL {}"

    def waiting(self) -> set[int]:
        [(_type, _name, status)] = self.server.execute(self.waiting_sql)
        transactions = status.split("---TRANSACTION ")[1:]
        found = (
            re.search(r"^LOCK WAIT .*^MariaDB thread id (\d+)", said, re.MULTILINE | re.DOTALL)
            for said in transactions
        )
        return {int(match[1]) for match in found if match} & self.sessions()


@pytest.fixture
def until() -> Until:
    """Return what waits until a condition holds."""
    return wait_until


@pytest.fixture(params=["postgres", "mariadb"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Return on which engine the test runs."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def server(request: pytest.FixtureRequest, engine_name: str) -> Server:
    """Return the shared server of that engine."""
    running: Server = request.getfixturevalue(f"{engine_name}_server")
    return running


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """Lend the name of an empty database on that server."""
    with server.database() as name:
        yield name


@pytest.fixture
def onlooker(server: Server, database: str) -> Onlooker:
    """Return somebody who looks at the database from outside."""
    kind = PostgresOnlooker if isinstance(server, Postgres) else MariaDbOnlooker
    return kind(server, database)


@pytest.fixture
def make_account(server: Server, database: str) -> Iterator[MakeAccount]:
    """Return what makes users of the server, who have some rights in the database; the test's end removes them."""
    names: list[str] = []
    make, remove = (
        (_make_on_postgres, _remove_from_postgres)
        if isinstance(server, Postgres)
        else (_make_on_mariadb, _remove_from_mariadb)
    )

    def made(password: str, rights: str = "ALL") -> dict[str, Any]:
        names.append(f"user_{secrets.token_hex(8)}")
        make(server, database, names[-1], password, rights)
        return {**server.config(database), "username": names[-1], "password": password}

    yield made
    for name in names:
        remove(server, database, name)


def _make_on_postgres(server: Server, database: str, name: str, password: str, rights: str) -> None:
    server.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    if rights == "ALL":
        server.execute(f"GRANT ALL ON SCHEMA public TO {name}", database)
    server.execute(f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {name}", database)


def _remove_from_postgres(server: Server, database: str, name: str) -> None:
    server.execute(f"DROP OWNED BY {name} CASCADE", database)
    server.execute(f"DROP ROLE {name}")


def _make_on_mariadb(server: Server, database: str, name: str, password: str, rights: str) -> None:
    server.execute(f"CREATE USER {name} IDENTIFIED BY '{password}'")
    server.execute(f"GRANT {rights} ON {database}.* TO {name}")


def _remove_from_mariadb(server: Server, _database: str, name: str) -> None:
    server.execute(f"DROP USER {name}")


@pytest.fixture
def open_storage(server: Server, database: str) -> Iterator[OpenStorage]:
    """Return what opens storages in the database, with other settings than the usual ones where given."""
    with ExitStack() as stack:

        def opened(*, retry_for: float = 60.0, read_only: bool = False, **settings: Any) -> Storage:
            config = {"class": "sql", "config": {**server.config(database), **settings}}
            return stack.enter_context(from_config(config, retry_for=retry_for, read_only=read_only))

        yield opened
