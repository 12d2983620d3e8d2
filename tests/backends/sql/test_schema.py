"""The schema: its versions, its migrations, and the tables of others beside it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from trialstore.errors import CorruptStorageError, SchemaVersionError
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_sql import SqlBackend
from trialstore_sql._schema import VERSION
from trialstore_sql._tables import Tables
from trialstore_sql.dialects._sqlite import SqliteDialect
from trialstore_sql.migrations import scripts

OpenBackend = Callable[..., SqlBackend]


def test_the_version_is_that_of_the_newest_migration() -> None:
    assert scripts().get_current_head() == VERSION


def test_the_names_of_the_migrations_count_up() -> None:
    revisions = [script.revision for script in scripts().walk_revisions()][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]


def test_the_migrations_create_the_tables_that_the_statements_see(
    file: Path, open_backend: OpenBackend
) -> None:
    open_backend()
    tables = Tables(SqliteDialect, "trialstore_")
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        options = {"include_object": lambda _object, name, *_: name != "trialstore_schema_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_the_tables_are_declared_to_the_letter(file: Path, open_backend: OpenBackend) -> None:
    open_backend()
    stored = {
        _squeezed(sql) for (sql,) in _execute(file, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    }
    tables = Tables(SqliteDialect, "trialstore_").metadata.sorted_tables
    engine = create_engine("sqlite://")
    declared = [CreateTable(table).compile(engine) for table in tables]
    declared += [CreateIndex(index).compile(engine) for table in tables for index in table.indexes]
    assert {_squeezed(str(statement)) for statement in declared} <= stored


def test_integer_keys_are_never_used_again(backend: SqlBackend, file: Path) -> None:
    backend.delete_experiment("u")
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="reborn"))
    assert _execute(file, "SELECT experiment_key FROM trialstore_experiment") == [(2,)]


def test_an_older_schema_is_refused_with_the_command_and_left_alone(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    _execute(file, "UPDATE trialstore_schema_version SET version_num = '0000'")
    with pytest.raises(
        SchemaVersionError, match=r"older than .*`trialstore upgrade --storage CONFIG_OR_URL`"
    ):
        open_backend()
    with pytest.raises(SchemaVersionError, match="older"):
        open_backend(read_only=True)
    assert _execute(file, "SELECT version_num FROM trialstore_schema_version") == [("0000",)]


def test_a_version_that_never_was_cannot_be_upgraded(file: Path, backend: SqlBackend) -> None:
    backend.close()
    _execute(file, "UPDATE trialstore_schema_version SET version_num = '0000'")
    with pytest.raises(CorruptStorageError, match="no migration is called '0000'"):
        backend.upgrade()


def test_a_newer_schema_is_refused_and_not_downgraded(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    _execute(file, "UPDATE trialstore_schema_version SET version_num = '9999'")
    with pytest.raises(SchemaVersionError, match=r"newer than .*pip install --upgrade trialstore"):
        open_backend()
    with pytest.raises(SchemaVersionError, match="newer"):
        backend.upgrade()


def test_an_upgrade_creates_an_absent_schema_and_leaves_a_current_one_alone(file: Path) -> None:
    backend = SqlBackend({"database": str(file)})
    backend.upgrade()
    before = _execute(file, "SELECT * FROM sqlite_master")
    backend.upgrade()
    assert _execute(file, "SELECT * FROM sqlite_master") == before
    assert len(before) > 5


def test_a_schema_without_a_version_is_called_corrupt(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    _execute(file, "DELETE FROM trialstore_schema_version")
    with pytest.raises(
        CorruptStorageError, match="no version of trialstore's tables: choose another table_prefix"
    ):
        open_backend()


def test_a_migration_that_fails_leaves_nothing_behind(
    file: Path, open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Operations, *_args: Any, **_options: Any) -> None:
        raise InterruptedError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_index", broken, raising=False)
        with pytest.raises(InterruptedError):
            open_backend()
    assert _execute(file, "SELECT * FROM sqlite_master") == []
    open_backend()


def test_threads_may_create_different_databases_at_once(tmp_path: Path) -> None:
    def create(number: int) -> int:
        with closing(SqlBackend({"database": str(tmp_path / f"{number}.db")})) as backend:
            backend.open(create=True, read_only=False)
            return len(backend.find_experiments(ExperimentQuery()))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(create, range(8))) == [0] * 8


def test_two_prefixes_are_two_storages_in_one_file(open_backend: OpenBackend) -> None:
    ours, theirs = open_backend(table_prefix="ours_"), open_backend(table_prefix="theirs_")
    ours.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    assert theirs.find_experiments(ExperimentQuery()) == []


def test_tables_of_mlos_bench_beside_an_empty_storage_are_warned_about_and_left_alone(
    file: Path, open_backend: OpenBackend, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("alembic_version", "experiment", "trial", "config_param", "trial_param", "trial_result")
    for name in names:
        _execute(file, f"CREATE TABLE {name} (a)")
        _execute(file, f"INSERT INTO {name} VALUES (1)")
    with caplog.at_level(logging.WARNING):
        backend = open_backend()
    assert "holds tables of mlos_bench" in caplog.text
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    caplog.clear()
    open_backend()
    assert caplog.text == ""
    assert all(_execute(file, f"SELECT * FROM {name}") == [(1,)] for name in names)


def test_tables_of_others_are_no_reason_to_warn(
    file: Path, open_backend: OpenBackend, caplog: pytest.LogCaptureFixture
) -> None:
    _execute(file, "CREATE TABLE experiment (a)")
    _execute(file, "CREATE TABLE trial (a)")
    open_backend()
    assert caplog.text == ""


def _execute(file: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def _squeezed(sql: str) -> str:
    return " ".join(sql.split())
