"""The conformance suite on SQLite, in a file and in memory."""

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
