"""How the sessions on a server are set up, and which servers are refused."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.pq import PipelineStatus

from servers import Server
from trialstore.errors import ConfigError, CorruptStorageError
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_sql import SqlBackend
from trialstore_sql.dialects._mysql import MysqlDialect
from trialstore_sql.dialects._postgresql import PostgresqlDialect
from wire import watch

Config = Mapping[str, Any]


@contextmanager
def opened(config: Config, *, read_only: bool = False, **settings: Any) -> Iterator[SqlBackend]:
    with closing(SqlBackend({**config, **settings})) as backend:
        backend.open(create=not read_only, read_only=read_only)
        yield backend


def setting(backend: SqlBackend, name: str) -> str:
    with backend._database.read() as tx:
        [(value,)] = tx.rows_of(f"SHOW {name}")
    return str(value)


@pytest.mark.parametrize(
    ("server", "durability", "session"),
    [
        ("off", "full", "on"),
        ("on", "full", "on"),
        ("remote_apply", "full", "remote_apply"),
        ("on", "normal", "off"),
        ("on", "off", "off"),
    ],
)
def test_what_is_acknowledged_is_as_durable_on_postgresql_as_the_config_says(
    postgres_server: Server, postgres_database: Config, server: str, durability: str, session: str
) -> None:
    database = postgres_database["database"]
    postgres_server.execute(f"ALTER DATABASE {database} SET synchronous_commit = {server}")
    with opened(postgres_database, durability=durability) as backend:
        assert setting(backend, "synchronous_commit") == session


def test_a_careless_mariadb_is_warned_about_once(
    mariadb_database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), opened(mariadb_database):
        pass
    assert [m for m in caplog.messages if "innodb_flush_log_at_trx_commit is 2" in m] == caplog.messages
    assert len(caplog.messages) == 1


def test_a_careless_mariadb_is_not_warned_about_if_that_is_wanted(
    mariadb_database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), opened(mariadb_database, durability="normal"):
        pass
    assert caplog.messages == []


def test_a_reader_s_sessions_cannot_write(postgres_database: Config) -> None:
    with opened(postgres_database) as writer:
        assert setting(writer, "default_transaction_read_only") == "off"
    with opened(postgres_database, read_only=True) as reader:
        assert setting(reader, "default_transaction_read_only") == "on"


def test_a_server_s_own_isolation_does_not_matter(postgres_server: Server, postgres_database: Config) -> None:
    database = postgres_database["database"]
    postgres_server.execute(f"ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'")
    with opened(postgres_database) as backend:
        assert setting(backend, "transaction_isolation") == "read committed"


def test_a_database_of_another_encoding_is_refused(
    postgres_server: Server, postgres_database: Config
) -> None:
    name = f"{postgres_database['database']}_latin"
    postgres_server.execute(
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    try:
        with (
            pytest.raises(ConfigError, match=r"encoded in LATIN1.*ENCODING 'UTF8'"),
            opened({**postgres_database, "database": name}),
        ):
            pass
    finally:
        postgres_server.drop_database(name)


def test_a_postgresql_that_is_too_old_is_refused(
    postgres_database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PostgresqlDialect, "oldest", (99,))
    with (
        pytest.raises(ConfigError, match=r"PostgreSQL \d+ is too old, trialstore needs 99"),
        opened(postgres_database),
    ):
        pass


def test_a_mariadb_that_is_too_old_is_refused(
    mariadb_database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MysqlDialect, "oldest", {"MariaDB": (10, 99), "MySQL": (9,)})
    with (
        pytest.raises(ConfigError, match=r"MariaDB 10\.11\.\d+ is too old, trialstore needs 10\.99"),
        opened(mariadb_database),
    ):
        pass


def test_a_writer_that_stands_still_is_ended_by_the_server(
    postgres_database: Config, mariadb_database: Config
) -> None:
    with opened(postgres_database) as backend:
        assert setting(backend, "idle_in_transaction_session_timeout") == "30s"
    with opened(mariadb_database) as backend, backend._database.read() as tx:
        assert list(tx.rows_of("SELECT @@idle_transaction_timeout")) == [(30,)]


@pytest.mark.parametrize("mode", ["ANSI", "ORACLE", "NO_BACKSLASH_ESCAPES", ""])
def test_a_mariadb_of_any_sql_mode_will_do(
    mariadb_server: Server, mariadb_database: Config, mode: str
) -> None:
    [(before,)] = mariadb_server.execute("SELECT @@GLOBAL.sql_mode")
    mariadb_server.execute(f"SET GLOBAL sql_mode = '{mode}'")
    try:
        with opened(mariadb_database) as backend:
            backend.put_experiment(ExperimentRecord(experiment_id="back\\slash'", uid="u"))
            [found] = backend.find_experiments(ExperimentQuery())
    finally:
        mariadb_server.execute(f"SET GLOBAL sql_mode = '{before}'")
    assert found.experiment_id == "back\\slash'"


def test_a_server_that_cuts_results_off_does_not_cut_ours(
    mariadb_server: Server, mariadb_database: Config
) -> None:
    mariadb_server.execute("SET GLOBAL sql_select_limit = 1")
    try:
        with opened(mariadb_database) as backend:
            for uid in ("u", "v"):
                backend.put_experiment(ExperimentRecord(experiment_id=uid, uid=uid))
            assert len(backend.find_experiments(ExperimentQuery())) == 2
    finally:
        mariadb_server.execute("SET GLOBAL sql_select_limit = DEFAULT")


def test_a_postgresql_without_a_schema_to_write_to_is_a_matter_of_its_config(
    postgres_server: Server, postgres_database: Config
) -> None:
    postgres_server.execute(f"ALTER DATABASE {postgres_database['database']} SET search_path = ''")
    with (
        pytest.raises(ConfigError, match="make the schema, or mend the search_path"),
        opened(postgres_database),
    ):
        pass


@pytest.mark.parametrize(("given", "used"), [("none", None), ("0", 0), ("12", 12)])
def test_prepared_statements_may_be_turned_off_for_a_pooler(
    postgres_database: Config, given: str, used: int | None
) -> None:
    query = {"prepare_threshold": given}
    with (
        opened(postgres_database, query=query) as backend,
        closing(backend._database.engine.raw_connection()) as connection,
    ):
        assert getattr(connection.dbapi_connection, "prepare_threshold", "absent") == used


def test_a_wrong_number_of_prepared_statements_is_refused(postgres_database: Config) -> None:
    query = {"prepare_threshold": "many"}
    with (
        pytest.raises(ConfigError, match="must be a number or none, not 'many'"),
        opened(postgres_database, query=query),
    ):
        pass


def test_prepared_statements_that_a_pooler_lost_are_explained(postgres_database: Config) -> None:
    with opened(postgres_database, pool_size=1) as backend:
        for _ in range(12):
            backend.find_experiments(ExperimentQuery())
        with backend._database.read() as tx:
            tx._execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$", ())
        with pytest.raises(ConfigError, match="set prepare_threshold to none"):
            backend.find_experiments(ExperimentQuery())


@pytest.mark.parametrize("is_supported", [True, False])
def test_a_write_is_pipelined_where_the_client_library_can_do_that(
    postgres_database: Config, monkeypatch: pytest.MonkeyPatch, is_supported: bool
) -> None:
    monkeypatch.setattr(psycopg.Pipeline, "is_supported", lambda: is_supported)
    modes: list[PipelineStatus] = []
    with opened(postgres_database) as backend:
        watch(backend._database.engine, lambda connection, _: modes.append(connection.pgconn.pipeline_status))
        backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
        assert [found.uid for found in backend.find_experiments(ExperimentQuery())] == ["u"]
    look, *write, read = modes
    assert {look, read} == {PipelineStatus.OFF}
    assert set(write) == {PipelineStatus.ON if is_supported else PipelineStatus.OFF}


def test_a_pipeline_that_ends_badly_says_why_the_write_failed(postgres_database: Config) -> None:
    with (
        opened(postgres_database) as backend,
        pytest.raises(CorruptStorageError, match="no_such_table"),
        backend._database.write() as tx,
    ):
        tx._execute("INSERT INTO no_such_table VALUES (1)", ())
