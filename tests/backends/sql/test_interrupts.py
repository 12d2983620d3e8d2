"""What an interrupt, a signal handler, or a `close` in another thread leaves behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from trialstore.errors import StorageClosedError, TransientError, UsageError
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_sql import SqlBackend
from trialstore_sql.dialects import ConnectionPool
from wire import Calls

OpenBackend = Callable[..., SqlBackend]
EVERYWHERE = ("",)
NEW = ExperimentRecord(experiment_id="f", uid="v")


def test_connections_that_interrupts_lost_are_not_missed(open_backend: OpenBackend) -> None:
    backend = open_backend(pool_size=1)
    for _ in range(3):
        backend._database.pool.take()  # all that a call has done when it is interrupted
    assert backend.find_experiments(ExperimentQuery()) == []


def test_more_connections_than_the_pool_keeps_are_closed_when_they_come_back(
    open_backend: OpenBackend,
) -> None:
    backend = open_backend(pool_size=1)
    with backend._database.read(), backend._database.read():
        assert backend._database.pool.status() == "0 idle connections"
    assert backend._database.pool.status() == "1 idle connections"


def test_a_connection_that_comes_back_after_the_end_is_closed(file: Path, backend: SqlBackend) -> None:
    with backend._database.read() as tx:
        backend.close()
        tx.rows_of("SELECT count(*) FROM trialstore_trial")
    assert [found.name for found in file.parent.iterdir()] == ["trials.db"]


def test_an_interrupt_while_a_connection_comes_back_leaves_memory_as_it_is(
    open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = open_backend(database=":memory:")
    backend.put_experiment(NEW)
    with monkeypatch.context() as patched:
        patched.setattr(ConnectionPool, "give_back", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            backend.find_experiments(ExperimentQuery())
    assert backend.find_experiments(ExperimentQuery()) == [NEW]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what Python passes over
def test_after_an_interrupt_at_any_moment_of_a_call_other_threads_can_make_theirs(
    backend: SqlBackend,
) -> None:
    def call() -> list[ExperimentRecord]:
        return backend.find_experiments(ExperimentQuery())

    expected = call()
    with Calls(EVERYWHERE) as counted:
        call()
    assert counted.number > 20
    with ThreadPoolExecutor(1) as others:
        for moment in range(1, counted.number + 1):
            with suppress(KeyboardInterrupt), Calls(EVERYWHERE, moment):
                call()
            assert others.submit(call).result(timeout=60) == expected


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no signals for users")
def test_a_write_of_a_signal_handler_in_the_middle_of_a_write_is_refused(backend: SqlBackend) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: backend.delete_experiment("u"))
    try:
        with pytest.raises(UsageError, match="set a flag instead"):
            _signalled(backend)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert [found.experiment_id for found in backend.find_experiments(ExperimentQuery())] == ["e"]
    assert backend.put_experiment(NEW) == NEW


def test_memory_is_closed_only_after_the_call_that_is_using_it(open_backend: OpenBackend) -> None:
    backend = open_backend(database=":memory:")
    closed = Event()

    def close() -> None:
        backend.close()
        closed.set()

    closer = Thread(target=close)
    with backend._database.read() as tx:
        closer.start()
        assert not closed.wait(0.05)
        assert tx.rows_of("SELECT count(*) FROM trialstore_trial") == [(0,)]
    closer.join()
    with pytest.raises(StorageClosedError):
        backend.find_experiments(ExperimentQuery())


def _signalled(backend: SqlBackend) -> None:
    with backend._database.write() as tx:
        backend._do.experiments.put(tx, NEW)
        signal.raise_signal(signal.SIGUSR1)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_connections_to_a_server_that_interrupts_lost_are_not_missed(
    postgres_database: Mapping[str, Any], open_backend: OpenBackend
) -> None:
    backend = open_backend(**postgres_database, pool_size=2, busy_timeout=0.01)
    lost = [backend._database.pool.take() for _ in range(2)]
    with pytest.raises(TransientError, match="use all 2 connections"):
        backend.find_experiments(ExperimentQuery())
    while lost:
        lost.pop().close()
    assert backend.find_experiments(ExperimentQuery()) == []


def test_connections_that_are_in_use_are_not_taken_for_lost(
    postgres_database: Mapping[str, Any], open_backend: OpenBackend
) -> None:
    backend = open_backend(**postgres_database, pool_size=1, busy_timeout=0.01)
    pool = backend._database.engine.pool
    with backend._database.read() as tx, ThreadPoolExecutor(1) as others:
        asked = others.submit(backend.find_experiments, ExperimentQuery())
        assert isinstance(asked.exception(), TransientError)
        assert list(tx.rows_of("SELECT 1")) == [(1,)]
    assert backend._database.engine.pool is pool


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers of that kind")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what Python passes over
def test_an_interrupt_of_duckdb_is_one_of_python(tmp_path: Path, open_backend: OpenBackend) -> None:
    backend = open_backend(drivername="duckdb", database=str(tmp_path / "trials.duckdb"))
    backend.put_experiment(NEW)
    before = signal.signal(signal.SIGALRM, _interrupt)
    try:
        for i in range(60):
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 0.000_1 * (i % 20 + 1))
                until = time.monotonic() + 1  # Python passes over one that comes while it frees an object
                while time.monotonic() < until:
                    backend.find_experiments(ExperimentQuery())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert backend.find_experiments(ExperimentQuery()) == [NEW]
