"""Locks, threads and transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from trialstore.errors import TransientError
from trialstore.records import ExperimentQuery, ExperimentRecord, NewTrial, TrialQuery
from trialstore_sql import SqlBackend

OpenBackend = Callable[..., SqlBackend]


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the write lock of a file, as another program would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_file_is_read_at_once_and_its_writers_may_try_again(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    impatient = open_backend(busy_timeout=0.05)
    new = ExperimentRecord(experiment_id="f", uid="v")
    with _locked(file):
        assert impatient.find_trials(TrialQuery(uid="u")) == []
        with pytest.raises(TransientError, match="database is locked"):
            impatient.put_experiment(new)
    assert impatient.put_experiment(new) == new


def test_a_locked_file_with_a_schema_can_be_opened(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    with _locked(file):
        opened = open_backend()
        assert len(opened.find_experiments(ExperimentQuery())) == 1


def test_an_interrupt_in_the_middle_of_a_write_undoes_it_and_frees_the_lock(
    backend: SqlBackend, open_backend: OpenBackend
) -> None:
    with pytest.raises(KeyboardInterrupt):
        _interrupted(backend)
    for one in (backend, open_backend()):
        assert [found.experiment_id for found in one.find_experiments(ExperimentQuery())] == ["e"]
        one.delete_experiment("nobody")


def test_an_interrupt_in_the_middle_of_a_write_to_memory_undoes_it(open_backend: OpenBackend) -> None:
    backend = open_backend(database=":memory:")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(backend)
    assert backend.find_experiments(ExperimentQuery()) == []
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))


def _interrupted(backend: SqlBackend) -> None:
    with backend._database.write() as tx:
        backend._do.experiments.put(tx, ExperimentRecord(experiment_id="f", uid="v"))
        raise KeyboardInterrupt


def test_threads_share_a_backend_and_lose_nothing(backend: SqlBackend, new_trials: Any) -> None:
    barrier = Barrier(16)

    def add(number: int) -> None:
        barrier.wait()
        for trial in new_trials(10, prefix=f"thread {number}, trial "):
            backend.add_trials("u", [trial], 1)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(16)))
    trials = backend.find_trials(TrialQuery(uid="u"))
    assert [trial.trial_id for trial in trials] == list(range(1, 161))


def test_every_thread_sees_the_same_memory(open_backend: OpenBackend, new_trials: Any) -> None:
    backend = open_backend(database=":memory:")
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))

    def add(trial: NewTrial) -> int:
        backend.add_trials("u", [trial], 1)
        return len(backend.find_trials(TrialQuery(uid="u")))

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(add, new_trials(100))) == 100


def test_every_memory_is_another_storage(open_backend: OpenBackend) -> None:
    one, other = open_backend(database=":memory:"), open_backend(database=":memory:")
    one.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    assert other.find_experiments(ExperimentQuery()) == []


def test_more_ids_than_a_statement_takes_parameters(backend: SqlBackend, new_trials: Any) -> None:
    many = range(-50_000, 50_000)
    backend.add_trials("u", new_trials(3), 1)
    assert len(backend.find_trials(TrialQuery(uid="u", trial_ids=many))) == 3
    assert len(backend.find_tunable_configs(many)) == 3
    assert len(backend.find_status_changes("u", many)) == 3


def test_adding_forty_thousand_trials_in_one_call_is_one_step(backend: SqlBackend, new_trials: Any) -> None:
    added = backend.add_trials("u", new_trials(40_000), 1)
    assert [trial.trial_id for trial in added] == list(range(1, 40_001))
    backend.delete_experiment("u")
    assert backend.find_experiments(ExperimentQuery()) == []
