"""Creations that are stopped in the middle: nothing is left behind, or the next open completes them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

from trialstore_sql._schema import VERSION

if TYPE_CHECKING:
    from tests.backends.sql.schemas.conftest import Crew, Database, Killer

MOMENTS = 3
END = {
    "postgresql": lambda connection: f"SELECT pg_terminate_backend({connection.info.backend_pid})",
    "mariadb": lambda connection: f"KILL {connection.thread_id()}",
}
"""What ends the session of a connection of a driver."""
ON_MARIADB = pytest.mark.parametrize("database", ["mariadb"], indirect=True)
ON_SERVERS = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
ON_TRANSACTIONAL_ENGINES = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
ON_ALL_BUT_DUCKDB = pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"], indirect=True)
AFTER_SOME_STATEMENTS = pytest.mark.parametrize("changes", [1, 6, 17])


@ON_TRANSACTIONAL_ENGINES
def test_a_creation_that_is_killed_after_one_of_its_statements_leaves_nothing_behind(
    database: Database, killer: Killer
) -> None:
    changes = 1
    while killer.kills("open", database, changes):
        assert database.is_empty()
        changes += 4
    assert database.schema() == _created(database.with_prefix("whole_"))
    assert changes > 20


@ON_MARIADB
def test_a_creation_that_was_killed_after_every_third_statement_is_completed_by_the_next_open(
    database: Database, killer: Killer
) -> None:
    whole, changes = _created(database.with_prefix("whole_")), 1
    while killer.kills("open", here := database.with_prefix(f"killed_{changes}_"), changes):
        assert not here.is_empty()
        assert _created(here) == whole
        changes += 3
    assert changes > 20


@ON_MARIADB
def test_a_creation_that_is_killed_again_and_again_is_completed_in_the_end(
    database: Database, killer: Killer
) -> None:
    changes = 1
    while killer.kills("open", database, changes):
        changes += 3
    assert database.schema() == _created(database.with_prefix("whole_"))
    assert changes > 20


@ON_ALL_BUT_DUCKDB
def test_a_creation_that_was_killed_at_any_moment_is_completed_by_the_next_open(
    database: Database, killer: Killer
) -> None:
    began = time.monotonic()
    assert not killer.kills_in(0, database.with_prefix("whole_"))  # 0 is never
    duration = time.monotonic() - began
    whole = _created(database.with_prefix("whole_"))
    for moment in range(MOMENTS):
        here = database.with_prefix(f"killed_{moment}_")
        killer.kills_in(0.000_001 + duration * moment / MOMENTS, here)
        assert _created(here) == whole


@ON_SERVERS
@AFTER_SOME_STATEMENTS
def test_a_creation_goes_on_when_the_server_ends_its_session(database: Database, changes: int) -> None:
    whole = _created(database.with_prefix("whole_"))
    with _cut(database, changes) as left:
        assert _created(database) == whole
    assert not left


@ON_ALL_BUT_DUCKDB
@AFTER_SOME_STATEMENTS
def test_eight_processes_complete_a_creation_that_was_killed(
    database: Database, crew: Crew, killer: Killer, changes: int
) -> None:
    assert killer.kills("open", database, changes)
    assert crew.do("open", database.config) == [0] * 8
    assert database.schema() == _created(database.with_prefix("whole_"))
    assert database.version() == [(VERSION,)]


@contextmanager
def _cut(database: Database, changes: int) -> Iterator[list[int]]:
    """Have the server end a session after so many changes; lend the list of those that are still to come."""
    left = list(range(changes))

    def cut(connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        if left and not statement.lstrip().upper().startswith(("SELECT", "SHOW", "DESCRIBE")):
            left.pop()
            if not left:
                database.run(END[database.engine](connection.connection.dbapi_connection))

    event.listen(Engine, "after_cursor_execute", cut)
    try:
        yield left
    finally:
        event.remove(Engine, "after_cursor_execute", cut)


def _created(database: Database) -> list[str]:
    """Open a database, and return its schema."""
    with database.storage() as storage:
        assert list(storage.experiments) == []
    assert database.version() == [(VERSION,)]
    return database.schema()
