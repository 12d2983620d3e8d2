"""Fixtures that lend servers and databases; each server starts when a test first asks for it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

import pytest

from servers import (
    LocalServer,
    MariaDbServer,
    MissingEngineError,
    Mongo,
    MongoReplicaSet,
    MongoServer,
    MySql,
    Postgres,
    PostgresServer,
    Server,
)

DatabaseConfig: TypeAlias = dict[str, Any]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Lend the PostgreSQL server that tests share: that of TRIALSTORE_TEST_POSTGRES_URL, or one of our own."""
    with _shared(Postgres, "TRIALSTORE_TEST_POSTGRES_URL", PostgresServer) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """Lend the MySQL or MariaDB server that tests share: that of TRIALSTORE_TEST_MYSQL_URL, or one of our own."""
    with _shared(MySql, "TRIALSTORE_TEST_MYSQL_URL", MariaDbServer) as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: Server) -> Iterator[DatabaseConfig]:
    """Lend the config of an empty database on PostgreSQL."""
    with postgres_server.database() as name:
        yield postgres_server.config(name)


@pytest.fixture
def mariadb_database(mariadb_server: Server) -> Iterator[DatabaseConfig]:
    """Lend the config of an empty database on MariaDB."""
    with mariadb_server.database() as name:
        yield mariadb_server.config(name)


@pytest.fixture
def own_postgres_server() -> Iterator[PostgresServer]:
    """Lend a running PostgreSQL server that the test may crash."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def own_mariadb_server() -> Iterator[MariaDbServer]:
    """Lend a running MariaDB server that the test may crash."""
    with MariaDbServer() as server:
        yield server


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[Mongo]:
    """Lend the MongoDB that tests share: that of TRIALSTORE_TEST_MONGO_URL, or a standalone one of our own."""
    url = os.environ.get("TRIALSTORE_TEST_MONGO_URL")
    with nullcontext(Mongo.at(url)) if url else MongoServer() as server:
        yield server


@pytest.fixture(scope="session")
def mongo_replica_set() -> Iterator[MongoReplicaSet]:
    """Lend the replica set that tests share, and that none of them may crash."""
    with MongoReplicaSet() as replica_set:
        yield replica_set


@pytest.fixture
def mongo_database(mongo_server: Mongo) -> Iterator[DatabaseConfig]:
    """Lend the config of an empty database on MongoDB."""
    with mongo_server.database() as name:
        yield mongo_server.config(name)


@pytest.fixture
def mongo_replica_set_database(mongo_replica_set: MongoReplicaSet) -> Iterator[DatabaseConfig]:
    """Lend the config of an empty database on a replica set of MongoDB."""
    with mongo_replica_set.database() as name:
        yield mongo_replica_set.config(name)


@pytest.fixture
def own_mongo_replica_set() -> Iterator[MongoReplicaSet]:
    """Lend a running replica set of MongoDB whose members the test may crash."""
    with MongoReplicaSet() as replica_set:
        yield replica_set


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Skip a test whose fixtures need an engine that this machine lacks."""
    return (yield from _skipping())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Skip a test that itself needs what this machine lacks."""
    return (yield from _skipping())


def _skipping() -> Generator[None, None, None]:
    try:
        return (yield)
    except MissingEngineError as error:
        pytest.skip(str(error))


def _shared(kind: type[Server], variable: str, our_own: type[LocalServer]) -> AbstractContextManager[Server]:
    url = os.environ.get(variable)
    return nullcontext(kind.at(url)) if url else our_own()
