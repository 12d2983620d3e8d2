"""The conformance suite on every SQL engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from servers.ports import free_port
from trialstore_conformance import StorageConformance
from trialstore_sql import SqlBackend

Config: TypeAlias = Mapping[str, Any]
Empty: TypeAlias = Callable[[str], Config]

FROZEN = Path(__file__).parents[1] / "sql" / "frozen"
NEWER = "UPDATE newer_schema_version SET version_num = '9999'"
READ_ONLY = {"options": "-c default_transaction_read_only=on"}


class TestSqliteFile(StorageConformance):
    @pytest.fixture
    def storage_config(self, empty_file: Empty) -> Config:
        return empty_file("sqlite")

    @pytest.fixture
    def special_configs(self, tmp_path: Path) -> Mapping[str, Config]:
        older = {"drivername": "sqlite", "database": str(tmp_path / "older.db")}
        dump = (FROZEN / "0001" / "sqlite.sql").read_text(encoding="utf-8")
        run(older, *dump.removesuffix(";\n").split(";\n"))
        return {"older": on(older), **newer({"drivername": "sqlite", "database": str(tmp_path / "newer.db")})}


class TestSqliteMemory(StorageConformance):
    @pytest.fixture
    def storage_config(self) -> Config:
        return on({"drivername": "sqlite", "database": ":memory:"})


class TestPostgresql(StorageConformance):
    @pytest.fixture
    def storage_config(self, empty: Empty) -> Config:
        return empty("postgres")

    @pytest.fixture
    def special_configs(self, postgres_database: Config) -> Mapping[str, Config]:
        create(postgres_database)
        unwritable = on({**postgres_database, "query": READ_ONLY})
        return {**newer(postgres_database), **unreachable(postgres_database), "unwritable": unwritable}


class TestMariaDb(StorageConformance):
    @pytest.fixture
    def storage_config(self, empty: Empty) -> Config:
        return empty("mariadb")

    @pytest.fixture
    def special_configs(self, mariadb_database: Config) -> Mapping[str, Config]:
        return {**newer(mariadb_database), **unreachable(mariadb_database)}


class TestDuckdb(StorageConformance):
    @pytest.fixture
    def storage_config(self, empty_file: Empty) -> Config:
        return empty_file("duckdb")

    @pytest.fixture
    def special_configs(self, tmp_path: Path) -> Mapping[str, Config]:
        return newer({"drivername": "duckdb", "database": str(tmp_path / "newer.duckdb")})


def on(config: Config) -> Config:
    return {"class": "sql", "config": config}


def newer(config: Config) -> dict[str, Config]:
    beside = {**config, "table_prefix": "newer_"}
    create(beside)
    run(beside, NEWER)
    return {"newer": on(beside)}


def create(config: Config) -> None:
    with closing(SqlBackend(config)) as backend:
        backend.open(create=True, read_only=False)


def unreachable(config: Config) -> dict[str, Config]:
    return {"unreachable": on({**config, "port": free_port(config["host"])})}


def run(config: Config, *statements: str) -> None:
    """Run statements in the engine's own words."""
    with closing(SqlBackend(config)) as backend:
        backend._database.open(create=True, read_only=False)
        with closing(backend._database.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            connection.commit()
