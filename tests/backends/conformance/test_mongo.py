"""The conformance suite on MongoDB, on one server and on a replica set of three."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from trialstore_conformance import StorageConformance


class TestMongoServer(StorageConformance):
    @pytest.fixture
    def storage_config(self, mongo_database: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"class": "mongo", "config": mongo_database}


class TestMongoReplicaSet(StorageConformance):
    @pytest.fixture
    def storage_config(self, mongo_replica_set_database: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"class": "mongo", "config": mongo_replica_set_database}
