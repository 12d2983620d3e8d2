"""One database with the tables of other programs: they stay as they are, and trialstore works as if it were alone."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from trialstore import Status, Storage, from_config
from trialstore.errors import TrialstoreError

Snapshot: TypeAlias = dict[str, list[str]]

DUMPS = Path(__file__).parent / "neighbours"
OURS = "trialstore_"
NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
DEFINITIONS = {
    "sqlite": (
        "SELECT tbl_name, type, name, sql FROM sqlite_master WHERE name <> 'sqlite_sequence'",
        "SELECT '', application_id, user_version, page_size FROM pragma_application_id, pragma_user_version, pragma_page_size",
    ),
    "postgresql": (
        "SELECT relname, relkind, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        (
            "SELECT table_name, column_name, ordinal_position, data_type, udt_name, character_maximum_length, "
            "column_default, is_nullable FROM information_schema.columns WHERE table_schema = 'public'"
        ),
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        (
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace"
        ),
        "SELECT sequencename, data_type, increment_by, last_value FROM pg_sequences",
        "SELECT typname, enumlabel, enumsortorder FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid",
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%temp_%'",
        "SELECT '', setconfig FROM pg_db_role_setting JOIN pg_database ON setdatabase = oid AND datname = current_database()",
    ),
    "mariadb": (
        (
            "SELECT table_name, table_type, engine, auto_increment, table_collation, create_time "
            "FROM information_schema.tables WHERE table_schema = database()"
        ),
        "SELECT event_object_table, trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = database()",
        "SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = database()",
        "SELECT '', @@character_set_database, @@collation_database",
    ),
}
"""What tells how everything in a database is defined; the first column is the name of what it belongs to."""
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    "mariadb": "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
}
ROWS = {
    "sqlite": "SELECT rowid, * FROM {}",
    "postgresql": "SELECT xmin::text, ctid::text, * FROM {}",  # which tell a row that was written again
    "mariadb": "SELECT * FROM {}",
}


@dataclass(frozen=True)
class Database:
    """A database, through the driver of its engine."""

    engine: str
    config: Mapping[str, Any]

    def connect(self) -> Any:
        """Return a connection that commits each statement."""
        if self.engine == "sqlite":
            return sqlite3.connect(self.config["database"], isolation_level=None)
        server: dict[str, Any] = {key: self.config.get(key) for key in ("host", "port", "password")}
        user, database = self.config["username"], self.config["database"]
        if self.engine == "postgresql":
            import psycopg

            return psycopg.connect(**server, user=user, dbname=database, autocommit=True)
        import pymysql

        return pymysql.connect(**server, user=user, database=database, charset="utf8mb4", autocommit=True)

    def run(self, statements: Iterable[str]) -> list[list[tuple[Any, ...]]]:
        """Run statements, and return the rows of each."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            return [_rows(cursor, statement) for statement in statements]

    def settle(self, program: str) -> None:
        """Put the tables of another program here."""
        dump = DUMPS / program / f"{self.engine}.sql"
        self.run(dump.read_text(encoding="utf-8").removesuffix(";\n").split(";\n"))

    def storage(self, **config: Any) -> Storage:
        """Return a trialstore here."""
        return from_config({"class": "sql", "config": {**self.config, **config}})

    def others(self, prefix: str = OURS) -> Snapshot:
        """Return the rows and the definitions of all whose name does not begin with `prefix`."""
        (names,) = self.run([TABLES[self.engine]])
        tables = [name for (name,) in names if not name.startswith(prefix)]
        queries = [ROWS[self.engine].format(name) for name in tables]
        if self.engine == "mariadb":
            queries += [f"SHOW CREATE TABLE {name}" for name in tables]
        found = dict(zip(queries, map(_sorted, self.run(queries)), strict=True))
        definitions = DEFINITIONS[self.engine]
        for query, rows in zip(definitions, self.run(definitions), strict=True):
            found[query] = _sorted(row for row in rows if not row[0].startswith(prefix))
        return found


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Return an empty database of each engine."""
    if request.param == "sqlite":
        return Database("sqlite", {"drivername": "sqlite", "database": str(tmp_path / "shared.db")})
    fixture = {"postgresql": "postgres_database", "mariadb": "mariadb_database"}[request.param]
    return Database(request.param, request.getfixturevalue(fixture))


@pytest.fixture(params=["mlos_bench", "optuna"])
def shared(request: pytest.FixtureRequest, database: Database) -> Database:
    """Return a database with the tables of another program."""
    database.settle(request.param)
    return database


def test_the_tables_of_others_are_left_as_they_are(shared: Database) -> None:
    before = shared.others()
    _run_an_experiment(shared)
    with shared.storage() as storage:
        storage.update_schema()
        with storage.experiment(experiment_id="merged", opt_targets={"latency": "min"}) as merged:
            assert len(merged.merge(["tune-db"])) == 3
        storage.delete_experiment("merged")
        storage.delete_experiment("tune-db")
    assert shared.others() == before


def test_an_experiment_is_kept_beside_the_tables_of_others(shared: Database) -> None:
    _run_an_experiment(shared)
    with shared.storage() as storage:
        assert list(storage.experiments) == ["tune-db"]
        data = storage.experiments["tune-db"]
        assert data.description == "größer 漢字 🚀"
        assert data.results_df["result.latency"].tolist() == [10.5, 9.5, 8.5]
        assert data.results_df["config.flush"].tolist() == ["on", "öfter", "🚀"]
        assert data.trials[2].telemetry_df["value"].tolist() == [0.5, "größer 漢字 🚀"]


def test_everything_is_named_by_the_prefix(database: Database) -> None:
    before = database.others("mine_")
    _run_an_experiment(database, table_prefix="mine_")
    assert database.others("mine_") == before


def test_tables_of_mlos_bench_are_warned_about_until_there_is_an_experiment(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.settle("mlos_bench")
    for _ in ("created", "opened again"):
        caplog.clear()
        database.storage().close()
        assert "holds tables of mlos_bench" in caplog.text
    _run_an_experiment(database)
    caplog.clear()
    database.storage().close()
    assert "mlos_bench" not in caplog.text


def test_tables_of_optuna_are_no_reason_to_warn(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    database.settle("optuna")
    with caplog.at_level(logging.WARNING):
        database.storage().close()
    assert "mlos_bench" not in caplog.text


@pytest.mark.parametrize(
    "prefix", ["mine_", "trialstore_trial_", "trialstore_history_", "thirty_characters_is_the_limit"]
)
def test_storages_with_different_prefixes_do_not_see_each_other(database: Database, prefix: str) -> None:
    _run_an_experiment(database)
    with database.storage(table_prefix=prefix) as storage:
        assert list(storage.experiments) == []
    _run_an_experiment(database, table_prefix=prefix)
    with database.storage() as storage:
        storage.delete_experiment("tune-db")
    with database.storage(table_prefix=prefix) as storage:
        assert list(storage.experiments["tune-db"].trials) == [1, 2, 3]


@pytest.mark.parametrize("rows", ["some", "none"])
def test_a_prefix_that_makes_the_name_of_their_table_is_refused(database: Database, rows: str) -> None:
    database.settle("mlos_bench")
    if rows == "none":
        database.run(["DELETE FROM trial_telemetry"])
    before = database.others("mine_")
    with pytest.raises(TrialstoreError, match="trial_telemetry"):
        database.storage(table_prefix="trial_")
    assert database.others("mine_") == before


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_nobody_waits_for_a_transaction_of_another_program(shared: Database) -> None:
    with closing(shared.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE alembic_version SET version_num = 'next'")
        _run_an_experiment(shared)
        with shared.storage() as storage:
            storage.delete_experiment("tune-db")
        connection.rollback()


def _run_an_experiment(database: Database, **config: Any) -> None:
    """Store an experiment whose id is also that of the other programs' one."""
    with (
        database.storage(**config) as storage,
        storage.experiment(
            experiment_id="tune-db", description="größer 漢字 🚀", opt_targets={"latency": "min"}
        ) as experiment,
    ):
        experiment.new_trials([{"cache_mb": 64, "flush": flush} for flush in ("on", "öfter", "🚀")])
        for trial in experiment.claim_trials(trial_runner_id=1, limit=3, lease=600):
            trial.heartbeat()
            trial.update_telemetry(
                Status.RUNNING, NOON, [(NOON, "cpu", 0.5), (NOON, "state", "größer 漢字 🚀")]
            )
            trial.update(Status.SUCCEEDED, NOON, {"latency": 11.5 - trial.trial_id})


def _rows(cursor: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return [] if cursor.description is None else [tuple(row) for row in cursor.fetchall()]


def _sorted(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    return sorted(map(repr, rows))
