"""How many statements the drivers are given when 3,000 trials are read through the public API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import trialstore
from trialstore import Experiment, Status, Storage
from trialstore_sql import SqlBackend
from wire import ENGINES, lend_database, watch

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MANY = 3_000


@pytest.fixture(scope="module", params=ENGINES)
def config(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Any]]:
    """Lend a database with 3,000 trials of 600 configs, half of them finished."""
    values = [{"x": i % 600, "y": "text"} for i in range(MANY // 2)]
    with lend_database(request, request.param) as config, trialstore.open("memory://") as scratch:
        for i, trial in enumerate(scratch.experiment(experiment_id="source").new_trials(values, NOW)):
            trial.update(Status.SUCCEEDED, NOW, {"score": i / 7, "note": "x"})
        with opened(config) as storage:
            experiment = storage.experiment(experiment_id="e")
            experiment.merge(["source"], scratch)  # all at once, where an update would be a commit each
            experiment.new_trials(values, NOW)
        yield config


def opened(config: Mapping[str, Any]) -> Storage:
    return trialstore.from_config({"class": "sql", "config": config})


@pytest.fixture
def storage(config: Mapping[str, Any]) -> Iterator[Storage]:
    with opened(config) as storage:
        yield storage


READS: dict[str, Callable[[Storage], Any]] = {
    "load": lambda storage: handle(storage).load()[0],
    "poll": lambda storage: handle(storage).poll()[0],
    "pending_trials": lambda storage: list(handle(storage).pending_trials(NOW + timedelta(days=1))),
    "results_df": lambda storage: storage.experiments["e"].results_df,
    "trials": lambda storage: storage.experiments["e"].trials.values(),
    "repr": lambda storage: repr(storage.experiments["e"].trials).split("rid:")[1:],
    "trial groups": lambda storage: storage.experiments["e"].tunable_config_trial_groups.values(),
    "default config": lambda storage: [storage.experiments["e"].default_tunable_config_id],
}
LENGTHS = {"load": 1500, "poll": 1500, "pending_trials": 1500, "trial groups": 600, "default config": 1}


def handle(storage: Storage) -> Experiment:
    experiment = storage.get_experiment_by_id("e")
    assert experiment is not None
    return experiment


@pytest.mark.contract(14, 16, 27, 29)
@pytest.mark.parametrize("name", READS)
def test_a_read_takes_three_statements_at_the_most_the_search_for_its_experiment_included(
    storage: Storage, name: str
) -> None:
    seen: list[str] = []
    backend = storage.session.backend
    assert isinstance(backend, SqlBackend)
    watch(backend._database.engine, lambda _, sent: seen.append(sent.sql))
    found = READS[name](storage)
    assert len(found) == LENGTHS.get(name, MANY)
    assert len(seen) <= 3
    assert any("trialstore_trial" in statement for statement in seen)
