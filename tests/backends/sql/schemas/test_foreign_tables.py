"""Tables and views of others that have the names of ours: they are refused, and never dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trialstore.errors import CorruptStorageError

if TYPE_CHECKING:
    from tests.backends.sql.schemas.conftest import Database, Killer

ON_ALL = pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb", "duckdb"], indirect=True)
ON_MARIADB = pytest.mark.parametrize("database", ["mariadb"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SOME_OR_NO_ROWS = pytest.mark.parametrize("rows", [[(1,)], []], ids=["rows", "no-rows"])
OURS = [
    "experiment",
    "tunable_config",
    "trial",
    "trial_change",
    "history",
    "telemetry",
    "trials",
    "trial_params",
]


@ON_ALL
@SOME_OR_NO_ROWS
def test_no_schema_is_created_over_a_table_of_one_of_our_names(
    database: Database, rows: list[tuple[int]]
) -> None:
    for name in OURS:
        here = database.with_prefix(f"of_{name}_")
        _make_table(here, name, rows)
        for act in (here.storage, here.backend().upgrade):
            with pytest.raises(
                CorruptStorageError, match=f"a table or view of_{name}_{name}, but no version"
            ):
                act()
        assert _rows(here, name) == rows
        assert len(here.schema()) == 1


@ON_ALL
def test_no_schema_is_created_over_a_view_of_one_of_our_names(database: Database) -> None:
    database.run("CREATE TABLE theirs (a INT)", "CREATE VIEW trialstore_trials AS SELECT a FROM theirs")
    before = database.schema()
    with pytest.raises(CorruptStorageError, match="a table or view trialstore_trials"):
        database.storage()
    assert database.schema() == before != []


@ON_MARIADB
@pytest.mark.parametrize("changes", [6, 13, 17])
def test_what_a_killed_creation_left_is_not_dropped_when_it_holds_rows(
    database: Database, killer: Killer, changes: int
) -> None:
    assert killer.kills("open", database, changes)
    database.run("DROP TABLE trialstore_experiment")
    _make_table(database, "experiment", [(1,)])
    before = database.schema()
    with pytest.raises(CorruptStorageError, match="table trialstore_experiment holds rows"):
        database.storage()
    assert database.schema() == before
    assert _rows(database, "experiment") == [(1,)]


@ON_SQLITE
@SOME_OR_NO_ROWS
def test_an_upgrade_does_not_replace_a_table_of_a_name_that_is_new(
    database: Database, rows: list[tuple[int]]
) -> None:
    database.thaw("0001")
    _make_table(database, "history", rows)
    before = database.schema()
    with pytest.raises(CorruptStorageError, match=r"table trialstore_history .*: rename it"):
        database.backend().upgrade()
    assert database.schema() == before
    assert _rows(database, "history") == rows
    assert database.version() == [("0001",)]


def _make_table(database: Database, name: str, rows: list[tuple[int]]) -> None:
    table = f"{database.prefix}{name}"
    inserts = [f"INSERT INTO {table} VALUES ({value})" for (value,) in rows]
    database.run(f"CREATE TABLE {table} (theirs INT)", *inserts)


def _rows(database: Database, name: str) -> list[tuple[int]]:
    [rows] = database.run(f"SELECT theirs FROM {database.prefix}{name}")
    return [(value,) for (value,) in rows]
