"""DuckDB in memory; in a file it passes the whole conformance suite."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

import trialstore
from trialstore import Status
from trialstore.backend import Capability
from trialstore.errors import StorageNotFoundError, UnsupportedError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_storage_in_memory_is_used_by_many_threads_and_gone_at_its_end() -> None:
    with trialstore.open("duckdb://") as storage, storage.experiment(experiment_id="e") as experiment:

        def run(number: int) -> None:
            trial = experiment.new_trial({"x": number})
            trial.update(Status.SUCCEEDED, NOON, {"score": number})

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(run, range(12)))
        ids, configs, scores, _ = experiment.load()
        assert ids == list(range(1, 13))
        assert [{"score": config["x"]} for config in configs] == scores
    with trialstore.open("duckdb://") as storage:
        assert list(storage.experiments) == []


def test_a_storage_in_memory_declares_what_it_cannot_do_and_refuses_it() -> None:
    with trialstore.open("duckdb://") as storage:
        assert storage.session.backend.capabilities == {Capability.ATOMIC_CALLS}
        with pytest.raises(UnsupportedError, match="lives in one process"):
            pickle.dumps(storage)
    with pytest.raises(StorageNotFoundError, match="empty until this process fills it"):
        trialstore.open("duckdb://", create=False)
