"""The conformance suite on LMDB."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from trialstore_conformance import StorageConformance


class TestLmdb(StorageConformance):
    @pytest.fixture
    def storage_config(self, tmp_path: Path) -> Mapping[str, Any]:
        return {"class": "lmdb", "config": {"database": str(tmp_path / "trials.lmdb")}}
