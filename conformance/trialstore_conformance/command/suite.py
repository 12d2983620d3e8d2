"""The suite on the storage that the command was given; the process that runs it brings the fixtures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import hypothesis
import pytest

from trialstore_conformance.profiles import chosen_settings
from trialstore_conformance.suite import StorageConformance


class TestStorage(StorageConformance):
    """Every test, and a search that always ends with the smallest example that fails."""

    @pytest.fixture
    def storage_config(self, scratch_config: Mapping[str, Any]) -> Mapping[str, Any]:
        return scratch_config

    @pytest.fixture
    def hypothesis_settings(self) -> hypothesis.settings:
        phases = [phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.explain]
        return hypothesis.settings(chosen_settings(), phases=phases, report_multiple_bugs=False)
