"""The MongoDB servers of our own: they start, crash, come back, and leave nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, TypeAlias

import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError
from pymongo.write_concern import WriteConcern

from servers import Mongo, MongoReplicaSet, MongoServer

ENGINES = Path(__file__).parent
Kind: TypeAlias = type[MongoServer] | type[MongoReplicaSet]
Client: TypeAlias = MongoClient[dict[str, Any]]
ACKNOWLEDGED = WriteConcern("majority", j=True)


@pytest.fixture(params=[MongoServer, MongoReplicaSet])
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture(scope="module")
def standalone() -> Iterator[MongoServer]:
    with MongoServer() as started:
        yield started


@pytest.fixture(scope="module")
def three_members() -> Iterator[MongoReplicaSet]:
    with MongoReplicaSet() as started:
        yield started


@pytest.fixture
def replica_set(three_members: MongoReplicaSet) -> Iterator[MongoReplicaSet]:
    """Lend a replica set whose members the test may end; they are started again afterwards."""
    yield three_members
    three_members.start()


@pytest.fixture(params=["standalone", "replica_set"])
def server(request: pytest.FixtureRequest) -> MongoServer | MongoReplicaSet:
    chosen: MongoServer | MongoReplicaSet = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="module")
def guarded() -> Iterator[MongoServer]:
    with MongoServer(auth=True, tls=True) as started:
        yield started


def insert(client: Client, database: str, number: int) -> None:
    client[database].get_collection("t", write_concern=ACKNOWLEDGED).insert_one({"number": number})


def numbers(client: Client, database: str) -> list[int]:
    return [found["number"] for found in client[database]["t"].find().sort("number")]


def client_of_parts(database: str, parts: dict[str, Any]) -> Client:
    assert parts.pop("database") == database
    names = {"auth_source": "authSource", "replica_set": "replicaSet", "tls_ca_file": "tlsCAFile"}
    return MongoClient(**{names.get(name, name): value for name, value in parts.items()})


def processes_in(directory: Path) -> list[psutil.Process]:
    running = psutil.process_iter(["cwd"])
    return [process for process in running if (process.info["cwd"] or "").startswith(str(directory))]


def test_the_config_of_a_new_database_leads_to_an_empty_one(server: Mongo) -> None:
    with server.database() as name, Client(server.config(name)["uri"]) as client:
        assert client.get_default_database().name == name
        assert client[name].list_collection_names() == []


def test_both_forms_of_the_config_lead_to_the_same_database(server: Mongo) -> None:
    with server.database() as name, Client(server.config(name)["uri"]) as client:
        insert(client, name, 1)
        with client_of_parts(name, server.config_in_parts(name)) as other:
            assert numbers(other, name) == [1]


def test_databases_do_not_see_each_other(server: Mongo) -> None:
    with server.database() as one, server.database() as other, server.client() as client:
        insert(client, one, 1)
        insert(client, other, 2)
        assert numbers(client, one) == [1]
        assert numbers(client, other) == [2]


def test_a_database_is_dropped_while_somebody_is_connected(server: Mongo) -> None:
    with server.client() as client:
        with server.database() as name:
            insert(client, name, 1)
            assert name in client.list_database_names()
        assert name not in client.list_database_names()


def test_it_comes_back_at_its_address_with_what_was_acknowledged(
    server: MongoServer | MongoReplicaSet,
) -> None:
    with server.database() as name:
        with server.client() as client:
            insert(client, name, 1)
        server.crash()
        assert processes_in(server.directory) == []
        server.start()
        with server.client() as client:
            assert numbers(client, name) == [1]


@pytest.mark.parametrize(("end", "clean"), [("crash", False), ("stop", True)])
def test_a_crash_is_no_clean_stop(end: str, clean: bool) -> None:
    with MongoServer() as server:
        getattr(server, end)()
        said_before = len(server.log.read_text())
        server.start()
        assert ("Detected unclean shutdown" in server.log.read_text()[said_before:]) is not clean


def test_starting_it_twice_changes_nothing(server: MongoServer | MongoReplicaSet) -> None:
    before = {process.pid for process in processes_in(server.directory)}
    server.start()
    assert {process.pid for process in processes_in(server.directory)} == before


def test_one_that_cannot_start_says_why_and_leaves_nothing(kind: Kind) -> None:
    server = kind({"noSuchParameter": "1"})
    with pytest.raises(RuntimeError, match=r"(?s)did not start; its log:.*noSuchParameter"):
        server.__enter__()
    assert not server.directory.exists()


def test_server_parameters_reach_the_server() -> None:
    with MongoServer({"ttlMonitorEnabled": "false"}) as server, server.client() as client:
        assert client.admin.command("getParameter", ttlMonitorEnabled=1)["ttlMonitorEnabled"] is False


def test_with_authentication_strangers_are_refused(guarded: MongoServer) -> None:
    stranger = guarded.config_in_parts("admin")
    del stranger["username"], stranger["password"], stranger["auth_source"]
    with client_of_parts("admin", stranger) as client, pytest.raises(OperationFailure, match="requires auth"):
        client.list_database_names()


def test_with_authentication_a_wrong_password_is_refused(guarded: MongoServer) -> None:
    intruder = guarded.config_in_parts("admin") | {"password": "wrong"}
    with client_of_parts("admin", intruder) as client, pytest.raises(OperationFailure, match=r"(?i)auth"):
        client.list_database_names()


def test_with_tls_its_clients_have_to_use_it(guarded: MongoServer) -> None:
    where = guarded.address
    with (
        Client(where.host, where.port, serverSelectionTimeoutMS=100) as client,
        pytest.raises(ServerSelectionTimeoutError),
    ):
        client.admin.command("ping")


def test_with_tls_and_authentication_both_forms_of_the_config_suffice(guarded: MongoServer) -> None:
    with guarded.database() as name, Client(guarded.config(name)["uri"]) as client:
        insert(client, name, 1)
        with client_of_parts(name, guarded.config_in_parts(name)) as other:
            assert numbers(other, name) == [1]


def test_a_replica_set_goes_on_without_its_primary(replica_set: MongoReplicaSet) -> None:
    with replica_set.database() as name, replica_set.client() as client:
        insert(client, name, 1)
        crashed = replica_set.crash_primary()
        assert not crashed.runs
        assert replica_set.wait_for_primary() is not crashed
        insert(client, name, 2)
        assert numbers(client, name) == [1, 2]


def test_a_member_that_came_back_stands_in_for_the_next(replica_set: MongoReplicaSet) -> None:
    with replica_set.database() as name, replica_set.client() as client:
        first = replica_set.crash_primary()
        insert(client, name, 1)
        replica_set.restart(first)
        second = replica_set.crash_primary()
        insert(client, name, 2)
        assert second is not first
        assert first.runs
        assert numbers(client, name) == [1, 2]


def test_a_primary_that_is_stopped_hands_over(replica_set: MongoReplicaSet) -> None:
    stopped = replica_set.wait_for_primary()
    stopped.stop()
    assert replica_set.wait_for_primary() is not stopped


def test_a_replica_set_that_does_not_run_has_no_primary(replica_set: MongoReplicaSet) -> None:
    replica_set.crash()
    with pytest.raises(LookupError, match=r"^mongodb://.* has no primary now; wait_for_primary\(\) waits"):
        replica_set.primary()


def test_closing_it_leaves_nothing(kind: Kind) -> None:
    with kind() as server:
        assert processes_in(server.directory)
    assert not server.directory.exists()
    assert processes_in(server.directory) == []


@pytest.mark.usefixtures("standalone")  # which skips, where the engine is missing
def test_none_outlives_who_started_it(kind: Kind) -> None:
    command = [sys.executable, str(ENGINES / "programs" / "hold_server.py"), kind.__name__]
    environment = {**os.environ, "PYTHONPATH": str(ENGINES)}
    with Popen(command, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stderr is not None
        directory = Path(holder.stdout.readline().strip())
        assert processes_in(directory)
        holder.kill()
        holder.stderr.read()  # returns when the last process that could still complain has ended
        assert processes_in(directory) == []
        assert not directory.exists()
