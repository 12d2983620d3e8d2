"""The conformance suite on MongoDB, on one server and on a replica set of three."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, TypeAlias

import pytest
from pymongo import MongoClient

from servers.mongod import HOST
from servers.ports import free_port
from trialstore_conformance import StorageConformance
from trialstore_mongo import MongoBackend

Config: TypeAlias = Mapping[str, Any]
Empty: TypeAlias = Callable[[str], Config]


class TestMongoServer(StorageConformance):
    @pytest.fixture
    def storage_config(self, empty: Empty) -> Config:
        return empty("mongo")

    @pytest.fixture
    def special_configs(self, mongo_database: Config) -> Mapping[str, Config]:
        config = {**mongo_database, "collection_prefix": "newer_"}
        with closing(MongoBackend(config)) as backend:
            backend.open(create=True, read_only=False)
        with MongoClient[dict[str, Any]](mongo_database["uri"]) as client:
            client.get_default_database()["newer_meta"].update_one({}, {"$set": {"version": 99}})
        address = f"mongodb://{HOST}:{free_port(HOST)}/x?serverSelectionTimeoutMS=100"
        newer = {"class": "mongo", "config": config}
        return {"newer": newer, "unreachable": {"class": "mongo", "config": {"uri": address}}}


class TestMongoReplicaSet(StorageConformance):
    @pytest.fixture
    def storage_config(self, empty: Empty) -> Config:
        return empty("mongo_replica_set")
