"""The pool: how many connections there are, who waits for one, and that none outlives the storage."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

import pytest

from trialstore import Storage
from trialstore.errors import StorageUnavailableError
from trialstore_sql._database import Database

OpenStorage = Callable[..., Storage]

LOCKS = "SELECT 1 FROM trialstore_experiment FOR UPDATE"


def database_of(storage: Storage) -> Database:
    backend: Any = storage.session.backend
    found: Database = backend._database
    return found


def test_when_all_connections_are_taken_for_too_long_the_error_says_how_many_there_are(
    open_storage: OpenStorage,
) -> None:
    storage = open_storage(pool_size=2, busy_timeout=0.05, retry_for=0.1)
    with (
        database_of(storage).read(),
        database_of(storage).read(),
        pytest.raises(StorageUnavailableError, match="use all 2 connections; raise pool_size") as caught,
    ):
        list(storage.experiments)
    assert repr(storage) in str(caught.value)


@pytest.mark.parametrize("busy_timeout", [0.02, 30])
def test_threads_wait_for_each_others_connections(
    open_storage: OpenStorage, onlooker: Any, busy_timeout: float
) -> None:
    storage = open_storage(pool_size=2, busy_timeout=busy_timeout)
    with storage.experiment(experiment_id="e") as experiment:
        everybody_is_here = Barrier(9)

        def add(number: int) -> None:
            everybody_is_here.wait()
            for i in range(5):
                experiment.new_trial({"thread": number, "i": i})

        with ThreadPoolExecutor(8) as threads:
            with database_of(storage).read(), database_of(storage).read():
                work = threads.map(add, range(8))
                everybody_is_here.wait()
            list(work)
    assert list(storage.experiments["e"].trials) == list(range(1, 41))
    assert len(onlooker.sessions()) == 2


def test_one_that_an_interrupt_has_lost_makes_room_for_those_who_wait(open_storage: OpenStorage) -> None:
    storage = open_storage(pool_size=1, busy_timeout=3600)
    pool = database_of(storage).pool
    lost = [pool.take()]
    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(list, storage.experiments)
        with pytest.raises(TimeoutError):
            call.result(timeout=0.05)
        lost.pop().close()  # which tells nobody
        assert call.result() == []


def test_connections_are_kept_for_the_next_call(open_storage: OpenStorage, onlooker: Any) -> None:
    storage = open_storage()
    first = onlooker.sessions()
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial({"x": 1})
    assert len(first) == 1
    assert onlooker.sessions() == first


def test_closing_ends_every_session(open_storage: OpenStorage, onlooker: Any) -> None:
    storage = open_storage()
    with database_of(storage).read(), database_of(storage).read():
        pass
    assert len(onlooker.sessions()) == 2
    storage.close()
    onlooker.wait_until_all_are_gone()


def test_a_close_while_another_thread_is_in_a_call_leaves_no_session_behind(
    open_storage: OpenStorage, onlooker: Any
) -> None:
    storage = open_storage(busy_timeout=60)
    with storage.experiment(experiment_id="e") as experiment, ThreadPoolExecutor(1) as thread:
        with onlooker.holding(LOCKS):
            call = thread.submit(experiment.new_trial, {"x": 1})
            onlooker.wait_for_a_waiting_session()
            storage.close()
        assert call.result().trial_id == 1
    onlooker.wait_until_all_are_gone()


def test_a_call_that_takes_its_connection_just_after_a_close_leaves_no_session_behind(
    open_storage: OpenStorage, onlooker: Any
) -> None:
    storage = open_storage()
    engine = database_of(storage).engine
    storage.close()
    with closing(engine.raw_connection()):
        assert len(onlooker.sessions()) == 1
    onlooker.wait_until_all_are_gone()


def test_after_a_lost_connection_the_sessions_of_other_threads_do_not_pile_up(
    open_storage: OpenStorage, onlooker: Any
) -> None:
    storage = open_storage()
    with database_of(storage).read() as tx:
        (mine,) = onlooker.sessions()
        with database_of(storage).read():
            onlooker.end(*onlooker.sessions() - {mine})
        list(storage.experiments)
        tx.rows_of("SELECT 1")
    storage.close()
    onlooker.wait_until_all_are_gone()
