"""The conformance suite on every SQL engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from trialstore_conformance import StorageConformance


class TestSqliteFile(StorageConformance):
    @pytest.fixture
    def storage_config(self, tmp_path: Path) -> Mapping[str, Any]:
        return {"class": "sql", "config": {"drivername": "sqlite", "database": str(tmp_path / "trials.db")}}


class TestSqliteMemory(StorageConformance):
    @pytest.fixture
    def storage_config(self) -> Mapping[str, Any]:
        return {"class": "sql", "config": {"drivername": "sqlite", "database": ":memory:"}}


class TestPostgresql(StorageConformance):
    @pytest.fixture
    def storage_config(self, postgres_database: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"class": "sql", "config": postgres_database}


class TestMariaDb(StorageConformance):
    @pytest.fixture
    def storage_config(self, mariadb_database: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"class": "sql", "config": mariadb_database}


class TestDuckdb(StorageConformance):
    @pytest.fixture
    def storage_config(self, tmp_path: Path) -> Mapping[str, Any]:
        database = str(tmp_path / "trials.duckdb")
        return {"class": "sql", "config": {"drivername": "duckdb", "database": database}}
