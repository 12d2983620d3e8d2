"""Empty storages for the suite, which cost less than a test does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from servers import Mongo, MongoReplicaSet, Server
from trialstore import from_config
from trialstore_conformance.command.scratch import delete_experiments
from trialstore_conformance.requirements import needs_an_absent_one

Config: TypeAlias = Mapping[str, Any]
Empty: TypeAlias = Callable[[str], Config]


@pytest.fixture
def empty(request: pytest.FixtureRequest) -> Empty:
    """Return what gives the config of an empty storage on a server: one for all tests, which is emptied.

    A test for which that is not enough gets a new one.
    """

    def empty(server: str) -> Config:
        backend = "mongo" if server.startswith("mongo") else "sql"
        if needs_an_absent_one(request.function):
            return {"class": backend, "config": request.getfixturevalue(f"{server}_database")}
        config = {"class": backend, "config": request.getfixturevalue(f"shared_{server}_database")}
        delete_experiments(config)
        return config

    return empty


@pytest.fixture
def empty_file(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Empty:
    """Return what gives the config of an empty storage in a file, a copy of one for all tests."""

    def empty_file(engine: str) -> Config:
        new, first = tmp_path / f"trials.{engine}", tmp_path_factory.getbasetemp() / f"empty.{engine}"
        if not first.exists():
            from_config({"class": "sql", "config": {"drivername": engine, "database": str(first)}}).close()
        if not needs_an_absent_one(request.function):
            shutil.copy(first, new)
        return {"class": "sql", "config": {"drivername": engine, "database": str(new)}}

    return empty_file


@pytest.fixture(scope="session")
def shared_postgres_database(postgres_server: Server) -> Iterator[Config]:
    with postgres_server.database() as name:
        yield postgres_server.config(name)


@pytest.fixture(scope="session")
def shared_mariadb_database(mariadb_server: Server) -> Iterator[Config]:
    with mariadb_server.database() as name:
        yield mariadb_server.config(name)


@pytest.fixture(scope="session")
def shared_mongo_database(mongo_server: Mongo) -> Iterator[Config]:
    with mongo_server.database() as name:
        yield mongo_server.config(name)


@pytest.fixture(scope="session")
def shared_mongo_replica_set_database(mongo_replica_set: MongoReplicaSet) -> Iterator[Config]:
    with mongo_replica_set.database() as name:
        yield mongo_replica_set.config(name)
