"""The conformance suite on the memory backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from trialstore_conformance import StorageConformance


class TestMemoryBackend(StorageConformance):
    @pytest.fixture
    def storage_config(self) -> Mapping[str, Any]:
        return {"class": "trialstore_memory.MemoryBackend", "config": {"database": "scratch"}}
