"""A storage that notes what is read from it, and trials that have run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from trialstore import Experiment, Status, Storage, Trial
from trialstore.codec import Encoded
from trialstore.data import ExperimentData
from trialstore.records import ExperimentQuery, ExperimentRecord, TrialQuery, TrialRecord
from trialstore_memory import MemoryBackend

Reads: TypeAlias = list[tuple[str, int]]
Run: TypeAlias = Callable[..., Trial]

NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)


class WatchedBackend(MemoryBackend):
    """Notes each read: what was asked for, and how many records the answer had."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.reads: Reads = []

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        found = super().find_experiments(query)
        self.reads.append(("experiments", len(found)))
        return found

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        found = super().find_trials(query)
        self.reads.append(("trials", len(found)))
        return found

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        found = super().find_tunable_configs(ids)
        self.reads.append(("configs", len(found)))
        return found


@pytest.fixture
def backend() -> WatchedBackend:
    return WatchedBackend({})


@pytest.fixture
def reads(backend: WatchedBackend) -> Reads:
    """What has been read from the watched storage, as (what, how many records)."""
    return backend.reads


@pytest.fixture
def watched_storage(backend: WatchedBackend) -> Iterator[Storage]:
    """A storage of three experiments, each of 100 trials with the same 10 tunable configs."""
    with Storage(backend) as storage:
        for experiment_id in ("a", "e", "z"):
            storage.experiment(experiment_id=experiment_id).new_trials([{"x": i % 10} for i in range(100)])
        yield storage


@pytest.fixture
def watched(watched_storage: Storage, reads: Reads) -> ExperimentData:
    """The second experiment of the watched storage, of which nothing else has been read yet."""
    data = watched_storage.experiments["e"]
    reads.clear()
    return data


@pytest.fixture
def run(plain: Experiment) -> Run:
    """Run a new trial of the experiment ``plain``, given its parameters, its metrics and its metadata."""

    def run(
        values: Mapping[str, Any],
        metrics: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> Trial:
        trial = plain.new_trial(values, NOW, config)
        trial.update(Status.SUCCEEDED, NOW, {} if metrics is None else metrics)
        return trial

    return run


@pytest.fixture
def data(storage: Storage, plain: Experiment) -> ExperimentData:
    """The experiment ``plain``, for those who read it."""
    return storage.experiments[plain.experiment_id]
