"""Accounts that may do less than all, and servers that take no writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from servers import MariaDbServer, PostgresServer, Server
from trialstore import ReadOnlyError, Storage, StorageNotFoundError, StorageUnavailableError, from_config

OpenStorage = Callable[..., Storage]
MakeAccount = Callable[..., dict[str, Any]]

ADVICE = "it cannot be written to; open it with read_only=True, or use the primary server"


def opened(config: dict[str, Any], **options: Any) -> Storage:
    return from_config({"class": "sql", "config": config}, **options)


def add_trial(storage: Storage) -> None:
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial({"x": 1})


def check_it_only_reads(config: dict[str, Any], error: type[Exception], advice: str) -> None:
    with opened(config, read_only=True) as storage:
        assert list(storage.experiments["e"].trials) == [1]
    with opened(config) as storage:
        with pytest.raises(error, match=advice):
            add_trial(storage)
        assert list(storage.experiments["e"].trials) == [1]


def test_an_account_that_may_only_read_reads(open_storage: OpenStorage, make_account: MakeAccount) -> None:
    add_trial(open_storage())
    reader = make_account("password", rights="SELECT")
    check_it_only_reads(reader, StorageUnavailableError, "look at .* the rights of that user")


def test_an_account_that_may_create_nothing_says_so(make_account: MakeAccount) -> None:
    reader = make_account("password", rights="SELECT")
    with pytest.raises(StorageUnavailableError, match=r"look at .* the rights of that user"):
        opened(reader)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}])
def test_a_wrong_password_and_an_unknown_user_are_told_at_once(
    server: Server, database: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(StorageUnavailableError, match="look at the user name, the password") as caught:
        opened(server.config(database) | wrong)
    assert "gave up" not in str(caught.value)


def test_an_unknown_database_is_not_found(server: Server) -> None:
    with pytest.raises(StorageNotFoundError, match=r"nosuch.*create the database first, or mend its name"):
        opened(server.config("nosuch"))


@pytest.mark.parametrize("engine_name", ["postgres"], indirect=True)
def test_a_database_on_postgresql_that_is_set_to_read_only_stays_so(
    open_storage: OpenStorage, server: Server, database: str
) -> None:
    add_trial(open_storage())
    server.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    check_it_only_reads(server.config(database), ReadOnlyError, ADVICE)


def test_a_hot_standby_is_read(own_postgres_server: PostgresServer) -> None:
    config = own_postgres_server.config(own_postgres_server.create_database())
    with opened(config) as storage:
        add_trial(storage)
    own_postgres_server.stop()
    (own_postgres_server.directory / "data" / "standby.signal").touch()
    own_postgres_server.start()
    check_it_only_reads(config, ReadOnlyError, ADVICE)


def test_a_mariadb_server_that_is_set_to_read_only_is_read(own_mariadb_server: MariaDbServer) -> None:
    database = own_mariadb_server.create_database()
    with opened(own_mariadb_server.config(database)) as storage:
        add_trial(storage)
    own_mariadb_server.execute("CREATE USER writer IDENTIFIED BY 'password'")
    own_mariadb_server.execute(f"GRANT ALL ON {database}.* TO writer")
    writer = own_mariadb_server.config(database) | {"username": "writer", "password": "password"}
    own_mariadb_server.execute("SET GLOBAL read_only = 1")
    check_it_only_reads(writer, ReadOnlyError, ADVICE)
    own_mariadb_server.execute("SET GLOBAL read_only = 0")
    own_mariadb_server.execute("SET GLOBAL tx_read_only = 1")
    check_it_only_reads(writer, ReadOnlyError, ADVICE)
