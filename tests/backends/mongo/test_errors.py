"""What a caller is told when the server is away, unwilling, or full: our errors, with the place and some advice."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from bson.errors import InvalidBSON
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    CursorNotFound,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

import trialstore
from servers import MongoReplicaSet, MongoServer
from servers.ports import free_port
from trialstore.errors import (
    ConfigError,
    CorruptStorageError,
    InvalidInputError,
    ReadOnlyError,
    StorageClosedError,
    StorageNotFoundError,
    StorageUnavailableError,
    TransientError,
    TrialstoreError,
)
from trialstore.records import ExperimentQuery
from trialstore_conformance.lab import Lab, new_trial
from trialstore_mongo import MongoBackend
from trialstore_mongo._errors import translated

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def guarded() -> Iterator[MongoServer]:
    """Lend a server that asks who its clients are."""
    with MongoServer(auth=True) as server:
        yield server


def opened(**config: Any) -> MongoBackend:
    backend = MongoBackend(config)
    with closing(backend):
        backend.open(create=True, read_only=False)
    return backend


def test_a_server_that_is_away_is_a_connection_error_with_the_place_and_a_hint() -> None:
    port = free_port(HOST)
    with pytest.raises(ConnectionError, match=rf"mongodb:lab: {HOST}:{port}: .*look whether the server runs"):
        opened(host=HOST, port=port, database="lab", server_selection_timeout=0.1)


def test_the_time_until_a_server_is_given_up_stands_in_the_config_or_in_the_uri() -> None:
    uri = f"mongodb://{HOST}:{free_port(HOST)}/?serverSelectionTimeoutMS=50"
    with pytest.raises(TransientError):
        opened(uri=uri, server_selection_timeout=10_000)


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(TransientError, match=f"{HOST}:{port}"):
            opened(host=HOST, port=port, server_selection_timeout=0.2)


def test_a_wrong_password_is_not_tried_again_and_not_shown(guarded: MongoServer) -> None:
    config = {**guarded.config_in_parts("lab"), "password": "swordfish"}
    with pytest.raises(StorageUnavailableError, match=r"Authentication failed.*auth_source") as caught:
        opened(**config)
    assert not isinstance(caught.value, TransientError)
    assert "swordfish" not in str(caught.value)


def test_a_user_name_that_is_a_query_is_a_user_name(guarded: MongoServer) -> None:
    config = {**guarded.config_in_parts("lab"), "username": '{"$gt": ""}', "password": '{"$gt": ""}'}
    with pytest.raises(StorageUnavailableError, match="Authentication failed"):
        opened(**config)


def test_a_user_without_rights_is_told_so(guarded: MongoServer) -> None:
    with guarded.client() as client:
        client["lab"].command("createUser", "guest", pwd="a/b:c@d", roles=["read"])
    config = {
        **guarded.config_in_parts("lab"),
        "username": "guest",
        "password": "a/b:c@d",
        "auth_source": "lab",
    }
    with pytest.raises(StorageUnavailableError, match=r"not authorized.*look at the user name"):
        opened(**config)


def test_a_url_with_a_password_of_any_characters_opens(guarded: MongoServer) -> None:
    config = guarded.config("lab")
    backend = opened(**config)
    assert guarded.address.password not in backend.label
    assert "tester" not in backend.label


def test_a_certificate_that_is_not_trusted_is_told_apart_from_a_server_that_is_away() -> None:
    with MongoServer(tls=True) as server:
        parts = server.config_in_parts("lab")
        opened(**parts)
        with pytest.raises(
            StorageUnavailableError, match=r"certificate verify failed.*look at tls"
        ) as caught:
            opened(**{**parts, "tls_ca_file": None, "tls": True, "server_selection_timeout": 0.5})
        assert not isinstance(caught.value, TransientError)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://ada:tu/na@h/lab",
        "mongodb://ada:tu@na@h/lab",
        "mongodb://ada:tu:na@h/lab",
        "mongodb://",
        "mongodb://h/a$b",
    ],
)
def test_a_uri_that_is_none_is_a_config_error_that_shows_nothing_of_it(uri: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(uri=uri)
    assert not any(part in str(caught.value) for part in ("tu", "na@"))


@pytest.mark.parametrize(
    "config",
    [
        {"query": {"maxPoolSize": "many"}},
        {"query": {"noSuchOption": "1"}},
        {"tls_ca_file": "/no/such/file.pem"},
    ],
)
def test_options_that_pymongo_cannot_use_are_a_config_error(config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="look at the options"):
        opened(**{"host": HOST, "server_selection_timeout": 0.1, **config})


def test_an_option_that_pymongo_does_not_know_is_refused_in_a_uri_too() -> None:
    with pytest.raises(ConfigError, match="Unknown option: nosuchoption"):
        opened(uri=f"mongodb://{HOST}/?noSuchOption=1")


def test_a_name_that_no_database_can_have_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="no database of MongoDB can be called 'a b'"):
        MongoBackend({"database": "a b"})


def test_a_server_that_is_too_old_is_refused(backend: MongoBackend) -> None:
    with pytest.raises(StorageUnavailableError, match=r"older than MongoDB 5\.0"):
        backend._database._check_version({"maxWireVersion": 12})


def test_a_secondary_can_only_be_read_from(mongo_replica_set: MongoReplicaSet) -> None:
    with mongo_replica_set.database() as name:
        opened(**mongo_replica_set.config(name))
        primary = mongo_replica_set.wait_for_primary()
        port = next(member.port for member in mongo_replica_set.members if member is not primary)
        config = {"host": HOST, "port": port, "database": name, "query": {"directConnection": True}}
        with pytest.raises(ReadOnlyError, match="read_only=True"):
            opened(**config)
        with closing(MongoBackend(config)) as backend:
            _once_it_has_the_schema(lambda: backend.open(create=False, read_only=True))
            assert backend.find_experiments(ExperimentQuery()) == []


def _once_it_has_the_schema(do: Callable[[], None]) -> None:
    """Do something when a secondary has followed: the primary waits for a majority, not for each."""
    retry = retry_if_exception_type(StorageNotFoundError)
    Retrying(retry=retry, stop=stop_after_delay(60), wait=wait_fixed(0.05), reraise=True)(do)


def test_a_storage_that_was_closed_by_another_thread_says_so(backend: MongoBackend) -> None:
    client = backend._database._connection().client
    client.close()
    with pytest.raises(StorageClosedError, match="another thread has closed"):
        backend.find_experiments(ExperimentQuery())
    backend.close()
    with pytest.raises(StorageClosedError, match="is not open"):
        backend.find_experiments(ExperimentQuery())


def test_a_trial_that_is_too_large_for_a_document_is_refused(
    open_backend: Callable[..., MongoBackend],
) -> None:
    lab = Lab(open_backend())
    metadata = f'{{"a":"{"x" * 9 * 2**20}"}}'
    with pytest.raises(InvalidInputError, match="16 MiB"):
        lab.add(new_trial(metadata=metadata, metrics=metadata))
    assert lab.find() == []


def test_the_largest_metadata_can_be_compared_and_replaced(open_backend: Callable[..., MongoBackend]) -> None:
    lab = Lab(open_backend())
    old, new = (f'{{"a":"{letter * (8 * 2**20 - 8)}"}}' for letter in "xy")
    trial = lab.add_one(metadata=old)
    assert len(old) == 8 * 2**20
    assert lab.change(trial, expected_metadata=old, metadata=new).applied
    assert lab.trial(1).metadata == new


def test_a_value_that_no_encoding_holds_is_refused(backend: MongoBackend) -> None:
    with pytest.raises(InvalidInputError, match="BSON has no form"):
        backend.find_tunable_configs([2**70])


def test_text_that_is_not_utf8_is_called_corrupt(backend: MongoBackend, database: Database[Any]) -> None:
    assert isinstance(translated(InvalidBSON("not UTF-8"), "mongodb:lab", "h:1"), CorruptStorageError)


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (AutoReconnect("connection closed"), TransientError, "the connection was lost"),
        (AutoReconnect("h: [SSL: UNEXPECTED_EOF_WHILE_READING]"), TransientError, "connection was lost"),
        (AutoReconnect("h: [SSL: WRONG_VERSION_NUMBER]"), StorageUnavailableError, "look at tls"),
        (NetworkTimeout("timed out"), TransientError, "the connection was lost"),
        (NotPrimaryError("not primary", {"code": 10107}), TransientError, "the connection was lost"),
        (CursorNotFound("cursor id 7 not found", 43), TransientError, "another client"),
        (WTimeoutError("waiting for replication timed out", 64), TransientError, "in time"),
        (OperationFailure("interrupted at shutdown", 11600), TransientError, "the primary went"),
        (OperationFailure("Incomplete transaction history", 217), TransientError, "another one may"),
        (OperationFailure("WriteConflict", 112), TransientError, "at this moment"),
        (OperationFailure("cannot satisfy", 100), StorageUnavailableError, "too few members"),
        (OperationFailure("No space left", 14031), StorageUnavailableError, "disk is full"),
        (OperationFailure("Document failed validation", 121), CorruptStorageError, "from a backup"),
        (OperationFailure("something new", 4711), StorageUnavailableError, "look at its log"),
        (InvalidOperation("Cannot use MongoClient after close"), StorageClosedError, "closed the storage"),
        (PyMongoError("whatever"), StorageUnavailableError, "look at its log"),
        (
            BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "slow"}]}),
            TransientError,
            "slow: the members",
        ),
    ],
)
def test_each_error_of_the_driver_is_one_of_ours(
    error: Exception, kind: type[TrialstoreError], advice: str
) -> None:
    ours = translated(error, "mongodb:lab", "h:27017")
    assert type(ours) is kind
    assert str(ours).startswith("mongodb:lab at h:27017: ")
    assert advice in str(ours)


def test_an_error_that_the_driver_calls_retryable_is_transient() -> None:
    error = OperationFailure("something new", 4711, {"errorLabels": ["RetryableWriteError"]})
    assert isinstance(translated(error, "mongodb:lab", "h:1"), TransientError)


def test_a_public_call_ends_in_a_connection_error() -> None:
    config = {
        "class": "mongo",
        "config": {"host": HOST, "port": free_port(HOST), "server_selection_timeout": 0.1},
    }
    with pytest.raises(ConnectionError, match="look whether the server runs"):
        trialstore.from_config(config, retry_for=0.2)
