"""Files that hold what trialstore never wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from trialstore.errors import CorruptStorageError
from trialstore.records import ExperimentQuery, ExperimentRecord, TrialQuery
from trialstore_sql import SqlBackend

OpenBackend = Callable[..., SqlBackend]


def test_a_file_whose_tables_were_altered_is_called_corrupt(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    _execute(file, "DROP TABLE trialstore_trial")
    with pytest.raises(CorruptStorageError, match="no such table: trialstore_trial"):
        open_backend().find_trials(TrialQuery(uid="u"))


@pytest.mark.parametrize("number", [99, -1])
def test_a_status_that_does_not_exist_is_called_corrupt(
    file: Path, backend: SqlBackend, new_trials: Callable[..., Any], number: int
) -> None:
    backend.add_trials("u", new_trials(1), 1)
    _execute(file, f"UPDATE trialstore_trial SET status = {number}")
    with pytest.raises(CorruptStorageError, match=f"{number} is stored as a status"):
        backend.find_trials(TrialQuery(uid="u"))


@pytest.mark.parametrize("objectives", ["[{", '[{"direction": "up"}]', "x'ff'"])
def test_objectives_that_were_tampered_with_are_called_corrupt(
    file: Path, backend: SqlBackend, objectives: str
) -> None:
    value = objectives if objectives.startswith("x") else f"'{objectives}'"
    _execute(file, f"UPDATE trialstore_experiment SET objectives = {value}")
    with pytest.raises(CorruptStorageError, match="the objectives of experiment 'e' cannot be decoded"):
        backend.find_experiments(ExperimentQuery())


def test_a_file_in_another_encoding_is_refused_because_names_would_be_in_another_order(
    file: Path, open_backend: OpenBackend
) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.executescript("PRAGMA encoding = 'UTF-16le'; CREATE TABLE theirs (a)")
    with pytest.raises(CorruptStorageError, match=r"in UTF-16le, .* trialstore needs UTF-8"):
        open_backend()
    assert _execute(file, "SELECT name FROM sqlite_master") == [("theirs",)]


def test_a_trigger_of_somebody_else_is_named_when_it_refuses_a_write(file: Path, backend: SqlBackend) -> None:
    refusal = "BEFORE INSERT ON trialstore_experiment BEGIN SELECT RAISE(ABORT, 'the lab is closed'); END"
    _execute(file, f"CREATE TRIGGER refusal {refusal}")
    with pytest.raises(CorruptStorageError, match="the lab is closed"):
        backend.put_experiment(ExperimentRecord(experiment_id="f", uid="v"))


def _execute(file: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()
