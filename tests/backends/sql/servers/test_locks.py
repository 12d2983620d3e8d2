"""Locks that others hold: waited for, retried after, and named when they are held for too long."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from servers import Server
from trialstore import Storage, codec
from trialstore.errors import StorageUnavailableError

OpenStorage = Callable[..., Storage]
Until = Callable[[Callable[[], object]], None]

LOCKS = "SELECT 1 FROM trialstore_experiment FOR UPDATE"
LOCK_TABLE = {
    "postgres": "LOCK TABLE trialstore_trial IN ACCESS EXCLUSIVE MODE",
    "mariadb": "LOCK TABLES trialstore_trial WRITE",
}
# On PostgreSQL, whoever has waited for this long looks for a deadlock, and gives way.
PATIENCE = {"postgres": {"query": {"options": "-c deadlock_timeout=3s"}}, "mariadb": {}}
PREPARATIONS = {
    "postgres": ["SET deadlock_timeout = '60s'"],
    # On MariaDB, whoever has written less gives way.
    "mariadb": ["CREATE TABLE other (i INT)", f"INSERT INTO other VALUES {', '.join(['(1)'] * 100)}"],
}
DEADLOCKS = {
    "postgres": "SELECT deadlocks FROM pg_stat_database WHERE datname = '{}'",
    "mariadb": "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'INNODB_DEADLOCKS'",
}


def test_a_deadlock_ends_with_a_repetition(
    open_storage: OpenStorage, server: Server, database: str, onlooker: Any, engine_name: str, until: Until
) -> None:
    def deadlocks() -> int:
        return int(server.execute(DEADLOCKS[engine_name].format(database))[0][0])

    params = codec.encode({"x": 1})
    add_config = sa.text("INSERT INTO trialstore_tunable_config (hash, params) VALUES (:hash, :params)")
    before = deadlocks()
    storage = open_storage(busy_timeout=60, **PATIENCE[engine_name])
    with storage.experiment(experiment_id="e") as experiment, ThreadPoolExecutor(1) as thread:
        with onlooker.holding(*PREPARATIONS[engine_name], LOCKS) as other:
            call = thread.submit(experiment.new_trial, {"x": 1})
            onlooker.wait_for_a_waiting_session()
            other.execute(add_config, {"hash": codec.hash_of(params), "params": params})
        assert call.result().trial_id == 1
    until(lambda: deadlocks() > before)  # it is counted with some delay
    assert list(storage.experiments["e"].trials) == [1]


def test_a_lock_that_is_held_for_longer_than_one_try_is_waited_for(
    open_storage: OpenStorage, onlooker: Any, caplog: pytest.LogCaptureFixture, until: Until
) -> None:
    def is_said() -> bool:
        return any("still trying" in record.message for record in caplog.records)

    storage = open_storage(busy_timeout=0.1)
    with storage.experiment(experiment_id="e") as experiment, ThreadPoolExecutor(1) as thread:
        with onlooker.holding(LOCKS):
            call = thread.submit(experiment.new_trial, {"x": 1})
            until(is_said)
        assert call.result().trial_id == 1


def test_a_lock_that_is_held_for_too_long_is_named(open_storage: OpenStorage, onlooker: Any) -> None:
    storage = open_storage(busy_timeout=0.1, retry_for=0.2)
    with (
        storage.experiment(experiment_id="e") as experiment,
        onlooker.holding(LOCKS),
        pytest.raises(StorageUnavailableError, match=r"another connection holds the lock.*gave up"),
    ):
        experiment.new_trial({"x": 1})
    assert list(storage.experiments["e"].trials) == []


def test_a_table_that_is_locked_for_too_long_holds_up_neither_readers_nor_writers_for_ever(
    open_storage: OpenStorage, onlooker: Any, engine_name: str
) -> None:
    storage = open_storage(busy_timeout=0.1, retry_for=0.2)
    held_up = pytest.raises(StorageUnavailableError, match=r"another connection holds the lock.*gave up")
    with storage.experiment(experiment_id="e") as experiment, onlooker.holding(LOCK_TABLE[engine_name]):
        with held_up:
            experiment.new_trial({"x": 1})
        with held_up:
            experiment.get_trial_by_id(1)
    assert list(storage.experiments["e"].trials) == []
